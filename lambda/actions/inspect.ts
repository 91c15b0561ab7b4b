import type { ClusterRecord, NodeReport } from "../../lib/core/model.ts";
import type { Action } from "./action.ts";
import type { ClusterSettings } from "../../lib/core/settings.ts";
import { noRecord } from "./reply.ts";
import { nodeView, timeView } from "./view.ts";

/** Every node's last report in full, without a new question: the ticks ask all nodes at each beat. */
export const inspect: Action = {
  access: "read",
  about: "cluster",
  fields: {},
  async run({ ports, environment }, cluster) {
    const record = await ports.store.read(cluster);
    if (record === undefined) return noRecord(cluster);
    const { nodes } = record;
    const settings = environment.settings.clusters[cluster];
    const now = ports.clock.now();
    const views = Object.entries(nodes).map(([id, node]) => ({
      ...nodeView(id, node, record, now, settings),
      ...reportView(node.report, node.reportedAt),
      obstacle: node.obstacle ?? null,
      missingSince: node.missing === 0 ? null : timeView(node.missing),
    }));
    const data = { tickedAt: timeView(record.last.at), deployed: deployedView(settings), nodes: views };
    return { ok: true, action: "inspect", cluster, code: "INSPECTED", sentence: sentenceOf(record), data };
  },
};

/** Which nodes are looked for, and what on them: whoever examines the deployment need not have its settings. */
function deployedView(settings: ClusterSettings | undefined) {
  if (settings === undefined) return null;
  const { nodes, scheduler } = settings;
  return {
    tag: nodes.tag ?? null,
    instanceIds: nodes.instanceIds ?? null,
    profile: scheduler.profile ?? null,
    unit: scheduler.unit ?? null,
  };
}

function sentenceOf({ nodes }: ClusterRecord): string {
  const all = Object.values(nodes);
  const answering = all.filter(({ silentSince, report }) => report && silentSince === undefined);
  const running = answering.filter(({ report }) => report?.state === "running").length;
  return `${answering.length} of ${all.length} nodes answered when last asked; ${running} of them ${running === 1 ? "runs" : "run"} a scheduler.`;
}

function reportView(report: NodeReport | undefined, reportedAt: number) {
  return {
    token: report?.token ?? null,
    seen: report?.seen ?? null,
    invocation: report?.invocation ?? "none",
    clock: timeView(report?.clock),
    facts: report?.facts ?? null,
    /** The node's clock less ours when its answer was read: negative by the time that the answer took. */
    clockDifferenceSeconds: report ? Math.round((report.clock - reportedAt) / 100) / 10 : null,
  };
}
