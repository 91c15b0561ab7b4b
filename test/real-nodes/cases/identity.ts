/** What the settings call the scheduler changes while one runs. */
import { type Case, expectThat } from "../case.ts";
import type { RealNode } from "../real-node.ts";
import type { ClusterStage } from "../stage.ts";
import { seconds } from "./starts.ts";

const RENAMED = "renamed-scheduler.service";

export const renamed: Case = {
  sentence:
    "the settings name another unit, and later the first one again: each time the old one is stopped before the new one starts, and neither hand nor boot starts it any more",
  play: async (cluster) => {
    const [node, before] = [cluster.active(), cluster.main()];
    for (const each of cluster.nodes) {
      await each.inside("cp", `/etc/systemd/system/${each.unit}`, `/etc/systemd/system/${RENAMED}`);
      await each.inside("systemctl", "daemon-reload");
      await each.inside("systemctl", "enable", each.unit);
    }
    await cluster.deploy({ scheduler: { unit: RENAMED } });
    const began = Date.now();
    await cluster.until("the renamed unit runs there", () => cluster.isReplaced(before, node), 60);
    const replacedAfter = seconds(began);
    await cluster.settled();
    expectThat(await isActive(node, RENAMED), `${RENAMED} runs on ${node.name}`);
    for (const each of cluster.nodes) await expectShut(cluster, each);
    const standby = cluster.other(node);
    await cluster.reboot(standby);
    await cluster.settled();
    expectThat(!(await isActive(standby, standby.unit)), "the boot has not started the former unit");
    const [again, main] = [cluster.active(), cluster.main()];
    await cluster.deploy({ scheduler: { unit: node.unit } });
    await cluster.until("the first unit runs again", () => cluster.isReplaced(main, again), 60);
    await cluster.settled();
    expectThat(await isActive(again, again.unit), `${again.unit} runs on ${again.name}`);
    for (const each of cluster.nodes) await each.inside("systemctl", "disable", each.unit);
    return { "replaced after s": replacedAfter };
  },
};

async function expectShut(cluster: ClusterStage, node: RealNode): Promise<void> {
  const before = cluster.main();
  await node.inside("systemctl", "start", node.unit);
  expectThat(!(await isActive(node, node.unit)), `the former unit does not start on ${node.name}`);
  expectThat(cluster.main() === before, "the one scheduler goes on");
}

async function isActive(node: RealNode, unit: string): Promise<boolean> {
  const { output } = await node.inside("systemctl", "is-active", unit);
  return output.trim() === "active";
}
