/** Breadth first through all that may happen, each state once; so the first violation found has a shortest schedule. */
import { Violation } from "./judge.ts";
import { isAlive } from "./liveness.ts";
import { hashOf } from "./state.ts";
import type { State, Step } from "./state.ts";
import type { Explorer } from "./world.ts";

/** How a state was reached; the state itself only until it has been gone on from. */
interface Found {
  readonly label: string;
  readonly at: number;
  readonly from: Found | undefined;
  readonly depth: number;
}
type Open = Found & { readonly state: State };

export interface SearchOptions {
  readonly seconds: number;
  readonly states: number;
  /** Every so many states without a tick in flight is looked at for liveness; 0: none. */
  readonly liveness: number;
}

export interface SearchResult {
  readonly states: number;
  readonly steps: number;
  readonly depth: number;
  readonly seconds: number;
  readonly complete: boolean;
  readonly livenessChecked: number;
  /** The slowest way back to one scheduler, in seconds of virtual time. */
  readonly slowestSeconds: number;
  readonly violation: string | undefined;
  readonly story: readonly string[];
}

export async function search(
  explorer: Explorer,
  initials: readonly Step[],
  options: SearchOptions,
): Promise<SearchResult> {
  const begun = performance.now();
  const seen = new Set<string>();
  const known = new Set<string>();
  let steps = 0;
  let depth = 0;
  let livenessChecked = 0;
  let slowestSeconds = 0;
  let level: Open[] = initials.map(({ state, label }) => ({
    state,
    label,
    at: state.now,
    from: undefined,
    depth: 0,
  }));
  const elapsed = () => (performance.now() - begun) / 1000;
  const result = (complete: boolean, found?: Found, error?: Violation): SearchResult => ({
    states: seen.size,
    steps,
    depth,
    seconds: elapsed(),
    complete,
    livenessChecked,
    slowestSeconds,
    violation: error?.message,
    story: found ? storyOf(found) : [],
  });
  for (const { state } of level) seen.add(hashOf(state));
  while (level.length > 0) {
    const next: Open[] = [];
    for (const open of level) {
      const { state, ...found } = open;
      if (elapsed() > options.seconds || seen.size > options.states) return result(false);
      const isQuiet = state.ticks.every((tick) => tick === undefined);
      try {
        if (options.liveness > 0 && isQuiet && steps % options.liveness === 0) {
          livenessChecked += 1;
          slowestSeconds = Math.max(slowestSeconds, await isAlive(explorer, state, known));
        }
        for (const step of await explorer.steps(state)) {
          steps += 1;
          const hash = hashOf(step.state);
          if (seen.has(hash)) continue;
          seen.add(hash);
          depth = Math.max(depth, found.depth + 1);
          next.push({ ...step, at: step.state.now, from: found, depth: found.depth + 1 });
        }
      } catch (error) {
        if (error instanceof Violation) return result(false, found, error);
        throw error;
      }
    }
    level = next;
  }
  return result(true);
}

function storyOf(found: Found): readonly string[] {
  const lines: string[] = [];
  const origin = (each: Found): Found => (each.from ? origin(each.from) : each);
  const begin = origin(found).at;
  for (let each: Found | undefined = found; each; each = each.from) {
    lines.push(`+${((each.at - begin) / 1000).toFixed(3).padStart(8)} s  ${each.label}`);
  }
  return lines.toReversed();
}
