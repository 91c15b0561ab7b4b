/** Drills: when one begins, turns round, is done and has failed. */
import { SICK, seen, stopping } from "./known.ts";
import type { Situation } from "./known.ts";
import type { Wish } from "../../../lib/core/model.ts";
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
  steered,
  wish,
  withHealth,
} from "./situation.ts";

const there = { leg: "there", begunAt: 0, gapSeconds: 0 } as const;
const drill = { action: "switchover", drill: there } as const;
/** Brought to `b` by a drill, and settled there or settling. */
const drilling = (changes: Partial<Wish> = {}, settlingSeconds = 61) =>
  recordWith({
    phase: { name: "verifying", active: "b", from: "a", cause: "DRILL_BEGINS" },
    nodes: { a: proven("a"), b: node("b", "running") },
    counters: { startedAt: NOW - settlingSeconds * SECOND },
    request: wish({
      ...drill,
      phase: "verifying",
      from: "a",
      drill: { ...there, begunAt: NOW - 90 * SECOND, gapSeconds: 5 },
      ...changes,
    }),
  });
const onB = [answers("a", "stopped"), answers("b", "running")];
const back = { leg: "back", begunAt: NOW - 90 * SECOND, gapSeconds: 5 } as const;
/** Waits for its way back from `b`. */
const returning = { ...drill, to: "a", drill: back } as const;
const silentB = (seconds: number) => proven("b", { silentSince: NOW - seconds * SECOND });
const sickA = node("a", "running", { report: answers("a", "running", { health: SICK }) });
const standing = { code: "NO_NODES", sentence: "No.", since: NOW, mailed: [], mailedAt: 0 } as const;

export const DRILLS: readonly Situation[] = [
  {
    says: "begins the way there in a cluster that is well",
    decision: () => beforeAsking(recordWith({ request: wish(drill) })),
    code: "DRILL_BEGINS",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "begins the way back where the scheduler has settled",
    decision: () =>
      beforeAsking(
        recordWith({
          phase: { active: "b" },
          nodes: { a: proven("a"), b: node("b", "running") },
          request: wish(returning),
        }),
      ),
    code: "DRILL_BEGINS",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "never begins in a pause, where a switchover would",
    decision: () => beforeAsking(recordWith({ steering: steered("paused"), request: wish(drill) })),
    code: "DRILL_REFUSED",
    phase: "steady",
    asks: "hold a for life-a, others look",
  },
  {
    says: "never begins while a problem stands",
    decision: () => beforeAsking({ ...recordWith({ request: wish(drill) }), problem: standing }),
    code: "DRILL_REFUSED",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "never begins with a scheduler whose check fails",
    decision: () =>
      beforeAsking(
        recordWith({ nodes: { a: sickA, b: proven("b") }, request: wish(drill) }),
        undefined,
        withHealth,
      ),
    code: "DRILL_REFUSED",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "never begins where no other node can take over",
    decision: () =>
      beforeAsking(recordWith({ nodes: { a: node("a", "running"), b: silentB(60) }, request: wish(drill) })),
    code: "DRILL_REFUSED",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "never begins on a node to which it could not come back",
    decision: () => beforeAsking(recordWith({ excluded: ["a"], request: wish(drill) })),
    code: "DRILL_REFUSED",
    phase: "steady",
    asks: "hold a for life-a, others stop",
  },
  {
    says: "waits for a standby that has missed an answer",
    decision: () =>
      beforeAsking(recordWith({ nodes: { a: node("a", "running"), b: silentB(10) }, request: wish(drill) })),
    code: "ASKING",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "joins no failover: it is refused",
    decision: () => beforeAsking(recordWith({ phase: stopping, nodes: seen, request: wish(drill) })),
    code: "DRILL_REFUSED",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "puts no failover off",
    decision: () =>
      beforeAsking(recordWith({ request: wish(drill) }), instances({ a: "stopped", b: "running" })),
    code: "NODE_GONE",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "turns round when the scheduler has settled there",
    decision: () => afterReplies(drilling(), onB),
    code: "DRILL_HALFWAY",
    phase: "steady",
    asks: "run b for life-b, others stop",
  },
  {
    says: "does not turn round before the scheduler has settled there",
    decision: () => afterReplies(drilling({}, 30), onB),
    code: "VERIFYING",
    phase: "verifying",
    asks: "run b for life-b, others stop",
  },
  {
    says: "is done when the scheduler has settled where it was at first",
    decision: () => afterReplies(drilling({ ...returning, to: "b", from: "a" }), onB),
    code: "DRILL_DONE",
    phase: "steady",
    asks: "run b for life-b, others stop",
  },
  {
    says: "has failed where the scheduler had to go back, once it has settled there",
    decision: () => afterReplies(drilling({ from: "b", phase: "going-back" }), onB),
    code: "DRILL_FAILED",
    phase: "steady",
    asks: "run b for life-b, others stop",
  },
  {
    says: "has failed where the way back did not lead home",
    decision: () => afterReplies(drilling({ ...returning, to: "a", from: "c", phase: "verifying" }), onB),
    code: "DRILL_FAILED",
    phase: "steady",
    asks: "run b for life-b, others stop",
  },
];
