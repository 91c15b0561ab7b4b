/** How a scheduler comes to run, ends, and is brought back, where its node is well. */
import { signal } from "../../../lib/sandbox/nodes/processes.ts";
import { type Case, expectThat } from "../case.ts";
import type { ClusterStage } from "../stage.ts";
import { mainsOf } from "../watcher.ts";

export const coldStart: Case = {
  sentence: "a cold start: no scheduler runs anywhere, one is started on proof",
  fromSettled: false,
  play: async (cluster) => {
    const began = Date.now();
    await cluster.until("a scheduler runs", () => cluster.runsOn(), 30);
    return { "runs after s": seconds(began) };
  },
};

export const coldCommand: Case = {
  ...coldStart,
  sentence:
    "a scheduler that the settings start by a command, not by a unit, on nodes where sh is busybox: a cold start",
};

export const adopted: Case = {
  sentence: "a unit that ran before the first tick is adopted untouched: the same process goes on",
  fromSettled: false,
  play: async (cluster) => {
    const first = cluster.nodes[0];
    await cluster.until("the unit runs from its boot", () => cluster.runsOn(first), 10);
    const before = cluster.main();
    await cluster.settled();
    expectThat(cluster.main() === before, `${before} goes on, found ${cluster.main()}`);
    await cluster.until("the history tells it", async () => await tells(cluster, 0, "ADOPTED"), 10);
  },
};

export const stoppedByHand: Case = {
  sentence: "systemctl stop by hand: the scheduler is started again where it was",
  play: async (cluster) => {
    const [node, before, began] = [cluster.active(), cluster.main(), Date.now()];
    await node.inside("systemctl", "stop", node.unit);
    await cluster.until("it runs there again", () => cluster.isReplaced(before, node), 30);
    return { "back after s": seconds(began) };
  },
};

export const killed: Case = {
  sentence:
    "the main process is killed: systemd's Restart= brings it back under the grant, and it is counted",
  play: async (cluster) => {
    const node = cluster.active();
    const [before, began] = [cluster.main(), Date.now()];
    killMains(cluster);
    await cluster.until("another process runs there", () => cluster.isReplaced(before, node), 15);
    const back = seconds(began);
    await cluster.until("the history tells it", async () => await tells(cluster, began, "RESTARTED"), 20);
    return { "back after s": back };
  },
};

export const crashLoop: Case = {
  sentence: "a crash loop: started in place up to the limit, then it moves",
  play: async (cluster) => {
    const node = cluster.active();
    const began = Date.now();
    node.write(BROKEN, "");
    killMains(cluster);
    await cluster.until("it runs on the other node", () => cluster.runsOn(cluster.other(node)), 60);
    node.remove(BROKEN);
    return { "moved after s": seconds(began) };
  },
};

export const slowStop: Case = {
  sentence:
    "a scheduler that ignores TERM, with a helper in a session of its own: both are killed after the grace, then the other node starts",
  play: async (cluster) => {
    const [node, began] = [cluster.active(), Date.now()];
    const deaf = cluster.other(node);
    deaf.write(DEAF, "");
    await move(cluster, deaf.id);
    await cluster.until("it has moved", () => cluster.runsOn(deaf), 30);
    deaf.remove(DEAF);
    await cluster.settled();
    const asked = Date.now();
    await move(cluster, node.id);
    await cluster.until("it has moved back", () => cluster.runsOn(node), 40);
    expectThat(
      deaf.processes().every(({ argv }) => !argv.join(" ").includes("demo-scheduler")),
      `nothing is left on ${deaf.name}`,
    );
    return { "move back took s": seconds(asked), "whole s": seconds(began) };
  },
};

const BROKEN = "/etc/demo-scheduler/broken";
const DEAF = "/etc/demo-scheduler/deaf";

async function move(cluster: ClusterStage, to: string): Promise<void> {
  await cluster.operate({ action: "failover", to, reason: "a case" });
}

export function killMains(cluster: ClusterStage): void {
  for (const { pid } of mainsOf(cluster.active())) signal(pid, "SIGKILL");
}

export async function tells(cluster: ClusterStage, since: number, code: string): Promise<boolean> {
  return (await cluster.codesSince(since)).includes(code);
}

export function seconds(since: number): number {
  return Math.round((Date.now() - since) / 100) / 10;
}
