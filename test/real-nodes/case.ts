/** What a case is, and what it tells. */
import { performance } from "node:perf_hooks";
import type { ClusterStage } from "./stage.ts";
import type { Span } from "./watcher.ts";

/** Named numbers and words beside the two that the watcher gives for every case. */
export type Figures = Readonly<Record<string, number | string>>;

export interface Case {
  /** A sentence: what happens, and what follows. */
  readonly sentence: string;
  readonly play: (cluster: ClusterStage) => Promise<Figures | void>;
  /** Where it is not 0, the seconds of two are what the case is there to measure, and this is their bound. @default 0 */
  readonly secondsOfTwoAllowed?: number;
  /** Whether the case begins with a settled scheduler. @default true */
  readonly fromSettled?: boolean;
}

export interface Result {
  readonly cluster: string;
  readonly sentence: string;
  readonly seconds: number;
  readonly secondsOfTwo: number;
  readonly secondsOfNone: number;
  /** Tasks that the ledger shows handed out a second time: the watcher's second witness. */
  readonly doubleHandOuts: number;
  readonly figures: Figures;
  /** What the watcher saw. */
  readonly spans: readonly Span[];
  /** Absent: it passed. */
  readonly failure?: string;
}

export async function play(one: Case, cluster: ClusterStage): Promise<Result> {
  const begun = performance.now();
  const doubleBefore = cluster.doubleHandOuts();
  let from = Date.now();
  let [figures, failure]: [Figures, string | undefined] = [{}, undefined];
  try {
    if (one.fromSettled ?? true) await cluster.settled();
    from = Date.now();
    figures = (await one.play(cluster)) ?? {};
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  const { ofTwo, ofNone } = cluster.watcher.since(cluster.name, from);
  const doubleHandOuts = cluster.doubleHandOuts() - doubleBefore;
  const allowed = one.secondsOfTwoAllowed ?? 0;
  const testimony = await cluster.testimony(from);
  if (allowed === 0 && testimony.fault !== undefined) failure = also(failure, testimony.fault);
  if (ofTwo > allowed) failure = also(failure, `${ofTwo.toFixed(2)} s with two schedulers`);
  if (allowed === 0 && doubleHandOuts > 0)
    failure = also(failure, `${doubleHandOuts} tasks were handed out twice`);
  return {
    cluster: cluster.name,
    sentence: one.sentence,
    seconds: (performance.now() - begun) / 1000,
    secondsOfTwo: ofTwo,
    secondsOfNone: ofNone,
    doubleHandOuts,
    figures: { ...figures, ...testimony.figures },
    spans: cluster.watcher.spansSince(cluster.name, from),
    ...(failure === undefined ? {} : { failure }),
  };
}

function also(failure: string | undefined, more: string): string {
  return failure === undefined ? more : `${more}; ${failure}`;
}

export function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not so: ${what}`);
}
