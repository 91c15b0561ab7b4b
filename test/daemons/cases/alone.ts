/** What happens without the controller: the cluster is detached from it. These are the figures that the others are compared with. */
import { type Case, expectThat } from "../../real-nodes/case.ts";
import { property } from "../../real-nodes/cases/guard.ts";
import type { RealNode } from "../../real-nodes/real-node.ts";
import type { ClusterStage } from "../../real-nodes/stage.ts";
import { resume, stopAll } from "./faults.ts";

const WINDOW_SECONDS = 12;
/** All that these cases may take with two of them. */
const TWO_SECONDS = 60;
/** Of the instants in the window so many at least must show twice, or the ledger does not count. */
const SHOWN = 8;

export const twoByHand: Case = {
  sentence: "WITHOUT the controller, one is started on each node: each task goes out twice",
  secondsOfTwoAllowed: TWO_SECONDS,
  play: async (cluster) => {
    await cluster.operate({ action: "detach", reason: "a case" });
    for (const node of cluster.nodes) {
      await cluster.until("its gate is gone", async () => await isOpen(node), 20);
      await node.inside("systemctl", "start", node.unit);
    }
    await shownTwice(cluster);
  },
};

export const standInByHand: Case = {
  sentence:
    "WITHOUT the controller, one hangs, a stand-in is started by hand, and the first goes on: the same",
  fromSettled: false,
  secondsOfTwoAllowed: TWO_SECONDS,
  play: async (cluster) => {
    const [first, second] = cluster.nodes;
    if (first === undefined || second === undefined) throw new Error("two nodes");
    await second.inside("systemctl", "stop", second.unit);
    const stopped = stopAll(first);
    await second.inside("systemctl", "start", second.unit);
    await cluster.until("both are there", () => mains(cluster) === 2, 20);
    expectThat(resume(stopped) > 0, "the first goes on");
    await shownTwice(cluster);
  },
};

export const takenOver: Case = {
  sentence:
    "the controller is let in where two run: one is kept, the other stopped, and nothing goes out twice any more",
  fromSettled: false,
  secondsOfTwoAllowed: TWO_SECONDS,
  play: async (cluster) => {
    await cluster.operate({ action: "resume", reason: "a case" });
    const began = Date.now();
    await cluster.until("one is left", () => cluster.runsOn(), 30);
    const left = Date.now();
    await cluster.settled();
    const twice = cluster.doubleHandOuts();
    await cluster.until("it has sent for a while alone", () => Date.now() > left + WINDOW_SECONDS * 1000, 60);
    expectThat(cluster.doubleHandOuts() === twice, "nothing more went out twice");
    return { "one left after s": Math.round((left - began) / 100) / 10 };
  },
};

async function isOpen(node: RealNode): Promise<boolean> {
  return (await property(node, node.unit, "DropInPaths")) === "";
}

function mains(cluster: ClusterStage): number {
  return cluster.watcher.latest(cluster.name).mains.length;
}

async function shownTwice(cluster: ClusterStage): Promise<void> {
  const before = cluster.doubleHandOuts();
  await cluster.until(
    `${SHOWN} tasks went out twice`,
    () => cluster.doubleHandOuts() >= before + SHOWN,
    WINDOW_SECONDS + 10,
  );
}
