/** Instances that are stopped, ended, fenced and started again, in the time that EC2 takes for it. */
import type { Cluster } from "./cluster.ts";
import { boot, crash } from "./converge.ts";
import type { NodeModel } from "./node.ts";

/** Stopped by hand, and started again after a while; or terminated, and replaced by a new one. */
export function stopInstance(cluster: Cluster, node: NodeModel, comesBack: boolean): void {
  const { timeline } = cluster.world;
  const words = comesBack ? (["stopping", "stopped"] as const) : (["shutting-down", "terminated"] as const);
  endInstance(cluster, node, words, 1, () => {
    if (comesBack) timeline.after(cluster.random.seconds(5, 300), () => startInstance(cluster, node));
    else
      timeline.after(cluster.random.seconds(20, 200), () =>
        cluster.tell(`${cluster.addNode().id} replaces it`),
      );
  });
}

/** StopInstances by force: it may take a while; somebody starts the instance again much later. */
export function fence(cluster: Cluster, id: string): void {
  const node = cluster.nodes.get(id);
  if (!node) return;
  cluster.tell(`EC2 is asked to stop ${id} by force`);
  endInstance(cluster, node, ["stopping", "stopped"], 5, () => {
    cluster.world.timeline.after(cluster.random.seconds(200, 900), () => startInstance(cluster, node));
  });
}

/** The operating system ends its processes last: a scheduler runs on while EC2 says `stopping`. */
function endInstance(
  cluster: Cluster,
  node: NodeModel,
  [first, last]: readonly [string, string],
  least: number,
  then: () => void,
): void {
  const { timeline } = cluster.world;
  const instance = cluster.instances.get(node.id);
  if (!instance || instance.word !== "running") return;
  instance.say(first, cluster.now);
  timeline.after(cluster.random.seconds(least, least + 40), () => {
    if (node.up) crash(cluster, node, 0);
    timeline.after(1000, () => {
      instance.say(last, cluster.now);
      cluster.tell(`EC2 says that ${node.id} is ${instance.word}`);
      if (cluster.random.chance(0.8)) cluster.wake();
      then();
    });
  });
}

export function startInstance(cluster: Cluster, node: NodeModel): void {
  const { timeline } = cluster.world;
  const instance = cluster.instances.get(node.id);
  if (instance?.word !== "stopped") return;
  instance.say("pending", cluster.now);
  timeline.after(2000, () => instance.say("running", cluster.now));
  // Booting takes longer than EC2's answers are late.
  timeline.after(cluster.random.seconds(10, 40), () => boot(cluster, node));
}
