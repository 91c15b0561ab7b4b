/** From knowing nothing, or having stopped everything, to a start that rests on proofs. */
import { byPreference, hiccup, readyTargets, toFence, unsaid } from "./facts.ts";
import type { Facts } from "./facts.ts";
import type { Counters, Instant, NodeId } from "./model.ts";
import { proofsBut } from "./proof.ts";
import { ANY_PHASE, rule } from "./rule.ts";
import type { Rule } from "./rule.ts";
import { LIMITS } from "./settings.ts";

/** Of several running schedulers the one to keep: on a preferred node, else the one that has run longest. */
export function bestRunning(facts: Facts): NodeId | undefined {
  const { prefer } = facts.settings.nodes;
  const since = (id: NodeId) => facts.replies.get(id)?.since || facts.now;
  const oldest = [...facts.running].sort((a, b) => since(a) - since(b));
  const preferred = byPreference(facts.running, facts.settings)[0];
  return preferred !== undefined && prefer.includes(preferred) ? preferred : oldest[0];
}

/** Where to start: where it was asked to be, else the first that is not where it has just failed. */
export function startTarget(facts: Facts): NodeId | undefined {
  const { to, from, failed, since } = facts.record.phase;
  const ready = readyTargets(facts);
  if (to !== undefined && ready.includes(to)) return to;
  if (to !== undefined && facts.now - since < hiccup(facts)) return undefined;
  return ready.find((id) => id !== (failed ?? from)) ?? ready[0];
}

/** One more attempt: the third and later ones wait, twice as long each time, up to the stated maximum. */
export function attempt(facts: Facts): Pick<Counters, "attempts" | "startedAt" | "retryAt"> {
  const attempts = facts.record.counters.attempts + 1;
  const wait = attempts < 3 ? 0 : Math.min(facts.beatSeconds * 2 ** (attempts - 2), LIMITS.backoffSeconds);
  return { attempts, startedAt: facts.now, retryAt: facts.now + wait * 1000 };
}

/** Not where it was asked to be. */
export function isElsewhere(facts: Facts): boolean {
  const { to } = facts.record.phase;
  return to !== undefined && startTarget(facts) !== to;
}

/** A look ends no start that nobody carries on; a stop does. */
const hangsAtFirstSight = ({ settings: { timers }, record, now }: Facts) =>
  now - record.phase.since > (timers.settleSeconds + timers.killGraceSeconds) * 1000;

const mayRetry = (facts: Facts) => facts.now >= facts.record.counters.retryAt;
const longer = (facts: Facts, than: number, since: Instant) => facts.now - since > than;
const stopTakesTooLong = (facts: Facts) =>
  longer(facts, facts.settings.timers.killGraceSeconds * 1000 + hiccup(facts), facts.record.phase.since);

/** Also while the ticks stand aside: a plan that nodes refuse extends no grant and takes nothing off. */
export const RULES_FIRST: readonly Rule[] = [
  rule({
    code: "TOKEN_BEHIND",
    phases: ANY_PHASE,
    when: "a node has obeyed a later token than the record knows",
    holds: (facts) => facts.ahead.length > 0,
    sentence:
      "{ahead} has obeyed a later plan than the record knows: the record is old, nothing that it holds proven is.",
    tell: "history",
    again: true,
    change: (facts) => ({
      distrust: true,
      tokenAbove: Math.max(...facts.ahead.map((id) => facts.replies.get(id)?.seen ?? 0)),
    }),
  }),
];

export const RULES_START: readonly Rule[] = [
  rule({
    code: "NO_NODES",
    phases: ANY_PHASE,
    when: "no node is found",
    holds: (facts) => Object.keys(facts.record.nodes).length === 0,
    sentence:
      "No node is found: no instance carries the cluster's tag or has a listed id. Tag the nodes or correct the settings.",
    problem: "opens",
  }),
  rule({
    code: "ADOPTED",
    phases: ["looking"],
    when: "exactly one scheduler runs at first sight",
    holds: (facts) => facts.running.length === 1,
    sentence: "{best} runs the scheduler already: it is adopted as it is.",
    next: "steady",
    tell: "history",
    again: true,
    change: (facts) => ({
      phase: { active: bestRunning(facts), cause: "none" },
      counters: { startedAt: facts.now },
    }),
  }),
  rule({
    code: "SEVERAL_FOUND",
    phases: ["looking"],
    when: "several schedulers run at first sight",
    holds: (facts) => facts.running.length > 1,
    sentence: "{running} all run a scheduler: the one on {best} is kept, the others are stopped.",
    next: "steady",
    problem: "urgent",
    again: true,
    change: (facts) => ({
      phase: { active: bestRunning(facts), cause: "none" },
      counters: { startedAt: facts.now },
    }),
  }),
  rule({
    code: "FENCES_UNPROVEN",
    phases: ["looking", "stopping"],
    when: "the silence of one node alone is in the way for longer than a hiccup, another could start, and the fence is on",
    holds: (facts) => toFence(facts) !== undefined && facts.candidates.length > 0,
    sentence: "{toFence} is not proven to run no scheduler: EC2 is asked to stop its instance by force.",
    tell: "changes",
    problem: "opens",
    again: true,
    change: (facts) => ({ phase: { fence: toFence(facts) } }),
  }),
  rule({
    code: "FIRST_LOOK_WAITS",
    phases: ["looking"],
    when: "no scheduler is seen, and a node is neither proven nor says that it runs none, or is starting or stopping one",
    holds: (facts) => unsaid(facts).length > 0 || (facts.othersAlive.length > 0 && !hangsAtFirstSight(facts)),
    sentence: "No scheduler is seen yet, and {unsaid} has not said that it runs none: nothing is started.",
    problem: "opens",
  }),
  rule({
    code: "COLD_START",
    phases: ["looking"],
    when: "every node says that it runs no scheduler, is proven to run none, or hangs in a start or stop",
    holds: () => true,
    sentence: "No scheduler runs anywhere: one is started, on proof.",
    next: "stopping",
    tell: "history",
    again: true,
    change: (facts) => ({
      phase: { cause: "COLD_START", downSince: facts.record.phase.downSince ?? facts.now },
    }),
  }),
  rule({
    code: "STARTS",
    phases: ["stopping"],
    when: "every other node is proven not to run a scheduler, and the wait between attempts is over",
    holds: (facts) => mayRetry(facts) && startTarget(facts) !== undefined,
    sentence: "The scheduler is started on {target}{insteadOf}: {proofs}.",
    next: "starting",
    tell: "history",
    again: true,
    change: (facts) => {
      const target = startTarget(facts);
      const { downSince } = facts.record.phase;
      return {
        phase: { active: target, to: undefined, fence: undefined, downSince: downSince ?? facts.now },
        counters: { restarts: 0, unhealthy: 0, ...attempt(facts) },
        request: { phase: isElsewhere(facts) ? "going-back" : "starting" },
        entry: {
          active: target,
          proofs: target === undefined ? {} : proofsBut(target, facts.record, facts.settings, facts.now),
        },
      };
    },
  }),
  rule({
    code: "BACKS_OFF",
    phases: ["stopping"],
    when: "a start is possible, and the wait between attempts is not over",
    holds: (facts) => startTarget(facts) !== undefined,
    sentence: "{attempts} starts have failed: the next one follows at {retryAt}.",
    problem: "opens",
  }),
  rule({
    code: "STOP_HANGS",
    phases: ["stopping"],
    when: "a node still runs a scheduler long after it was told to stop it",
    holds: (facts) => facts.othersAlive.length > 0 && stopTakesTooLong(facts),
    sentence:
      "{othersAlive} was told to stop at {phaseSince} and still runs a scheduler: nothing is started elsewhere.",
    problem: "opens",
  }),
  rule({
    code: "STOPPING",
    phases: ["stopping"],
    when: "a node still runs a scheduler",
    holds: (facts) => facts.othersAlive.length > 0,
    sentence: "{othersAlive} is stopping its scheduler.",
    change: (facts) => ({ phase: { downSince: facts.record.phase.downSince ?? facts.now } }),
  }),
  rule({
    code: "NO_PROOF",
    phases: ["stopping"],
    when: "a node is not proven to run no scheduler",
    holds: (facts) => facts.unproven.length > 0,
    sentence:
      "Nothing is started: {unproven} may still run a scheduler. It counts as stopped when it answers so, or when EC2 says that its instance is stopped.",
    problem: "opens",
  }),
  rule({
    code: "WAITS_FOR_TARGET",
    phases: ["stopping"],
    when: "the node that was asked for has not answered yet",
    holds: (facts) =>
      facts.record.phase.to !== undefined && !longer(facts, hiccup(facts), facts.record.phase.since),
    sentence: "Everything is stopped; {to} has not answered yet.",
  }),
  rule({
    code: "NO_CANDIDATE",
    phases: ["stopping"],
    when: "no node that may run a scheduler answers",
    holds: () => true,
    sentence:
      "No scheduler runs, and no node that may run one answers: {silent} silent, {excluded} excluded.",
    problem: "opens",
  }),
];
