/** What the cloud of a contention run writes down, one JSON line each, in the order in which it happened there. */
export type Fact = WriteFact | EffectFact | SchedulerFact | FaultFact;

interface Stamp {
  /** Unix milliseconds. */
  readonly at: number;
}

/** A write of the cluster's record, with the table's answer to it. */
export interface WriteFact extends Stamp {
  readonly kind: "write";
  readonly worker: string;
  /** The record that it expects to find: `token/nonce`, or `none`. */
  readonly from: string;
  readonly token: number;
  readonly nonce: string;
  readonly plan: string;
  readonly applied: boolean;
}

/** A command that reached a node, and whether the node obeyed. A mere look is no effect and is not written down. */
export interface EffectFact extends Stamp {
  readonly kind: "effect";
  readonly worker: string;
  readonly node: string;
  readonly token: number;
  readonly plan: string;
  readonly accepted: boolean;
}

export interface SchedulerFact extends Stamp {
  readonly kind: "started" | "ended";
  readonly node: string;
}

export interface FaultFact extends Stamp {
  readonly kind: "fault";
  readonly fault: FaultName;
  readonly worker: string;
}

/** `kill`: SIGKILL. `freeze`: SIGSTOP, later SIGCONT. `hold`: the call is kept back meanwhile. `drop`: the reply is lost. */
export type FaultName = "kill" | "freeze" | "hold" | "drop";

/** Every field of a plan in one text, so that two plans are the same if their texts are. */
export const planText = (fields: Readonly<Record<PlanField, string>>): string =>
  PLAN_FIELDS.map((field) => fields[field]).join(" ");

export const PLAN_FIELDS = ["token", "active", "life", "mode", "others", "until", "invocation"] as const;
export type PlanField = (typeof PLAN_FIELDS)[number];
