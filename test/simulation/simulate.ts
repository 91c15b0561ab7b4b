/**
 * Random runs in virtual time over the shipped tick.
 *
 *   npm run simulate -- --seeds 200             seeds 1 to 200, and as many fresh ones if --fresh
 *   npm run simulate -- --seed 4711 --nodes 3   one run, with its story if it fails
 */
import { parseArgs } from "node:util";
import type { Kind } from "./node.ts";
import { merged, run } from "./run.ts";
import type { RunOptions, RunResult } from "./run.ts";
import { shrink } from "./shrink.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    first: { type: "string", default: "1" },
    seed: { type: "string" },
    fresh: { type: "string", default: "0" },
    nodes: { type: "string", default: "5" },
    clusters: { type: "string", default: "2" },
    rounds: { type: "string", default: "2" },
    kind: { type: "string", default: "both" },
    seconds: { type: "string" },
    story: { type: "boolean", default: false },
    /** Happenings, with commas between them: no others in the storms. */
    only: { type: "string" },
    /** Goes on until a violation says this. */
    expect: { type: "string" },
    /** How stormy every storm is: 1 is usual. */
    strength: { type: "string" },
    "keep-going": { type: "boolean", default: false },
    "no-shrink": { type: "boolean", default: false },
  },
});

const results: RunResult[] = [];
const begun = performance.now();
let failed = 0;
for (const seed of seeds()) {
  const options = optionsFor(seed);
  const result = await run(options);
  results.push(result);
  if (values.story) console.log(result.story.join("\n"));
  if (result.violation !== undefined) {
    failed += 1;
    console.log(`\nseed ${seed}: ${result.violation}`);
    const isLooked = values.expect === undefined || new RegExp(values.expect).test(result.violation);
    if (!values["keep-going"] && isLooked) {
      if (!values["no-shrink"]) await tellStory(options);
      break;
    }
  }
  if (values.seconds !== undefined && performance.now() - begun > Number(values.seconds) * 1000) break;
}
figures();
process.exit(failed === 0 ? 0 : 1);

function* seeds(): Generator<number> {
  if (values.seed !== undefined) {
    yield Number(values.seed);
    return;
  }
  const first = Number(values.first);
  for (let n = 0; n < Number(values.seeds); n += 1) yield first + n;
  const fresh = Number(values.fresh);
  if (fresh === 0) return;
  const base = Math.floor(Date.now() / 1000) % 1_000_000_000;
  console.log(`fresh seeds from ${base}`);
  for (let n = 0; n < fresh; n += 1) yield base + n;
}

function optionsFor(seed: number): RunOptions {
  return {
    seed,
    nodes: Number(values.nodes),
    clusters: Number(values.clusters),
    rounds: Number(values.rounds),
    kind: values.kind as Kind | "both",
    story: values.story,
    leftOut: new Set(),
    only: values.only?.split(","),
    strength: values.strength === undefined ? undefined : Number(values.strength),
  };
}

async function tellStory(options: RunOptions): Promise<void> {
  const { result, kept } = await shrink(options);
  console.log(`the shortest story found, with ${kept} of its faults:\n`);
  console.log(result.story.slice(-120).join("\n"));
  const { seed, nodes, clusters, rounds, kind } = options;
  console.log(
    `\nreplay: npm run simulate -- --seed ${seed} --nodes ${nodes} --clusters ${clusters} --rounds ${rounds} --kind ${kind} --story`,
  );
}

function figures(): void {
  const seconds = (performance.now() - begun) / 1000;
  const sum = (of: (result: RunResult) => number) => results.reduce((total, each) => total + of(each), 0);
  const hours = sum((each) => each.virtualMilliseconds) / 3_600_000;
  console.log(
    `\n${results.length} runs, ${hours.toFixed(1)} virtual hours in ${seconds.toFixed(1)} s (${Math.round((hours * 3600) / seconds)} times real time)`,
  );
  console.log(
    `${sum((each) => each.ticks)} ticks, ${sum((each) => each.calls)} calls, ${sum((each) => each.transitions)} transitions; ${sum((each) => each.turnedAway)} times the loop turned away from a slow tick`,
  );
  const slowest = Math.max(...results.map((each) => each.recoverySeconds));
  console.log(`slowest recovery after a storm: ${slowest.toFixed(1)} s`);
  list("faults", merged(results.map((each) => each.faults)));
  list("transitions", merged(results.map((each) => each.codes)));
  console.log(`${results.length - failed} passed, ${failed} failed`);
}

function list(title: string, counts: ReadonlyMap<string, number>): void {
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  console.log(`${title}: ${sorted.map(([kind, count]) => `${kind} ${count}`).join(", ")}`);
}
