/** What happens to whole nodes. */
import { nodeSetup } from "../../../lib/node-document.ts";
import { type Case, expectThat } from "../case.ts";
import type { RealNode } from "../real-node.ts";
import type { ClusterStage } from "../stage.ts";
import { beats } from "./guard.ts";
import { seconds } from "./starts.ts";

export const rebooted: Case = {
  sentence: "the active node reboots: one scheduler runs again, under a new life",
  play: async (cluster) => {
    const [node, before, began] = [cluster.active(), cluster.main(), Date.now()];
    await cluster.reboot(node);
    await cluster.until("one runs again", () => cluster.isReplaced(before), 60);
    return { "back after s": seconds(began), where: cluster.active() === node ? "there" : "elsewhere" };
  },
};

export const powerLost: Case = {
  sentence: "the active node loses its power: the other one starts when EC2 says stopped",
  play: async (cluster) => {
    const [node, began] = [cluster.active(), Date.now()];
    await cluster.sandbox.fault("crash", { node: node.id });
    await cluster.until("it runs on the other node", () => cluster.runsOn(cluster.other(node)), 40);
    const moved = seconds(began);
    await cluster.sandbox.fault("bring-back", { node: node.id });
    await cluster.settled();
    expectThat(cluster.active() !== node, "it stays where it is when the node is back");
    return { "runs elsewhere after s": moved };
  },
};

/** From the boot of an image with an enabled unit until the next converge has stopped what started by itself. */
const WINDOW_SECONDS = 15;

export const newNodeEnabled: Case = {
  sentence:
    "a new node boots with the unit enabled and no gate: how long two run until a converge stops its own",
  secondsOfTwoAllowed: WINDOW_SECONDS,
  play: async (cluster) => {
    const before = cluster.main();
    const standby = cluster.other(cluster.active());
    await turnOff(cluster, standby);
    standby.newDisk(true);
    const began = Date.now();
    cluster.sandbox.cloud.fleet.start(standby);
    await cluster.until("its own scheduler was started by its boot", () => cluster.hasAny(standby), 20);
    await cluster.until("only the active node's is left", () => !cluster.hasAny(standby), WINDOW_SECONDS);
    const { ofTwo } = cluster.watcher.since(cluster.name, began);
    await cluster.settled();
    expectThat(cluster.main() === before, "the active node's process goes on");
    return { "WINDOW s": Math.round(ofTwo * 10) / 10 };
  },
};

export const newNodeSetUp: Case = {
  sentence:
    "a new node whose image has run node-setup boots with the unit enabled: the gate refuses its start before any converge",
  play: async (cluster) => {
    const before = cluster.main();
    const standby = cluster.other(cluster.active());
    await turnOff(cluster, standby);
    standby.newDisk(true);
    standby.buildImage(nodeSetup(cluster.name, cluster.settings()));
    // Not heard of before the end: what holds it back is on its disk alone.
    cluster.cutOff(standby);
    cluster.sandbox.cloud.fleet.start(standby);
    await cluster.until("the node is up", () => standby.agentRuns, 30);
    await beats(1);
    const { output } = await standby.inside(
      "journalctl",
      "-b",
      "-u",
      standby.unit,
      "-o",
      "cat",
      "--no-pager",
    );
    expectThat(output.includes("start refused"), `the journal says why, found: ${output}`);
    cluster.reconnect(standby);
    await cluster.settled();
    expectThat(cluster.main() === before, "the active node's process goes on");
  },
};

/** By EC2, without asking what runs; waits until EC2 says stopped. */
async function turnOff(cluster: ClusterStage, node: RealNode): Promise<void> {
  cluster.sandbox.cloud.fleet.stop(node, true);
  await cluster.until("EC2 says stopped", () => node.state === "stopped", 20);
}
