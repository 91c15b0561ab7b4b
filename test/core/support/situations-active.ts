/** A node holds the grant: silent, not running, unhealthy. */
import { planFor, SICK, long, evasiveA, silentA, starting, justNow, usedUp } from "./known.ts";
import type { Situation } from "./known.ts";
import { NOW, SECOND, afterReplies, answers, node, proven, recordWith, withHealth } from "./situation.ts";

export const SILENT: readonly Situation[] = [
  {
    says: "makes the grant out to the first life of a node that was only looked at",
    decision: () =>
      afterReplies(planFor(recordWith(), "none"), [answers("a", "refused"), answers("b", "stopped")]),
    code: "LIFE_LEARNED",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "asks a silent active node again",
    decision: () => afterReplies(recordWith(), [answers("b", "stopped")]),
    code: "ACTIVE_SILENT",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "holds that unknown is not stopped, however long",
    decision: () =>
      afterReplies(recordWith({ nodes: { a: silentA, b: proven("b") } }), [answers("b", "stopped")]),
    code: "ACTIVE_UNKNOWN",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "tells of a node that answers and only refuses, however long",
    decision: () =>
      afterReplies(recordWith({ nodes: { a: evasiveA, b: proven("b") } }), [
        answers("a", "refused"),
        answers("b", "stopped"),
      ]),
    code: "ACTIVE_UNKNOWN",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "asks a node again that has refused or was busy once",
    decision: () => afterReplies(recordWith(), [answers("a", "busy"), answers("b", "stopped")]),
    code: "ACTIVE_SILENT",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "starts in place after a reboot",
    decision: () =>
      afterReplies(recordWith(), [answers("a", "stopped", { life: "life-a+" }), answers("b", "stopped")]),
    code: "REBOOTED",
    phase: "starting",
    asks: "run a for life-a+, others stop",
  },
  {
    says: "moves after the second reboot",
    decision: () =>
      afterReplies(recordWith({ counters: usedUp }), [
        answers("a", "stopped", { life: "life-a+" }),
        answers("b", "stopped"),
      ]),
    code: "MOVES_REBOOTED",
    phase: "stopping",
    asks: "all stop",
  },
];

export const NOT_RUNNING: readonly Situation[] = [
  {
    says: "has the node itself end what a killed scheduler left behind, while a start in place is left",
    decision: () =>
      afterReplies(recordWith(), [
        answers("a", "stopping", { reason: "leftovers" }),
        answers("b", "stopped"),
      ]),
    code: "RESTART_STOP_HANGS",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "stops what a killed scheduler left behind where no start in place is left: a `hold` would leave it there",
    decision: () =>
      afterReplies(recordWith({ counters: usedUp }), [
        answers("a", "stopping", { reason: "leftovers" }),
        answers("b", "stopped"),
      ]),
    code: "MOVES_ENDING",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "waits while a restart stops the old process",
    decision: () =>
      afterReplies(recordWith({ phase: { ...starting, restartOf: "run-a" }, counters: justNow }), [
        answers("a", "stopping"),
        answers("b", "stopped"),
      ]),
    code: "RESTART_STOPS",
    phase: "starting",
    asks: "run a for life-a, others stop",
  },
  {
    says: "reports a restart that cannot stop the old process",
    decision: () =>
      afterReplies(recordWith({ phase: starting, counters: { startedAt: long } }), [
        answers("a", "stopping"),
        answers("b", "stopped"),
      ]),
    code: "RESTART_STOP_HANGS",
    phase: "starting",
    asks: "run a for life-a, others stop",
  },
  {
    says: "tells that the node has started a killed scheduler again",
    decision: () => afterReplies(recordWith(), [answers("a", "starting"), answers("b", "stopped")]),
    code: "RESTARTED",
    phase: "starting",
    asks: "run a for life-a, others stop",
  },
  {
    says: "gives a start its settle time",
    decision: () =>
      afterReplies(recordWith({ phase: starting, counters: justNow }), [
        answers("a", "starting"),
        answers("b", "stopped"),
      ]),
    code: "START_WAITS",
    phase: "starting",
    asks: "run a for life-a, others stop",
  },
  {
    says: "does not even start in place while another node may run one",
    decision: () =>
      afterReplies(recordWith({ nodes: { a: node("a", "running"), b: node("b", "stopped") } }), [
        answers("a", "stopped"),
      ]),
    code: "STOPPED_UNPROVEN",
    phase: "steady",
    asks: "hold a for life-a, others stop",
  },
  {
    says: "starts a scheduler that has ended once more in place",
    decision: () => afterReplies(recordWith(), [answers("a", "stopped"), answers("b", "stopped")]),
    code: "RETRIES_IN_PLACE",
    phase: "starting",
    asks: "run a for life-a, others stop",
  },
  {
    says: "moves when starts in place are used up: a failed start is no proof, so it stops first",
    decision: () =>
      afterReplies(recordWith({ counters: usedUp }), [answers("a", "stopped"), answers("b", "stopped")]),
    code: "MOVES_FAILED",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "starts in place again when no other node can take over",
    decision: () => afterReplies(recordWith({ counters: usedUp }), [answers("a", "stopped")]),
    code: "RETRIES_ALONE",
    phase: "starting",
    asks: "run a for life-a, others stop",
  },
  {
    says: "waits before it starts in place again",
    decision: () =>
      afterReplies(recordWith({ counters: { ...usedUp, attempts: 3, retryAt: NOW + SECOND } }), [
        answers("a", "stopped"),
      ]),
    code: "WAITS_ALONE",
    phase: "steady",
    asks: "hold a for life-a, others stop",
  },
];

export const UNHEALTHY: readonly Situation[] = [
  {
    says: "leaves the scheduler alone when the check itself is broken",
    decision: () =>
      afterReplies(
        recordWith(),
        [answers("a", "running", { health: { code: 127, body: "" } }), answers("b", "stopped")],
        withHealth,
      ),
    code: "CHECK_BROKEN",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "counts a check that the node did not ask neither for nor against the scheduler",
    decision: () =>
      afterReplies(recordWith(), [answers("a", "running"), answers("b", "stopped")], withHealth),
    code: "UNCHECKED",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "lets a new scheduler settle",
    decision: () =>
      afterReplies(
        recordWith({ phase: starting, counters: justNow }),
        [answers("a", "running", { health: SICK }), answers("b", "stopped")],
        withHealth,
      ),
    code: "SETTLING",
    phase: "starting",
    asks: "run a for life-a, others stop",
  },
  {
    says: "counts a failing check",
    decision: () =>
      afterReplies(
        recordWith(),
        [answers("a", "running", { health: SICK }), answers("b", "stopped")],
        withHealth,
      ),
    code: "UNHEALTHY",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "restarts the very invocation that it judged",
    decision: () =>
      afterReplies(
        recordWith({ counters: { unhealthy: 2 } }),
        [answers("a", "running", { health: SICK }), answers("b", "stopped")],
        withHealth,
      ),
    code: "RESTARTS_UNHEALTHY",
    phase: "starting",
    asks: "restart run-a on a for life-a, others stop",
  },
  {
    says: "moves what stays unhealthy",
    decision: () =>
      afterReplies(
        recordWith({ counters: { unhealthy: 2, restarts: 1 } }),
        [answers("a", "running", { health: SICK }), answers("b", "stopped")],
        withHealth,
      ),
    code: "MOVES_UNHEALTHY",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "doubts itself when the check fails on the new node too",
    decision: () =>
      afterReplies(
        recordWith({ phase: { cause: "MOVES_UNHEALTHY" }, counters: { unhealthy: 2 } }),
        [answers("a", "running", { health: SICK }), answers("b", "stopped")],
        withHealth,
      ),
    code: "SELF_DOUBT",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "does not move again within the cooldown",
    decision: () =>
      afterReplies(
        recordWith({ counters: { unhealthy: 2, restarts: 1, moves: [NOW - 60 * SECOND] } }),
        [answers("a", "running", { health: SICK }), answers("b", "stopped")],
        withHealth,
      ),
    code: "HOLDS_UNHEALTHY",
    phase: "steady",
    asks: "hold a for life-a, others stop",
  },
];
