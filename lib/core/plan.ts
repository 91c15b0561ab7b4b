/**
 * From where the cluster stands to what its nodes are asked, and what that promises. A plan is written on the record,
 * with every promise it makes, before it is sent.
 */
import type { ClusterRecord, Instant, Mode, NodeId, NodeRecord, Plan } from "./model.ts";
import { UNKNOWN_NODE, proofOf, unprovenBut } from "./proof.ts";
import type { ClusterSettings } from "./settings.ts";
import { attached, courseOf } from "./steering.ts";

/** A plan before it has its token. */
export type Draft = Omit<Plan, "token">;

export function draftPlan(record: ClusterRecord, settings: ClusterSettings, now: Instant): Draft {
  const { takeOver } = record;
  const draft = draftOf(record, settings, now);
  return takeOver !== undefined && now < takeOver.until ? { ...draft, takeOver: takeOver.owner } : draft;
}

/** What the phase asks for. Only a plan with `run` or `restart` can start a scheduler, and only `activeMode` says so. */
function draftOf(record: ClusterRecord, settings: ClusterSettings, now: Instant): Draft {
  const { phase } = record;
  const nothing = { active: "none", life: "none", mode: "look", until: 0, invocation: "none" } as const;
  const course = courseOf(record, settings);
  if (course === "observing" || course === "detached") {
    return { ...nothing, others: attached(record).length > 0 ? "detach" : "look" };
  }
  if (phase.name === "looking") return { ...nothing, others: "look" };
  if (course === "paused" && phase.active === undefined) return { ...nothing, others: "look" };
  if (phase.name === "stopping" || phase.active === undefined) return { ...nothing, others: "stop" };
  const node = record.nodes[phase.active] ?? UNKNOWN_NODE;
  const mode = course === "paused" ? "hold" : activeMode(record, phase.active, settings, now);
  return {
    active: phase.active,
    life: node.life,
    mode,
    others: course === "paused" ? "look" : "stop",
    until: grantUntil(record, phase.active, node, settings, now),
    invocation: mode === "restart" ? (phase.restartOf ?? "none") : "none",
  };
}

/**
 * `hold` extends and starts nothing, so it owes no proof: a node that has just joined cannot starve a healthy
 * scheduler. `run` and `restart` owe a proof for every other node, and are not asked of a node that is excluded.
 */
function activeMode(record: ClusterRecord, active: NodeId, settings: ClusterSettings, now: Instant): Mode {
  const { phase, counters } = record;
  if (unprovenBut(active, record, settings, now).length > 0) return "hold";
  if (settings.nodes.exclude.includes(active)) return "hold";
  if (phase.name === "starting") {
    const running = record.nodes[active]?.report?.invocation;
    return phase.restartOf !== undefined && running === phase.restartOf ? "restart" : "run";
  }
  return counters.restarts < settings.timers.restartLimit ? "run" : "hold";
}

/**
 * The end of the grant. A later one is promised only to a node that has answered the last plan, so that a node that
 * is cut off, or that answers and only refuses, is not promised more and more; where the last grant is over for certain,
 * this is a new one.
 */
function grantUntil(
  record: ClusterRecord,
  active: NodeId,
  node: NodeRecord,
  settings: ClusterSettings,
  now: Instant,
): Instant {
  const fresh = now + settings.timers.grantSeconds * 1000;
  const { plan } = record;
  const same = plan.active === active && plan.life === node.life;
  const answered = node.report?.token === plan.token && !refusesAgain(node);
  if (!same || answered || node.stopBy === "ever" || proofOf(node, settings, now)) return fresh;
  return plan.until;
}

/** Its first refusal may have been of the grant itself, and another grant what helps: one that it came too late for. */
function refusesAgain({ evasiveSince, reportedAt }: NodeRecord): boolean {
  return evasiveSince !== undefined && evasiveSince < reportedAt;
}

/** The record as it is written before the plan is sent: plan, token, promise and lease in one. */
export function commit(
  record: ClusterRecord,
  draft: Draft,
  stamp: {
    readonly token: number;
    readonly nonce: string;
    readonly holder: string;
    readonly leaseUntil: Instant;
    readonly at: Instant;
  },
  settings: ClusterSettings,
): ClusterRecord {
  const plan: Plan = { ...draft, token: stamp.token };
  const nodes = Object.fromEntries(
    Object.entries(record.nodes).map(([id, node]) => [id, promise(id, node, plan, settings)]),
  );
  return {
    ...record,
    token: stamp.token,
    nonce: stamp.nonce,
    lease: { holder: stamp.holder, until: stamp.leaseUntil },
    plan,
    nodes,
    savedAt: stamp.at,
  };
}

/** What the plan permits a node, beyond what it was promised before. A detached node may run a scheduler for ever. */
function promise(id: NodeId, node: NodeRecord, plan: Plan, settings: ClusterSettings): NodeRecord {
  if (id === plan.active) return { ...node, stopBy: promised(node, plan, settings), proof: undefined };
  return plan.others === "detach" ? { ...node, stopBy: "ever", proof: undefined } : node;
}

/**
 * Until when the plan lets its active node run a scheduler. A node without an armed guard stops by nothing but a stop;
 * whether a guard can be armed on a node that has none yet is known only when it has answered.
 */
function promised(node: NodeRecord, plan: Plan, settings: ClusterSettings): NodeRecord["stopBy"] {
  if (settings.guard === "off" || node.guard !== "armed" || node.stopBy === "ever") return "ever";
  const until = plan.until + settings.timers.killGraceSeconds * 1000;
  return node.stopBy === "never" ? until : Math.max(node.stopBy, until);
}
