/** What STS, CloudWatch Logs, SES and Systems Manager say: a refused call says which permission it needs. */
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeInstancesCommand, EC2Client, type Filter } from "@aws-sdk/client-ec2";
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  type LambdaClientConfig,
} from "@aws-sdk/client-lambda";
import {
  GetIdentityVerificationAttributesCommand,
  GetSendQuotaCommand,
  SESClient,
} from "@aws-sdk/client-ses";
import { ListSubscriptionsByTopicCommand, SNSClient } from "@aws-sdk/client-sns";
import { DescribeInstanceInformationCommand, SSMClient } from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { Agent, Instance, LogLine, Place, Services, Wanted } from "./connection.ts";
import { describeCall } from "./failures.ts";
import { CommandError } from "./io.ts";

/** What all clients share. */
export interface ClientSettings {
  readonly region?: string;
  readonly profile?: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly requestHandler?: NonNullable<LambdaClientConfig["requestHandler"]>;
}

type Call = <T>(permission: string, resource: string, work: () => Promise<T>) => Promise<T>;

export function awsServices(settings: ClientSettings, place: Place): Services {
  const { region, sandbox, functionName } = place;
  const call: Call = async (permission, resource, work) => {
    try {
      return await work();
    } catch (error) {
      throw describeCall(error, { permission, resource, region, sandbox });
    }
  };
  return {
    caller: () =>
      call("sts:GetCallerIdentity", "*", async () => {
        const { Arn: arn = "unknown" } = await new STSClient(settings).send(new GetCallerIdentityCommand({}));
        return arn;
      }),
    logLines: (from, to) => logLines(settings, call, functionName, from, to),
    ...mailServices(settings, call),
    ...stackServices(settings, call, place),
    instances: (wanted) => call("ec2:DescribeInstances", "*", () => instances(settings, wanted)),
    mayOperate: () => mayOperate(settings, call, functionName),
    agents: (ids) =>
      call("ssm:DescribeInstanceInformation", "*", async () => {
        const command = new DescribeInstanceInformationCommand({
          Filters: [{ Key: "InstanceIds", Values: [...ids] }],
          MaxResults: 50,
        });
        const { InstanceInformationList: list = [] } = await new SSMClient(settings).send(command);
        return new Map(
          list.map((one): [string, Agent] => [
            one.InstanceId ?? "",
            {
              version: one.AgentVersion ?? "unknown",
              latest: one.IsLatestVersion,
              ping: one.PingStatus ?? "unknown",
            },
          ]),
        );
      }),
  };
}

/** By filter, never by id: one that EC2 knows no more would make the whole call an error. */
async function instances(settings: ClientSettings, wanted: Wanted): Promise<readonly Instance[]> {
  const filter: Filter =
    "tag" in wanted
      ? { Name: `tag:${wanted.tag.key}`, Values: [wanted.tag.value] }
      : { Name: "instance-id", Values: [...wanted.ids] };
  const client = new EC2Client(settings);
  const found: Instance[] = [];
  let next: string | undefined;
  do {
    const page = await client.send(
      new DescribeInstancesCommand({ Filters: [filter], ...(next ? { NextToken: next } : {}) }),
    );
    for (const one of page.Reservations?.flatMap((each) => each.Instances ?? []) ?? []) {
      const state = one.State?.Name ?? "unknown";
      if (one.InstanceId !== undefined && state !== "terminated")
        found.push({ id: one.InstanceId, state, profile: one.IamInstanceProfile?.Arn });
    }
    next = page.NextToken;
  } while (next);
  return found;
}

/** Lambda checks a dry run's permission, and runs nothing. */
async function mayOperate(settings: ClientSettings, call: Call, functionName: string): Promise<boolean> {
  try {
    await call("lambda:InvokeFunction", `function ${functionName} with its alias operate`, () =>
      new LambdaClient(settings).send(
        new InvokeCommand({ FunctionName: functionName, Qualifier: "operate", InvocationType: "DryRun" }),
      ),
    );
    return true;
  } catch (error) {
    if (error instanceof CommandError && error.message.startsWith("Not allowed")) return false;
    throw error;
  }
}

function stackServices(
  settings: ClientSettings,
  call: Call,
  { stack }: Place,
): Pick<Services, "stack" | "subscriptions"> {
  return {
    stack: async () => {
      if (stack === undefined) throw new CommandError("The function was named, not its stack: pass --stack.");
      return call("cloudformation:DescribeStacks", `the stack ${stack}`, async () => {
        const client = new CloudFormationClient(settings);
        const { Stacks: [found] = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }));
        const topic = found?.Outputs?.find(({ OutputKey }) => OutputKey === "TopicArn");
        return {
          drift: found?.DriftInformation?.StackDriftStatus ?? "NOT_CHECKED",
          topicArn: topic?.OutputValue,
        };
      });
    },
    subscriptions: (topicArn) =>
      call("sns:ListSubscriptionsByTopic", topicArn, async () => {
        const command = new ListSubscriptionsByTopicCommand({ TopicArn: topicArn });
        const { Subscriptions: list = [] } = await new SNSClient(settings).send(command);
        return list.map(({ Endpoint: endpoint = "?", SubscriptionArn: arn = "" }) => ({
          endpoint,
          confirmed: arn.startsWith("arn:"),
        }));
      }),
  };
}

function mailServices(settings: ClientSettings, call: Call): Pick<Services, "mailQuota" | "mailIdentities"> {
  return {
    mailQuota: () =>
      call("ses:GetSendQuota", "*", async () => {
        const answer = await new SESClient(settings).send(new GetSendQuotaCommand({}));
        return { perDay: answer.Max24HourSend ?? 0, sentLastDay: answer.SentLast24Hours ?? 0 };
      }),
    mailIdentities: (names) =>
      call("ses:GetIdentityVerificationAttributes", "*", async () => {
        const command = new GetIdentityVerificationAttributesCommand({ Identities: [...names] });
        const { VerificationAttributes: found = {} } = await new SESClient(settings).send(command);
        return new Map(names.map((name) => [name, found[name]?.VerificationStatus ?? "none"]));
      }),
  };
}

/** The group is named by the function's configuration, since its name is made at the deployment. */
async function logLines(
  settings: ClientSettings,
  call: Call,
  functionName: string,
  startTime: number,
  endTime: number,
): Promise<readonly LogLine[]> {
  const configuration = await call("lambda:GetFunctionConfiguration", `function ${functionName}`, () =>
    new LambdaClient(settings).send(new GetFunctionConfigurationCommand({ FunctionName: functionName })),
  );
  const logGroupName = configuration.LoggingConfig?.LogGroup ?? `/aws/lambda/${functionName}`;
  return call("logs:FilterLogEvents", `log group ${logGroupName}`, async () => {
    const lines: LogLine[] = [];
    const client = new CloudWatchLogsClient(settings);
    for await (const { events = [] } of paginateFilterLogEvents(
      { client },
      { logGroupName, startTime, endTime },
    )) {
      lines.push(
        ...events.map((one) => ({
          id: one.eventId ?? "",
          at: one.timestamp ?? 0,
          text: one.message ?? "",
        })),
      );
    }
    return lines;
  });
}
