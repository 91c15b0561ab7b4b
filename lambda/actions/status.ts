import type { ClusterRecord, HistoryEntry, Instant } from "../../lib/core/model.ts";
import { sameHostNames } from "../../lib/core/host-names.ts";
import type { ClusterSettings } from "../../lib/core/settings.ts";
import type { Action } from "./action.ts";
import {
  historyView,
  leaseView,
  nodeView,
  phaseView,
  problemView,
  steeringView,
  timeView,
  wishView,
} from "./view.ts";

/** Is it running, where, since when, and if not, why not. */
export const status: Action = {
  access: "read",
  about: "cluster",
  fields: {},
  async run({ ports, environment }, cluster) {
    const [record, history] = await Promise.all([
      ports.store.read(cluster),
      ports.store.readHistory(cluster, 1),
    ]);
    if (record === undefined) {
      const sentence = `No tick has looked at the cluster ${cluster} yet.`;
      return { ok: true, action: "status", cluster, code: "NO_RECORD", sentence, data: { recorded: false } };
    }
    const { code, sentence } = record.last;
    return {
      ok: true,
      action: "status",
      cluster,
      code,
      sentence,
      data: view(record, history, ports.clock.now(), environment.settings.clusters[cluster]),
    };
  },
};

function view(
  record: ClusterRecord,
  history: readonly HistoryEntry[],
  now: Instant,
  settings: ClusterSettings | undefined,
) {
  const { phase, outbox, plan } = record;
  const [last] = history;
  return {
    recorded: true,
    phase: phase.name,
    since: timeView(phase.since),
    active: phase.active ?? null,
    from: phase.from ?? null,
    cause: phase.cause,
    downSince: phaseView(record).downSince,
    nodes: Object.entries(record.nodes).map(([id, node]) => nodeView(id, node, record, now, settings)),
    steering: steeringView(record, settings),
    /** By operators, until `include`; those of the settings say so in `nodes`. */
    excluded: record.excluded ?? [],
    problem: problemView(record),
    /** What is not as it should be, and no problem of the ticks. */
    warnings: sameHostNames(record),
    request: record.request ? wishView(record.request) : null,
    lease: leaseView(record, now),
    plan: { ...plan, until: timeView(plan.until) },
    lastTransition: last ? historyView(last) : null,
    newsWaiting: outbox.length,
    tickedAt: timeView(record.last.at),
    dueAt: timeView(record.dueAt),
  };
}
