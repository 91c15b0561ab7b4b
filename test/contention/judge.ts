/**
 * What the observer makes of the facts. It knows nothing of leases, phases or proofs: only that effects are fenced by
 * tokens, that writes follow one another, and that one scheduler runs.
 */
import type { EffectFact, Fact, FaultName, SchedulerFact, WriteFact } from "./facts.ts";

export const RULES = {
  overlap: "a node obeys a token below the highest that it has obeyed",
  shared: "two plans under one token are obeyed",
  fork: "two writes follow the same one",
  backwards: "a write does not raise the token of the one that it follows, but changes its plan",
  unwritten: "a node obeys a plan that the record never held",
  two: "two nodes run a scheduler",
} as const;
export type Rule = keyof typeof RULES;

export interface Verdict {
  readonly violations: Readonly<Record<Rule, number>>;
  /** The first one of each rule that was broken. */
  readonly examples: readonly string[];
  readonly attempts: number;
  readonly lost: number;
  readonly tokens: number;
  readonly effects: number;
  /** Effects that came too late: their tokens were below one that the node had obeyed. */
  readonly fenced: number;
  readonly starts: number;
  readonly faults: Readonly<Record<FaultName, number>>;
}

export function judge(facts: readonly Fact[]): Verdict {
  const bench = new Bench();
  for (const fact of facts) bench.hear(fact);
  return bench.verdict();
}

class Bench {
  readonly #violations: Record<Rule, number> = {
    overlap: 0,
    shared: 0,
    fork: 0,
    backwards: 0,
    unwritten: 0,
    two: 0,
  };
  readonly #examples = new Map<Rule, string>();
  readonly #faults: Record<FaultName, number> = { kill: 0, freeze: 0, hold: 0, drop: 0 };
  readonly #highest = new Map<string, number>();
  readonly #obeyed = new Map<number, string>();
  readonly #followed = new Map<string, WriteFact>();
  readonly #plans = new Map<string, string>();
  readonly #written = new Set<string>();
  readonly #running = new Set<string>();
  #attempts = 0;
  #lost = 0;
  #effects = 0;
  #fenced = 0;
  #starts = 0;

  hear(fact: Fact): void {
    if (fact.kind === "write") this.#write(fact);
    else if (fact.kind === "effect") this.#effect(fact);
    else if (fact.kind === "fault") this.#faults[fact.fault] += 1;
    else this.#scheduler(fact);
  }

  verdict(): Verdict {
    return {
      violations: this.#violations,
      examples: [...this.#examples.values()],
      attempts: this.#attempts,
      lost: this.#lost,
      tokens: this.#obeyed.size,
      effects: this.#effects,
      fenced: this.#fenced,
      starts: this.#starts,
      faults: this.#faults,
    };
  }

  #write(write: WriteFact): void {
    this.#attempts += 1;
    if (!write.applied) {
      this.#lost += 1;
      return;
    }
    const { from, token, nonce, plan } = write;
    const other = this.#followed.get(from);
    if (other) this.#broken("fork", write, `after ${from}, as did token ${other.token} of ${other.worker}`);
    this.#followed.set(from, write);
    const before = from === "none" ? 0 : Number(from.split("/")[0]);
    if (token < before || (token === before && plan !== this.#plans.get(from)))
      this.#broken("backwards", write, `after ${from}`);
    this.#plans.set(`${token}/${nonce}`, plan);
    this.#written.add(plan);
  }

  #effect(effect: EffectFact): void {
    const { node, token, plan } = effect;
    const highest = this.#highest.get(node) ?? 0;
    if (!effect.accepted) {
      if (token < highest) this.#fenced += 1;
      return;
    }
    this.#effects += 1;
    if (token < highest) this.#broken("overlap", effect, `on ${node}, which had obeyed ${highest}`);
    this.#highest.set(node, Math.max(token, highest));
    const other = this.#obeyed.get(token);
    if (other !== undefined && other !== plan) this.#broken("shared", effect, `${plan} beside ${other}`);
    this.#obeyed.set(token, plan);
    if (!this.#written.has(plan)) this.#broken("unwritten", effect, plan);
  }

  #scheduler({ kind, node, at }: SchedulerFact): void {
    if (kind === "ended") {
      this.#running.delete(node);
      return;
    }
    this.#starts += 1;
    this.#running.add(node);
    if (this.#running.size < 2) return;
    this.#violations.two += 1;
    this.#example("two", `at ${at} on ${[...this.#running].join(" and ")}`);
  }

  #broken(rule: Rule, { at, worker, token }: WriteFact | EffectFact, words: string): void {
    this.#violations[rule] += 1;
    this.#example(rule, `at ${at} token ${token} of ${worker} ${words}`);
  }

  #example(rule: Rule, words: string): void {
    if (!this.#examples.has(rule)) this.#examples.set(rule, `${RULES[rule]}: ${words}`);
  }
}
