/** Finds the deployment, with the real SDK: in AWS by its stack's outputs, or in the sandbox that runs here. */
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { readCurrent } from "../sandbox/folder.ts";
import { SANDBOX_REGION } from "../sandbox/template/place.ts";
import { DEFAULT_STACK_NAME } from "../settings/context.ts";
import { FUNCTION_VARIABLE, STACK_VARIABLE } from "./connection.ts";
import type { Connection, ConnectOptions, Place } from "./connection.ts";
import { describeCall } from "./failures.ts";
import { invokerOf } from "./invoke.ts";
import { CommandError } from "./io.ts";
import { awsServices, type ClientSettings } from "./services.ts";

/** Longer than the function may take: the answer of one that was ended at its timeout is awaited too. */
const REQUEST_MILLISECONDS = 30_000;
const CONNECT_MILLISECONDS = 5_000;

type Variables = Readonly<Record<string, string | undefined>>;

/** @throws CommandError where the deployment is not there, or may not be asked for */
export async function connect(options: ConnectOptions, variables: Variables): Promise<Connection> {
  const settings = options.sandbox === true ? sandboxSettings() : awsSettings(options);
  const where = {
    sandbox: options.sandbox === true,
    region: await regionOf(settings),
    endpoint: settings.endpoint ?? variables["AWS_ENDPOINT_URL_LAMBDA"] ?? variables["AWS_ENDPOINT_URL"],
  };
  const named = options.function ?? (options.stack === undefined ? variables[FUNCTION_VARIABLE] : undefined);
  const stack = options.stack ?? variables[STACK_VARIABLE] ?? DEFAULT_STACK_NAME;
  // A variable that names a deployment in AWS says nothing about the sandbox.
  const place =
    named === undefined || named === "" || (where.sandbox && options.function === undefined)
      ? await findStack(settings, where.sandbox ? (options.stack ?? DEFAULT_STACK_NAME) : stack, where)
      : await findAccount(settings, named, where);
  return { place, invoke: invokerOf(settings, place), services: awsServices(settings, place) };
}

function sandboxSettings(): ClientSettings {
  const current = readCurrent();
  if (current === undefined) throw new CommandError("No sandbox runs here: start one with `npm start`.");
  return {
    endpoint: current.endpoint,
    region: SANDBOX_REGION,
    // Whoever has no key that the sandbox gave out is an operator to it.
    credentials: { accessKeyId: "AKIASANDBOXOPERATOR", secretAccessKey: "sandbox" },
  };
}

/** The region of an ARN is the function's: another one would only say that there is no such function. */
function awsSettings(options: ConnectOptions): ClientSettings {
  const region = options.region ?? partsOfArn(options.function)?.region;
  return {
    ...(region === undefined ? {} : { region }),
    ...(options.profile === undefined ? {} : { profile: options.profile }),
    requestHandler: { requestTimeout: REQUEST_MILLISECONDS, connectionTimeout: CONNECT_MILLISECONDS },
  };
}

async function regionOf(settings: ClientSettings): Promise<string> {
  try {
    return await new LambdaClient(settings).config.region();
  } catch (error) {
    throw describeCall(error, { permission: "?", resource: "?", region: "?", sandbox: false });
  }
}

type Where = Pick<Place, "sandbox" | "region" | "endpoint">;

async function findStack(settings: ClientSettings, stack: string, where: Where): Promise<Place> {
  try {
    const answer = await new CloudFormationClient(settings).send(
      new DescribeStacksCommand({ StackName: stack }),
    );
    const [found] = answer.Stacks ?? [];
    const functionName = found?.Outputs?.find(({ OutputKey }) => OutputKey === "FunctionName")?.OutputValue;
    if (functionName === undefined) {
      throw new CommandError(
        `The stack ${stack} in ${where.region} has no output FunctionName: is it one of this controller's, and is its deployment over?`,
      );
    }
    return { ...where, account: found?.StackId?.split(":")[4], stack, functionName };
  } catch (error) {
    throw stackFailure(error, stack, where);
  }
}

function stackFailure(error: unknown, stack: string, { region, sandbox }: Where): CommandError {
  if (error instanceof Error && error.name === "ValidationError" && /does not exist/.test(error.message)) {
    return new CommandError(
      `There is no stack ${stack} in ${region}: pass --stack NAME and --region, or look at \`aws cloudformation describe-stacks\`. --sandbox is the sandbox that runs here.`,
      2,
      error,
    );
  }
  const attempt = {
    permission: "cloudformation:DescribeStacks",
    resource: `the stack ${stack}`,
    region,
    sandbox,
  };
  const failure = describeCall(error, attempt);
  if (!failure.message.startsWith("Not allowed")) return failure;
  return new CommandError(`${failure.message} Without it, name the function: --function NAME.`, 2, error);
}

async function findAccount(settings: ClientSettings, functionName: string, where: Where): Promise<Place> {
  const place = { ...where, stack: undefined, functionName };
  const ofArn = partsOfArn(functionName)?.account;
  if (ofArn !== undefined) return { ...place, account: ofArn };
  try {
    const { Account: account } = await new STSClient(settings).send(new GetCallerIdentityCommand({}));
    return { ...place, account };
  } catch (error) {
    const { region, sandbox } = where;
    const attempt = { permission: "sts:GetCallerIdentity", resource: "*", region, sandbox };
    // Where STS cannot be reached the function may still be: then the account is not named.
    const failure = describeCall(error, attempt);
    if (/cannot be reached/.test(failure.message)) return { ...place, account: undefined };
    throw failure;
  }
}

/** `arn:aws:lambda:REGION:ACCOUNT:function:NAME` */
const FUNCTION_ARN = /^arn:aws[a-z-]*:lambda:(?<region>[a-z0-9-]+):(?<account>\d{12}):function:/;

function partsOfArn(name = ""): { readonly region: string; readonly account: string } | undefined {
  const { region, account } = FUNCTION_ARN.exec(name)?.groups ?? {};
  return region === undefined || account === undefined ? undefined : { region, account };
}
