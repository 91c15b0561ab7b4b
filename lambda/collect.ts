/** Waits for the nodes' answers to one plan. Who has not answered when the time is up is unknown. */
import { LOG_MESSAGES } from "../lib/core/metrics.ts";
import type { Instant, NodeId, NodeReport } from "../lib/core/model.ts";
import type { Ports, SentPlan } from "../lib/core/ports.ts";

/** From SendCommand to a quick script's result about a second passes; asking sooner costs a call for nothing. */
const FIRST_POLL_MILLISECONDS = 700;
const POLL_MILLISECONDS = 500;

/** A round waits so long at the most: a node that needs longer is asked again by the next tick. */
export const ROUND_WAIT_MILLISECONDS = 8000;

/** When the nodes that matter have answered, the others get so much longer: a standby that is cut off costs no more. */
const LINGER_MILLISECONDS = 1500;

/** `needed`: the nodes whose answers the decision waits for. All that has come by the end counts. */
export async function collect(
  ports: Ports,
  sent: SentPlan,
  needed: readonly NodeId[],
  budgetEnd: Instant,
): Promise<ReadonlyMap<NodeId, NodeReport>> {
  let replies: ReadonlyMap<NodeId, NodeReport> = new Map();
  const all = sent.commands.flatMap((each) => each.nodes);
  if (all.length === 0) return replies;
  const must = needed.filter((id) => all.includes(id));
  let end = Math.min(budgetEnd, ports.clock.now() + ROUND_WAIT_MILLISECONDS);
  let lingers = false;
  await ports.clock.sleep(FIRST_POLL_MILLISECONDS);
  for (;;) {
    replies = await poll(ports, sent, replies);
    if (all.every((id) => replies.has(id))) return replies;
    if (!lingers && must.every((id) => replies.has(id))) {
      lingers = true;
      end = Math.min(end, ports.clock.now() + LINGER_MILLISECONDS);
    }
    if (ports.clock.now() >= end) return replies;
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
    ports.journal.write("warn", LOG_MESSAGES.answersUnread, { cluster: sent.cluster, error });
    return before;
  }
}
