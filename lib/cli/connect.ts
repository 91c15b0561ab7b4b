/** Finds the deployment and talks to it, with the real SDK: in AWS, or in the sandbox that runs here. */
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  type LambdaClientConfig,
} from "@aws-sdk/client-lambda";
import type { Reply } from "../../lambda/actions/reply.ts";
import { readCurrent } from "../sandbox/folder.ts";
import { SANDBOX_ACCOUNT, SANDBOX_REGION } from "../sandbox/template/place.ts";
import { FUNCTION_VARIABLE } from "./connection.ts";
import type { ActionRequest, Connection, ConnectOptions, Place } from "./connection.ts";
import { describeCall, messageOf, type Attempt } from "./failures.ts";
import { CommandError } from "./io.ts";
import { awsServices } from "./services.ts";



/** Longer than the function may take: the answer of one that was ended at its timeout is awaited too. */
const REQUEST_MILLISECONDS = 30_000;
const CONNECT_MILLISECONDS = 5_000;

type Variables = Readonly<Record<string, string | undefined>>;

/** @throws CommandError where the deployment is not named, or not there */
export async function connect(options: ConnectOptions, variables: Variables): Promise<Connection> {
  return options.sandbox === true ? connectSandbox(options) : connectAws(options, variables);
}

async function connectSandbox({ function: asked }: ConnectOptions): Promise<Connection> {
  const current = readCurrent();
  if (current === undefined) throw new CommandError("No sandbox runs here: start one with `npm start`.");
  const client: LambdaClientConfig = {
    endpoint: current.endpoint,
    region: SANDBOX_REGION,
    // Whoever has no key that the sandbox gave out is an operator to it.
    credentials: { accessKeyId: "AKIASANDBOXOPERATOR", secretAccessKey: "sandbox" },
  };
  const functionName = asked ?? (await sandboxFunction(current.endpoint));
  const place = {
    sandbox: true,
    account: SANDBOX_ACCOUNT,
    region: SANDBOX_REGION,
    endpoint: current.endpoint,
    functionName,
  };
  return connectionOf(client, functionName, place);
}

/** The sandbox's own word for what its stack puts out. */
async function sandboxFunction(endpoint: string): Promise<string> {
  const attempt = { permission: "the sandbox's state", resource: endpoint, region: SANDBOX_REGION };
  try {
    const response = await fetch(`${endpoint}/_sandbox/state`);
    const { outputs } = (await response.json()) as { readonly outputs: Readonly<Record<string, string>> };
    return outputs["FunctionName"] ?? "";
  } catch (error) {
    throw describeCall(error instanceof TypeError ? error.cause : error, { ...attempt, sandbox: true });
  }
}

async function connectAws(options: ConnectOptions, variables: Variables): Promise<Connection> {
  const functionName = options.function ?? variables[FUNCTION_VARIABLE];
  if (functionName === undefined || functionName === "") {
    throw new CommandError(
      `Which deployment? Pass --function NAME or set ${FUNCTION_VARIABLE}: it is the output FunctionName of the stack. --sandbox is the sandbox that runs here.`,
    );
  }
  const config: LambdaClientConfig = {
    ...(options.region === undefined ? regionOfArn(functionName) : { region: options.region }),
    ...(options.profile === undefined ? {} : { profile: options.profile }),
    requestHandler: { requestTimeout: REQUEST_MILLISECONDS, connectionTimeout: CONNECT_MILLISECONDS },
  };
  const client = new LambdaClient(config);
  const region = await regionOf(client, functionName);
  const account = accountOfArn(functionName) ?? (await findAccount(client, functionName, region));
  const endpoint = variables["AWS_ENDPOINT_URL_LAMBDA"] ?? variables["AWS_ENDPOINT_URL"];
  const place = { sandbox: false, account, region, functionName, endpoint };
  return connectionOf({ ...config, region }, functionName, place, client);
}

async function regionOf(client: LambdaClient, functionName: string): Promise<string> {
  try {
    return await client.config.region();
  } catch (error) {
    const attempt = { permission: "lambda:InvokeFunction", resource: functionName, region: "?" };
    throw describeCall(error, { ...attempt, sandbox: false });
  }
}

/** `arn:aws:lambda:REGION:ACCOUNT:function:NAME` */
const FUNCTION_ARN = /^arn:aws[a-z-]*:lambda:(?<region>[a-z0-9-]+):(?<account>\d{12}):function:/;

function regionOfArn(name: string): { readonly region?: string } {
  const region = FUNCTION_ARN.exec(name)?.groups?.["region"];
  return region === undefined ? {} : { region };
}

function accountOfArn(arn: string): string | undefined {
  return FUNCTION_ARN.exec(arn)?.groups?.["account"];
}

/** Who may only invoke may not ask for the configuration: then the account is not named. */
async function findAccount(client: LambdaClient, name: string, region: string): Promise<string | undefined> {
  try {
    const found = await client.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
    return accountOfArn(found.FunctionArn ?? "");
  } catch (error) {
    const attempt = {
      permission: "lambda:GetFunctionConfiguration",
      resource: name,
      region,
      sandbox: false,
    };
    if (error instanceof Error && /AccessDenied/.test(error.name)) return undefined;
    throw describeCall(error, attempt);
  }
}

function connectionOf(
  config: LambdaClientConfig,
  functionName: string,
  place: Place,
  client = new LambdaClient(config),
): Connection {
  return {
    place,
    services: awsServices(
      {
        region: place.region,
        ...(config.profile === undefined ? {} : { profile: config.profile }),
        ...(config.endpoint === undefined ? {} : { endpoint: config.endpoint as string }),
        ...(place.sandbox && config.credentials ? { credentials: config.credentials } : {}),
      },
      place,
    ),
    invoke: (request, alias) => invoke(client, functionName, place, request, alias),
  };
}

async function invoke(
  client: LambdaClient,
  functionName: string,
  { region, sandbox }: Place,
  request: ActionRequest,
  alias: string,
): Promise<Reply> {
  const attempt: Attempt = {
    permission: "lambda:InvokeFunction",
    resource: `the function ${functionName} with the alias ${alias}`,
    region,
    sandbox,
  };
  const command = new InvokeCommand({
    FunctionName: functionName,
    Qualifier: alias,
    Payload: Buffer.from(JSON.stringify(request)),
  });
  let answer: { readonly FunctionError?: string | undefined; readonly Payload?: Uint8Array | undefined };
  try {
    answer = await client.send(command);
  } catch (error) {
    throw describeCall(error, attempt);
  }
  const payload = parse(answer.Payload);
  if (answer.FunctionError !== undefined) throw functionFailed(functionName, payload);
  if (!isReply(payload)) {
    throw new CommandError(
      `The function ${functionName} did not answer as the controller does: is it the right one? It said ${JSON.stringify(payload).slice(0, 200)}`,
    );
  }
  return payload;
}

function parse(payload: Uint8Array | undefined): unknown {
  const text = Buffer.from(payload ?? []).toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function functionFailed(functionName: string, payload: unknown): CommandError {
  const message =
    typeof payload === "object" && payload !== null && "errorMessage" in payload
      ? messageOf(payload.errorMessage)
      : "no word why";
  return new CommandError(
    `The function ${functionName} itself failed: ${message}. Its log says more: aws logs tail --since 10m on the function's log group.`,
  );
}

function isReply(value: unknown): value is Reply {
  if (typeof value !== "object" || value === null || !("ok" in value)) return false;
  const said = value.ok === true ? value : "error" in value ? value.error : undefined;
  return typeof said === "object" && said !== null && "code" in said && "sentence" in said;
}
