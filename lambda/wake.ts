/** EC2's word that an instance changes its state: a reason to look now, never evidence. */
import type { NodeId } from "../lib/core/model.ts";
import { tickClusters, type Controller } from "./loop.ts";

export interface WakeReply {
  readonly ok: true;
  readonly action: "wake";
  readonly code: "WOKEN" | "NOT_OURS";
  readonly sentence: string;
  readonly data: { readonly clusters: readonly string[] };
}

/**
 * Ticks the clusters that know the instance, over the head of a tick at work: it decides on older news. The rule that
 * sends these events sees every instance of the account, so most of them end here. One that carries a cluster's tag but
 * is not on its record yet is found by the next beat.
 */
export async function wake(
  controller: Controller,
  instanceId: NodeId,
  requestId: string,
): Promise<WakeReply> {
  const { ports, environment } = controller;
  const clusters = Object.keys(environment.settings.clusters);
  const concerned = await Promise.all(clusters.map((cluster) => knows(controller, cluster, instanceId)));
  const woken = clusters.filter((_, n) => concerned[n]);
  const startedAt = ports.clock.now();
  await tickClusters(controller, woken, { startedAt, takeOver: true, holder: requestId });
  const data = { clusters: woken };
  return woken.length === 0
    ? { ok: true, action: "wake", code: "NOT_OURS", sentence: `No cluster knows ${instanceId}.`, data }
    : { ok: true, action: "wake", code: "WOKEN", sentence: `Looked at ${woken.join(", ")}.`, data };
}

/** A record that cannot be read may know it: then the tick itself says what is wrong with the record. */
async function knows({ ports, environment }: Controller, cluster: string, id: NodeId): Promise<boolean> {
  if (environment.settings.clusters[cluster]?.nodes.instanceIds?.includes(id)) return true;
  try {
    const record = await ports.store.read(cluster);
    return record !== undefined && Object.hasOwn(record.nodes, id);
  } catch {
    return true;
  }
}
