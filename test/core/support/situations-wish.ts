/** What operators ask for, and how it meets what the ticks are doing. */
import { long, silentA, stopping, looking, seen, starting, justNow, SICK } from "./known.ts";
import type { Situation } from "./known.ts";
import {
  NOW,
  SECOND,
  afterReplies,
  answers,
  beforeAsking,
  instances,
  node,
  proven,
  recordWith,
  settingsWith,
  steered,
  wish,
  withHealth,
} from "./situation.ts";

const observing = settingsWith({ startIn: "observe" });
const sickA = node("a", "running", { report: answers("a", "running", { health: SICK }) });
const silentB = (seconds: number) => proven("b", { silentSince: NOW - seconds * SECOND });
/** Known by its armed guard: time proves something about it. */
const guarded = { guard: "armed", gate: "installed", grantUntil: NOW + 60 * SECOND } as const;
const guardedB = node("b", "stopped", { report: answers("b", "stopped", guarded), guard: "armed" });
const toB = { action: "switchover", to: "b" } as const;
/** On the way from `a` to `b`, and just asked to start there. */
const switching = {
  phase: { ...starting, active: "b", from: "a", cause: "FAILOVER_BEGINS" },
  nodes: { a: proven("a"), b: node("b", "stopped") },
  counters: justNow,
  request: wish({ ...toB, phase: "starting", from: "a" }),
} as const;

export const STEERING: readonly Situation[] = [
  {
    says: "pauses: the grant is extended, nothing is started or stopped",
    decision: () => beforeAsking(recordWith({ request: wish({ action: "pause" }) })),
    code: "PAUSED",
    phase: "steady",
    asks: "hold a for life-a, others look",
  },
  {
    says: "pauses a failover in the middle: the nodes are only looked at",
    decision: () =>
      beforeAsking(recordWith({ phase: stopping, nodes: seen, request: wish({ action: "pause" }) })),
    code: "PAUSED",
    phase: "stopping",
    asks: "all look",
  },
  {
    says: "does not pause what is left to itself, since a pause would take hold of it again",
    decision: () =>
      beforeAsking(
        recordWith({ phase: looking, steering: steered("detached"), request: wish({ action: "pause" }) }),
      ),
    code: "PAUSE_REFUSED",
    phase: "looking",
    asks: "all look",
  },
  {
    says: "ends a pause at its time",
    decision: () => beforeAsking(recordWith({ steering: steered("paused", NOW) })),
    code: "PAUSE_ENDS",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "stays paused until its time has come",
    decision: () => beforeAsking(recordWith({ steering: steered("paused", NOW + 1) })),
    code: "ASKING_ASIDE",
    phase: "steady",
    asks: "hold a for life-a, others look",
  },
  {
    says: "resumes from a pause where it was",
    decision: () =>
      beforeAsking(recordWith({ steering: steered("paused"), request: wish({ action: "resume" }) })),
    code: "RESUMED",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "looks first when it resumes from observing",
    decision: () =>
      beforeAsking(
        recordWith({ phase: looking, steering: steered("observing"), request: wish({ action: "resume" }) }),
      ),
    code: "RESUMED_LOOKING",
    phase: "looking",
    asks: "all look",
  },
  {
    says: "looks first when it resumes from being detached, however long ago that was",
    decision: () =>
      beforeAsking({
        ...recordWith({
          phase: looking,
          steering: steered("detached"),
          request: wish({ action: "resume" }),
        }),
        savedAt: long,
      }),
    code: "RESUMED_LOOKING",
    phase: "looking",
    asks: "all look",
  },
  {
    says: "takes guard, gate and grant off before it only observes",
    decision: () =>
      beforeAsking(
        recordWith({
          nodes: { a: node("a", "running"), b: guardedB },
          request: wish({ action: "observe" }),
        }),
      ),
    code: "OBSERVES",
    phase: "looking",
    asks: "all detach",
  },
  {
    says: "detaches nodes whose guard it has seen once, though their reports are forgotten",
    decision: () =>
      beforeAsking(
        recordWith({
          nodes: { a: node("a", "running"), b: { ...guardedB, report: undefined } },
          request: wish({ action: "detach" }),
        }),
      ),
    code: "DETACHES",
    phase: "looking",
    asks: "all detach",
  },
  {
    says: "lets go of a scheduler that it has steered when the settings say observe",
    decision: () => beforeAsking(recordWith(), undefined, observing),
    code: "LETS_GO",
    phase: "looking",
    asks: "all look",
  },
  {
    says: "goes on with a scheduler on a node that is excluded, and starts none there",
    decision: () => beforeAsking(recordWith({ request: wish({ action: "exclude", to: "a" }) })),
    code: "EXCLUDED",
    phase: "steady",
    asks: "hold a for life-a, others stop",
  },
  {
    says: "includes a node again",
    decision: () =>
      beforeAsking(recordWith({ excluded: ["b"], request: wish({ action: "include", to: "b" }) })),
    code: "INCLUDED",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "has the nodes take its stamp for another deployment's while they are asked for the same as before",
    decision: () =>
      beforeAsking(recordWith({ request: wish({ action: "take_over", owner: "arn:other", to: undefined }) })),
    code: "TAKES_OVER",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "looks at a running scheduler anew when the metadata is cleared",
    decision: () => beforeAsking(recordWith({ request: wish({ action: "clear_metadata" }) })),
    code: "CLEARED",
    phase: "looking",
    asks: "all look",
  },
  {
    says: "cancels a move that waits by taking its place",
    decision: () =>
      beforeAsking(
        recordWith({ request: wish({ action: "cancel", replaces: "the switchover k1 that eve asked for" }) }),
      ),
    code: "CANCELLED",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
];

export const MOVING: readonly Situation[] = [
  {
    says: "begins a switchover of a scheduler that runs well",
    decision: () => beforeAsking(recordWith({ request: wish(toB) })),
    code: "FAILOVER_BEGINS",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "begins no move before its time",
    decision: () => beforeAsking(recordWith({ request: wish({ ...toB, notBefore: NOW + 1 }) })),
    code: "ASKING",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "begins a move when its time has come",
    decision: () => beforeAsking(recordWith({ request: wish({ ...toB, notBefore: NOW }) })),
    code: "FAILOVER_BEGINS",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "refuses to switch over a scheduler whose node does not answer",
    decision: () => beforeAsking(recordWith({ nodes: { a: silentA, b: proven("b") }, request: wish(toB) })),
    code: "FAILOVER_REFUSED",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "refuses to switch over a scheduler whose check fails",
    decision: () =>
      beforeAsking(
        recordWith({ nodes: { a: sickA, b: proven("b") }, request: wish(toB) }),
        undefined,
        withHealth,
      ),
    code: "FAILOVER_REFUSED",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "fails over what it would not switch over",
    decision: () =>
      beforeAsking(
        recordWith({ nodes: { a: sickA, b: proven("b") }, request: wish({ to: "b" }) }),
        undefined,
        withHealth,
      ),
    code: "FAILOVER_BEGINS",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "refuses a move to the node that is active already",
    decision: () => beforeAsking(recordWith({ request: wish({ to: "a" }) })),
    code: "FAILOVER_REFUSED",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "refuses a move to a node that an operator excluded in the meantime",
    decision: () => beforeAsking(recordWith({ excluded: ["b"], request: wish(toB) })),
    code: "FAILOVER_REFUSED",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "refuses a move to a node that EC2 says is stopped",
    decision: () =>
      beforeAsking(recordWith({ request: wish(toB) }), instances({ a: "running", b: "stopped" })),
    code: "FAILOVER_REFUSED",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "refuses a move to a node that has been silent for long",
    decision: () =>
      beforeAsking(recordWith({ nodes: { a: node("a", "running"), b: silentB(60) }, request: wish(toB) })),
    code: "FAILOVER_REFUSED",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "lets a move wait for a node that has missed one answer",
    decision: () =>
      beforeAsking(recordWith({ nodes: { a: node("a", "running"), b: silentB(10) }, request: wish(toB) })),
    code: "ASKING",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "refuses a move while nodes are left to themselves",
    decision: () =>
      beforeAsking(recordWith({ phase: looking, steering: steered("observing"), request: wish(toB) })),
    code: "MOVE_REFUSED",
    phase: "looking",
    asks: "all look",
  },
  {
    says: "carries out a move in a pause",
    decision: () => beforeAsking(recordWith({ steering: steered("paused"), request: wish(toB) })),
    code: "FAILOVER_BEGINS",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "lets a switchover join the failover that came before it",
    decision: () => beforeAsking(recordWith({ phase: stopping, nodes: seen, request: wish(toB) })),
    code: "FAILOVER_JOINS",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "leaves the node that it is just starting on when an operator asks for another one",
    decision: () =>
      beforeAsking(
        recordWith({
          phase: { ...starting, from: "b", cause: "MOVES_FAILED" },
          nodes: { a: node("a", "starting"), b: proven("b") },
          counters: justNow,
          request: wish({ to: "b" }),
        }),
      ),
    code: "FAILOVER_BEGINS",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "goes back at once when the node that a switchover asked for does not bring it up",
    decision: () => afterReplies(recordWith(switching), [answers("a", "stopped"), answers("b", "stopped")]),
    code: "GOES_BACK",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "goes back when the scheduler stays unhealthy where a switchover brought it",
    decision: () =>
      afterReplies(
        recordWith({ ...switching, counters: { startedAt: NOW - 61 * SECOND } }),
        [answers("a", "stopped"), answers("b", "running", { health: SICK })],
        withHealth,
      ),
    code: "GOES_BACK",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "starts once more in place when there is no way back for a switchover",
    decision: () => afterReplies(recordWith(switching), [answers("b", "stopped")]),
    code: "RETRIES_IN_PLACE",
    phase: "starting",
    asks: "run b for life-b, others stop",
  },
  {
    says: "retries in place what an operator failed over: there is no way back to a failed node",
    decision: () =>
      afterReplies(recordWith({ ...switching, request: wish({ to: "b", phase: "starting", from: "a" }) }), [
        answers("a", "stopped"),
        answers("b", "stopped"),
      ]),
    code: "RETRIES_IN_PLACE",
    phase: "starting",
    asks: "run b for life-b, others stop",
  },
];
