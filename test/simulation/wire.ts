/** Run Command between a tick and the nodes: late, more than once, never; answers late or never. */
import type { NodeId, NodeReport, Plan } from "../../lib/core/model.ts";
import type { SentPlan } from "../../lib/core/ports.ts";
import type { Cluster } from "./cluster.ts";
import { converge } from "./converge.ts";
import type { NodeModel } from "./node.ts";

export function send(cluster: Cluster, plan: Plan, nodes: readonly NodeId[]): SentPlan {
  const { faults } = cluster;
  cluster.judge.sent(plan);
  const unsent = new Map<NodeId, string>();
  const accepted = nodes.filter((id) => {
    if (!faults.happens("SSM refuses one node", 0.005)) return true;
    unsent.set(id, "ThrottlingException");
    // The reply may be lost, not the command.
    return cluster.random.chance(0.3);
  });
  const replies = new Map<NodeId, NodeReport>();
  cluster.made += 1;
  const id = `c${cluster.made}`;
  cluster.commands.set(id, { plan, nodes: accepted, replies });
  cluster.world.timeline.after(120_000, () => cluster.commands.delete(id));
  for (const node of accepted) deliver(cluster, plan, node, replies);
  const listed = accepted.filter((node) => !unsent.has(node));
  return { plan, cluster: cluster.name, commands: [{ id, nodes: listed }], unsent };
}

/** How often and when one command reaches its node. */
function deliver(cluster: Cluster, plan: Plan, id: NodeId, replies: Map<NodeId, NodeReport>): void {
  const { faults, random } = cluster;
  const node = cluster.nodes.get(id);
  if (!node) return;
  const arrivals = [random.seconds(0.1, 1)];
  if (faults.happens("command lost", 0.02)) arrivals.pop();
  if (faults.happens("command late", 0.02)) arrivals[0] = random.seconds(2, 40);
  if (faults.happens("command very late", 0.005)) arrivals[0] = random.seconds(40, 900);
  if (faults.happens("command twice", 0.02)) arrivals.push(random.seconds(0.1, 60));
  if (faults.happens("command often", 0.003)) {
    for (let n = 0; n < 4; n += 1) arrivals.push(random.seconds(0.1, 600));
  }
  for (const after of arrivals)
    cluster.world.timeline.after(after, () => arrive(cluster, plan, node, replies));
}

/** At the agent: it hears nothing while it is cut off or down, and may hear it later. */
function arrive(cluster: Cluster, plan: Plan, node: NodeModel, replies: Map<NodeId, NodeReport>): void {
  const ailments = cluster.ailmentsOf(node.id);
  if (!node.up || ailments.cutOffUntil > cluster.now) {
    if (ailments.waiting.length < 20) ailments.waiting.push(() => arrive(cluster, plan, node, replies));
    return;
  }
  converge(cluster, node, plan, (line) => {
    if (ailments.cutOffUntil > cluster.now || cluster.faults.happens("reply lost", 0.02)) return;
    const late = cluster.faults.happens("reply late", 0.02) ? cluster.random.seconds(2, 60) : 0;
    cluster.world.timeline.after(cluster.random.seconds(0.05, 0.4) + late, () => {
      if (!replies.has(node.id)) replies.set(node.id, line);
    });
  });
}

/** What can be read by now. */
export function collect(cluster: Cluster, sent: SentPlan): ReadonlyMap<NodeId, NodeReport> {
  const found = new Map<NodeId, NodeReport>();
  for (const { id, nodes } of sent.commands) {
    const command = cluster.commands.get(id);
    for (const node of nodes) {
      const line = command?.replies.get(node);
      if (line) found.set(node, line);
    }
  }
  return found;
}
