/** What EC2 and Systems Manager say of the nodes: who carries which cluster's tag, who is managed, by whose role. */
import type { Instance, Services, Wanted } from "./connection.ts";
import { asked } from "./doctor-services.ts";
import { fault, ok, warning, type Finding } from "./finding.ts";
import type { DeployedView } from "./replies.ts";

/** One cluster, as the controller has it. */
export interface ClusterNodes {
  readonly cluster: string;
  /** Undefined where the deployed version does not tell it. */
  readonly deployed: DeployedView | undefined;
  /** Nodes on the record. */
  readonly ids: readonly string[];
}

/** In front of all others, since an instance without agent or role is on no record, and missed by nobody. */
export async function examineNodes(
  services: Services,
  clusters: readonly ClusterNodes[],
): Promise<readonly Finding[]> {
  const found = await Promise.all(
    clusters.map(async (one) => ({ ...one, ...(await instancesOf(services, one)) })),
  );
  const ids = [...new Set(found.flatMap((one) => [...one.ids, ...one.instances.map(({ id }) => id)]))];
  const profiles = new Map(
    found.flatMap(({ instances }) => instances.map(({ id, profile }) => [id, profile])),
  );
  return [
    ...found.flatMap(({ findings }) => findings),
    ...found.flatMap(examineTag),
    ...examineShared(found),
    ...(await asked("SSM agents", () => examineAgents(services, ids, profiles))),
  ];
}

interface Found extends ClusterNodes {
  readonly instances: readonly Instance[];
  /** Whether EC2 could be asked. */
  readonly isKnown: boolean;
}

async function instancesOf(services: Services, { cluster, deployed }: ClusterNodes) {
  const wanted = wantedBy(deployed);
  if (wanted === undefined) return { instances: [], isKnown: false, findings: [] };
  const instances: Instance[] = [];
  let isKnown = false;
  const findings = await asked(`${cluster}: EC2 instances and their tags`, async () => {
    instances.push(...(await services.instances(wanted)));
    isKnown = true;
    return [];
  });
  return { instances, isKnown, findings };
}

function wantedBy(deployed: DeployedView | undefined): Wanted | undefined {
  if (deployed?.tag) return { tag: deployed.tag };
  return deployed?.instanceIds ? { ids: deployed.instanceIds } : undefined;
}

function examineTag({ cluster, deployed, instances, isKnown }: Found): readonly Finding[] {
  if (!isKnown) return [];
  if (deployed?.tag) {
    const tag = `${deployed.tag.key}=${deployed.tag.value}`;
    return instances.length === 0
      ? [
          fault(
            `${cluster}: no instance carries the tag ${tag}`,
            "tag the instances, or correct the settings",
          ),
        ]
      : [ok(`${cluster}: the tag ${tag} is on ${instances.map(({ id }) => id).join(", ")}`)];
  }
  const missing = (deployed?.instanceIds ?? []).filter((id) => instances.every((one) => one.id !== id));
  return missing.map((id) =>
    fault(`${cluster}: there is no instance ${id} here`, "take it out of `instanceIds`, and deploy"),
  );
}

/** Two clusters on one node are as meant where each has a scheduler of its own. */
function examineShared(found: readonly Found[]): readonly Finding[] {
  return found.flatMap((one, n) =>
    found.slice(n + 1).flatMap((other) => {
      const both = idsOf(one).filter((id) => idsOf(other).includes(id));
      if (both.length === 0) return [];
      const unit = one.deployed?.unit;
      const what = `${one.cluster} and ${other.cluster} are both on ${both.join(", ")}`;
      if (unit && unit === other.deployed?.unit)
        return [fault(`${what}, with the same unit ${unit}`, "take one cluster's tag off these instances")];
      return [
        warning(
          `${what}: as meant, if each has a scheduler of its own`,
          "else take one cluster's tag off these instances",
        ),
      ];
    }),
  );
}

function idsOf({ ids, instances }: Found): readonly string[] {
  return [...new Set([...ids, ...instances.map(({ id }) => id)])];
}

async function examineAgents(
  services: Services,
  ids: readonly string[],
  profiles: ReadonlyMap<string, string | undefined>,
): Promise<readonly Finding[]> {
  if (ids.length === 0) return [];
  const agents = await services.agents(ids);
  return ids.map((id) => {
    const agent = agents.get(id);
    if (!agent) return notManaged(id, profiles);
    if (agent.ping === "Online" && agent.latest === false)
      return warning(
        `${id}: SSM agent ${agent.version} is online, and not the latest`,
        "let State Manager run AWS-UpdateSSMAgent on the nodes",
      );
    if (agent.ping === "Online") return ok(`${id}: SSM agent ${agent.version} is online`);
    return warning(
      `${id}: SSM agent ${agent.version} is ${agent.ping}; the word may be minutes old`,
      "look at the agent on the node: systemctl status amazon-ssm-agent",
    );
  });
}

/** Without a profile an instance is managed only where the account has a default role for that. */
function notManaged(id: string, profiles: ReadonlyMap<string, string | undefined>): Finding {
  const what = `${id} is not managed by Systems Manager: no command reaches it`;
  if (profiles.has(id) && profiles.get(id) === undefined)
    return fault(
      `${what}; it has no instance profile`,
      "give it one whose role has AmazonSSMManagedInstanceCore",
    );
  return fault(
    what,
    "install and start the SSM agent, give its role AmazonSSMManagedInstanceCore, and a way to the SSM endpoints",
  );
}
