/** Nodes that go by one name: whoever tells schedulers apart by their host, as Airflow does, takes one for the other. */
import type { ClusterRecord, NodeId } from "./model.ts";

/** A sentence for each host name that several nodes have. */
export function sameHostNames({ nodes }: Pick<ClusterRecord, "nodes">): readonly string[] {
  const byName = new Map<string, readonly NodeId[]>();
  for (const [id, { report }] of Object.entries(nodes)) {
    const name = report?.host ?? "";
    if (name !== "") byName.set(name, [...(byName.get(name) ?? []), id]);
  }
  return [...byName]
    .filter(([, ids]) => ids.length > 1)
    .map(
      ([name, ids]) =>
        `${ids.toSorted().join(" and ")} have the same host name, ${name}: a scheduler that tells itself from others by it, as Airflow does in its job table and health server, takes one node's heartbeat for the other's. Give each its own.`,
    );
}
