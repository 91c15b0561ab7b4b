/** What `doctor` asks of other services: SES about the mails, SNS, CloudFormation, the log, and who may operate. */
import { LOG_MESSAGES } from "../core/metrics.ts";
import type { Settings } from "../core/settings.ts";
import { settingsHash } from "../settings/hash.ts";
import type { Services } from "./connection.ts";
import { fault, ok, unknown, warning, type Finding } from "./finding.ts";
import { CommandError } from "./io.ts";
import type { Session } from "./session.ts";

/** A check of another service: what it may not ask is no fault of the deployment. */
export async function asked(
  what: string,
  work: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return [unknown(`${what}: not found out`, error.message)];
  }
}

/** The caller's own role: it looks already, or nothing would have been answered. */
export async function examineCaller({ connection }: Session): Promise<readonly Finding[]> {
  return (await connection.services.mayOperate())
    ? [ok("your credentials may look, and operate")]
    : [
        warning(
          "your credentials may look, and not operate: no command that changes something goes through",
          "as meant for a reader; an operator needs lambda:InvokeFunction on the function's alias `operate`",
        ),
      ];
}

/** SES gives accounts in its sandbox this quota, and hardly any other. */
const SANDBOX_QUOTA = 200;

export async function examineMail({ connection }: Session, settings: Settings): Promise<readonly Finding[]> {
  const { services } = connection;
  const { from, to, identity } = settings.alerts;
  const quota = await services.mailQuota();
  const isSandbox = quota.perDay === SANDBOX_QUOTA;
  const domain = (address: string): string => address.split("@")[1] ?? "";
  const names = [
    from,
    domain(from),
    ...(identity ? [identity] : []),
    ...(isSandbox ? to.flatMap((one) => [one, domain(one)]) : []),
  ];
  const known = await services.mailIdentities([...new Set(names)]);
  const verified = (address: string): boolean =>
    [address, domain(address), ...(address === from && identity ? [identity] : [])].some(
      (name) => known.get(name) === "Success",
    );
  return [
    isSandbox
      ? warning(
          `SES gives ${quota.perDay} mails a day: the account is most likely in its sandbox`,
          "only verified recipients get mails; ask for production access",
        )
      : ok(`SES gives ${quota.perDay} mails a day, ${quota.sentLastDay} of them used`),
    verified(from)
      ? ok(`sender ${from} is verified`)
      : fault(
          `sender ${from} is not verified: no mail goes out`,
          "follow the link that SES has mailed, or verify the domain",
        ),
    ...(isSandbox ? to.filter((one) => !verified(one)) : []).map((one) =>
      fault(
        `recipient ${one} is not verified, and SES is in its sandbox: it gets no mail`,
        "verify it, or ask for production access",
      ),
    ),
  ];
}

/** An alarm that reaches nobody is none: the topic is what still speaks when the controller is dead. */
export async function examineStack({ connection }: Session): Promise<readonly Finding[]> {
  const { services } = connection;
  const { drift, topicArn } = await services.stack();
  const subscribed = topicArn === undefined ? [] : await asked("SNS", () => examineTopic(services, topicArn));
  return [...examineDrift(drift), ...subscribed];
}

function examineDrift(drift: string): readonly Finding[] {
  if (drift === "IN_SYNC") return [ok("the stack is as it was deployed, when CloudFormation last looked")];
  if (drift !== "DRIFTED") return [];
  return [
    warning(
      "the stack has drifted from what was deployed, says CloudFormation",
      "aws cloudformation describe-stack-resource-drifts says where; deploy again",
    ),
  ];
}

async function examineTopic(services: Services, topicArn: string): Promise<readonly Finding[]> {
  const all = await services.subscriptions(topicArn);
  const pending = all.filter(({ confirmed }) => !confirmed);
  const count = all.length - pending.length;
  return [
    count === 0
      ? fault(
          "nobody gets the alarms: no subscription of their topic is confirmed",
          "subscribe, and follow the link in SNS's mail",
        )
      : ok(`the alarms go to ${count} confirmed subscription${count === 1 ? "" : "s"}`),
    ...pending.map(({ endpoint }) =>
      warning(
        `${endpoint} gets no alarms: its subscription is not confirmed`,
        "follow the link in SNS's mail",
      ),
    ),
  ];
}

/** So far back the controller's log is searched for what it may not do. */
const LOG_MILLISECONDS = 15 * 60_000;

const DENIED =
  /is not authorized to perform:? ([a-z0-9-]+:[A-Za-z]+)|You are not authorized to perform this operation/;

/** A role that lacks something, or a policy above it that takes it away, shows in what the controller could not do. */
export async function examineLog({ connection, io }: Session): Promise<readonly Finding[]> {
  const lines = await connection.services.logLines(io.now() - LOG_MILLISECONDS, io.now());
  const denied = new Set(
    lines.flatMap(({ text }) => (DENIED.test(text) ? [DENIED.exec(text)?.[1] ?? "ec2"] : [])),
  );
  const failed = lines.filter(({ text }) => text.includes(`"${LOG_MESSAGES.tickFailed}"`)).length;
  return [
    ...[...denied].map((action) =>
      fault(
        `the controller was denied ${action} in the last 15 minutes`,
        "deploy again; else a permissions boundary or an organization's policy takes it away",
      ),
    ),
    ...(failed > 0
      ? [warning(`${failed} ticks failed in the last 15 minutes`, "`logs --since 15m` says why")]
      : []),
    ...(denied.size + failed === 0 ? [ok("the controller was denied nothing in the last 15 minutes")] : []),
  ];
}

/** Whether the file is what was deployed; a version before this one does not say what was. */
export function examineDeployedSettings(
  written: Settings,
  deployedHash: string | undefined,
): readonly Finding[] {
  if (deployedHash === undefined) return [];
  if (settingsHash(written) === deployedHash) return [ok("the settings are those that are deployed")];
  return [
    warning(
      "the settings are not those that are deployed",
      "npx cdk diff shows what differs; npx cdk deploy",
    ),
  ];
}
