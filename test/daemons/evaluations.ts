/** What a sensor that counts its evaluations tells of the daemons that had it evaluated: `node/counted.py` writes the traces. */
import type { Trace } from "./traces.ts";

export interface EvaluationCounts {
  /** Numbers that were evaluated. */
  readonly made: number;
  /** Numbers that a daemon evaluated, and then another one while the first went on: two ran at a time. */
  readonly twice: number;
  /**
   * Numbers that were evaluated again when the daemon that had evaluated them was done for good. Dagster stores a
   * sensor's cursor when the evaluation is over, and told to end it does not wait for that: tried with 1.13.29, whether its
   * code server is told, too, or not.
   */
  readonly again: number;
}

export function countEvaluations(traces: readonly Trace[]): EvaluationCounts {
  const ends = traces.filter(({ what }) => what === "end");
  const numbers = [...Map.groupBy(ends, ({ run }) => run).values()].map((own) => own.toSorted(byTime));
  const repeated = numbers.filter((own) => own.length > 1);
  const twice = repeated.filter((own) => own.some((one, index) => goesOn(one, own[index + 1], traces)));
  return { made: numbers.length, twice: twice.length, again: repeated.length - twice.length };
}

/** Whether the code server that made the first evaluation left a trace after the second one, made by another. */
function goesOn(first: Trace, second: Trace | undefined, traces: readonly Trace[]): boolean {
  return (
    second !== undefined &&
    !sameServer(first, second) &&
    traces.some((each) => sameServer(each, first) && each.at > second.at)
  );
}

function sameServer(left: Trace, right: Trace): boolean {
  return left.node === right.node && left.pid === right.pid;
}

function byTime(left: Trace, right: Trace): number {
  return left.at - right.at;
}
