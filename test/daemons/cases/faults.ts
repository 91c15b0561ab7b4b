/** What happens to any daemon's cluster; what each costs is told by the watcher and by the daemon's own traces. */
import { readProcess, signal } from "../../../lib/sandbox/nodes/processes.ts";
import { type Case, expectThat, type Figures } from "../../real-nodes/case.ts";
import { grantRunsOut } from "../../real-nodes/cases/guard.ts";
import { seconds } from "../../real-nodes/cases/starts.ts";
import type { RealNode } from "../../real-nodes/real-node.ts";
import type { ClusterStage } from "../../real-nodes/stage.ts";
import { mainsOf } from "../../real-nodes/watcher.ts";

export const killed: Case = {
  sentence: "the main process is killed: another one runs, with nothing of the old one left",
  play: async (cluster) => {
    const [node, before, began] = [cluster.active(), cluster.main(), Date.now()];
    const old = node.unitProcesses();
    for (const { pid } of mainsOf(node)) signal(pid, "SIGKILL");
    await cluster.until("another one runs", () => cluster.isReplaced(before), 60);
    const back = seconds(began);
    const left = stillThere(old);
    expectThat(left.length === 0, `nothing of the old one is left, found ${left.length} processes`);
    // systemd's Restart= is faster than a beat: what is settled by the last tick may be what was killed since.
    await cluster.until("the history tells it", async () => await isBack(cluster, began), 60);
    await cluster.settled();
    return { "runs again after s": back, where: cluster.active() === node ? "there" : "elsewhere" };
  },
};

async function isBack(cluster: ClusterStage, since: number): Promise<boolean> {
  return (await cluster.codesSince(since)).some((code) => code === "RECOVERED" || code === "FAILED_OVER");
}

/** Airflow's own says so after 30 s; then it has failed as often as it may, and a stop with its grace and a start follow. */
const HANG_SECONDS = 120;

export const hung: Case = {
  sentence:
    "it hangs, is moved by its health check, and is told to go on after the failover: nothing is left to go on",
  play: async (cluster) => await hang(cluster, stopAll),
};

/** Its helpers go on, a health server of its own among them, which has to find out that it hangs. */
export const mainHung: Case = {
  sentence: "its main process alone hangs, it is moved by its health check, and nothing is left to go on",
  play: async (cluster) => await hang(cluster, stopMain),
};

async function hang(cluster: ClusterStage, stop: (node: RealNode) => readonly Stopped[]): Promise<Figures> {
  const [node, began] = [cluster.active(), Date.now()];
  const stopped = stop(node);
  expectThat(stopped.length > 0, "there is something to hang");
  await cluster.until("the other node runs it", () => cluster.runsOn(cluster.other(node)), HANG_SECONDS);
  const moved = seconds(began);
  expectNothingToGoOn(stopped);
  await cluster.settled();
  expectThat(cluster.active() !== node, "it stays where it was moved to");
  return { "runs elsewhere after s": moved };
}

export const hungCutOff: Case = {
  sentence:
    "it hangs on a node that is cut off, and goes on after the failover: its guard has killed it when the grant was over",
  play: async (cluster) => {
    const [node, began] = [cluster.active(), Date.now()];
    cluster.cutOff(node);
    const stopped = stopAll(node);
    const figures = await grantRunsOut(cluster, node, began);
    expectNothingToGoOn(stopped);
    cluster.reconnect(node);
    await cluster.settled();
    expectThat(cluster.active() !== node, "it stays where it is when the node is back");
    return figures;
  },
};

/** The case, which ends when the daemon has shown by its own traces that it works again. */
export function untilItWorks(one: Case): Case {
  return {
    ...one,
    play: async (cluster) => {
      const figures = await one.play(cluster);
      const played = Date.now();
      await cluster.until("it works, by its traces", () => lastSign(cluster) > played, 60);
      return figures;
    },
  };
}

function lastSign(cluster: ClusterStage): number {
  return cluster.nodes[0]?.daemon.lastSign?.() ?? 0;
}

export const switchedOver: Case = {
  sentence: "a switchover: it is stopped where it runs, then started on the other node",
  play: async (cluster) => await switchover(cluster, cluster.other(cluster.active())),
};

export async function switchover(cluster: ClusterStage, to: RealNode, within = 60): Promise<Figures> {
  const began = Date.now();
  await cluster.operate({ action: "switchover", to: to.id, reason: "a case" });
  await cluster.until("it runs there", () => cluster.runsOn(to), within);
  const moved = seconds(began);
  await cluster.settled();
  expectThat(cluster.runsOn(to), "it stays there");
  return { "runs there after s": moved };
}

interface Stopped {
  readonly pid: number;
  readonly startTicks: string;
}

/** Every process of the daemon, as a machine without memory or a hung disk stops them. */
export function stopAll(node: RealNode): readonly Stopped[] {
  return stopProcesses(node.unitProcesses());
}

function stopMain(node: RealNode): readonly Stopped[] {
  return stopProcesses(mainsOf(node));
}

function stopProcesses(processes: readonly Stopped[]): readonly Stopped[] {
  for (const { pid } of processes) signal(pid, "SIGSTOP");
  return processes;
}

function expectNothingToGoOn(stopped: readonly Stopped[]): void {
  const resumed = resume(stopped);
  expectThat(resumed === 0, `nothing is left to go on, found ${resumed} processes`);
}

/** Answers how many were still there. */
export function resume(stopped: readonly Stopped[]): number {
  const left = stillThere(stopped);
  for (const { pid } of left) signal(pid, "SIGCONT");
  return left.length;
}

function stillThere(processes: readonly Stopped[]): readonly Stopped[] {
  return processes.filter(({ pid, startTicks }) => readProcess(pid)?.startTicks === startTicks);
}
