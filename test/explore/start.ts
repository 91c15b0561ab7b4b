/** Where a search begins when it is to begin in quiet: after ticks that brought up a scheduler, and have settled. */
import type { NodeId } from "../../lib/core/model.ts";
import { newNode } from "../simulation/node.ts";
import type { Kind } from "../simulation/node.ts";
import { oneBeat } from "./liveness.ts";
import { BEGIN, NODES, SECOND } from "./settings.ts";
import type { Budget, Clocks, State } from "./state.ts";
import type { Explorer } from "./world.ts";

/** A cold start, its settle time, and a few quiet beats. */
const BEATS = 12;

export async function settled(explorer: Explorer, from: State): Promise<State> {
  let state = from;
  for (let beat = 0; beat < BEATS; beat += 1) state = await oneBeat(explorer, state);
  if (state.record?.phase.name !== "steady") throw new Error(`not steady but ${state.record?.phase.name}`);
  return { ...state, commands: [], replies: [], left: from.left, begun: 0 };
}

/** Nothing is known yet; so many nodes run a scheduler. */
export function initial(kind: Kind, first: number, clocks: Clocks, left: Budget): State {
  const nodes = NODES.map((id, n) => newNode(id, kind, clocks.nodes[n] ?? 0));
  for (const node of nodes.slice(0, first)) node.scheduler = schedulerBefore(node.id);
  return {
    now: BEGIN,
    nodes,
    words: NODES.map(() => "running"),
    record: undefined,
    commands: [],
    replies: [],
    lateWrites: [],
    ticks: [undefined, undefined],
    begun: 0,
    left,
  };
}

function schedulerBefore(id: NodeId) {
  return {
    invocation: `${id}-before`,
    startedAt: BEGIN - 3600 * SECOND,
    byToken: 0,
    sick: false,
    stopMilliseconds: 2000,
    endsAt: undefined,
  };
}
