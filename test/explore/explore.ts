/**
 * Exhaustive search of a small world over the shipped tick: 2 nodes, 2 ticks in flight, bounded faults.
 *
 *   npm run explore                                      the short form
 *   npm run explore -- --ticks 4 --faults 2 --seconds 3600
 */
import { parseArgs } from "node:util";
import type { Kind } from "../simulation/node.ts";
import { search } from "./search.ts";
import type { SearchResult } from "./search.ts";
import { initial, settled } from "./start.ts";
import type { Budget, Clocks, State } from "./state.ts";
import { Explorer } from "./world.ts";

const { values } = parseArgs({
  options: {
    ticks: { type: "string", default: "2" },
    faults: { type: "string", default: "1" },
    passes: { type: "string", default: "2" },
    wishes: { type: "string", default: "1" },
    seconds: { type: "string", default: "600" },
    states: { type: "string", default: "5000000" },
    liveness: { type: "string", default: "7" },
    kind: { type: "string" },
    start: { type: "string" },
    clocks: { type: "string" },
  },
});

const AT_THE_BOUND = 2500;
const CLOCKS: Readonly<Record<string, Clocks>> = {
  level: { nodes: [0, 0], ticks: [0, 0] },
  "nodes late": { nodes: [-AT_THE_BOUND, -AT_THE_BOUND], ticks: [AT_THE_BOUND, AT_THE_BOUND] },
  "ticks apart": { nodes: [-AT_THE_BOUND, AT_THE_BOUND], ticks: [AT_THE_BOUND, -AT_THE_BOUND] },
};
const STARTS = ["steady", "fresh", "fresh with one"] as const;
const KINDS: readonly Kind[] = ["bare", "guarded"];

const left: Budget = {
  ticks: Number(values.ticks),
  faults: Number(values.faults),
  passes: Number(values.passes),
  wishes: Number(values.wishes),
  kinds: { kill: 1, write: 1, EC2: 1, twice: 1, die: 1, crash: 1, stop: 1, run: 1 },
};

const begun = performance.now();
let failed = 0;
let worlds = 0;
const deadline = begun + Number(values.seconds) * 1000;
const chosen = KINDS.flatMap((kind) =>
  STARTS.flatMap((start) => Object.keys(CLOCKS).map((clocks) => ({ kind, start, clocks }))),
)
  .filter(({ kind }) => values.kind === undefined || kind === values.kind)
  .filter(({ start }) => values.start === undefined || start === values.start)
  .filter(({ kind, clocks }) =>
    values.clocks === undefined ? kind === "guarded" || clocks === "level" : clocks === values.clocks,
  );
for (const [n, world] of chosen.entries()) {
  worlds += 1;
  const clocks = CLOCKS[world.clocks] as Clocks;
  const explorer = new Explorer(clocks);
  const state = await startOf(explorer, world.kind, world.start, clocks);
  const seconds = (deadline - performance.now()) / 1000 / (chosen.length - n);
  const result = await search(
    explorer,
    [{ label: `${world.kind}, ${world.start}, clocks ${world.clocks}`, state }],
    {
      seconds,
      states: Number(values.states),
      liveness: Number(values.liveness),
    },
  );
  tell(world, result);
  if (result.violation !== undefined) failed += 1;
}
console.log(`${worlds - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function startOf(explorer: Explorer, kind: Kind, start: string, clocks: Clocks): Promise<State> {
  if (start === "steady") return settled(explorer, initial(kind, 0, clocks, left));
  return initial(kind, start === "fresh" ? 0 : 1, clocks, left);
}

function tell(world: { kind: Kind; start: string; clocks: string }, result: SearchResult): void {
  const { states, steps, depth, complete, livenessChecked, slowestSeconds, violation } = result;
  const end =
    violation === undefined
      ? complete
        ? "complete within its bounds"
        : "NOT complete: out of time or states"
      : violation;
  console.log(
    `${world.kind}, ${world.start}, clocks ${world.clocks}: ${states} states, ${steps} steps, depth ${depth}, ${result.seconds.toFixed(1)} s, ${livenessChecked} looked at for liveness (slowest ${slowestSeconds.toFixed(0)} s): ${end}`,
  );
  if (violation === undefined) return;
  console.log(`\n${result.story.join("\n")}\n          VIOLATION: ${violation}`);
  const { ticks, faults, passes, wishes } = values;
  console.log(
    `\nreplay: npm run explore -- --kind ${world.kind} --start "${world.start}" --clocks "${world.clocks}" --ticks ${ticks} --faults ${faults} --passes ${passes} --wishes ${wishes}\n`,
  );
}
