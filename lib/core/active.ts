/** What the rules about an active node share. */
import { settled } from "./facts.ts";
import type { Facts } from "./facts.ts";
import { leave } from "./moving.ts";
import { attempt } from "./rules-start.ts";
import type { Change } from "./rule.ts";

export const starting = (facts: Facts) => facts.record.phase.name === "starting";
export const downSince = (facts: Facts) => facts.record.phase.downSince ?? facts.lastHeardAt;

/** A start in place, counted. */
export function startsInPlace(facts: Facts, cause: string, restartOf?: string): Change {
  return {
    phase: { cause, restartOf, downSince: downSince(facts) },
    counters: { restarts: facts.record.counters.restarts + 1, unhealthy: 0, ...attempt(facts) },
  };
}

/** The start that was asked has failed: it ended, loops, takes too long, or never becomes healthy. */
export function startFailed(facts: Facts): boolean {
  if (facts.verdict === "stopped") return true;
  return starting(facts) && facts.verdict === "starting" && (settled(facts) || facts.replaced);
}

export const failures = (facts: Facts) => facts.settings.health?.failures ?? 1;
export const unhealthyLong = (facts: Facts) =>
  facts.verdict === "unhealthy" &&
  (starting(facts) ? settled(facts) : facts.record.counters.unhealthy + 1 >= failures(facts));
/** As leaving, with the last moment at which the scheduler was known to run. */
export function moves(facts: Facts, cause: string): Change {
  const change = leave(facts, cause);
  return { ...change, phase: { ...change.phase, downSince: downSince(facts) } };
}
