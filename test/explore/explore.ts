/**
 * Exhaustive search of a small world over the shipped tick: 2 nodes, 2 ticks in flight, bounded faults.
 *
 *   npm run explore                                      the short form
 *   npm run explore -- --long --seconds 3600             larger worlds: 25 minutes, each complete
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
    long: { type: "boolean", default: false },
    ticks: { type: "string" },
    faults: { type: "string", default: "1" },
    passes: { type: "string", default: "2" },
    wishes: { type: "string", default: "1" },
    seconds: { type: "string", default: "600" },
    states: { type: "string", default: "5000000" },
    liveness: { type: "string", default: "1" },
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

interface World {
  readonly kind: Kind;
  readonly start: (typeof STARTS)[number];
  readonly clocks: string;
  readonly bounds: Bounds;
}
type Bounds = Pick<Budget, "ticks" | "faults" | "passes" | "wishes">;

/** What is searched where nothing else is asked for: each complete within seconds. */
const SHORT: readonly World[] = [
  { kind: "bare", start: "steady", clocks: "level", bounds: { ticks: 2, faults: 1, passes: 0, wishes: 0 } },
  { kind: "bare", start: "steady", clocks: "level", bounds: { ticks: 2, faults: 0, passes: 0, wishes: 1 } },
  { kind: "bare", start: "fresh", clocks: "level", bounds: { ticks: 2, faults: 0, passes: 0, wishes: 0 } },
  { kind: "bare", start: "fresh", clocks: "level", bounds: { ticks: 1, faults: 1, passes: 1, wishes: 0 } },
  {
    kind: "bare",
    start: "fresh with one",
    clocks: "level",
    bounds: { ticks: 2, faults: 0, passes: 0, wishes: 0 },
  },
  {
    kind: "guarded",
    start: "steady",
    clocks: "ticks apart",
    bounds: { ticks: 2, faults: 0, passes: 1, wishes: 0 },
  },
  {
    kind: "guarded",
    start: "steady",
    clocks: "nodes late",
    bounds: { ticks: 2, faults: 0, passes: 2, wishes: 0 },
  },
  {
    kind: "guarded",
    start: "steady",
    clocks: "level",
    bounds: { ticks: 1, faults: 1, passes: 2, wishes: 0 },
  },
];

/** Each complete, too, within minutes: what one more fault, wish or passing of time adds to the short form. */
const LONG: readonly World[] = [
  {
    kind: "guarded",
    start: "steady",
    clocks: "level",
    bounds: { ticks: 2, faults: 1, passes: 0, wishes: 0 },
  },
  { kind: "bare", start: "steady", clocks: "level", bounds: { ticks: 2, faults: 0, passes: 1, wishes: 1 } },
  { kind: "bare", start: "fresh", clocks: "level", bounds: { ticks: 2, faults: 1, passes: 0, wishes: 0 } },
  { kind: "bare", start: "steady", clocks: "level", bounds: { ticks: 2, faults: 1, passes: 1, wishes: 0 } },
  ...["level", "ticks apart", "nodes late"].map((clocks): World => ({
    kind: "guarded",
    start: "steady",
    clocks,
    bounds: { ticks: 2, faults: 1, passes: 1, wishes: 0 },
  })),
];

/** Of each kind. */
const KINDS_OF_FAULTS = { kill: 1, write: 1, EC2: 1, twice: 1, die: 1, crash: 1, stop: 1, run: 1 };

const begun = performance.now();
let failed = 0;
let worlds = 0;
const deadline = begun + Number(values.seconds) * 1000;
const chosen = worldsAsked();
for (const [n, world] of chosen.entries()) {
  worlds += 1;
  const clocks = CLOCKS[world.clocks] as Clocks;
  const explorer = new Explorer(clocks);
  const state = await startOf(explorer, world, clocks);
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

function worldsAsked(): readonly World[] {
  const { ticks, faults, passes, wishes } = values;
  if (ticks === undefined) return values.long ? LONG : SHORT;
  const bounds = {
    ticks: Number(ticks),
    faults: Number(faults),
    passes: Number(passes),
    wishes: Number(wishes),
  };
  return (
    KINDS.flatMap((kind) =>
      STARTS.flatMap((start) => Object.keys(CLOCKS).map((clocks) => ({ kind, start, clocks, bounds }))),
    )
      .filter(({ kind }) => values.kind === undefined || kind === values.kind)
      .filter(({ start }) => values.start === undefined || start === values.start)
      .filter(({ clocks }) => values.clocks === undefined || clocks === values.clocks)
      // Clocks matter only where time proves something.
      .filter(({ kind, clocks }) => values.clocks !== undefined || kind === "guarded" || clocks === "level")
  );
}

async function startOf(explorer: Explorer, { kind, start, bounds }: World, clocks: Clocks): Promise<State> {
  const left: Budget = { ...bounds, kinds: KINDS_OF_FAULTS };
  if (start === "steady") return settled(explorer, initial(kind, 0, clocks, left));
  return initial(kind, start === "fresh" ? 0 : 1, clocks, left);
}

function tell(world: World, result: SearchResult): void {
  const { states, steps, depth, complete, livenessChecked, slowestSeconds, violation } = result;
  const end =
    violation === undefined
      ? complete
        ? "complete within its bounds"
        : "NOT complete: out of time or states"
      : violation;
  console.log(
    `${world.kind}, ${world.start}, clocks ${world.clocks}, ${JSON.stringify(world.bounds).replaceAll(/["{}]/g, "")}: ${states} states, ${steps} steps, depth ${depth}, ${result.seconds.toFixed(1)} s, ${livenessChecked} looked at for liveness (slowest ${slowestSeconds.toFixed(0)} s): ${end}`,
  );
  if (violation === undefined) return;
  console.log(`\n${result.story.join("\n")}\n          VIOLATION: ${violation}`);
  const { ticks, faults, passes, wishes } = world.bounds;
  console.log(
    `\nreplay: npm run explore -- --kind ${world.kind} --start "${world.start}" --clocks "${world.clocks}" --ticks ${ticks} --faults ${faults} --passes ${passes} --wishes ${wishes}\n`,
  );
}
