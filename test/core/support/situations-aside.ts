/** The operator's word, the ticks that stand aside, and the fence. */
import { bothStopped, long, evasiveA, silentA, stopping, looking, seen } from "./known.ts";
import type { Situation } from "./known.ts";
import {
  NOW,
  SECOND,
  TOKEN,
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
} from "./situation.ts";

const fenced = settingsWith({ fence: "ec2-stop" });
const guarded = { guard: "armed", gate: "installed", grantUntil: NOW + 60 * SECOND } as const;

export const OVERRIDING: readonly Situation[] = [
  {
    says: "moves away from a silent node that the operator declares to run none",
    decision: () =>
      beforeAsking(recordWith({ nodes: { a: silentA, b: proven("b") }, request: wish({ override: "a" }) })),
    code: "FAILOVER_BEGINS",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "starts elsewhere on the operator's word",
    decision: () => {
      const begun = beforeAsking(
        recordWith({ nodes: { a: silentA, b: proven("b") }, request: wish({ override: "a" }) }),
      );
      return afterReplies(begun.record, [answers("b", "stopped")]);
    },
    code: "STARTS",
    phase: "starting",
    asks: "run b for life-b, others stop",
  },
  {
    says: "takes the operator's word for a third node that is silent",
    decision: () =>
      beforeAsking(
        recordWith({
          nodes: { a: node("a", "running"), b: proven("b"), c: node("c", "stopped", { silentSince: long }) },
          request: wish({ to: "b", override: "c" }),
        }),
        instances({ a: "running", b: "running", c: "running" }),
      ),
    code: "FAILOVER_BEGINS",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "does not take it for a node that answers: its own word weighs more",
    decision: () =>
      beforeAsking(
        recordWith({
          nodes: { a: node("a", "running"), b: proven("b"), c: node("c", "running") },
          request: wish({ to: "b", override: "c" }),
        }),
        instances({ a: "running", b: "running", c: "running" }),
      ),
    code: "FAILOVER_REFUSED",
    phase: "steady",
    asks: "hold a for life-a, others stop",
  },
  {
    says: "does not move to the very node that the operator declared stopped, should it be back",
    decision: () => beforeAsking(recordWith({ request: wish({ override: "b" }) })),
    code: "FAILOVER_REFUSED",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "takes it in the middle of a move that waits for a proof",
    decision: () =>
      beforeAsking(
        recordWith({
          phase: stopping,
          nodes: { a: silentA, b: proven("b") },
          request: wish({ override: "a" }),
        }),
      ),
    code: "FAILOVER_JOINS",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "takes it at first sight",
    decision: () =>
      beforeAsking(
        recordWith({ phase: looking, nodes: { a: silentA, b: seen.b }, request: wish({ override: "a" }) }),
      ),
    code: "OVERRIDDEN",
    phase: "looking",
    asks: "all look",
  },
  {
    says: "begins a cold start when the only silent node is proven to run none",
    decision: () =>
      afterReplies(
        recordWith({ phase: looking, nodes: { a: proven("a", { silentSince: long }), b: seen.b } }),
        [answers("b", "stopped")],
      ),
    code: "COLD_START",
    phase: "stopping",
    asks: "all stop",
  },
];

const paused = { steering: steered("paused") } as const;

export const STANDING_ASIDE: readonly Situation[] = [
  {
    says: "holds in a pause, and says that the scheduler runs",
    decision: () => afterReplies(recordWith(paused), [answers("a", "running"), answers("b", "stopped")]),
    code: "PAUSED_STANDS",
    phase: "steady",
    asks: "hold a for life-a, others look",
  },
  {
    says: "does not bring a scheduler back in a pause, and says so",
    decision: () => afterReplies(recordWith(paused), [answers("a", "stopped"), answers("b", "stopped")]),
    code: "PAUSED_DOWN",
    phase: "steady",
    asks: "hold a for life-a, others look",
  },
  {
    says: "moves nowhere in a pause when EC2 stops the active node, and says so",
    decision: () => {
      const told = beforeAsking(recordWith(paused), instances({ a: "stopped", b: "running" }));
      return afterReplies(told.record, [answers("b", "stopped")]);
    },
    code: "PAUSED_DOWN",
    phase: "steady",
    asks: "hold a for unknown, others look",
  },
  {
    says: "reports a failover that a pause has stopped half-way",
    decision: () =>
      afterReplies(recordWith({ ...paused, phase: stopping, nodes: bothStopped }), [
        answers("a", "stopped"),
        answers("b", "stopped"),
      ]),
    code: "PAUSED_DOWN",
    phase: "stopping",
    asks: "all look",
  },
  {
    says: "extends the grant of the one scheduler that runs although a pause began before it was adopted",
    decision: () =>
      afterReplies(recordWith({ ...paused, phase: looking, nodes: seen }), [
        answers("a", "running"),
        answers("b", "stopped"),
      ]),
    code: "PAUSED_ADOPTS",
    phase: "steady",
    asks: "hold a for life-a, others look",
  },
  {
    says: "jumps above a later token in a pause too: a plan that is refused extends no grant",
    decision: () =>
      afterReplies(recordWith(paused), [answers("a", "refused", { seen: TOKEN + 500, reason: "token" })]),
    code: "TOKEN_BEHIND",
    phase: "steady",
    asks: "hold a for life-a, others look",
  },
  {
    says: "asks EC2 for nothing in a pause, whatever the fence says",
    decision: () =>
      afterReplies(
        recordWith({ ...paused, nodes: { a: silentA, b: proven("b") } }),
        [answers("b", "stopped")],
        fenced,
      ),
    code: "PAUSED_DOWN",
    phase: "steady",
    asks: "hold a for life-a, others look",
  },
  {
    says: "goes on detaching until every guard is off",
    decision: () =>
      afterReplies(recordWith({ phase: looking, nodes: seen, steering: steered("detached") }), [
        answers("a", "running"),
        answers("b", "stopped", guarded),
      ]),
    code: "DETACHING",
    phase: "looking",
    asks: "all detach",
  },
  {
    says: "is detached when every guard is off",
    decision: () =>
      afterReplies(recordWith({ phase: looking, nodes: seen, steering: steered("detached") }), [
        answers("a", "running"),
        answers("b", "stopped"),
      ]),
    code: "DETACHED",
    phase: "looking",
    asks: "all look",
  },
  {
    says: "says which of several schedulers it would keep",
    decision: () =>
      afterReplies(recordWith({ phase: looking, nodes: seen, steering: steered("observing") }), [
        answers("a", "running"),
        answers("b", "running"),
      ]),
    code: "OBSERVES_SEVERAL",
    phase: "looking",
    asks: "all look",
  },
  {
    says: "says where it would start one",
    decision: () =>
      afterReplies(recordWith({ phase: looking, nodes: seen, steering: steered("observing") }), [
        answers("a", "stopped"),
        answers("b", "stopped"),
      ]),
    code: "OBSERVES_NONE",
    phase: "looking",
    asks: "all look",
  },
  {
    says: "moves away from an excluded node at once when its scheduler ends",
    decision: () =>
      afterReplies(recordWith({ excluded: ["a"] }), [answers("a", "stopped"), answers("b", "stopped")]),
    code: "MOVES_FAILED",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "asks an excluded node that has another life again: its scheduler may be up by itself",
    decision: () =>
      afterReplies(recordWith({ excluded: ["a"] }), [
        answers("a", "refused", { life: "life-a+" }),
        answers("b", "stopped"),
      ]),
    code: "LIFE_LEARNED",
    phase: "steady",
    asks: "hold a for life-a+, others stop",
  },
  {
    says: "leaves a scheduler that came back by itself where it is, though its node is excluded",
    decision: () =>
      afterReplies(recordWith({ excluded: ["a"] }), [
        answers("a", "running", { invocation: "another" }),
        answers("b", "stopped"),
      ]),
    code: "RESTARTED",
    phase: "starting",
    asks: "hold a for life-a, others stop",
  },
  {
    says: "starts none on an excluded node even where no other can take over",
    decision: () => afterReplies(recordWith({ excluded: ["a"] }), [answers("a", "stopped")]),
    code: "EXCLUDED_DOWN",
    phase: "steady",
    asks: "hold a for life-a, others stop",
  },
];

export const FENCING: readonly Situation[] = [
  {
    says: "asks EC2 to stop a silent active node that a standby could replace",
    decision: () =>
      afterReplies(recordWith({ nodes: { a: silentA, b: proven("b") } }), [answers("b", "stopped")], fenced),
    code: "FENCES",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "waits for EC2 to say that the fenced node has stopped",
    decision: () =>
      afterReplies(
        recordWith({ phase: { fence: "a" }, nodes: { a: silentA, b: proven("b") } }),
        [answers("b", "stopped")],
        fenced,
      ),
    code: "FENCING",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "asks EC2 to stop the one node that owes its proof for long",
    decision: () =>
      afterReplies(
        recordWith({ phase: { ...stopping, since: long }, nodes: { a: silentA, b: proven("b") } }),
        [answers("b", "stopped")],
        fenced,
      ),
    code: "FENCES_UNPROVEN",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "asks EC2 to stop the silent node for which a stopped scheduler is not started in place",
    decision: () =>
      afterReplies(
        recordWith({ nodes: { a: node("a", "running"), b: silentA } }),
        [answers("a", "stopped")],
        fenced,
      ),
    code: "FENCES_OTHER",
    phase: "steady",
    asks: "hold a for life-a, others stop",
  },
  {
    says: "fences no node that answers, though it only refuses: it may be another deployment's",
    decision: () =>
      afterReplies(
        recordWith({ nodes: { a: evasiveA, b: proven("b") } }),
        [answers("a", "refused"), answers("b", "stopped")],
        fenced,
      ),
    code: "ACTIVE_UNKNOWN",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "fences nobody while no standby answers",
    decision: () => afterReplies(recordWith({ nodes: { a: silentA, b: proven("b") } }), [], fenced),
    code: "ACTIVE_UNKNOWN",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
];
