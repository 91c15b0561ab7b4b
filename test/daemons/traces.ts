/** What the tasks of a scheduler have left behind themselves: a line when one begins, and one when it ends. */
import { existsSync, readFileSync } from "node:fs";

export interface Trace {
  readonly what: "begin" | "end";
  readonly dag: string;
  /** The run that the task belongs to, as Airflow names it; a scheduled one carries its instant. */
  readonly run: string;
  /** Instance id. */
  readonly node: string;
  /** In the node; with the node, names one execution. */
  readonly pid: number;
  /** Unix milliseconds. */
  readonly at: number;
}

export interface TaskCounts {
  readonly begun: number;
  readonly ended: number;
  /** Tasks that were under way twice at the same time: handed out twice. */
  readonly twice: number;
  /**
   * Tasks that were begun again after an earlier execution was over. Airflow does so where it has not recorded the end:
   * the task was killed under way, or its scheduler was between the task's end and the record of it.
   */
  readonly again: number;
  /** Of these, tasks that ended more than once: their work was done twice, one time after the other. */
  readonly doneAgain: number;
}

export function readTraces(file: string): readonly Trace[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  // The last piece is empty, or a line that is being written.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Trace);
}

export function countTasks(traces: readonly Trace[]): TaskCounts {
  const tasks = [...Map.groupBy(traces, ({ dag, run }) => `${dag} ${run}`).values()].map(executionsOf);
  return {
    begun: tasks.length,
    ended: tasks.filter((own) => own.some(({ to }) => to !== undefined)).length,
    twice: tasks.filter(overlap).length,
    again: tasks.filter((own) => own.length > 1 && !overlap(own)).length,
    doneAgain: tasks.filter((own) => own.filter(({ to }) => to !== undefined).length > 1 && !overlap(own))
      .length,
  };
}

interface Execution {
  readonly from: number;
  /** Absent: it was killed, or is under way. */
  readonly to: number | undefined;
}

function executionsOf(own: readonly Trace[]): readonly Execution[] {
  return own
    .filter(({ what }) => what === "begin")
    .map(({ at, node, pid }) => ({
      from: at,
      to: own.find((one) => one.what === "end" && one.node === node && one.pid === pid)?.at,
    }))
    .toSorted((left, right) => left.from - right.from);
}

function overlap(executions: readonly Execution[]): boolean {
  return executions.some(({ to }, index) => {
    const next = executions[index + 1];
    return to !== undefined && next !== undefined && next.from < to;
  });
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
