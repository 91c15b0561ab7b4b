/** What a scenario is, and what it tells. */
import type { DeploymentName } from "./deployments.ts";
import type { Stage } from "./stage.ts";

/** The least and the most letters that may lie in the mailbox under one code. */
export type Letters = readonly [least: number, most: number];

export interface Scenario {
  /** The incident's; the file has the same one. */
  readonly name: string;
  /** The incident of real life that it imitates, and by what. */
  readonly imitates: string;
  /** What must come of it, beside what holds in every scenario. */
  readonly expects: string;
  /** @default "quick" */
  readonly deployment?: DeploymentName;
  /** Nodes, by name, on which somebody has started a scheduler before the controller looks for the first time. */
  readonly startedByHand?: readonly string[];
  /**
   * Seconds of two schedulers that are the incident itself, because it begins with two: up to them the controller could
   * not yet have ended one. @default 0
   */
  readonly twoAllowed?: number;
  /** Failures of the function that the fault itself brings about, by the error's name. @default none */
  readonly functionErrors?: RegExp;
  /**
   * The codes of the history, oldest first. One that ends in `?` may be missing, one in `*` may be there any number of
   * times: where the instant of the fault within the beat decides, or how fast a loaded machine starts a process.
   */
  readonly history: readonly string[];
  /** By the code of the mail, `CODE resolved` for the one that ends a problem; there are no others. */
  readonly mails: Readonly<Record<string, Letters>>;
  readonly play: (stage: Stage) => Promise<void>;
}

/** Seconds from the incident; absent where the scenario did not come so far. */
export interface Figures {
  /** Until the controller said so. */
  readonly detection?: number | undefined;
  /** From then until it was put right. */
  readonly action?: number | undefined;
  readonly total?: number | undefined;
  /** In which no scheduler ran. */
  readonly withoutScheduler: number;
  /** In which two or more ran, from the beginning of the scenario. */
  readonly withTwo: number;
  /** The longest time between two looks of the watcher. */
  readonly longestBlink: number;
}

export interface Result {
  readonly name: string;
  readonly figures: Figures;
  /** How long all of it took, start and end of the sandbox included. */
  readonly seconds: number;
  /** Empty: it passed. */
  readonly failures: readonly string[];
  /** The events with their times. */
  readonly story: readonly string[];
  /** The sandbox's files. */
  readonly folder: string;
}

/** What a scenario's process tells the one that started it. */
export type Word =
  | { readonly kind: "progress"; readonly text: string }
  | { readonly kind: "result"; readonly result: Result };
