/** What the on-node controller took in the same cases: its own code, a poll of 10 s, two nodes (docs/design.md, 1 and 11). */
import type { IncidentName } from "./incidents.ts";

export interface Predecessor {
  readonly seconds?: number;
  /** The seconds are such of two schedulers at once. */
  readonly two: boolean;
  readonly words: string;
}

export const PREDECESSOR: Readonly<Record<IncidentName, Predecessor>> = {
  killed: { seconds: 5, two: false, words: "5 s" },
  hung: { two: false, words: "not measured" },
  "node stopped": { seconds: 50, two: false, words: "50 s" },
  switchover: { two: false, words: "not there" },
  "cut off": { seconds: 154, two: true, words: "two for 154 s of 180" },
};
