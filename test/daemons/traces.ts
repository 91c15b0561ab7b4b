/** What the tasks of a scheduler have left behind themselves: a line when one begins, and one when it ends. */
import { existsSync, readFileSync } from "node:fs";

export interface Trace {
  readonly what: "begin" | "end";
  readonly dag: string;
  /** The run that the task belongs to, as Airflow names it; a scheduled one carries its instant. */
  readonly run: string;
  /** Instance id. */
  readonly node: string;
  /** Unix milliseconds. */
  readonly at: number;
}

export interface TaskCounts {
  readonly begun: number;
  readonly ended: number;
  /** Tasks that ended more than once: their work was done twice. */
  readonly twice: number;
  /** Tasks that were begun more than once and ended at most once: the first was killed under way. */
  readonly again: number;
}

export function readTraces(file: string): readonly Trace[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  // The last piece is empty, or a line that is being written.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Trace);
}

export function countTasks(traces: readonly Trace[]): TaskCounts {
  const tasks = [...Map.groupBy(traces, ({ dag, run }) => `${dag} ${run}`).values()].map((own) => ({
    begins: own.filter(({ what }) => what === "begin").length,
    ends: own.filter(({ what }) => what === "end").length,
  }));
  return {
    begun: tasks.length,
    ended: tasks.filter(({ ends }) => ends > 0).length,
    twice: tasks.filter(({ ends }) => ends > 1).length,
    again: tasks.filter(({ begins, ends }) => begins > 1 && ends < 2).length,
  };
}

/** Instants of the pipeline that runs every `period` seconds, from its first to the one before `until`, that never ended. */
export function lostInstants(
  traces: readonly Trace[],
  dag: string,
  period: number,
  until: number,
): readonly string[] {
  const own = traces.filter((trace) => trace.dag === dag);
  const ended = new Set(own.filter(({ what }) => what === "end").map(({ run }) => instantOf(run)));
  const first = Math.min(...own.map(({ run }) => instantOf(run)));
  const lost: string[] = [];
  // A run of an instant is due one period later.
  for (let instant = first; instant + 2 * period * 1000 < until; instant += period * 1000) {
    if (!ended.has(instant)) lost.push(new Date(instant).toISOString());
  }
  return lost;
}

function instantOf(run: string): number {
  return Date.parse(run.slice(run.indexOf("__") + 2));
}
