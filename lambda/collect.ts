/** Waits for the nodes' answers to one plan. Who has not answered when the time is up is unknown. */
import type { Instant, NodeId, NodeReport } from "../lib/core/model.ts";
import type { Ports, SentPlan } from "../lib/core/ports.ts";

/** From SendCommand to a quick script's result about a second passes; asking sooner costs a call for nothing. */
const FIRST_POLL_MILLISECONDS = 700;
const POLL_MILLISECONDS = 500;

/** A round waits so long at the most: a node that needs longer is asked again by the next tick. */
const ROUND_WAIT_MILLISECONDS = 8000;

/** `awaited`: the nodes whose answers end the wait. Everything that has come by then counts. */
export async function collect(
  ports: Ports,
  sent: SentPlan,
  awaited: readonly NodeId[],
  budgetEnd: Instant,
): Promise<ReadonlyMap<NodeId, NodeReport>> {
  const sentTo = new Set(sent.commands.flatMap((each) => each.nodes));
  const waitFor = awaited.filter((id) => sentTo.has(id));
  const end = Math.min(budgetEnd, ports.clock.now() + ROUND_WAIT_MILLISECONDS);
  let replies: ReadonlyMap<NodeId, NodeReport> = new Map();
  if (sent.commands.length === 0) return replies;
  await ports.clock.sleep(FIRST_POLL_MILLISECONDS);
  for (;;) {
    replies = await poll(ports, sent, replies);
    if (waitFor.every((id) => replies.has(id)) || ports.clock.now() >= end) return replies;
    await ports.clock.sleep(POLL_MILLISECONDS);
  }
}

/** A poll that fails loses nothing: what was read before stands, and the next poll reads all again. */
async function poll(
  ports: Ports,
  sent: SentPlan,
  before: ReadonlyMap<NodeId, NodeReport>,
): Promise<ReadonlyMap<NodeId, NodeReport>> {
  try {
    return await ports.nodes.collect(sent);
  } catch (error) {
    ports.journal.write("warn", "reading the nodes' answers failed", { cluster: sent.cluster, error });
    return before;
  }
}
