/** Where a soak takes place: the whole deployed system of the sandbox, and the schedulers of one cluster of two nodes. */
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";

/** What the schedulers' own traces, and an outside watcher of their processes, say of the whole soak. */
export interface Verdict {
  /** With more than one, and without one that is seen to work; seconds. */
  readonly two: number;
  readonly none: number;
  /** What was handed out, in words. */
  readonly work: string;
  /** What must not be. */
  readonly faults: readonly string[];
}

export interface Ground {
  readonly sandbox: Sandbox;
  /** Whether there is one scheduler, and it does not hang. */
  readonly isOne: () => boolean;
  /** When a scheduler last left a trace of its work, Unix milliseconds. */
  readonly lastSign: () => number;
  readonly judge: () => Promise<Verdict>;
  /** Ends all that it has begun. */
  readonly close: () => Promise<void>;
}
