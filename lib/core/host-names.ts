/** Nodes that go by one name: whoever tells schedulers apart by their host, as Airflow does, takes one for the other. */
import type { ClusterRecord, NodeId } from "./model.ts";

/** A sentence for each host name that several nodes have. */
export function sameHostNames({ nodes }: Pick<ClusterRecord, "nodes">): readonly string[] {
  const names = new Set(Object.values(nodes).map(({ report }) => report?.host ?? ""));
  return [...names]
    .map((name) => [name, ofName(name, nodes)] as const)
    .filter(([, ids]) => ids.length > 1)
    .map(
      ([name, ids]) =>
        `${ids.toSorted().join(" and ")} have the same host name, ${name}: a scheduler that tells itself from others by it, as Airflow does in its job table and health server, takes one node's heartbeat for the other's. Give each its own.`,
    );
}

/** The other nodes that go by this one's host name. */
export function namesakesOf(
  node: NodeId | undefined,
  { nodes }: Pick<ClusterRecord, "nodes">,
): readonly NodeId[] {
  const name = node === undefined ? undefined : nodes[node]?.report?.host;
  return ofName(name ?? "", nodes).filter((id) => id !== node);
}

/** Of a node that has not told its name nothing is known. */
function ofName(name: string, nodes: ClusterRecord["nodes"]): readonly NodeId[] {
  if (name === "") return [];
  return Object.keys(nodes).filter((id) => nodes[id]?.report?.host === name);
}
