/** What a rule may ask about: one view of record, replies and clock, worked out once. */
import { judgeHealth } from "./health.ts";
import { isGone } from "./notes.ts";
import { UNKNOWN_NODE, unprovenBut } from "./proof.ts";
import type { ClusterRecord, Instant, NodeId, NodeRecord, NodeReport } from "./model.ts";
import type { ClusterSettings } from "./settings.ts";

/**
 * The active node in one word. `unknown`: no answer, or none that says. `doubtful`: it runs, but the check itself is
 * broken. `unchecked`: it runs, and its check was not asked. `gone`: EC2 says that its instance is stopped. `newborn`: it
 * has begun a life that the record does not know, and has not rebooted for it. `reborn`: it has rebooted.
 */
export type Verdict =
  | "none"
  | "gone"
  | "unknown"
  | "newborn"
  | "reborn"
  | "running"
  | "unhealthy"
  | "doubtful"
  | "unchecked"
  | "starting"
  | "stopping"
  | "stopped";

export interface Facts {
  readonly record: ClusterRecord;
  readonly settings: ClusterSettings;
  readonly beatSeconds: number;
  readonly now: Instant;
  /** The replies to the record's plan; empty before it is sent. */
  readonly replies: ReadonlyMap<NodeId, NodeReport>;
  readonly verdict: Verdict;
  readonly active: NodeId | undefined;
  readonly activeNode: NodeRecord;
  /** Nodes other than the active one that answered that they run, start or stop a scheduler. */
  readonly othersAlive: readonly NodeId[];
  readonly running: readonly NodeId[];
  /** Nodes that were asked and did not answer, or did not say. */
  readonly silent: readonly NodeId[];
  readonly unproven: readonly NodeId[];
  /** Nodes that could run the scheduler next, best first: known to be stopped by their own word in this round. */
  readonly candidates: readonly NodeId[];
  /** When the active node last answered before this round: a scheduler found dead was alive then. */
  readonly lastHeardAt: Instant;
  /** The active node's scheduler is another process than the last one known. */
  readonly replaced: boolean;
  /** Nodes that have obeyed a later token than the record knows. */
  readonly ahead: readonly NodeId[];
}

/** Everything in one pass. `noted` is the record with the replies noted; `before` the record that the plan was sent from. */
export function factsOf(
  noted: ClusterRecord,
  before: ClusterRecord,
  replies: ReadonlyMap<NodeId, NodeReport>,
  settings: ClusterSettings,
  beatSeconds: number,
  now: Instant,
): Facts {
  const { active } = noted.phase;
  const saying = [...replies].filter(([, report]) => SAYS.has(report.state));
  const alive = saying.filter(([, report]) => report.state !== "stopped").map(([id]) => id);
  const heard = new Set(saying.map(([id]) => id));
  return {
    record: noted,
    settings,
    beatSeconds,
    now,
    replies,
    verdict: verdictOf(noted, before, replies, settings, now),
    active,
    activeNode: (active === undefined ? undefined : noted.nodes[active]) ?? UNKNOWN_NODE,
    othersAlive: alive.filter((id) => id !== active).sort(),
    running: saying.filter(([, report]) => report.state === "running").map(([id]) => id),
    silent: Object.entries(noted.nodes)
      .filter(([id, node]) => !heard.has(id) && !isGone(node))
      .map(([id]) => id)
      .sort(),
    unproven: unprovenBut(active, noted, settings, now),
    candidates: candidatesOf(noted, replies, settings),
    lastHeardAt: (active === undefined ? undefined : before.nodes[active]?.reportedAt) || now,
    replaced: isKnown(before, active, settings, now) && wasReplaced(noted, before, replies),
    ahead: [...replies]
      .filter(([, report]) => report.state === "refused" && report.seen > noted.plan.token)
      .map(([id]) => id),
  };
}

/** States in which a node has looked and says what it found. */
export const SAYS: ReadonlySet<string> = new Set(["running", "stopped", "starting", "stopping"]);

/** A node that was only looked at has begun no life yet; one that EC2 said was stopped has lost its own. */
const NO_LIFE: ReadonlySet<string> = new Set(["none", "unknown"]);

const RUNNING_AS = {
  healthy: "running",
  unhealthy: "unhealthy",
  doubtful: "doubtful",
  unchecked: "unchecked",
} as const;

function verdictOf(
  noted: ClusterRecord,
  before: ClusterRecord,
  replies: ReadonlyMap<NodeId, NodeReport>,
  settings: ClusterSettings,
  now: Instant,
): Verdict {
  const { active } = noted.phase;
  if (active === undefined) return "none";
  const report = replies.get(active);
  if (!report) return isGone(noted.nodes[active] ?? UNKNOWN_NODE) ? "gone" : "unknown";
  if (report.life !== before.plan.life && before.plan.active === active) {
    const last = before.nodes[active]?.report?.invocation ?? "none";
    const outlived = last !== "none" && report.invocation === last;
    const known = isKnown(before, active, settings, now);
    return NO_LIFE.has(before.plan.life) || outlived || !known ? "newborn" : "reborn";
  }
  switch (report.state) {
    case "running":
      return RUNNING_AS[judgeHealth(report.health, settings.health)];
    case "starting":
    case "stopping":
    case "stopped":
      return report.state;
    case "busy":
    case "refused":
    case "overridden":
      return "unknown";
  }
}

/**
 * Whether the record's last word of the node is young enough to compare with: after a whole grant without one, or in a
 * restored record, another process or life is nothing to hold against the node.
 */
function isKnown(
  before: ClusterRecord,
  active: NodeId | undefined,
  settings: ClusterSettings,
  now: Instant,
): boolean {
  const at = active === undefined ? undefined : before.nodes[active]?.reportedAt;
  return at !== undefined && now - at <= settings.timers.grantSeconds * 1000;
}

function wasReplaced(
  noted: ClusterRecord,
  before: ClusterRecord,
  replies: ReadonlyMap<NodeId, NodeReport>,
): boolean {
  const { active } = noted.phase;
  if (active === undefined) return false;
  const known = before.nodes[active]?.report?.invocation ?? "none";
  const found = replies.get(active)?.invocation ?? "none";
  const asked = before.phase.restartOf;
  return known !== "none" && found !== "none" && known !== found && known !== asked;
}

/** In the order of the settings, then by id; never one that is excluded, silent, or found with a scheduler. */
function candidatesOf(
  record: ClusterRecord,
  replies: ReadonlyMap<NodeId, NodeReport>,
  settings: ClusterSettings,
): readonly NodeId[] {
  const { exclude } = settings.nodes;
  return byPreference(
    Object.keys(record.nodes).filter((id) => replies.get(id)?.state === "stopped" && !exclude.includes(id)),
    settings,
  );
}

export function byPreference(ids: readonly NodeId[], settings: ClusterSettings): readonly NodeId[] {
  const rank = (id: NodeId) => {
    const index = settings.nodes.prefer.indexOf(id);
    return index < 0 ? settings.nodes.prefer.length : index;
  };
  return [...ids].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/** The candidates other than the active node for which only the active node itself would still owe a proof. */
export function standbys(facts: Facts): readonly NodeId[] {
  const { record, settings, now, active } = facts;
  return facts.candidates.filter(
    (id) => id !== active && unprovenBut(id, record, settings, now).every((owing) => owing === active),
  );
}

/** Where a scheduler may be started at once: every other node is proven, and the node's life is known. */
export function readyTargets(facts: Facts): readonly NodeId[] {
  const { record, settings, now } = facts;
  return facts.candidates.filter((id) => unprovenBut(id, record, settings, now).length === 0);
}

/** Silent nodes that nothing proves: they may run the scheduler that is looked for. */
export function unsaid({ silent, unproven }: Facts): readonly NodeId[] {
  return silent.filter((id) => unproven.includes(id));
}

/** The one node whose silence alone is in the way, for longer than a hiccup, where the fence may remove it. */
export function toFence(facts: Facts): NodeId | undefined {
  const [only, ...more] = unsaid(facts);
  const since = only === undefined ? undefined : facts.record.nodes[only]?.silentSince;
  const may = facts.settings.fence === "ec2-stop" && facts.record.phase.fence === undefined;
  return may && isLong(since, facts) && more.length === 0 && facts.othersAlive.length === 0
    ? only
    : undefined;
}

/** Whether the last start has had all the time that it may take. */
export function settled(facts: Facts): boolean {
  const { settleSeconds, killGraceSeconds } = facts.settings.timers;
  const stopFirst = facts.record.phase.restartOf === undefined ? 0 : killGraceSeconds;
  return facts.now - facts.record.counters.startedAt >= (settleSeconds + stopFirst) * 1000;
}

/** The active node is excluded: the scheduler that runs there runs on, and none is started there. */
export function isExcluded({ active, settings }: Facts): boolean {
  return active !== undefined && settings.nodes.exclude.includes(active);
}

export function mayStartInPlace(facts: Facts): boolean {
  return !isExcluded(facts) && restartsLeft(facts);
}

export function restartsLeft(facts: Facts): boolean {
  return facts.record.counters.restarts < facts.settings.timers.restartLimit;
}

/** Whether a running scheduler may be moved away again: cooldown and the hour's budget bound flapping. */
export function mayMoveRunning(facts: Facts): boolean {
  const { cooldownSeconds, failoversPerHour } = facts.settings.timers;
  const moves = recentMoves(facts.record, facts.now);
  const last = moves.at(-1) ?? 0;
  return moves.length < failoversPerHour && facts.now - last >= cooldownSeconds * 1000;
}

export function recentMoves(record: ClusterRecord, now: Instant): readonly Instant[] {
  return record.counters.moves.filter((at) => now - at < 3_600_000);
}

/** Since when the active node has not said how its scheduler stands, be it silent or evasive. */
export function unsaidSince({ activeNode: { silentSince, evasiveSince } }: Facts): Instant | undefined {
  if (silentSince === undefined || evasiveSince === undefined) return silentSince ?? evasiveSince;
  return Math.min(silentSince, evasiveSince);
}

/** Whether the active node has not said for longer than a hiccup lasts how its scheduler stands. */
export function longUnsaid(facts: Facts): boolean {
  return isLong(unsaidSince(facts), facts);
}

/** Whether the active node has been silent for longer than a hiccup lasts. */
export function longSilent(facts: Facts): boolean {
  return isLong(facts.activeNode.silentSince, facts);
}

/** Whether what has been so since then has lasted for longer than a hiccup. */
function isLong(since: Instant | undefined, facts: Facts): boolean {
  return since !== undefined && facts.now - since >= hiccup(facts);
}

/** Three beats, as many ticks as a failing check is given. */
export function hiccup({ settings, beatSeconds }: Pick<Facts, "settings" | "beatSeconds">): number {
  return (settings.health?.failures ?? 3) * beatSeconds * 1000;
}
