import { noRecord } from "./reply.ts";
import type { Action } from "./action.ts";
import { leaseView, phaseView, timeView } from "./view.ts";

/** The three values that the predecessor's `metadata` printed, under its names, and what stands behind them here. */
export const metadata: Action = {
  access: "read",
  about: "cluster",
  fields: {},
  async run({ ports, environment }, cluster) {
    const record = await ports.store.read(cluster);
    if (record === undefined) return noRecord(cluster);
    const { schema, token, nonce, owner, plan, counters } = record;
    const data = {
      /** The controller runs on no node: it is the function, of which one tick at a time holds the lease. */
      active_failover_node: environment.functionName,
      active_scheduler_node: record.phase.active ?? null,
      failover_heartbeat: timeView(record.savedAt),
      schema,
      token,
      nonce,
      owner,
      lease: leaseView(record, ports.clock.now()),
      phase: phaseView(record),
      plan: { ...plan, until: timeView(plan.until) },
      counters: {
        ...counters,
        startedAt: timeView(counters.startedAt),
        retryAt: timeView(counters.retryAt),
        moves: counters.moves.map(timeView),
      },
    };
    const sentence = `Record of the cluster ${cluster} under token ${token}.`;
    return { ok: true, action: "metadata", cluster, code: "METADATA", sentence, data };
  },
};
