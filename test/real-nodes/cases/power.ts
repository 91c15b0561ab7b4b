/** What happens to whole nodes. */
import { type Case, expectThat } from "../case.ts";
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
