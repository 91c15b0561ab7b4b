/** How clusters of one deployment bear on each other. */
import { roomRules } from "./room.ts";
import type { Rule } from "./rules.ts";
import type { WrittenCluster } from "./schema.ts";

export type Nameable = Pick<WrittenCluster, "nodes" | "scheduler" | "fence">;

/** What is started and stopped on a node: two clusters that share it on the same nodes would fight over it. */
const identityOf = ({ scheduler }: Nameable): string =>
  scheduler.unit ?? scheduler.pidFile ?? scheduler.pattern ?? scheduler.start ?? "";

const areRivals = (one: Nameable, other: Nameable): boolean => {
  const [a, b] = [one.scheduler.pattern, other.scheduler.pattern];
  return (identityOf(one) === identityOf(other) || (!!a && a === b)) && shareNodes(one, other);
};

const shareNodes = (one: Nameable, other: Nameable): boolean => {
  const [a, b] = [one.nodes, other.nodes];
  if (a.tag && b.tag) return a.tag.key === b.tag.key && a.tag.value === b.tag.value;
  return (a.instanceIds ?? []).some((id) => b.instanceIds?.includes(id));
};

export const clusterRules: readonly Rule<ReadonlyMap<string, Nameable>>[] = [
  ...roomRules,
  {
    holds: "No two clusters have the same scheduler on the same nodes.",
    breaches: (clusters) => {
      const all = [...clusters];
      return all.flatMap(([name, cluster], index) => {
        const rival = all.slice(0, index).find(([, other]) => areRivals(other, cluster));
        if (!rival) return [];
        const rule = `must not have the same nodes and the same scheduler as cluster ${rival[0]}: they would fight over it`;
        return [{ path: [name], rule }];
      });
    },
  },
];
