/** What SES and Systems Manager say, for `doctor`: each call says which permission it needs where it is refused. */
import { GetIdentityVerificationAttributesCommand, GetSendQuotaCommand, SESClient } from "@aws-sdk/client-ses";
import { DescribeInstanceInformationCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { LambdaClientConfig } from "@aws-sdk/client-lambda";
import type { Agent, Place, Services } from "./connection.ts";
import { describeCall } from "./failures.ts";

/** What all clients share. */
export interface ClientSettings {
  readonly region: string;
  readonly profile?: string;
  readonly endpoint?: string;
  readonly credentials?: NonNullable<LambdaClientConfig["credentials"]>;
}

export function awsServices(settings: ClientSettings, { region, sandbox }: Place): Services {
  const call = async <T>(permission: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw describeCall(error, { permission, resource: "*", region, sandbox });
    }
  };
  return {
    mailQuota: () =>
      call("ses:GetSendQuota", async () => {
        const answer = await new SESClient(settings).send(new GetSendQuotaCommand({}));
        return { perDay: answer.Max24HourSend ?? 0, sentLastDay: answer.SentLast24Hours ?? 0 };
      }),
    mailIdentities: (names) =>
      call("ses:GetIdentityVerificationAttributes", async () => {
        const command = new GetIdentityVerificationAttributesCommand({ Identities: [...names] });
        const { VerificationAttributes: found = {} } = await new SESClient(settings).send(command);
        return new Map(names.map((name) => [name, found[name]?.VerificationStatus ?? "none"]));
      }),
    agents: (ids) =>
      call("ssm:DescribeInstanceInformation", async () => {
        const command = new DescribeInstanceInformationCommand({
          Filters: [{ Key: "InstanceIds", Values: [...ids] }],
          MaxResults: 50,
        });
        const { InstanceInformationList: list = [] } = await new SSMClient(settings).send(command);
        return new Map(
          list.map((one): [string, Agent] => [
            one.InstanceId ?? "",
            { version: one.AgentVersion ?? "unknown", ping: one.PingStatus ?? "unknown" },
          ]),
        );
      }),
  };
}
