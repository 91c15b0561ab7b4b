/** How clusters of one deployment bear on each other. */
import { type Rule, breach } from "./rules.ts";
import type { WrittenCluster } from "./schema.ts";

export type Nameable = Pick<WrittenCluster, "nodes" | "scheduler" | "fence">;

/** What is started and stopped on a node: two clusters that share it on the same nodes would fight over it. */
const identityOf = ({ scheduler }: Nameable): string =>
  scheduler.unit ?? scheduler.pidFile ?? scheduler.pattern ?? scheduler.start ?? "";

const shareNodes = (one: Nameable, other: Nameable): boolean => {
  const [a, b] = [one.nodes, other.nodes];
  if (a.tag && b.tag) return a.tag.key === b.tag.key && a.tag.value === b.tag.value;
  return (a.instanceIds ?? []).some((id) => b.instanceIds?.includes(id));
};

/**
 * A role's inline policies have 10,240 characters together, and during a deployment the old permissions stand beside
 * the new ones: so much is left for one of the two, with the controller's own statements apart.
 */
const POLICY_CHARACTERS = 4500;

interface Reached {
  readonly fence: "none" | "ec2-stop";
  readonly nodes: {
    readonly tag?: { readonly key: string; readonly value: string } | undefined;
    readonly instanceIds?: readonly string[] | undefined;
  };
}

/**
 * What the permission to reach these nodes takes, at the most: a document and a statement, with each listed node; and
 * where they are fenced a second statement.
 */
export const permissionCharacters = (clusters: ReadonlyMap<string, Reached>): number =>
  [...clusters].reduce((sum, [name, { nodes, fence }]) => {
    const { key, value } = nodes.tag ?? { key: "", value: "" };
    const statement = 270 + name.length + key.length + value.length + 80 * (nodes.instanceIds?.length ?? 0);
    return sum + 110 + name.length + statement * (fence === "none" ? 1 : 2);
  }, 0);

export const clusterRules: readonly Rule<ReadonlyMap<string, Nameable>>[] = [
  {
    holds: "All clusters fit one role's policy: ten or so by tag, fewer with listed nodes.",
    breaches: (clusters) =>
      breach(
        permissionCharacters(clusters) > POLICY_CHARACTERS,
        [],
        `must be fewer, or have their nodes by tag: permissions to reach them take ${permissionCharacters(clusters)} characters of a role's policy and ${POLICY_CHARACTERS} are there; put the others into a stack of their own, -c stackName=NAME`,
      ),
  },
  {
    holds: "No two clusters have the same scheduler on the same nodes.",
    breaches: (clusters) => {
      const all = [...clusters];
      return all.flatMap(([name, cluster], index) => {
        const rival = all
          .slice(0, index)
          .find(([, other]) => identityOf(other) === identityOf(cluster) && shareNodes(other, cluster));
        if (!rival) return [];
        const rule = `must not have the same nodes and the same scheduler as cluster ${rival[0]}: they would fight over it`;
        return [{ path: [name], rule }];
      });
    },
  },
];
