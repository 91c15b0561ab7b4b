/**
 * A drill: a switchover to another node and back, so that a failover that does not work is found before it is needed.
 * Each way is a switchover like any other, with all that it owes and its own way back; the wish itself carries how far
 * the drill has come, so that whichever tick comes next goes on with it.
 */
import { settled } from "./facts.ts";
import type { Facts } from "./facts.ts";
import type { Drill, HistoryEntry, Wish } from "./model.ts";
import { answersSoon, asked, begins, wishTarget } from "./moving.ts";
import { ANY_PHASE, rule } from "./rule.ts";
import type { Change, Rule } from "./rule.ts";
import { asker } from "./rules-wish.ts";
import { courseOf, isMoving } from "./steering.ts";
import { drillObstacle } from "./wishes.ts";

type DrillWish = Wish & { readonly drill: Drill };

/** The drill of which a way is to be begun. */
function waiting(facts: Facts): DrillWish | undefined {
  const { request } = facts.record;
  return request?.drill && asked(facts) ? { ...request, drill: request.drill } : undefined;
}

/** Why the way cannot be begun; an answer or two that the target has missed are no reason. */
function cannotBegin(facts: Facts): boolean {
  const { record, settings } = facts;
  const wish = waiting(facts);
  if (!wish) return false;
  if (courseOf(record, settings) !== "run" || drillObstacle(record, settings, wish.drill.leg)) return true;
  return wishTarget(facts) === undefined && !answersSoon(facts);
}

/** After what EC2 and time say of the active node: a drill never puts a failover off. */
export const DRILL_REFUSED: Rule = rule({
  code: "DRILL_REFUSED",
  phases: ANY_PHASE,
  when: "a way of a drill is to be begun, and the ticks are paused, the scheduler does not run well, or no node can take over",
  holds: cannotBegin,
  sentence:
    "The drill that {by} asked for does not go {leg}: {drillObstacle}. The scheduler is left where it is.",
  tell: "problem",
  change: (facts) => ({ request: { phase: "failed" }, entry: asker(facts) }),
});

export const DRILL_BEGINS: Rule = rule({
  code: "DRILL_BEGINS",
  phases: ["steady"],
  when: "a way of a drill is to be begun, the cluster is well, and its target can take over",
  holds: (facts) => waiting(facts) !== undefined && !cannotBegin(facts) && wishTarget(facts) !== undefined,
  sentence: "A drill, asked for by {by}, moves the scheduler {leg}, from {active} to {wishTarget}: {reason}.",
  next: "stopping",
  tell: "history",
  change: (facts) => {
    const change = begins(facts, "DRILL_BEGINS");
    const drill = waiting(facts)?.drill;
    return drill?.leg === "there"
      ? { ...change, request: { ...change.request, drill: { ...drill, begunAt: facts.now } } }
      : change;
  },
});

/** The drill whose move has come to an end, for better or worse: the scheduler has settled somewhere. */
function settledDrill(facts: Facts): DrillWish | undefined {
  const { request, phase } = facts.record;
  if (!isMoving(request) || !request.drill) return undefined;
  return phase.name === "steady" || settled(facts) ? { ...request, drill: request.drill } : undefined;
}

function hasArrived({ active }: Facts, { to, from, phase }: Wish): boolean {
  return phase !== "going-back" && active !== from && (to === undefined || to === active);
}

/** The move that has brought the scheduler here is over, as after any other. */
const SETTLED = {
  phase: { cause: "none", from: undefined, failed: undefined, downSince: undefined },
  counters: { attempts: 0, retryAt: 0, unhealthy: 0 },
} as const satisfies Change;

function figures({ now }: Facts, { begunAt, gapSeconds }: Drill): Partial<HistoryEntry> {
  return { drill: { seconds: Math.round((now - begunAt) / 1000), gapSeconds } };
}

export const RULES_DRILL: readonly Rule[] = [
  rule({
    code: "DRILL_HALFWAY",
    phases: ["verifying", "steady"],
    when: "the scheduler has settled where a drill has taken it",
    holds: (facts) => {
      const wish = settledDrill(facts);
      return wish?.drill.leg === "there" && hasArrived(facts, wish);
    },
    sentence: "The scheduler on {active} has settled: the drill goes back to {cameFrom}.",
    next: "steady",
    tell: "history",
    problem: "ends",
    change: (facts) => {
      const { from, drill } = settledDrill(facts) ?? {};
      const back = drill === undefined ? {} : { drill: { ...drill, leg: "back" as const } };
      return { ...SETTLED, request: { phase: "accepted", to: from, from: undefined, ...back } };
    },
  }),
  rule({
    code: "DRILL_DONE",
    phases: ["verifying", "steady"],
    when: "the scheduler has settled where a drill has brought it back to",
    holds: (facts) => {
      const wish = settledDrill(facts);
      return wish?.drill.leg === "back" && hasArrived(facts, wish);
    },
    sentence:
      "The drill is done: the scheduler is back on {active} and has settled, {drillSeconds} s after it was begun; {drillGapSeconds} s without one, both ways together.",
    next: "steady",
    tell: "history",
    problem: "ends",
    change: (facts) => {
      const drill = settledDrill(facts)?.drill;
      return {
        ...SETTLED,
        request: { phase: "done" },
        entry: { ...asker(facts), ...(drill === undefined ? {} : figures(facts, drill)) },
      };
    },
  }),
  rule({
    code: "DRILL_FAILED",
    phases: ["verifying", "steady"],
    when: "the scheduler has settled elsewhere than a drill should have brought it",
    holds: (facts) => settledDrill(facts) !== undefined,
    sentence:
      "The drill has failed: the scheduler has settled on {active}, and the way {leg} led to {drillTarget}.",
    next: "steady",
    tell: "problem",
    problem: "ends",
    change: (facts) => ({ ...SETTLED, request: { phase: "failed" }, entry: asker(facts) }),
  }),
];

/** What a start that ends a gap adds to the drill that it is part of. */
export function withGap({ record: { request } }: Facts, gapSeconds: number): Pick<Change, "request"> {
  const drill = request?.drill;
  const more = drill === undefined ? {} : { drill: { ...drill, gapSeconds: drill.gapSeconds + gapSeconds } };
  return { request: { phase: "verifying", ...more } };
}
