/** What a case is, and what it tells. */
import { performance } from "node:perf_hooks";
import type { ClusterStage } from "./stage.ts";

/** Named numbers and words beside the two that the watcher gives for every case. */
export type Figures = Readonly<Record<string, number | string>>;

export interface Case {
  /** A sentence: what happens, and what follows. */
  readonly sentence: string;
  readonly play: (cluster: ClusterStage) => Promise<Figures | void>;
  /**
   * `none`: not once are two schedulers seen. A number: in this case they may be, for so many seconds, and the figure is
   * what the case is there for.
   * @default "none"
   */
  readonly twoAllowed?: "none" | number;
  /** Whether the case begins with a settled scheduler. @default true */
  readonly fromSettled?: boolean;
}

export interface Result {
  readonly cluster: string;
  readonly sentence: string;
  readonly seconds: number;
  readonly secondsOfTwo: number;
  readonly secondsOfNone: number;
  readonly figures: Figures;
  /** Absent: it passed. */
  readonly failure?: string;
}

export async function play(one: Case, cluster: ClusterStage): Promise<Result> {
  const begun = performance.now();
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
  const allowed = one.twoAllowed ?? "none";
  if (ofTwo > (allowed === "none" ? 0 : allowed)) {
    failure = `${ofTwo.toFixed(2)} s with two schedulers${failure === undefined ? "" : `; ${failure}`}`;
  }
  return {
    cluster: cluster.name,
    sentence: one.sentence,
    seconds: (performance.now() - begun) / 1000,
    secondsOfTwo: ofTwo,
    secondsOfNone: ofNone,
    figures,
    ...(failure === undefined ? {} : { failure }),
  };
}

export function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not so: ${what}`);
}
