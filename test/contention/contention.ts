/**
 * Many processes that contend for one record, killed and frozen among it, and an observer that says whether they were
 * ever at work at once.
 *
 *   npm run contention                                   short: one run, and the mutations that it must find
 *   npm run contention -- --seconds 300 --seed 7         one longer run
 *
 *   --server dynalite|ministack|moto   whose DynamoDB; default dynalite
 *   --workers N                        processes at a time, at least 8; default 10
 *   --mutation NAME                    with one rule taken out: unconditional-write, nodes-obey-all
 *
 * The seed fixes what is drawn: faults, delays, invocations. It does not fix how the machine schedules the processes, so
 * that a run is not repeated to the letter. moto is no DynamoDB to rely on: it may apply two writes on one condition, and
 * a run on it finds that, as a mutation that nobody made. Exit: 0 as expected, 1 not, 2 usage.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { SERVERS, type ServerName } from "../deploy/dynamodb/servers.ts";
import { MUTATIONS, type Mutation } from "./words.ts";
import { RULES, type Rule } from "./judge.ts";
import { contend, hasShown, isBroken, type Outcome } from "./run.ts";

const SHORT_SECONDS = 12;
/** A mutation is found within some seconds; on a machine that does other things, too, it may take longer. */
const PATIENCE_SECONDS = 45;
const LEAST_WORKERS = 8;

const { values } = parseArgs({
  options: {
    seconds: { type: "string" },
    seed: { type: "string", default: "1" },
    workers: { type: "string", default: "10" },
    server: { type: "string", default: "dynalite" },
    mutation: { type: "string", default: "none" },
  },
});
const server = oneOf<ServerName>("server", SERVERS);
const mutation = oneOf<Mutation>("mutation", MUTATIONS);
const seed = count("seed", 0);
const workers = count("workers", LEAST_WORKERS);
const folder = mkdtempSync(join(tmpdir(), "contention-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort());

const isShort = values.seconds === undefined && mutation === "none";
const seconds = count("seconds", 1, String(SHORT_SECONDS));
const patience = Math.max(seconds, PATIENCE_SECONDS);
const runs = isShort ? MUTATIONS : [mutation];
let passed = 0;
for (const one of runs) {
  const outcome = await contend({
    server,
    workers,
    seed,
    seconds,
    patience,
    mutation: one,
    interruption: interrupted.signal,
    folder: join(folder, one),
  });
  if (outcome === undefined) process.exit(0);
  if (interrupted.signal.aborted) process.exit(130);
  tell(one, outcome);
  if (isAsExpected(one, outcome)) passed += 1;
}
console.log(`${passed} passed, ${runs.length - passed} failed`);
process.exit(passed === runs.length ? 0 : 1);

function isAsExpected(name: Mutation, { verdict }: Outcome): boolean {
  return name === "none" ? hasShown(verdict) && !isBroken(verdict) : isBroken(verdict);
}

function tell(name: Mutation, { verdict, invocations, processes, wishes, failures, seconds }: Outcome): void {
  const { attempts, lost, tokens, effects, fenced, starts, faults, violations } = verdict;
  const title = name === "none" ? "as deployed" : `MUTATION ${name}`;
  console.log(`${title}: ${seconds.toFixed(0)} s on ${server}, seed ${seed}, ${workers} processes at a time`);
  console.log(`  ${invocations} invocations by ${processes} processes; ${wishes} moves asked for`);
  console.log(`  ${attempts} attempts to write the record, ${lost} of them lost; ${tokens} tokens obeyed`);
  console.log(`  ${effects} effects accepted, ${fenced} fenced off; ${starts} starts of a scheduler`);
  const told = Object.entries(faults).map(([fault, times]) => `${fault} ${times}`);
  console.log(`  faults: ${told.join(", ")}`);
  if (failures.size > 0) {
    const named = [...failures].map(([error, times]) => `${error} ${times}`);
    console.log(`  invocations that ended with an error: ${named.join(", ")}`);
  }
  for (const rule of Object.keys(RULES) as Rule[]) {
    if (violations[rule] > 0) console.log(`  ${violations[rule]} x ${RULES[rule]}`);
  }
  for (const example of verdict.examples) console.log(`    first: ${example}`);
  console.log(`  overlaps: ${Object.values(violations).reduce((sum, times) => sum + times, 0)}`);
}

function oneOf<T extends string>(name: "server" | "mutation", valid: readonly T[]): T {
  const found = valid.find((each) => each === values[name]);
  return found ?? usage(`--${name} ${values[name]}: must be one of ${valid.join(", ")}`);
}

function count(name: "seconds" | "seed" | "workers", least: number, otherwise?: string): number {
  const value = Number(values[name] ?? otherwise);
  if (Number.isSafeInteger(value) && value >= least) return value;
  return usage(`--${name} ${values[name]}: must be a whole number of at least ${least}`);
}

function usage(fault: string): never {
  console.error(fault);
  process.exit(2);
}
