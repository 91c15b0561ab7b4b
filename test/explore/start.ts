/** Where a search begins when it is to begin in quiet: after ticks that brought up a scheduler, and have settled. */
import { oneBeat } from "./liveness.ts";
import type { State } from "./state.ts";
import type { Explorer } from "./world.ts";

/** A cold start, its settle time, and a few quiet beats. */
const BEATS = 12;

export async function settled(explorer: Explorer, from: State): Promise<State> {
  let state = from;
  for (let beat = 0; beat < BEATS; beat += 1) state = await oneBeat(explorer, state);
  if (state.record?.phase.name !== "steady") throw new Error(`not steady but ${state.record?.phase.name}`);
  return { ...state, commands: [], replies: [], left: from.left, begun: 0 };
}
