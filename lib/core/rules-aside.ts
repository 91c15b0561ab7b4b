/** The ticks stand aside: paused, observing or detached. What they would do is said, and nothing is done. */
import { byPreference } from "./facts.ts";
import type { Facts } from "./facts.ts";
import { ANY_PHASE, rule } from "./rule.ts";
import type { Rule } from "./rule.ts";
import { attached, courseOf } from "./steering.ts";

const course = (facts: Facts) => courseOf(facts.record, facts.settings);
const paused = (facts: Facts) => course(facts) === "paused";
const observing = (facts: Facts) => course(facts) === "observing";

/** Where a scheduler would be started if the ticks steered. */
export function wouldStartOn(facts: Facts): string {
  const may = Object.keys(facts.record.nodes).filter(
    (id) => facts.replies.has(id) && !facts.settings.nodes.exclude.includes(id),
  );
  return byPreference(may, facts.settings)[0] ?? "no node";
}

export const RULES_ASIDE: readonly Rule[] = [
  rule({
    code: "PAUSED_ADOPTS",
    phases: ["looking", "stopping"],
    when: "the controller is paused while no node is meant to run the scheduler, and exactly one does",
    holds: (facts) => paused(facts) && facts.running.length === 1 && facts.othersAlive.length === 1,
    sentence:
      "Paused since {steeringSince} by {steeringBy}: {running} runs the scheduler, its grant is extended.",
    next: "steady",
    tell: "history",
    again: true,
    change: (facts) => ({
      phase: { active: facts.running[0], from: undefined, to: undefined, failed: undefined, cause: "none" },
      counters: { startedAt: facts.now },
    }),
  }),
  rule({
    code: "PAUSED_DOWN",
    phases: ANY_PHASE,
    when: "the controller is paused, and the scheduler is not known to run well",
    holds: (facts) => paused(facts) && facts.verdict !== "running",
    sentence:
      "Paused since {steeringSince} by {steeringBy}: {seen}, and nothing is started or stopped until `resume`.",
    problem: "opens",
  }),
  rule({
    code: "PAUSED_STANDS",
    phases: ANY_PHASE,
    when: "the controller is paused",
    holds: paused,
    sentence: "Paused since {steeringSince} by {steeringBy}: {seen}, and nothing is started or stopped.",
    tell: "changes",
    problem: "ends",
  }),
  rule({
    code: "DETACHING",
    phases: ANY_PHASE,
    when: "guard, gate or grant are still in force on a node that is to be left to itself",
    holds: (facts) => (observing(facts) || course(facts) === "detached") && attached(facts.record).length > 0,
    sentence: "Guard, gate and grant are being taken off {attached}.",
    problem: "opens",
  }),
  rule({
    code: "DETACHED",
    phases: ANY_PHASE,
    when: "the nodes are left to themselves",
    holds: (facts) => course(facts) === "detached",
    sentence: "Detached since {steeringSince} by {steeringBy}: the nodes are left to themselves.",
    tell: "changes",
    problem: "ends",
  }),
  rule({
    code: "OBSERVES_ONE",
    phases: ["looking"],
    when: "the controller observes, and one scheduler runs",
    holds: (facts) => observing(facts) && facts.running.length === 1,
    sentence: "Observes: {running} runs the scheduler; it would be adopted.",
    tell: "changes",
    problem: "ends",
  }),
  rule({
    code: "OBSERVES_SEVERAL",
    phases: ["looking"],
    when: "the controller observes, and several schedulers run",
    holds: (facts) => observing(facts) && facts.running.length > 1,
    sentence: "Observes: {running} all run a scheduler; the one on {best} would be kept, the others stopped.",
    tell: "changes",
  }),
  rule({
    code: "OBSERVES_NONE",
    phases: ["looking"],
    when: "the controller observes, and no scheduler is seen",
    holds: observing,
    sentence:
      "Observes: no scheduler is seen, {silent} silent; one would be started on {wouldStartOn}, on proof.",
    tell: "changes",
  }),
];
