/** What the example situations are made of. */
import type { Decision } from "../../../lib/core/decide.ts";
import type { ClusterRecord, PhaseName } from "../../../lib/core/model.ts";
import { NOW, SECOND, node, proven } from "./situation.ts";

export interface Situation {
  readonly says: string;
  readonly decision: () => Decision;
  readonly code: string;
  readonly phase: PhaseName;
  readonly asks: string;
}

/** The record's plan was made out to another life of its active node. */
export const planFor = (record: ClusterRecord, life: string): ClusterRecord => ({
  ...record,
  plan: { ...record.plan, life },
});

export const SICK = { code: 1, body: "no heartbeat" };
export const long = NOW - 300 * SECOND;
export const silentA = node("a", "running", { silentSince: long });
/** Answers, and says nothing. */
export const evasiveA = node("a", "refused", { evasiveSince: long });
export const bothStopped = { a: proven("a"), b: proven("b") };
/** Just asked to start on `a`, where it ran before. */
export const starting = {
  name: "starting",
  since: NOW - 2 * SECOND,
  active: "a",
  cause: "RESTARTED",
} as const;
export const justNow = { startedAt: NOW - 2 * SECOND };
export const usedUp = { restarts: 1 };
export const stopping = { name: "stopping", since: NOW - 2 * SECOND, active: undefined, from: "a" } as const;
export const looking = { name: "looking", since: NOW, active: undefined } as const;
export const seen = { a: node("a", "stopped"), b: node("b", "stopped") };
