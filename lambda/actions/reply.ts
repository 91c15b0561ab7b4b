/** What an operator's action answers. A refusal is an answer too: the function itself never fails for it. */
import type { Fault } from "../validation.ts";

export interface Answer {
  readonly ok: true;
  readonly action: string;
  /** Absent where the action is about the whole deployment. */
  readonly cluster?: string;
  readonly code: string;
  readonly sentence: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Refusal {
  readonly ok: false;
  readonly error: {
    readonly code: string;
    readonly sentence: string;
    readonly field?: string;
    readonly value?: unknown;
    readonly valid?: readonly string[];
    /** All of them, where there are several; the fields above are the first one's. */
    readonly faults?: readonly Fault[];
  };
}

export type Reply = Answer | Refusal;

export type RefusalDetails = Omit<Refusal["error"], "code" | "sentence">;

export function refuse(code: string, sentence: string, details: RefusalDetails = {}): Refusal {
  return { ok: false, error: { code, sentence, ...details } };
}

export function noRecord(cluster: string): Refusal {
  return refuse("NO_RECORD", `The cluster ${cluster} has no record yet: wait for its first tick.`);
}

/** Several faults make one refusal, which tells them all. */
export function refuseFaults(faults: readonly [Fault, ...Fault[]]): Refusal {
  const [first] = faults;
  if (faults.length === 1) return refuse(first.code, sentenceOf(first), detailsOf(first));
  return refuse("INVALID_REQUEST", faults.map(sentenceOf).join(" "), { ...detailsOf(first), faults });
}

function detailsOf({ field, value, valid }: Fault): RefusalDetails {
  return { field, ...(value === undefined ? {} : { value }), ...(valid === undefined ? {} : { valid }) };
}

function sentenceOf({ field, value, rule, valid }: Fault): string {
  const given = value === undefined ? "" : ` ${JSON.stringify(value)}`;
  const choice = valid === undefined ? "" : `; valid: ${valid.join(", ") || "none"}`;
  return `${field}${given}: ${rule}${choice}.`;
}
