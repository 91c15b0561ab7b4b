/**
 * Airflow's scheduler, with LocalExecutor, on a PostgreSQL that all nodes of a cluster share. Row locks keep two of them
 * from handing a task out twice; what a second one is, its job table shows, and what becomes of tasks, their own traces.
 */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Daemon, Testimony } from "../real-nodes/daemon.ts";
import type { RealNode } from "../real-nodes/real-node.ts";
import { readJobs, secondsOfTwoJobs } from "./job-table.ts";
import { layerOf, type Layers } from "./layers.ts";
import { leadsSession, ofUnit } from "./processes.ts";
import { SERVICES, type Services } from "./services.ts";
import { countTasks, readTraces } from "./traces.ts";

const UNIT = "airflow-scheduler.service";
const USER = "scheduler";
const HOME = "/srv/daemon";
const ENVIRONMENT = "/etc/airflow.env";
/** What a shell reads before it calls `airflow`. */
const ACTIVATE = "/etc/airflow.activate";
const TRACES = "/srv/traces.jsonl";
const FILES = new URL("node/", import.meta.url);

export type AirflowName = "airflow-2" | "airflow-3";

/** What Airflow 3 needs beside its scheduler, on every node and not controlled. */
const BESIDE: Readonly<Record<AirflowName, readonly string[]>> = {
  "airflow-2": [],
  "airflow-3": ["airflow-api-server.service", "airflow-dag-processor.service"],
};
/** Five minutes each by default, in which a task that was killed with its scheduler waits to be begun again. */
const OWN: Readonly<Record<AirflowName, Readonly<Record<string, string>>>> = {
  "airflow-2": { AIRFLOW__SCHEDULER__SCHEDULER_ZOMBIE_TASK_THRESHOLD: "20" },
  "airflow-3": {
    AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT: "20",
    AIRFLOW__CORE__EXECUTION_API_SERVER_URL: "http://localhost:8080/execution/",
    // All nodes' tasks speak to any node's server.
    AIRFLOW__API_AUTH__JWT_SECRET: "the same on all nodes of a cluster, and long enough for its algorithm",
    AIRFLOW__API__SECRET_KEY: "the same on all nodes",
    AIRFLOW__API__WORKERS: "1",
  },
};

export async function airflow(
  name: AirflowName,
  cluster: string,
  services: Services,
  layers: Layers,
): Promise<Daemon> {
  await services.createDatabase(cluster, name);
  const traces = tracesOf(services, cluster);
  writeFileSync(traces, "");
  // Tasks are the daemon's user's.
  chmodSync(traces, 0o666);
  const environment = environmentOf(name, cluster);
  return {
    unit: UNIT,
    layers: [layerOf(layers, name), layerOf(layers, "tools")],
    binds: [
      { here: services.folder, there: SERVICES },
      { here: traces, there: TRACES },
    ],
    install: (node) => install(node, name, environment),
    // The title that it gives itself is one word with blanks.
    isMain: ({ argv, pid }) =>
      argv.join(" ").endsWith(` /opt/${name}/bin/airflow scheduler`) && leadsSession(pid),
    helpers: ofUnit,
    settings: {
      scheduler: { profile: name, secondOpinion: { everyMinutes: 5, user: USER, activate: ACTIVATE } },
    },
    doubleHandOuts: () => countTasks(readTraces(traces)).twice,
    lastSign: () => readTraces(traces).at(-1)?.at ?? 0,
    witness: async (since) => await testify(services, cluster, since),
  };
}

/** Airflow's own command as the scheduler's user and with its settings, in a unit of its own. */
export async function inAirflow(
  node: RealNode,
  options: readonly string[],
  ...command: readonly string[]
): Promise<{ readonly code: number; readonly output: string }> {
  const unit = ["systemd-run", "--quiet", `--uid=${USER}`, ...options];
  const shell = ["/bin/sh", "-c", `. ${ACTIVATE} && exec airflow "$@"`, "airflow", ...command];
  return await node.inside(...unit, ...shell);
}

export function tracesOf(services: Services, cluster: string): string {
  return join(services.folder, `${cluster}.traces.jsonl`);
}

function install(node: RealNode, name: AirflowName, environment: string): void {
  for (const unit of [UNIT, ...BESIDE[name]]) {
    const text = readFileSync(new URL(unit, FILES), "utf8").replaceAll("@DAEMON@", name);
    node.write(`/etc/systemd/system/${unit}`, text);
  }
  for (const unit of BESIDE[name]) node.enable(unit);
  node.write(ENVIRONMENT, environment);
  node.write(ACTIVATE, `set -a\n. ${ENVIRONMENT}\nPATH=/opt/${name}/bin:$PATH\n`);
  node.install(new URL("traced.py", FILES), `${HOME}/dags/traced.py`, 0o644);
  node.install(new URL("traced", FILES), "/usr/local/bin/traced", 0o755);
  node.write(TRACES, "");
}

function environmentOf(name: AirflowName, cluster: string): string {
  const settings = {
    AIRFLOW_HOME: `${HOME}/airflow`,
    AIRFLOW__CORE__DAGS_FOLDER: `${HOME}/dags`,
    AIRFLOW__CORE__EXECUTOR: "LocalExecutor",
    AIRFLOW__CORE__PARALLELISM: "4",
    AIRFLOW__CORE__LOAD_EXAMPLES: "False",
    AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION: "False",
    AIRFLOW__CORE__HOSTNAME_CALLABLE: "socket.gethostname",
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `postgresql+psycopg2://airflow@/${cluster}?host=${SERVICES}`,
    AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK: "True",
    AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL: "10",
    PYTHONDONTWRITEBYTECODE: "1",
    ...OWN[name],
    STEADY_SINCE: String(Math.floor(Date.now() / 10_000) * 10),
  };
  return `${Object.entries(settings)
    .map(([variable, value]) => `${variable}="${value}"`)
    .join("\n")}\n`;
}

async function testify(services: Services, cluster: string, since: number): Promise<Testimony> {
  const traces = readTraces(tracesOf(services, cluster)).filter(({ at }) => at >= since);
  const { begun, twice, again, doneAgain } = countTasks(traces);
  const ofTwo = secondsOfTwoJobs(await readJobs(services, cluster), since);
  return {
    figures: {
      "s of two by the job table": Math.round(ofTwo * 100) / 100,
      "tasks begun": begun,
      "twice at a time": twice,
      "begun again after a kill": again,
      "of them done already": doneAgain,
    },
    ...(ofTwo > 0 ? { fault: `${ofTwo.toFixed(2)} s with two schedulers by Airflow's job table` } : {}),
  };
}
