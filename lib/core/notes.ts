/** What EC2 and the nodes say, noted on the record. Nothing is decided here. */
import { UNKNOWN_NODE, stopByAfter } from "./proof.ts";
import type { ClusterRecord, DiscoveredNode, Instant, NodeId, NodeRecord, NodeReport } from "./model.ts";
import type { ClusterSettings } from "./settings.ts";

/** A record for a cluster that has none: nothing is known, and the first token is as high as the clock says. */
export function freshRecord(cluster: string, owner: string, now: Instant): ClusterRecord {
  return {
    schema: 1,
    cluster,
    token: 0,
    nonce: "none",
    owner,
    lease: { holder: "none", until: 0 },
    plan: {
      token: 0,
      active: "none",
      life: "none",
      mode: "look",
      others: "look",
      until: 0,
      invocation: "none",
    },
    nodes: {},
    phase: { name: "looking", since: now, cause: "none" },
    counters: { restarts: 0, startedAt: 0, attempts: 0, retryAt: 0, unhealthy: 0, moves: [], transitions: 0 },
    outbox: [],
    newsAt: 0,
    last: { code: "NEW", sentence: "No tick has ended yet.", at: now },
    dueAt: 0,
    savedAt: now,
  };
}

const GONE: ReadonlySet<string> = new Set(["stopped", "terminated"]);

/**
 * An instance that EC2 knew and does not find for so long is terminated. EC2's answers become right in seconds, and it
 * lists a terminated instance for about an hour, so that whoever is not found at all for a minute is long gone.
 */
const MISSING_MILLISECONDS = 60_000;

/**
 * Notes what EC2 says in this tick. `stopped` and `terminated` prove that the instance's life is over, for as long as
 * EC2 says so: an image whose unit is enabled may start a scheduler when it boots again. An instance that hibernates
 * wakes with its processes, so that its `stopped` proves nothing.
 */
export function noteInstances(
  record: ClusterRecord,
  discovered: readonly DiscoveredNode[] | "unheard",
  now: Instant,
): ClusterRecord {
  if (discovered === "unheard") {
    return {
      ...record,
      nodes: mapNodes(record.nodes, (node) => bootedAgain({ ...node, instance: "unknown" })),
    };
  }
  const found = new Map(discovered.map((each) => [each.id, each]));
  const ids = [...new Set([...Object.keys(record.nodes), ...found.keys()])];
  const nodes: Record<NodeId, NodeRecord> = {};
  for (const id of ids) {
    const node = record.nodes[id] ?? UNKNOWN_NODE;
    const next = noteInstance(node, found.get(id), now);
    const leaves = next.instance === "terminated" && record.phase.active !== id;
    if (!leaves) nodes[id] = next;
  }
  const { fence } = record.phase;
  const fenced = fence !== undefined && isGone(nodes[fence] ?? UNKNOWN_NODE);
  return { ...record, nodes, phase: fenced ? { ...record.phase, fence: undefined } : record.phase };
}

function noteInstance(node: NodeRecord, found: DiscoveredNode | undefined, now: Instant): NodeRecord {
  const missing = found ? 0 : node.missing || now;
  const instance = found?.instance ?? (now - missing >= MISSING_MILLISECONDS ? "terminated" : "missing");
  const noted = { ...node, instance, missing };
  if (!GONE.has(instance) || (instance === "stopped" && found?.hibernates === true))
    return bootedAgain(noted);
  if (node.proof?.kind === "instance-stopped") return noted;
  return {
    ...noted,
    life: "unknown",
    stopBy: "never",
    proof: { kind: "instance-stopped", at: now, token: 0 },
    report: undefined,
  };
}

/** Whether EC2 has still to be asked to stop it: it does not say that it stops or has stopped it. */
export function isUnfenced(node: NodeRecord | undefined): boolean {
  return (
    node !== undefined && node.instance !== "stopping" && node.instance !== "shutting-down" && !isGone(node)
  );
}

/** What EC2's word proved ends with that word. */
function bootedAgain(node: NodeRecord): NodeRecord {
  return node.proof?.kind === "instance-stopped" ? { ...node, stopBy: "ever", proof: undefined } : node;
}

/** Whether EC2 says in this tick that the instance does not exist or does not run: nothing is sent to it. */
export function isGone(node: NodeRecord): boolean {
  return GONE.has(node.instance);
}

/** Notes the replies to the record's plan, and the silence of those that were asked and did not answer. */
export function noteReplies(
  record: ClusterRecord,
  replies: ReadonlyMap<NodeId, NodeReport>,
  unsent: ReadonlyMap<NodeId, string>,
  settings: ClusterSettings,
  now: Instant,
): ClusterRecord {
  const nodes = mapNodes(record.nodes, (node, id) => {
    const report = replies.get(id);
    if (report) return noteReply(record, id, node, report, settings, now);
    return isGone(node) ? node : { ...node, silentSince: node.silentSince ?? now, obstacle: unsent.get(id) };
  });
  const { fence } = record.phase;
  const phase =
    fence !== undefined && replies.has(fence) ? { ...record.phase, fence: undefined } : record.phase;
  return { ...record, nodes, phase };
}

function noteReply(
  record: ClusterRecord,
  id: NodeId,
  node: NodeRecord,
  report: NodeReport,
  settings: ClusterSettings,
  now: Instant,
): NodeRecord {
  return {
    ...node,
    ...stopByAfter(id, node, report, record.plan, settings, now),
    life: report.life,
    guard: report.guard,
    report,
    reportedAt: now,
    silentSince: undefined,
    evasiveSince: EVASIVE.has(report.state) ? (node.evasiveSince ?? now) : undefined,
    obstacle: undefined,
  };
}

/** One whose gate stands open by hand says so much. */
const EVASIVE: ReadonlySet<string> = new Set(["refused", "busy"]);

function mapNodes(
  nodes: Readonly<Record<NodeId, NodeRecord>>,
  change: (node: NodeRecord, id: NodeId) => NodeRecord,
): Readonly<Record<NodeId, NodeRecord>> {
  return Object.fromEntries(Object.entries(nodes).map(([id, node]) => [id, change(node, id)]));
}
