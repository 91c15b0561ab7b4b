/** The ends of the controller's reach: a node that it makes EC2 stop, and nodes that it lets go. */
import { type Case, expectThat } from "../case.ts";
import type { RealNode } from "../real-node.ts";
import { boundSeconds } from "./guard.ts";
import { seconds, tells } from "./starts.ts";

export const fenced: Case = {
  sentence:
    "the active node is cut off where the fence is on: EC2 is asked to stop its instance, and the other node starts when EC2 says so",
  play: async (cluster) => {
    await cluster.deploy({ fence: "ec2-stop" });
    await cluster.settled();
    const [node, began] = [cluster.active(), Date.now()];
    const standby = cluster.other(node);
    cluster.cutOff(node);
    await cluster.until("the other node runs it", () => cluster.runsOn(standby), boundSeconds(cluster));
    const elsewhere = seconds(began);
    await cluster.until("the history tells the start", async () => await tells(cluster, began, "STARTS"), 30);
    expectThat(!node.isUp, `${node.name} is off`);
    cluster.reconnect(node);
    await cluster.sandbox.fault("bring-back", { node: node.name });
    await cluster.settled();
    expectThat(cluster.active() === standby, "it stays where it is when the node is back");
    return { "elsewhere after s": elsewhere };
  },
};

export const detached: Case = {
  sentence:
    "detach: guard, gate and grant are taken off, the very process goes on and belongs to systemd alone; resume adopts it",
  play: async (cluster) => {
    const [node, before] = [cluster.active(), cluster.main()];
    await cluster.operate({ action: "detach", reason: "a case" });
    await cluster.until("nothing of it is installed", async () => await isBare(node), 60);
    expectThat(cluster.main() === before, "the same process goes on");
    await node.inside("systemctl", "restart", node.unit);
    await cluster.until("a hand restarts it freely", () => cluster.isReplaced(before, node), 30);
    const adopted = cluster.main();
    await cluster.operate({ action: "resume", reason: "a case" });
    await cluster.settled();
    expectThat(cluster.main() === adopted, "the same process is adopted");
    expectThat(!(await isBare(node)), "gate and guard are back");
  },
};

async function isBare(node: RealNode): Promise<boolean> {
  const { output } = await node.inside(
    "sh",
    "-c",
    "ls -d /etc/scheduler-failover /etc/systemd/system/*/zz-scheduler-failover.conf; systemctl show -p BindsTo " +
      node.unit,
  );
  return !/\/etc\/|scheduler-failover-guard/u.test(output.replaceAll(/cannot access .*/gu, ""));
}
