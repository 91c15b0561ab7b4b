/** What is decided before the nodes are asked: EC2's word, a grant that ran out, an operator's wish. */
import { longUnsaid } from "./facts.ts";
import type { Facts } from "./facts.ts";
import {
  answersSoon,
  asked,
  begins,
  joined,
  leaveDead,
  overridden,
  owesOverride,
  wishTarget,
} from "./moving.ts";
import { proofOf } from "./proof.ts";
import { ANY_PHASE, WITH_ACTIVE, rule } from "./rule.ts";
import { DRILL_BEGINS, DRILL_REFUSED } from "./rules-drill.ts";
import { RULES_WISH, asker } from "./rules-wish.ts";
import { LIMITS } from "./settings.ts";
import { courseOf } from "./steering.ts";
import type { Change, Rule } from "./rule.ts";

const LEAVES_ALONE: ReadonlySet<string> = new Set(["observing", "detached"]);

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
  DRILL_BEGINS,
  rule({
    code: "FAILOVER_BEGINS",
    phases: WITH_ACTIVE,
    when: "an operator asked for a move, and its target can take over",
    holds: (facts) => asked(facts) && !facts.record.request?.drill && wishTarget(facts) !== undefined,
    sentence: "{by} asked to move the scheduler from {active} to {wishTarget}: {reason}.",
    next: "stopping",
    tell: "history",
    change: (facts) => begins(facts, "FAILOVER_BEGINS"),
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
    when: "the active node has not said for long how its scheduler stands, and its grant is over for certain",
    holds: (facts) => longUnsaid(facts) && proofOf(facts.activeNode, facts.settings, facts.now) !== undefined,
    sentence:
      "{active} has not said for {unsaidSeconds} s how its scheduler stands and its grant is over: its guard has stopped the scheduler.",
    next: "stopping",
    tell: "history",
    change: (facts) => leaveDead(facts, "GRANT_EXPIRED"),
  }),
  DRILL_REFUSED,
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
