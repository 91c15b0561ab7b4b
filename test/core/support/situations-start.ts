/** Before the nodes are asked, at first sight, and between a stop and a start. */
import { long, evasiveA, silentA, bothStopped, stopping, looking, seen } from "./known.ts";
import type { Situation } from "./known.ts";
import {
  NOW,
  SECOND,
  TOKEN,
  afterReplies,
  answers,
  beforeAsking,
  instances,
  proven,
  recordWith,
  settingsWith,
  wish,
} from "./situation.ts";

export const BEFORE: readonly Situation[] = [
  {
    says: "takes proofs back after a long time without ticks, and starts nothing until the others have spoken",
    decision: () => beforeAsking({ ...recordWith(), savedAt: NOW - 241 * SECOND }),
    code: "TICKS_RESUMED",
    phase: "steady",
    asks: "hold a for life-a, others stop",
  },
  {
    says: "leaves an active node whose instance is stopped, and asks the others",
    decision: () => beforeAsking(recordWith(), instances({ a: "stopped", b: "running" })),
    code: "NODE_GONE",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "leaves a node that is silent and whose grant is over",
    decision: () =>
      beforeAsking(recordWith({ nodes: { a: { ...silentA, stopBy: NOW - 6 * SECOND }, b: proven("b") } })),
    code: "GRANT_EXPIRED",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "leaves a node that only refuses, and whose grant is over",
    decision: () =>
      beforeAsking(recordWith({ nodes: { a: { ...evasiveA, stopBy: NOW - 6 * SECOND }, b: proven("b") } })),
    code: "GRANT_EXPIRED",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "does not leave a silent node while two clocks may still disagree about its grant's end",
    decision: () =>
      beforeAsking(recordWith({ nodes: { a: { ...silentA, stopBy: NOW - 4 * SECOND }, b: proven("b") } })),
    code: "ASKING",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "does not leave a node that is silent and was never guarded",
    decision: () => beforeAsking(recordWith({ nodes: { a: silentA, b: proven("b") } })),
    code: "ASKING",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "begins the failover that an operator asked for",
    decision: () => beforeAsking(recordWith({ request: wish({ to: "b" }) })),
    code: "FAILOVER_BEGINS",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "refuses a failover to a node that is not there",
    decision: () => beforeAsking(recordWith({ request: wish({ to: "c" }) })),
    code: "FAILOVER_REFUSED",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "lets a failover join a move that is under way",
    decision: () =>
      beforeAsking(recordWith({ phase: stopping, nodes: bothStopped, request: wish({ to: "b" }) })),
    code: "FAILOVER_JOINS",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "only holds while a node that has just joined has proven nothing: a healthy scheduler is not starved",
    decision: () => beforeAsking(recordWith(), instances({ a: "running", b: "running", c: "running" })),
    code: "ASKING",
    phase: "steady",
    asks: "hold a for life-a, others stop",
  },
];

export const FIRST_SIGHT: readonly Situation[] = [
  {
    says: "changes nothing when it only observes",
    decision: () =>
      afterReplies(
        recordWith({ phase: looking, nodes: seen }),
        [answers("a", "running"), answers("b", "stopped")],
        settingsWith({ startIn: "observe" }),
      ),
    code: "OBSERVES_ONE",
    phase: "looking",
    asks: "all look",
  },
  {
    says: "reports that there are no nodes",
    decision: () => afterReplies(recordWith({ phase: looking, nodes: {} }), []),
    code: "NO_NODES",
    phase: "looking",
    asks: "all look",
  },
  {
    says: "adopts the one scheduler that runs, and starts nothing before the others are proven",
    decision: () =>
      afterReplies(recordWith({ phase: looking, nodes: seen }), [
        answers("a", "running"),
        answers("b", "stopped"),
      ]),
    code: "ADOPTED",
    phase: "steady",
    asks: "hold a for life-a, others stop",
  },
  {
    says: "keeps of several the one that has run longest",
    decision: () =>
      afterReplies(recordWith({ phase: looking, nodes: seen }), [
        answers("a", "running", { since: NOW - 60 * SECOND }),
        answers("b", "running", { since: NOW - 90 * SECOND }),
      ]),
    code: "SEVERAL_FOUND",
    phase: "steady",
    asks: "hold b for life-b, others stop",
  },
  {
    says: "keeps of several the one on a preferred node",
    decision: () =>
      afterReplies(
        recordWith({ phase: looking, nodes: seen }),
        [answers("a", "running", { since: NOW - 60 * SECOND }), answers("b", "running", { since: long })],
        settingsWith({ nodes: { tag: { key: "k", value: "v" }, prefer: ["a"], exclude: [] } }),
      ),
    code: "SEVERAL_FOUND",
    phase: "steady",
    asks: "hold a for life-a, others stop",
  },
  {
    says: "starts nothing while a node is silent",
    decision: () => afterReplies(recordWith({ phase: looking, nodes: seen }), [answers("b", "stopped")]),
    code: "FIRST_LOOK_WAITS",
    phase: "looking",
    asks: "all look",
  },
  {
    says: "lets a start that is under way at first sight come to its end",
    decision: () =>
      afterReplies(recordWith({ phase: looking, nodes: seen }), [
        answers("a", "starting"),
        answers("b", "stopped"),
      ]),
    code: "FIRST_LOOK_WAITS",
    phase: "looking",
    asks: "all look",
  },
  {
    says: "stops a start that nobody carries on, since a look does not end it",
    decision: () =>
      afterReplies(recordWith({ phase: { ...looking, since: long }, nodes: seen }), [
        answers("a", "starting"),
        answers("b", "stopped"),
      ]),
    code: "COLD_START",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "begins a cold start by a stop, since a look is no proof",
    decision: () =>
      afterReplies(recordWith({ phase: looking, nodes: seen }), [
        answers("a", "stopped"),
        answers("b", "stopped"),
      ]),
    code: "COLD_START",
    phase: "stopping",
    asks: "all stop",
  },
];

export const BETWEEN: readonly Situation[] = [
  {
    says: "starts on the other node once the old one is proven stopped",
    decision: () =>
      afterReplies(recordWith({ phase: stopping, nodes: seen }), [
        answers("a", "stopped"),
        answers("b", "stopped"),
      ]),
    code: "STARTS",
    phase: "starting",
    asks: "run b for life-b, others stop",
  },
  {
    says: "waits between failed attempts",
    decision: () =>
      afterReplies(
        recordWith({ phase: stopping, nodes: seen, counters: { attempts: 3, retryAt: NOW + SECOND } }),
        [answers("a", "stopped"), answers("b", "stopped")],
      ),
    code: "BACKS_OFF",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "waits for a node that is stopping",
    decision: () =>
      afterReplies(recordWith({ phase: stopping, nodes: seen }), [
        answers("a", "stopping"),
        answers("b", "stopped"),
      ]),
    code: "STOPPING",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "reports a stop that hangs",
    decision: () =>
      afterReplies(recordWith({ phase: { ...stopping, since: long }, nodes: seen }), [
        answers("a", "stopping"),
        answers("b", "stopped"),
      ]),
    code: "STOP_HANGS",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "starts nothing while one node has not proven that it runs none",
    decision: () => afterReplies(recordWith({ phase: stopping, nodes: seen }), [answers("b", "stopped")]),
    code: "NO_PROOF",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "waits a while for the node that was asked for",
    decision: () =>
      afterReplies(recordWith({ phase: { ...stopping, to: "b" }, nodes: bothStopped }), [
        answers("a", "stopped"),
      ]),
    code: "WAITS_FOR_TARGET",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "starts elsewhere when the node that was asked for does not come",
    decision: () =>
      afterReplies(recordWith({ phase: { ...stopping, to: "b", since: long }, nodes: bothStopped }), [
        answers("a", "stopped"),
      ]),
    code: "STARTS",
    phase: "starting",
    asks: "run a for life-a, others stop",
  },
  {
    says: "reports that everything is stopped and nobody answers who could start it",
    decision: () => afterReplies(recordWith({ phase: stopping, nodes: bothStopped }), []),
    code: "NO_CANDIDATE",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "takes every proof back when a node has obeyed a later plan than the record knows",
    decision: () =>
      afterReplies(recordWith({ phase: stopping, nodes: bothStopped }), [
        answers("a", "refused", { seen: TOKEN + 500, reason: "token" }),
        answers("b", "stopped"),
      ]),
    code: "TOKEN_BEHIND",
    phase: "stopping",
    asks: "all stop",
  },
];
