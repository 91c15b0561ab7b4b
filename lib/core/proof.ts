/**
 * Why a node is known not to run the scheduler. Every start and every move passes through here; nothing else in the
 * project turns a node's silence, age or absence into "stopped".
 */
import type { ClusterRecord, Instant, NodeId, NodeRecord, NodeReport, Plan, Proof } from "./model.ts";
import type { ClusterSettings } from "./settings.ts";

/** A node of which nothing is known: it may run a scheduler for ever. */
export const UNKNOWN_NODE: NodeRecord = {
  life: "unknown",
  stopBy: "ever",
  guard: "none",
  reportedAt: 0,
  instance: "unknown",
  missing: 0,
};

/** The proof that holds for a node now, if any. A `stopBy` that has passed counts a whole clock difference later. */
export function proofOf(node: NodeRecord, settings: ClusterSettings, now: Instant): Proof | undefined {
  if (node.stopBy === "never") return node.proof;
  if (node.stopBy === "ever") return undefined;
  const certain = node.stopBy + settings.timers.skewSeconds * 1000;
  return now > certain ? { kind: "grant-expired", at: certain, token: 0 } : undefined;
}

/** The nodes other than `target` of which it is not proven that they run no scheduler. */
export function unprovenBut(
  target: NodeId | undefined,
  record: ClusterRecord,
  settings: ClusterSettings,
  now: Instant,
): readonly NodeId[] {
  return Object.keys(record.nodes)
    .filter((id) => id !== target && proofOf(record.nodes[id] ?? UNKNOWN_NODE, settings, now) === undefined)
    .sort();
}

/** The proofs on which a start on `target` rests, by node. */
export function proofsBut(
  target: NodeId,
  record: ClusterRecord,
  settings: ClusterSettings,
  now: Instant,
): Readonly<Record<NodeId, Proof>> {
  const proofs: Record<NodeId, Proof> = {};
  for (const [id, node] of Object.entries(record.nodes)) {
    const proof = id === target ? undefined : proofOf(node, settings, now);
    if (proof) proofs[id] = proof;
  }
  return proofs;
}

/**
 * What a reply to `plan` says about how long its node may run a scheduler. Only a node that is not the plan's active
 * one and was asked to stop can prove itself stopped, and only while that plan is the newest: a look is no proof, nor
 * is a failed start, which systemd may still bring back. Time proves something only while the guard is armed.
 */
export function stopByAfter(
  id: NodeId,
  node: NodeRecord,
  report: NodeReport,
  plan: Plan,
  settings: ClusterSettings,
  readAt: Instant,
): Pick<NodeRecord, "stopBy" | "proof"> {
  const isActive = id === plan.active;
  if (!isActive && plan.others === "stop" && report.state === "stopped" && provesStopped(report, settings)) {
    return { stopBy: "never", proof: { kind: "reported-stopped", at: readAt, token: plan.token } };
  }
  if (!isActive && node.stopBy === "never" && DISPROVES.has(report.state)) {
    return { stopBy: "ever", proof: undefined };
  }
  // Its guard lets live what somebody has permitted by hand.
  if (report.state === "overridden") return { stopBy: "ever", proof: undefined };
  if (isActive && node.stopBy === "ever" && guarded(report, settings, readAt)) {
    const until = Math.max(plan.until, report.grantUntil);
    return { stopBy: until + settings.timers.killGraceSeconds * 1000, proof: undefined };
  }
  if (typeof node.stopBy === "number" && report.guard !== "armed" && report.state !== "stopped") {
    return { stopBy: "ever", proof: undefined };
  }
  return { stopBy: node.stopBy, proof: node.proof };
}

/** What takes a proof back, beside `overridden`. `busy` and `refused` say that the node did not look. */
const DISPROVES: ReadonlySet<string> = new Set(["running", "starting", "stopping"]);

/** With the guard off there is no gate to demand: the fence is what stands behind such a proof. */
function provesStopped(report: NodeReport, settings: ClusterSettings): boolean {
  return settings.guard === "off" || report.gate !== "failed";
}

/**
 * Whether time proves anything about the node: its guard is armed, and its clock is not behind ours by more than the
 * bound. The clock was read before the reply was, so that a slow reply errs to the safe side; a clock that is ahead
 * ends the grant early, which is safe too.
 */
function guarded(report: NodeReport, settings: ClusterSettings, readAt: Instant): boolean {
  const behind = readAt - report.clock;
  return report.guard === "armed" && report.grantUntil > 0 && behind <= settings.timers.skewSeconds * 1000;
}

/**
 * What is left of the proofs after a time without ticks, or of a record that may be an old copy: nothing. Time is believed
 * of no node, not even of the grant's holder: while no tick came, somebody may have opened its gate by hand, as the
 * break-glass command is there for, and the guard lets live what an override permits.
 */
export function distrusted(node: NodeRecord): NodeRecord {
  return { ...node, stopBy: "ever", proof: undefined };
}
