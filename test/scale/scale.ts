/**
 * Many clusters in one deployment, one of them slow: what is deployed, ticked by its own loop. Measures the beat of the
 * others and the calls a second.
 *
 *   npm run scale -- [--clusters 10] [--beat 5] [--seconds 25] [--late 8] [--patient]
 *
 * `--seconds`: how long it measures, once every cluster has its scheduler; `--late`: by how much the slow cluster's node
 * answers late, in seconds. `--patient`: the loop waits for each tick's end, and the others' beat is seen to suffer. Exit status 0:
 * nothing failed.
 */
import { parseArgs } from "node:util";
import { CLUSTER_SPACING_MILLISECONDS } from "../../lib/core/pace.ts";
import { startRun, type Run } from "./cloud.ts";
import { gapsOf, ratesOf } from "./figures.ts";

const { values } = parseArgs({
  options: {
    clusters: { type: "string", default: "10" },
    beat: { type: "string", default: "5" },
    seconds: { type: "string", default: "25" },
    late: { type: "string", default: "8" },
    patient: { type: "boolean", default: false },
  },
});
const count = numberOf("clusters", 2);
const beat = numberOf("beat", 5);
const seconds = numberOf("seconds", 2 * beat);
const late = numberOf("late", beat);

/** First sight, the start, and the time that a scheduler takes to settle, at the longest. */
const SETTLED_SECONDS = 150;
/** Calls of one kind by one invocation in a second. Two are at work at once where the slow one's goes on, or a minute begins. */
const A_SECOND = 1000 / CLUSTER_SPACING_MILLISECONDS;
/** A tick does not wait longer for its node's answer: lambda/collect.ts. */
const ROUND_SECONDS = 8;
/** One turn more or less in the row of the clusters, and what a busy machine needs. */
const SLACK_SECONDS = (count * CLUSTER_SPACING_MILLISECONDS) / 1000 + 1.5;

const names = Array.from({ length: count }, (_, n) => `team-${String(n).padStart(2, "0")}`);
const [slow = "", ...others] = names;
let failed = 0;
let passed = 0;

const run = await startRun(names, beat, values.patient);
try {
  await settled(run);
  run.nodes.late.set(slow, late * 1000);
  const from = Date.now();
  await pause(seconds);
  judge(run, from);
} finally {
  await run.stop();
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Until all have their scheduler, and a beat in which nothing is under way any more. */
async function settled({ nodes, calls }: Run): Promise<void> {
  const end = Date.now() + SETTLED_SECONDS * 1000;
  while (nodes.running < count || soonOf(calls) > 0) {
    if (Date.now() > end)
      throw new Error(`${nodes.running} of ${count} clusters have a scheduler after ${SETTLED_SECONDS} s`);
    await pause(1);
  }
}

/** Clusters whose last two questions came sooner than a beat: something is under way there. */
function soonOf(calls: Run["calls"]): number {
  return names.filter((name) => (gapsOf(calls, name, 0).at(-1) ?? 0) < beat - SLACK_SECONDS).length;
}

function judge({ calls, nodes, errors, memoryMegabytes }: Run, from: number): void {
  const gaps = others.map((name) => gapsOf(calls, name, from)).flat();
  const own = gapsOf(calls, slow, from);
  const longest = Math.max(...gaps);
  const waitFor = (name: string): number => nodes.waited.get(name) ?? 0;
  const longestOther = Math.max(...others.map(waitFor));
  const beats = Math.floor(seconds / beat) - 1;
  console.log(
    `${count} clusters, a beat of ${beat} s, the node of one of them ${late} s late; ${memoryMegabytes} MB`,
  );
  console.log(`between two questions to a node, in seconds: ${spread(gaps)}; the slow one: ${spread(own)}`);
  for (const { operation, average, busiest } of ratesOf(calls, from, seconds))
    console.log(`  ${operation}: ${average.toFixed(1)} a second, ${busiest} in the busiest`);
  check(
    `every other cluster is asked at each beat: ${gaps.length} times of ${beats * others.length} at least`,
    gaps.length >= beats * others.length,
  );
  check(
    `none waits for the slow one: ${longest.toFixed(1)} s at the longest`,
    longest <= beat + SLACK_SECONDS,
  );
  check(
    `the slow one's node is waited for: ${(waitFor(slow) / 1000).toFixed(1)} s, the others' ${(longestOther / 1000).toFixed(1)} s`,
    waitFor(slow) > 1000 * Math.min(late, ROUND_SECONDS - 1) && longestOther < 1000 * (beat - 1),
  );
  for (const operation of ["ec2:DescribeInstances", "ssm:SendCommand"]) {
    const busiest = ratesOf(calls, from, seconds).find((one) => one.operation === operation)?.busiest ?? 0;
    check(
      `${operation}: no second with more than two invocations of ${A_SECOND}`,
      busiest > 0 && busiest <= 2 * (A_SECOND + 1),
    );
  }
  check(`EC2 throttled none of the calls, from the first tick on`, nodes.throttled === 0);
  check(`all ${count} have their scheduler still`, nodes.running === count);
  check(`nothing failed: ${errors.length} errors in the log`, errors.length === 0);
  if (errors[0] !== undefined) console.log(errors[0]);
}

function check(sentence: string, holds: boolean): void {
  if (holds) passed += 1;
  else failed += 1;
  console.log(`${holds ? "ok    " : "FAILED"} ${sentence}`);
}

function spread(gaps: readonly number[]): string {
  const sorted = gaps.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? NaN).toFixed(1);
  return `${at(0)} to ${at(1)}, ${at(0.5)} in the middle of ${gaps.length}`;
}

function numberOf(name: "clusters" | "beat" | "seconds" | "late", least: number): number {
  const number = Number(values[name]);
  if (number >= least) return number;
  throw new Error(`--${name} must be a number of ${least} at the least, got ${values[name]}`);
}

function pause(length: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, length * 1000);
  });
}
