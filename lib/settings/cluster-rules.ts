/** How clusters of one deployment bear on each other. */
import { PROFILES } from "./profiles.ts";
import { roomRules } from "./room.ts";
import type { Rule } from "./rules.ts";
import type { WrittenCluster } from "./schema.ts";

export type Nameable = Pick<WrittenCluster, "nodes" | "scheduler" | "fence">;

/** What is started and stopped on a node: two clusters that share it on the same nodes would fight over it. */
const identityOf = ({ scheduler }: Nameable): string =>
  scheduler.unit ?? scheduler.pidFile ?? scheduler.pattern ?? scheduler.start ?? "";

const areRivals = (one: Nameable, other: Nameable): boolean =>
  (identityOf(one) === identityOf(other) || seeks(one, other) || seeks(other, one)) && shareNodes(one, other);

/** Whether the one's pattern is the other's, or that of the other's profile, which finds a scheduler of a unit, too. */
const seeks = ({ scheduler: { pattern } }: Nameable, { scheduler }: Nameable): boolean => {
  const ofProfile = scheduler.profile && PROFILES[scheduler.profile].values["scheduler.pattern"]?.value;
  return !!pattern && (pattern === scheduler.pattern || pattern === ofProfile);
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
