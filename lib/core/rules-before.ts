/** What is decided before the nodes are asked: EC2's word, a grant that ran out, an operator's wish. */
import { byPreference, longSilent } from "./facts.ts";
import type { Facts } from "./facts.ts";
import { isGone } from "./notes.ts";
import { UNKNOWN_NODE, proofOf, unprovenBut } from "./proof.ts";
import { ANY_PHASE, WITH_ACTIVE, rule } from "./rule.ts";
import { RULES_WISH } from "./rules-wish.ts";
import { MOVES, courseOf } from "./steering.ts";
import type { Change, Rule } from "./rule.ts";
import type { NodeId } from "./model.ts";

const LEAVES_ALONE: ReadonlySet<string> = new Set(["observing", "detached"]);

/** Leaves the active node: stop and prove first, wherever it shall run next. */
export function leave(facts: Facts, cause: string, to?: NodeId): Change {
  const { phase } = facts.record;
  const failed = phase.name === "starting" ? facts.active : undefined;
  const from = failed === undefined ? facts.active : (phase.from ?? facts.active);
  return {
    phase: { active: undefined, from, failed, to, cause, fence: undefined, restartOf: undefined },
    counters: { unhealthy: 0 },
  };
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

/** Where the wish can be carried out: a node that answered lately, with nobody but the active node owing a proof. */
export function wishTarget(facts: Facts): NodeId | undefined {
  const { record, settings, active, now } = facts;
  const wanted = record.request?.to;
  const ids = wanted === undefined ? byPreference(Object.keys(record.nodes), settings) : [wanted];
  return ids.find((id) => {
    const node = record.nodes[id] ?? UNKNOWN_NODE;
    const answers = node.silentSince === undefined && node.reportedAt > 0 && !isGone(node);
    const owing = unprovenBut(id, record, settings, now).filter(
      (each) => each !== active && each !== record.request?.override,
    );
    return id !== active && answers && owing.length === 0 && !settings.nodes.exclude.includes(id);
  });
}

/** With the operator's word for a node that nothing else proves. */
function begins(facts: Facts): Change {
  const { request } = facts.record;
  return {
    ...leave(facts, "FAILOVER_BEGINS", wishTarget(facts)),
    request: { phase: "stopping" },
    entry: { by: request?.by, reason: request?.reason },
    ...(request?.override === undefined ? {} : { override: request.override }),
  };
}

/** Longer than any pause of the loop: the record may be a restored copy, or its table was attached again. */
const isOld = ({ record, settings, now }: Facts) =>
  now - record.savedAt > 2 * settings.timers.grantSeconds * 1000;

export const RULES_BEFORE: readonly Rule[] = [
  rule({
    code: "TICKS_RESUMED",
    phases: ["stopping", ...WITH_ACTIVE],
    when: "the record was not saved for more than two grants",
    holds: isOld,
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
    holds: (facts) => asked(facts) && LEAVES_ALONE.has(courseOf(facts.record, facts.settings)),
    sentence: "The move that {by} asked for is not begun: the nodes are left to themselves. `resume` first.",
    tell: "history",
    change: (facts) => ({
      request: { phase: "failed" },
      entry: { by: facts.record.request?.by, reason: facts.record.request?.reason },
    }),
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
    holds: (facts) => courseOf(facts.record, facts.settings) !== "run" && !asked(facts),
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
    when: "an operator asked for a move, and no such node can take over now",
    holds: asked,
    sentence: "The move that {by} asked for is not begun: {wishObstacle}. The scheduler stays on {active}.",
    tell: "history",
    change: (facts) => ({
      request: { phase: "failed" },
      entry: { by: facts.record.request?.by, reason: facts.record.request?.reason },
    }),
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
      phase: { to: facts.record.request?.to ?? facts.record.phase.to },
      request: { phase: "stopping" },
      entry: { by: facts.record.request?.by, reason: facts.record.request?.reason },
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
