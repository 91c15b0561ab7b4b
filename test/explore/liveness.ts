/** No dead end: when nothing more goes wrong, ticks bring up one scheduler within a bound, from any state. */
import { Violation, judgeState } from "./judge.ts";
import { hashOf } from "./state.ts";
import { BOUND_SECONDS, NODES } from "./settings.ts";
import type { State, Step } from "./state.ts";
import type { Explorer } from "./world.ts";

/** The loop's beat. */
const BEAT = 10_000;
/** One running scheduler must stay for so many beats. */
const STAYS = 4;

const NOTHING_MORE = { ticks: 1, faults: 0, passes: 0, wishes: 0, kinds: {} };

/**
 * Runs ticks one after the other, everything answering; answers after how many seconds one scheduler ran for good.
 * `known`: states from which this is known already, added to.
 * @throws Violation where none, or more than one, runs when the bound is over
 */
export async function isAlive(explorer: Explorer, from: State, known: Set<string>): Promise<number> {
  let state = heal(from);
  const path: string[] = [];
  const begun = state.now;
  let last = begun;
  let stays = 0;
  while (stays < STAYS) {
    const hash = hashOf({ ...state, left: NOTHING_MORE });
    if (known.has(hash)) break;
    path.push(hash);
    state = await oneBeat(explorer, state);
    judgeState(state);
    if (state.nodes.filter((node) => node.scheduler).length === 1) stays += 1;
    else {
      stays = 0;
      last = state.now;
    }
    if (state.now - begun > (BOUND_SECONDS + STAYS * 10) * 1000) {
      const { phase, last: word } = state.record ?? {};
      throw new Violation(
        `no scheduler within ${BOUND_SECONDS} s: ${phase?.name}, ${word?.code}: ${word?.sentence}`,
      );
    }
  }
  for (const hash of path) known.add(hash);
  return (last - begun) / 1000;
}

/** All nodes are up, no tick is in flight, no fault is left. */
function heal(state: State): State {
  return {
    ...state,
    nodes: state.nodes.map((node) => (node.up ? node : { ...node, up: true })),
    words: NODES.map(() => "running"),
    ticks: [undefined, undefined],
    lateWrites: [],
    left: NOTHING_MORE,
  };
}

/** A tick from beginning to end; the nodes do at once what they are asked. */
export async function oneBeat(explorer: Explorer, before: State): Promise<State> {
  const due = before.now + BEAT;
  let state = explorer.beginTick({ ...before, left: NOTHING_MORE }, 0);
  for (let guard = 0; guard < 200; guard += 1) {
    const quick = nodeStep(explorer, state);
    if (quick) {
      state = quick;
      continue;
    }
    const tick = state.ticks[0];
    if (!tick) break;
    const [step] = await explorer.stepsOf(state, 0, tick);
    if (!step) break;
    state = step.state;
  }
  return { ...state, now: Math.max(state.now, due) };
}

const OF_NODES = / (gets|carries out|answers)/;

function nodeStep(explorer: Explorer, state: State): State | undefined {
  const steps: readonly Step[] = explorer.nodeSteps(state);
  const of = (what: string) => steps.find(({ label }) => label.includes(what) && OF_NODES.test(label));
  return (of(" carries out") ?? of(" answers") ?? of(" gets"))?.state;
}
