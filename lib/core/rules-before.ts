/** What is decided before the nodes are asked: EC2's word, a grant that ran out, an operator's wish. */
import { hiccup, longSilent } from "./facts.ts";
import type { Facts } from "./facts.ts";
import { isGone } from "./notes.ts";
import { UNKNOWN_NODE, proofOf } from "./proof.ts";
import { ANY_PHASE, WITH_ACTIVE, rule } from "./rule.ts";
import { RULES_WISH, asker } from "./rules-wish.ts";
import { LIMITS } from "./settings.ts";
import { MOVES, courseOf, isMoving } from "./steering.ts";
import { mayOverride, possibleTargets, runsWell, targetObstacle } from "./wishes.ts";
import type { Change, Rule } from "./rule.ts";
import type { NodeId } from "./model.ts";

const LEAVES_ALONE: ReadonlySet<string> = new Set(["observing", "detached"]);

/** Leaves the active node: stop and prove first, wherever it shall run next. */
export function leave(facts: Facts, cause: string, to?: NodeId): Change {
  const { phase } = facts.record;
  const failed = phase.name === "starting" ? facts.active : undefined;
  const from = failed === undefined ? facts.active : (phase.from ?? facts.active);
  const beaten = isBeaten(facts) ? ({ request: { phase: "going-back" } } as const) : {};
  return {
    phase: {
      active: undefined,
      from,
      failed,
      to: to ?? wayBack(facts),
      cause,
      fence: undefined,
      restartOf: undefined,
    },
    counters: { unhealthy: 0 },
    ...beaten,
  };
}

/** The node to which an operator moved the scheduler is left again before it has settled there. */
function isBeaten({ record, active }: Facts): boolean {
  const { request } = record;
  return isMoving(request) && (request.action === "switchover" || request.to === active);
}

/** Where a switchover goes back to, unless that node is gone. */
export function wayBack({ record, active }: Facts): NodeId | undefined {
  const { request } = record;
  const from = isMoving(request) && request.action === "switchover" ? request.from : undefined;
  const node = from === undefined || from === active ? undefined : record.nodes[from];
  return node && !isGone(node) ? from : undefined;
}

function leaveDead(facts: Facts, cause: string): Change {
  const change = leave(facts, cause);
  return {
    ...change,
    phase: { ...change.phase, downSince: facts.record.phase.downSince ?? facts.lastHeardAt },
  };
}

function asked({ record, now }: Facts): boolean {
  const { request } = record;
  const waits = request?.phase === "accepted" && MOVES.has(request.action);
  return waits && now >= (request.notBefore ?? 0);
}

/** Where the wish can be carried out now. A switchover moves only a scheduler that runs well. */
export function wishTarget({ record, settings, now }: Facts): NodeId | undefined {
  const { request } = record;
  if (request?.action === "switchover" && !runsWell(record, settings)) return undefined;
  const may = possibleTargets(record, settings, now, request?.override);
  return request?.to === undefined ? may[0] : may.find((id) => id === request.to);
}

/** A node that it could go to has missed an answer or two: in a steady tick nobody waits for a standby's. */
function answersSoon(facts: Facts): boolean {
  const { record, settings, now } = facts;
  const { request } = record;
  if (request?.action === "switchover" && !runsWell(record, settings)) return false;
  const ids = request?.to === undefined ? Object.keys(record.nodes) : [request.to];
  return ids.some((id) => {
    const silentSince = record.nodes[id]?.silentSince;
    const obstacle = targetObstacle(id, record, settings, now, request?.override);
    const missed = silentSince !== undefined && now - silentSince < hiccup(facts);
    return obstacle?.code === "NODE_SILENT" && missed;
  });
}

/** Where a move that is under way shall go: where it was asked to, if that node may run the scheduler at all. */
function joined({ record, settings, now }: Facts): NodeId | undefined {
  const to = record.request?.to;
  return to !== undefined && targetObstacle(to, record, settings, now) === undefined ? to : record.phase.to;
}

/** With the operator's word for a silent node that nothing else proves. */
function begins(facts: Facts): Change {
  return {
    ...leave(facts, "FAILOVER_BEGINS", wishTarget(facts)),
    request: { phase: "stopping", from: facts.active },
    entry: asker(facts),
    ...overridden(facts),
  };
}

function overridden({ record: { request, nodes } }: Facts): Change {
  const id = request?.override;
  return id !== undefined && mayOverride(nodes[id]) ? { override: id } : {};
}

/** The operator's word is wanted, and not taken yet. */
const owesOverride = (facts: Facts): boolean => {
  const id = overridden(facts).override;
  return (
    id !== undefined &&
    proofOf(facts.record.nodes[id] ?? UNKNOWN_NODE, facts.settings, facts.now) === undefined
  );
};

const fails = (facts: Facts): Change => ({ request: { phase: "failed" }, entry: asker(facts) });

/**
 * No tick until the last grant had run out, or for as long as one lasts: somebody may have opened a gate by hand since,
 * or the record is a restored copy. A tick that was killed or frozen alone is no such pause.
 */
function isOld({ record, settings, beatSeconds, now }: Facts): boolean {
  const unsaved = now - record.savedAt;
  if (unsaved > settings.timers.grantSeconds * 1000) return true;
  const outlived = record.plan.active !== "none" && now >= record.plan.until;
  return outlived && unsaved > (beatSeconds + LIMITS.leaseSeconds) * 1000;
}

const course = (facts: Facts) => courseOf(facts.record, facts.settings);

export const RULES_BEFORE: readonly Rule[] = [
  rule({
    code: "TICKS_RESUMED",
    phases: ANY_PHASE,
    when: "no tick came until the grant had run out, and the nodes have not been left to themselves",
    holds: (facts) => isOld(facts) && !LEAVES_ALONE.has(course(facts)),
    sentence:
      "No tick for {unsavedSeconds} s: what the record held proven is proven anew, and {active} gets its scheduler back first.",
    tell: "history",
    change: () => ({ distrust: true }),
  }),
  ...RULES_WISH,
  rule({
    code: "MOVE_REFUSED",
    phases: ANY_PHASE,
    when: "an operator asked for a move while the controller observes or is detached",
    holds: (facts) => asked(facts) && LEAVES_ALONE.has(course(facts)),
    sentence: "The move that {by} asked for is not begun: the nodes are left to themselves. `resume` first.",
    tell: "history",
    change: fails,
  }),
  rule({
    code: "FAILOVER_BEGINS",
    phases: WITH_ACTIVE,
    when: "an operator asked for a move, and its target can take over",
    holds: (facts) => asked(facts) && wishTarget(facts) !== undefined,
    sentence: "{by} asked to move the scheduler from {active} to {wishTarget}: {reason}.",
    next: "stopping",
    tell: "history",
    change: (facts) => begins(facts),
  }),
  rule({
    code: "ASKING_ASIDE",
    phases: ANY_PHASE,
    when: "the controller is paused, observing or detached",
    holds: (facts) => course(facts) !== "run" && !asked(facts),
    sentence: "The nodes are being looked at.",
  }),
  rule({
    code: "NODE_GONE",
    phases: WITH_ACTIVE,
    when: "EC2 says that the active node's instance is stopped or terminated",
    holds: (facts) => facts.verdict === "gone",
    sentence: "EC2 says that {active} is {instance}: its scheduler is gone with it, another node takes over.",
    next: "stopping",
    tell: "history",
    change: (facts) => leaveDead(facts, "NODE_GONE"),
  }),
  rule({
    code: "GRANT_EXPIRED",
    phases: WITH_ACTIVE,
    when: "the active node has not answered for long, and its grant is over for certain",
    holds: (facts) => longSilent(facts) && proofOf(facts.activeNode, facts.settings, facts.now) !== undefined,
    sentence:
      "{active} has been silent for {silentSeconds} s and its grant is over: its guard has stopped the scheduler.",
    next: "stopping",
    tell: "history",
    change: (facts) => leaveDead(facts, "GRANT_EXPIRED"),
  }),
  rule({
    code: "FAILOVER_REFUSED",
    phases: WITH_ACTIVE,
    when: "an operator asked for a move, and no such node can take over now nor is likely to answer soon",
    holds: (facts) => asked(facts) && !answersSoon(facts),
    sentence: "The move that {by} asked for is not begun: {wishObstacle}. The scheduler stays on {active}.",
    tell: "history",
    change: fails,
  }),
  rule({
    code: "OVERRIDDEN",
    phases: ["looking"],
    when: "an operator declares at first sight that a silent node runs no scheduler",
    holds: (facts) => asked(facts) && owesOverride(facts),
    sentence: "{by} declared that {overridden} runs no scheduler: {reason}. Nothing else proves it.",
    tell: "history",
    change: (facts) => ({ ...overridden(facts), entry: asker(facts) }),
  }),
  rule({
    code: "FAILOVER_JOINS",
    phases: ["stopping"],
    when: "an operator asked for a move while one is under way",
    holds: asked,
    sentence:
      "A move is under way already; it goes to the node that {by} asked for, if that one can take over.",
    tell: "history",
    change: (facts) => ({
      phase: { to: joined(facts) },
      request: { phase: "stopping", from: facts.record.phase.from },
      entry: asker(facts),
      ...overridden(facts),
    }),
  }),
  rule({
    code: "ASKING",
    phases: ANY_PHASE,
    when: "nothing is to be decided before the nodes are asked",
    holds: () => true,
    sentence: "The nodes are being asked.",
  }),
];
