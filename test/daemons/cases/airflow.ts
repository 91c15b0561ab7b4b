/** What is Airflow's own: its ports, its long tasks, and that in the end no task is missing. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { type Case, expectThat, type Figures } from "../../real-nodes/case.ts";
import type { RealNode } from "../../real-nodes/real-node.ts";
import type { ClusterStage } from "../../real-nodes/stage.ts";
import { mainsOf } from "../../real-nodes/watcher.ts";
import { inAirflow } from "../airflow.ts";
import { SERVICES } from "../services.ts";
import { countTasks, lostInstants, readTraces, type Trace } from "../traces.ts";
import { killed, switchover } from "./faults.ts";

/** Of the health server and of the server of logs. */
const PORTS = [8974, 8793];

export const killedWithPorts: Case = {
  sentence: `${killed.sentence}, and the ports ${PORTS.join(" and ")} are the new one's`,
  play: async (cluster) => {
    const figures = await killed.play(cluster);
    const node = cluster.active();
    for (const port of PORTS) {
      await cluster.until(`port ${port} is the new one's`, () => isHeldBy(node, port), 30);
    }
    return figures;
  },
};

/** From the request to a 30 s task of the next scheduler, where the first one was killed after its grace. */
const AGAIN_SECONDS = 150;

export const switchedOverUnderTask: Case = {
  sentence: "a switchover during a task of 30 s, longer than the kill grace: never two, and the task ends",
  play: switchOverUnderTask,
};

export const waitedForTask: Case = {
  sentence:
    "a switchover during a task of 30 s, with a kill grace for it: never two, the task ends and is begun only once",
  play: async (cluster) => {
    const figures = await switchOverUnderTask(cluster);
    expectThat(figures[BEGUN] === 1, `it is begun once, found ${figures[BEGUN]} times`);
    return figures;
  },
};

const BEGUN = "the long task was begun";

async function switchOverUnderTask(cluster: ClusterStage): Promise<Figures> {
  const [node, began] = [cluster.active(), Date.now()];
  await trigger(node);
  const ofLong = (): readonly Trace[] => tracesSince(cluster, began).filter(({ dag }) => dag === "long");
  await cluster.until("the task has begun", () => ofLong().length > 0, 60);
  const figures = await switchover(cluster, cluster.other(node), 90);
  await cluster.until("the task has ended", () => ofLong().some(({ what }) => what === "end"), AGAIN_SECONDS);
  return { ...figures, [BEGUN]: ofLong().filter(({ what }) => what === "begin").length };
}

export const accounted: Case = {
  sentence:
    "in the end: the task of every instant ended, none was under way twice, and in all cases there were never two",
  play: async (cluster) => {
    const until = Date.now();
    const lost = (): readonly string[] => lostInstants(tracesSince(cluster, 0), "steady", 10, until);
    await cluster.until("none is missing", () => lost().length === 0, AGAIN_SECONDS);
    const { begun, twice, again, doneAgain } = countTasks(tracesSince(cluster, 0));
    expectThat(begun > 0, "there were tasks");
    expectThat(twice === 0, `none was under way twice, found ${twice}`);
    const { ofTwo } = cluster.watcher.since(cluster.name, 0);
    expectThat(ofTwo === 0, `never two, found ${ofTwo} s`);
    const { fault } = await cluster.testimony(0);
    expectThat(fault === undefined, fault ?? "");
    return {
      "tasks of all cases": begun,
      "of them lost": 0,
      // Words of their own: those of the testimony are about this case alone.
      "of them begun again": again,
      "begun again when done": doneAgain,
    };
  },
};

/** As a person does, by Airflow's own command, beside the scheduler. */
async function trigger(node: RealNode): Promise<void> {
  const { code, output } = await inAirflow(node, ["--pipe", "--wait"], "dags", "trigger", "long");
  expectThat(code === 0, `the task is triggered: ${output.slice(-500)}`);
}

function tracesSince(cluster: ClusterStage, since: number): readonly Trace[] {
  const folder = cluster.nodes[0]?.daemon.binds.find(({ there }) => there === SERVICES)?.here ?? "";
  return readTraces(`${folder}/${cluster.name}.traces.jsonl`).filter(({ at }) => at >= since);
}

/** Whether the port is listened on, and by nobody but the unit's processes. */
function isHeldBy(node: RealNode, port: number): boolean {
  const [main] = mainsOf(node);
  if (main === undefined) return false;
  const sockets = new Set(listeners(main.pid, port));
  const holders = node.processes().filter(({ pid }) => socketsOf(pid).some((each) => sockets.has(each)));
  const own = new Set(node.unitProcesses().map(({ pid }) => pid));
  return holders.length > 0 && holders.every(({ pid }) => own.has(pid));
}

/** Inodes of the sockets that listen on a port in the network of a process. */
function listeners(pid: number, port: number): readonly string[] {
  const LISTENS = "0A";
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return ["tcp", "tcp6"]
    .flatMap((table) => readFileSync(`/proc/${pid}/net/${table}`, "utf8").split("\n"))
    .map((line) => line.trim().split(/\s+/u))
    .filter(([, address, , state]) => state === LISTENS && address?.endsWith(suffix) === true)
    .map((fields) => `socket:[${fields[9] ?? ""}]`);
}

function socketsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((name) => readlinkSync(`/proc/${pid}/fd/${name}`));
  } catch {
    return []; // It has gone meanwhile.
  }
}
