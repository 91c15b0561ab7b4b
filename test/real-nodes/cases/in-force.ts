/** What is in force is what systemd has loaded, and what lives: somebody's own drop-in, and a guard that hangs. */
import { signal } from "../../../lib/sandbox/nodes/processes.ts";
import { isRecord } from "../../../lib/sandbox/values.ts";
import { type Case, expectThat } from "../case.ts";
import type { RealNode } from "../real-node.ts";
import { BEAT_SECONDS, type ClusterStage } from "../stage.ts";
import { seconds } from "./starts.ts";

export const overruled: Case = {
  sentence:
    "somebody's drop-in takes the kill mode away: no grant is extended while the guard could not kill all, and the scheduler goes on when that is mended in time",
  play: async (cluster) => {
    const [node, before] = [cluster.active(), cluster.main()];
    // Sorted after ours, so that it wins.
    const overrules = `/etc/systemd/system/${node.unit}.d/zzz-by-hand.conf`;
    node.write(overrules, "[Service]\nKillMode=process\n");
    await node.inside("systemctl", "daemon-reload");
    const began = Date.now();
    await cluster.until(
      "the guard is told as failed",
      async () => (await guardOf(cluster, node)) === "failed",
      6 * BEAT_SECONDS,
    );
    const told = seconds(began);
    const until = await grantOf(node);
    await cluster.until("two beats have passed", () => seconds(began) > told + 2 * BEAT_SECONDS, 60);
    expectThat((await grantOf(node)) === until, "the grant is not extended");
    node.remove(overrules);
    await cluster.until("it is armed again", async () => (await guardOf(cluster, node)) === "armed", 60);
    await cluster.settled();
    expectThat(cluster.main() === before, "the same process goes on");
    return { "told after s": told };
  },
};

export const guardHangs: Case = {
  sentence:
    "the guard is stopped with SIGSTOP: the next converge that grants wakes it, the scheduler goes on",
  play: async (cluster) => {
    const [node, before] = [cluster.active(), cluster.main()];
    const guard = node.processes().find(({ argv }) => argv[1]?.endsWith("/guard") && argv[2] === "guard");
    expectThat(guard !== undefined, "there is a guard");
    signal(guard?.pid ?? 0, "SIGSTOP");
    await cluster.until("it is stopped", () => isStopped(node, guard?.pid ?? 0), 5);
    const began = Date.now();
    await cluster.until("it goes on", () => !isStopped(node, guard?.pid ?? 0), 6 * BEAT_SECONDS);
    const woken = seconds(began);
    await cluster.settled();
    expectThat(cluster.main() === before, "the same process goes on");
    return { "woken after s": woken };
  },
};

/** By the kernel's word, as this machine numbers the process. */
function isStopped(node: RealNode, pid: number): boolean {
  return node.processes().some((one) => one.pid === pid && one.state === "T");
}

async function guardOf(cluster: ClusterStage, node: RealNode): Promise<unknown> {
  const { nodes } = await cluster.read("status");
  const all = Array.isArray(nodes) ? nodes.filter(isRecord) : [];
  return all.find(({ id }) => id === node.id)?.["guard"];
}

async function grantOf(node: RealNode): Promise<string> {
  const { output } = await node.inside("sh", "-c", "cat /run/scheduler-failover/*/grant");
  expectThat(output !== "", "the node holds a grant");
  return output;
}
