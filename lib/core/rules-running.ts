/** A node holds the grant and its scheduler runs: healthy or not, settled or not. */
import { downSince, moves, startsInPlace, unhealthyLong } from "./active.ts";
import { mayMoveRunning, mayStartInPlace, recentMoves, settled, standbys } from "./facts.ts";
import type { Facts } from "./facts.ts";
import { namesakesOf } from "./host-names.ts";
import { WITH_ACTIVE, rule } from "./rule.ts";
import { RULES_DRILL, withGap } from "./rules-drill.ts";
import type { Change, Rule } from "./rule.ts";

const UNHEALTHY: readonly Rule[] = [
  rule({
    code: "CHECK_BROKEN",
    phases: WITH_ACTIVE,
    when: "the health check itself cannot be run or read",
    holds: (facts) => facts.verdict === "doubtful",
    sentence:
      "The scheduler on {active} runs, and its health check is broken ({healthSays}): it is left alone. Repair the check.",
    problem: "opens",
  }),
  rule({
    code: "SETTLING",
    phases: ["starting"],
    when: "the scheduler runs and is not healthy yet, within its settle time",
    holds: (facts) => facts.verdict === "unhealthy" && !settled(facts),
    sentence:
      "The scheduler runs on {active} and is not healthy yet ({healthSays}), {startSeconds} of {settleSeconds} s.",
  }),
  rule({
    code: "UNHEALTHY",
    phases: ["verifying", "steady"],
    when: "the check fails, fewer times in a row than it may",
    holds: (facts) => facts.verdict === "unhealthy" && !unhealthyLong(facts),
    sentence:
      "The scheduler on {active} runs and its check fails ({healthSays}), {unhealthy} of {failures} times.",
    change: (facts) => ({
      counters: {
        unhealthy: facts.record.counters.unhealthy + 1,
        ...(hasNamesake(facts) ? { unhealthyAt: facts.now } : {}),
      },
    }),
  }),
  rule({
    code: "SELF_DOUBT",
    phases: WITH_ACTIVE,
    when: "the check fails on the new node too, after the scheduler was moved because it failed",
    holds: (facts) => unhealthyLong(facts) && facts.record.phase.cause === "MOVES_UNHEALTHY",
    sentence:
      "The check fails on {active} as it did on the node before ({healthSays}): the check or something that both depend on is at fault. The scheduler is left alone.",
    problem: "opens",
  }),
  rule({
    code: "RESTARTS_UNHEALTHY",
    phases: WITH_ACTIVE,
    when: "the check has failed long enough, and starts in place are left",
    holds: (facts) => unhealthyLong(facts) && mayStartInPlace(facts) && facts.unproven.length === 0,
    sentence: "The scheduler on {active} runs and its check fails ({healthSays}): it is restarted there.",
    next: "starting",
    tell: "history",
    again: true,
    change: (facts) => startsInPlace(facts, "RESTARTS_UNHEALTHY", facts.activeNode.report?.invocation),
  }),
  rule({
    code: "MOVES_UNHEALTHY",
    phases: WITH_ACTIVE,
    when: "the check fails after the restarts in place, another node can take over, and the budget of moves allows it",
    holds: (facts) => unhealthyLong(facts) && standbys(facts).length > 0 && mayMoveRunning(facts),
    sentence: "The scheduler on {active} stays unhealthy ({healthSays}): it moves to {standby}.",
    next: "stopping",
    tell: "restart-failed",
    again: true,
    change: (facts) => ({
      ...moves(facts, "MOVES_UNHEALTHY"),
      counters: { unhealthy: 0, moves: [...recentMoves(facts.record, facts.now), facts.now] },
    }),
  }),
  rule({
    code: "HOLDS_UNHEALTHY",
    phases: WITH_ACTIVE,
    when: "the check fails, and no other node can take over or the budget of moves is used up",
    holds: unhealthyLong,
    sentence:
      "The scheduler on {active} runs and its check fails ({healthSays}); it is not moved: {moveObstacle}.",
    problem: "opens",
  }),
];

/** The node's word for a scheduler that it found and stopped within one converge. */
export function endedElsewhere({ replies, active }: Facts): readonly string[] {
  const ended = [...replies].filter(
    ([id, { state, reason }]) => id !== active && state === "stopped" && /^ended\b/.test(reason),
  );
  return ended.map(([id]) => id).sort();
}

/** What starts one again and again, a supervisor or a loop, is mailed so often at most. */
const STRAY_MAIL_MILLISECONDS = 3_600_000;

const RUNNING: readonly Rule[] = [
  rule({
    code: "SEVERAL_ENDED",
    phases: ["verifying", "steady"],
    when: "another node answers that it ran a scheduler until this plan stopped it, for the first time in an hour",
    holds: (facts) =>
      endedElsewhere(facts).length > 0 &&
      facts.now - (facts.record.counters.strayMailedAt ?? 0) >= STRAY_MAIL_MILLISECONDS,
    sentence: "{endedElsewhere} ran a scheduler too: it has been stopped, the one on {active} is kept.",
    tell: "problem",
    change: ({ now }) => ({ counters: { strayMailedAt: now } }),
  }),
  rule({
    code: "SEVERAL_AGAIN",
    phases: ["verifying", "steady"],
    when: "another node answers that it ran a scheduler until this plan stopped it, within an hour of the last mail about that",
    holds: (facts) => endedElsewhere(facts).length > 0,
    sentence:
      "{endedElsewhere} ran a scheduler once more: it has been stopped, the one on {active} is kept. Something there may start one again and again.",
    tell: "changes",
  }),
  rule({
    code: "SEVERAL_RUNNING",
    phases: ["verifying", "steady"],
    when: "another node answers that it runs a scheduler too",
    holds: (facts) => facts.othersAlive.length > 0,
    sentence: "{othersAlive} runs a scheduler too: it is stopped, the one on {active} is kept.",
    problem: "urgent",
  }),
  rule({
    code: "UNCHECKED",
    phases: WITH_ACTIVE,
    when: "the scheduler runs, and the node had no time left to ask its check",
    holds: (facts) => facts.verdict === "unchecked",
    sentence:
      "The scheduler on {active} runs, and the node had no time left for its health check: that counts neither for nor against it.",
    problem: "opens",
  }),
  rule({
    code: "FAILED_OVER",
    phases: ["starting"],
    when: "the scheduler runs on another node than before",
    holds: (facts) => facts.record.phase.from !== undefined && facts.record.phase.from !== facts.active,
    sentence: "The scheduler runs on {active} now, before on {from}; {gapSeconds} s without one.",
    next: "verifying",
    tell: "failover-done",
    change: started,
  }),
  rule({
    code: "STARTED",
    phases: ["starting"],
    when: "the scheduler runs after a cold start",
    holds: (facts) => facts.record.phase.cause === "COLD_START",
    sentence: "The scheduler runs on {active}.",
    next: "verifying",
    tell: "history",
    change: started,
  }),
  rule({
    code: "RECOVERED",
    phases: ["starting"],
    when: "the scheduler runs again where it ran before",
    holds: () => true,
    sentence: "The scheduler runs on {active} again; {gapSeconds} s without one.",
    next: "verifying",
    tell: "recovered",
    change: started,
  }),
  ...RULES_DRILL,
  rule({
    code: "VERIFIED",
    phases: ["verifying"],
    when: "the scheduler has run for its settle time",
    holds: settled,
    sentence: "The scheduler on {active} has settled.",
    next: "steady",
    tell: "history",
    problem: "ends",
    change: () => ({
      phase: { cause: "none", from: undefined, failed: undefined, downSince: undefined },
      counters: { attempts: 0, retryAt: 0, unhealthy: 0 },
      request: { phase: "done" },
    }),
  }),
  rule({
    code: "VERIFYING",
    phases: ["verifying"],
    when: "the scheduler runs, within its settle time",
    holds: () => true,
    sentence: "The scheduler runs on {active}, {startSeconds} of {settleSeconds} s settled.",
    change: () => ({ counters: { unhealthy: 0 } }),
  }),
  rule({
    code: "SECOND_OPINION",
    phases: ["steady"],
    when: "the scheduler's own books do not say that exactly one is alive",
    holds: ({ activeNode }) => (activeNode.report?.opinion?.code ?? 0) !== 0,
    sentence:
      "The scheduler runs on {active}, and its own books do not say that exactly one is alive ({opinionSays}). Nothing is done about it.",
    problem: "opens",
    change: calm,
  }),
  rule({
    code: "NAMESAKE",
    phases: ["steady"],
    when: "the check of the active node says yes, and another node goes by the same host name",
    holds: hasNamesake,
    sentence:
      "The scheduler runs on {active}, and {namesakes} goes by the same host name: its check may answer for the other, as Airflow's does, so that its yes counts for nothing. Give each node a name of its own.",
    problem: "opens",
    change: calm,
  }),
  rule({
    code: "STEADY_ALONE",
    phases: ["steady"],
    when: "the scheduler runs and is healthy, and no other node could take over",
    holds: (facts) => standbys(facts).length === 0,
    sentence: "The scheduler runs on {active}; no other node could take over now ({silent} silent).",
    problem: "ends",
    change: calm,
  }),
  rule({
    code: "STEADY",
    phases: ["steady"],
    when: "the scheduler runs and is healthy",
    holds: () => true,
    sentence: "The scheduler runs on {active}; {standby} could take over.",
    problem: "ends",
    change: calm,
  }),
];

function started(facts: Facts): Change {
  const ended = gap(facts);
  return {
    // It runs: whatever ends next begins a gap of its own.
    phase: { restartOf: undefined, downSince: undefined },
    // From here on it settles: what it took until it ran was the node's own time.
    counters: { unhealthy: 0, startedAt: facts.now },
    ...withGap(facts, ended.gapSeconds),
    entry: ended,
  };
}

function gap(facts: Facts): { readonly gapSeconds: number } {
  return { gapSeconds: Math.round((facts.now - downSince(facts)) / 1000) };
}

/** Whether the check of the active node may speak for another node, too. */
function hasNamesake({ active, record, settings }: Facts): boolean {
  return (
    settings.health?.kind === "url" &&
    settings.health.answeredBy === "scheduler" &&
    namesakesOf(active, record).length > 0
  );
}

/** The failures that a yes leaves: one that may be another node's ends no row of them, but they are forgotten after a cooldown. */
function failuresLeft(facts: Facts): number {
  const { unhealthy, unhealthyAt = 0 } = facts.record.counters;
  const isOld = facts.now - unhealthyAt >= facts.settings.timers.cooldownSeconds * 1000;
  return hasNamesake(facts) && !isOld ? unhealthy : 0;
}

/** Stable for a whole cooldown: the starts in place are forgiven. */
function calm(facts: Facts): Change {
  const { counters } = facts.record;
  const stable = facts.now - counters.startedAt >= facts.settings.timers.cooldownSeconds * 1000;
  return {
    phase: { downSince: undefined },
    // A move whose start failed, and whose scheduler came up after all.
    request: { phase: "done" },
    counters: {
      unhealthy: failuresLeft(facts),
      moves: recentMoves(facts.record, facts.now),
      ...(stable ? { restarts: 0, attempts: 0 } : {}),
    },
  };
}

export const RULES_RUNNING: readonly Rule[] = [...UNHEALTHY, ...RUNNING];
