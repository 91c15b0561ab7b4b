/** Leaves out faults of a failing run, more and more of them, as long as it still fails in the same way. */
import { run } from "./run.ts";
import type { RunOptions, RunResult } from "./run.ts";

const ATTEMPTS = 150;

export async function shrink(
  options: RunOptions,
): Promise<{ readonly result: RunResult; readonly kept: number }> {
  let best = await run({ ...options, story: true });
  let leftOut = new Set(options.leftOut);
  let size = Math.ceil(best.injected.length / 2);
  let attempts = 0;
  while (size >= 1 && attempts < ATTEMPTS) {
    let shrunk = false;
    for (let from = 0; from < best.injected.length && attempts < ATTEMPTS; from += size) {
      const without = best.injected.slice(from, from + size).map((each) => each.number);
      const tried = new Set([...leftOut, ...without]);
      attempts += 1;
      const result = await run({ ...options, story: true, leftOut: tried });
      if (kindOf(result) !== kindOf(best) || result.injected.length >= best.injected.length) continue;
      best = result;
      leftOut = tried;
      shrunk = true;
      break;
    }
    if (!shrunk) size = size === 1 ? 0 : Math.ceil(size / 2);
  }
  return { result: best, kept: best.injected.length };
}

/** The violation without names and numbers; undefined: none. */
function kindOf({ violation }: RunResult): string | undefined {
  return violation?.replaceAll(/i-c\d+|\d+/g, "N");
}
