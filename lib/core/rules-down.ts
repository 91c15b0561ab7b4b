/** A node holds the grant and is silent, or its scheduler is not running. */
import { downSince, moves, startFailed, startsInPlace, unhealthyLong } from "./active.ts";
import {
  isExcluded,
  longSilent,
  longUnsaid,
  mayStartInPlace,
  restartsLeft,
  settled,
  standbys,
  toFence,
} from "./facts.ts";
import type { Facts } from "./facts.ts";
import { wayBack } from "./moving.ts";
import { WITH_ACTIVE, rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** Only where somebody could take over, and not again while EC2 has been asked. */
const mayFence = (facts: Facts) =>
  facts.settings.fence === "ec2-stop" && facts.record.phase.fence === undefined && standbys(facts).length > 0;

/** The node from which a switchover came can have the scheduler back at once. */
const canGoBack = (facts: Facts) => {
  const back = wayBack(facts);
  return back !== undefined && standbys(facts).includes(back);
};

/** An excluded node that began another life may have its scheduler up by itself, and is not told to start one. */
const mayBeUp = (facts: Facts) => isExcluded(facts) && facts.activeNode.report?.state !== "stopped";

const NOT_UP: ReadonlySet<string> = new Set(["stopped", "starting", "reborn"]);

const SILENT: readonly Rule[] = [
  rule({
    code: "LIFE_LEARNED",
    phases: WITH_ACTIVE,
    when: "the active node answers with a life that the record does not know, and has not rebooted for it or is excluded",
    holds: (facts) => facts.verdict === "newborn" || (facts.verdict === "reborn" && mayBeUp(facts)),
    sentence: "{active} has a life that this plan was not made out to: the next one is.",
    again: true,
  }),
  rule({
    code: "GOES_BACK",
    phases: ["starting"],
    when: "the node that a switchover went to does not bring the scheduler up, and the one before can have it back",
    holds: (facts) =>
      (facts.verdict === "reborn" || startFailed(facts) || unhealthyLong(facts)) && canGoBack(facts),
    sentence:
      "The scheduler does not come up on {active} ({whyNotUp}): the switchover goes back to {wayBack}.",
    next: "stopping",
    tell: "restart-failed",
    again: true,
    change: (facts) => moves(facts, "GOES_BACK"),
  }),
  rule({
    code: "EXCLUDED_DOWN",
    phases: WITH_ACTIVE,
    when: "the scheduler does not run on an excluded node, and no other node can take over",
    holds: (facts) => isExcluded(facts) && NOT_UP.has(facts.verdict) && standbys(facts).length === 0,
    sentence:
      "The scheduler on {active} is {verdict}, {active} is excluded and no other node can take over: none is started. `include` a node.",
    problem: "opens",
    change: (facts) => ({ phase: { downSince: downSince(facts) } }),
  }),
  rule({
    code: "REBOOTED",
    phases: WITH_ACTIVE,
    when: "the active node answers with another life, and may start in place",
    holds: (facts) => facts.verdict === "reborn" && (mayStartInPlace(facts) || standbys(facts).length === 0),
    sentence: "{active} has rebooted: its scheduler is started there again.",
    next: "starting",
    tell: "history",
    again: true,
    change: (facts) => startsInPlace(facts, "REBOOTED"),
  }),
  rule({
    code: "MOVES_REBOOTED",
    phases: WITH_ACTIVE,
    when: "the active node answers with another life, and has used up its starts in place",
    holds: (facts) => facts.verdict === "reborn",
    sentence: "{active} has rebooted again: the scheduler moves.",
    next: "stopping",
    tell: "restart-failed",
    again: true,
    change: (facts) => moves(facts, "MOVES_REBOOTED"),
  }),
  rule({
    code: "FENCES",
    phases: WITH_ACTIVE,
    when: "the active node has not answered for longer than a hiccup, a standby answers, and the fence is on",
    holds: (facts) => facts.verdict === "unknown" && longSilent(facts) && mayFence(facts),
    sentence:
      "{active} has not answered for {silentSeconds} s and {standby} could take over: EC2 is asked to stop the instance of {active} by force.",
    tell: "changes",
    problem: "opens",
    again: true,
    change: (facts) => ({ phase: { fence: facts.active } }),
  }),
  rule({
    code: "FENCING",
    phases: WITH_ACTIVE,
    when: "EC2 has been asked to stop the active node's instance, and does not say yet that it has stopped",
    holds: (facts) => facts.verdict === "unknown" && facts.record.phase.fence === facts.active,
    sentence:
      "EC2 has been asked to stop {active} by force and says {instance}: another node starts when it says stopped.",
    problem: "opens",
  }),
  rule({
    code: "ACTIVE_UNKNOWN",
    phases: WITH_ACTIVE,
    when: "the active node has not said for longer than a hiccup how its scheduler stands",
    holds: (facts) => facts.verdict === "unknown" && longUnsaid(facts),
    sentence:
      "{active} has not said for {unsaidSeconds} s how its scheduler stands ({activeReason}; EC2 says {instance}). Unknown is not stopped: nothing is started elsewhere until it does, or EC2 says that its instance is stopped.",
    problem: "opens",
  }),
  rule({
    code: "ACTIVE_SILENT",
    phases: WITH_ACTIVE,
    when: "the active node does not say how its scheduler stands",
    holds: (facts) => facts.verdict === "unknown",
    sentence: "{active} has not said how its scheduler stands ({activeReason}): it is asked again.",
  }),
];

const NOT_RUNNING: readonly Rule[] = [
  // With a start in place left, the plan says `run`, and the node itself ends what is there before it starts anew.
  rule({
    code: "MOVES_ENDING",
    phases: ["verifying", "steady"],
    when: "the scheduler ends or has left processes behind, and no start in place is left that would end these first",
    holds: (facts) => facts.verdict === "stopping" && !mayStartInPlace(facts),
    sentence:
      "The scheduler on {active} ends or has left processes behind ({activeReason}), and no start in place is left: all of it is stopped, and one is started on proof.",
    next: "stopping",
    tell: "restart-failed",
    again: true,
    change: (facts) => moves(facts, "MOVES_ENDING"),
  }),
  rule({
    code: "RESTART_STOPS",
    phases: WITH_ACTIVE,
    when: "the active node is stopping its scheduler, to start it again",
    holds: (facts) => facts.verdict === "stopping" && !settled(facts),
    sentence: "{active} is stopping its scheduler before it starts it again.",
  }),
  rule({
    code: "RESTART_STOP_HANGS",
    phases: WITH_ACTIVE,
    when: "the active node has been stopping its scheduler for too long",
    holds: (facts) => facts.verdict === "stopping",
    sentence:
      "{active} cannot stop its scheduler: nothing is started beside it. Look at the process there; stopping the instance unblocks it.",
    problem: "opens",
  }),
  rule({
    code: "MOVES_LOOPING",
    phases: ["verifying", "steady"],
    when: "the scheduler keeps dying and coming back, and another node can take over",
    holds: (facts) => facts.replaced && !restartsLeft(facts) && standbys(facts).length > 0,
    sentence:
      "The scheduler on {active} has died and come back {restarts} times and more: it moves to {standby}.",
    next: "stopping",
    tell: "restart-failed",
    again: true,
    change: (facts) => moves(facts, "MOVES_LOOPING"),
  }),
  rule({
    code: "RESTARTED",
    phases: ["verifying", "steady"],
    when: "the scheduler was found dead and is started again, or another process runs than before",
    holds: (facts) =>
      facts.replaced ||
      (facts.verdict === "starting" && (restartsLeft(facts) || standbys(facts).length === 0)),
    sentence: "The scheduler on {active} has ended, and is started there again.",
    next: "starting",
    tell: "history",
    change: (facts) => startsInPlace(facts, "RESTARTED"),
  }),
  rule({
    code: "START_WAITS",
    phases: ["starting"],
    when: "the scheduler is starting within its settle time",
    holds: (facts) => facts.verdict === "starting" && !startFailed(facts),
    sentence: "The scheduler is starting on {active}, {startSeconds} of {settleSeconds} s.",
  }),
  rule({
    code: "FENCES_OTHER",
    phases: WITH_ACTIVE,
    when: "the scheduler does not run, the silence of one other node alone is in the way, and the fence is on",
    holds: (facts) => facts.verdict === "stopped" && toFence(facts) !== undefined,
    sentence:
      "The scheduler on {active} does not run and {toFence} may run one: EC2 is asked to stop its instance by force.",
    tell: "changes",
    problem: "opens",
    again: true,
    change: (facts) => ({ phase: { fence: toFence(facts), downSince: downSince(facts) } }),
  }),
  rule({
    code: "STOPPED_UNPROVEN",
    phases: WITH_ACTIVE,
    when: "the scheduler does not run, and another node is not proven to run none",
    holds: (facts) => facts.verdict === "stopped" && facts.unproven.length > 0,
    sentence:
      "The scheduler on {active} does not run, and {unproven} may run one: nothing is started until it answers that it does not, or EC2 says that its instance is stopped.",
    problem: "opens",
    change: (facts) => ({ phase: { downSince: downSince(facts) } }),
  }),
  rule({
    code: "RETRIES_IN_PLACE",
    phases: WITH_ACTIVE,
    when: "the start failed, and starts in place are left",
    holds: (facts) => startFailed(facts) && mayStartInPlace(facts),
    sentence: "The scheduler did not come up on {active} ({activeReason}): it is started there once more.",
    next: "starting",
    tell: "history",
    again: true,
    change: (facts) => startsInPlace(facts, "RETRIES_IN_PLACE", hung(facts)),
  }),
  rule({
    code: "MOVES_FAILED",
    phases: WITH_ACTIVE,
    when: "the start failed, none is left in place, and another node can take over",
    holds: (facts) => (startFailed(facts) || facts.verdict === "starting") && standbys(facts).length > 0,
    sentence: "The scheduler does not come up on {active} ({activeReason}): it moves to {standby}.",
    next: "stopping",
    tell: "restart-failed",
    again: true,
    change: (facts) => moves(facts, "MOVES_FAILED"),
  }),
  rule({
    code: "RETRIES_ALONE",
    phases: WITH_ACTIVE,
    when: "the start failed, no other node can take over, and the wait between attempts is over",
    holds: (facts) => startFailed(facts) && facts.now >= facts.record.counters.retryAt,
    sentence:
      "The scheduler does not come up on {active} and no other node can take over: it is started there once more.",
    next: "starting",
    problem: "opens",
    again: true,
    change: (facts) => startsInPlace(facts, "RETRIES_ALONE", hung(facts)),
  }),
  rule({
    code: "WAITS_ALONE",
    phases: WITH_ACTIVE,
    when: "the start failed, and neither another node nor the time for the next attempt is there",
    holds: startFailed,
    sentence:
      "The scheduler does not come up on {active} ({activeReason}) and no other node can take over: {attempts} starts have failed, the next one follows at {retryAt}.",
    next: "steady",
    problem: "opens",
    change: (facts) => ({ phase: { downSince: downSince(facts) } }),
  }),
];

/** A start that hangs is stopped first; one that has ended needs no stop. */
function hung(facts: Facts): string | undefined {
  return facts.verdict === "starting" ? facts.activeNode.report?.invocation : undefined;
}

export const RULES_DOWN: readonly Rule[] = [...SILENT, ...NOT_RUNNING];
