/** The invariants of every state and step, read off the world by their plain meaning. */
import type { ClusterRecord, NodeRecord } from "../../lib/core/model.ts";
import type { NodeModel } from "../simulation/node.ts";
import type { State } from "./state.ts";

export class Violation extends Error {
  override readonly name = "Violation";
}

export function judgeState(state: State): void {
  const running = state.nodes.filter((node) => node.scheduler);
  if (running.length > 1)
    throw new Violation(`two schedulers: ${running.map((node) => node.id).join(" and ")}`);
}

export function judgeWrite(
  before: ClusterRecord | undefined,
  after: ClusterRecord,
  skewSeconds: number,
): void {
  if (after.token !== before?.token) judgeProofs(after, skewSeconds);
  if (!before) return;
  if (after.token < before.token) throw new Violation("the token fell");
  if (after.token === before.token && JSON.stringify(after.plan) !== JSON.stringify(before.plan))
    throw new Violation("the plan changed under its token");
  const moved = before.phase.name !== after.phase.name || before.phase.active !== after.phase.active;
  const known = new Set(before.outbox.map((each) => each.key));
  if (moved && !after.outbox.some((each) => each.history && !known.has(each.key)))
    throw new Violation(`${before.phase.name} became ${after.phase.name}, and the history does not tell it`);
  for (const { key, history, mail } of before.outbox) {
    if (!after.outbox.some((each) => each.key === key) && after.token !== before.token)
      throw new Violation(`${history?.code ?? mail?.code} left the outbox with a plan`);
  }
}

/** A plan is written before it is sent. */
export function judgeSend(state: State, plan: ClusterRecord["plan"]): void {
  const { record } = state;
  if (!record || record.token < plan.token)
    throw new Violation(`plan ${plan.token} is sent before it is written`);
  if (record.token === plan.token && JSON.stringify(record.plan) !== JSON.stringify(plan))
    throw new Violation(`plan ${plan.token} is not the one that was written`);
}

/** A scheduler has been started: the record promises it. */
export function judgeStart(state: State, node: NodeModel): void {
  if (state.record?.nodes[node.id]?.stopBy === "never")
    throw new Violation(`${node.id} starts, and the record holds that it runs none`);
}

/** A plan that may start a scheduler rests on a proof for every other node. */
function judgeProofs({ plan, nodes, savedAt }: ClusterRecord, skewSeconds: number): void {
  if (plan.mode !== "run" && plan.mode !== "restart") return;
  for (const [id, other] of Object.entries(nodes)) {
    if (id !== plan.active && !isProven(other, savedAt, skewSeconds))
      throw new Violation(`a plan starts a scheduler on ${plan.active} without a proof for ${id}`);
  }
}

function isProven({ stopBy, proof }: NodeRecord, at: number, skewSeconds: number): boolean {
  if (stopBy === "ever") return false;
  return stopBy === "never" ? proof !== undefined : at > stopBy + skewSeconds * 1000;
}
