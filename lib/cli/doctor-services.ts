/** What `doctor` asks of other services: Systems Manager about the agents, SES about the mails. */
import type { Settings } from "../core/settings.ts";
import { fault, ok, unknown, warning, type Finding } from "./doctor.ts";
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

export async function examineAgents(
  { connection }: Session,
  ids: readonly string[],
): Promise<readonly Finding[]> {
  if (ids.length === 0) return [];
  const agents = await connection.services.agents(ids);
  return ids.map((id) => {
    const agent = agents.get(id);
    if (!agent)
      return fault(
        `${id} is not managed by Systems Manager`,
        "install the SSM agent, give the instance a role with AmazonSSMManagedInstanceCore",
      );
    if (agent.ping === "Online") return ok(`${id}: SSM agent ${agent.version} is online`);
    return warning(
      `${id}: SSM agent ${agent.version} is ${agent.ping}; the word may be minutes old`,
      "look at the agent on the node: systemctl status amazon-ssm-agent",
    );
  });
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
