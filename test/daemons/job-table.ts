/** What Airflow's own table of jobs says of its schedulers: when each began, and when it was last heard of. */
import type { Services } from "./services.ts";

/** One scheduler by the table, Unix milliseconds. */
export interface Job {
  readonly id: number;
  readonly hostname: string;
  readonly from: number;
  /** Its last heartbeat: so long at least it lived. */
  readonly to: number;
}

const STATEMENT =
  "select id, hostname, extract(epoch from start_date), extract(epoch from latest_heartbeat) from job where job_type = 'SchedulerJob' order by id";

export async function readJobs(services: Services, database: string): Promise<readonly Job[]> {
  const rows = await services.query(database, STATEMENT);
  return rows.map(([id, hostname = "", from, to]) => ({
    id: Number(id),
    hostname,
    from: Number(from) * 1000,
    to: Number(to) * 1000,
  }));
}

/** Seconds since an instant in which two jobs at least lived, by what they themselves have written. */
export function secondsOfTwoJobs(jobs: readonly Job[], since: number): number {
  const edges = jobs
    .map(({ from, to }) => ({ from: Math.max(from, since), to }))
    .filter(({ from, to }) => to > from)
    .flatMap(({ from, to }) => [
      { at: from, step: 1 },
      { at: to, step: -1 },
    ])
    .toSorted((left, right) => left.at - right.at || left.step - right.step);
  let [alive, sum, before] = [0, 0, 0];
  for (const { at, step } of edges) {
    if (alive > 1) sum += at - before;
    alive += step;
    before = at;
  }
  return sum / 1000;
}
