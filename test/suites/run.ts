/**
 * Runs suites one after the other, some beside or behind others, prints the seconds of each and how much of the machine was
 * in use meanwhile, and closes with a line that counts the tests.
 *
 *   tsx test/suites/run.ts          what needs Node and npm only
 *   tsx test/suites/run.ts --ci     what needs more of the machine, or more time
 *   tsx test/suites/run.ts NAME...  these
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { SUITES } from "./suites.ts";
import type { Suite } from "./suites.ts";

interface Result {
  readonly suite: Suite;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  /** Of the whole machine's cores, those in use on average meanwhile: near 0 it mostly waits, near all it wants more. */
  readonly cores: number;
}

const PROGRESS_MILLISECONDS = 30_000;

const asked = process.argv.slice(2);
const chosen = choose(asked);
const results: Result[] = [];
/** What suites behind the others have said, until there is a moment to show it. */
let unsaid = "";
const behind = runBehind(chosen.filter((each) => each.behind));
for (const batch of batches(chosen.filter((each) => !each.behind))) {
  results.push(...(await runBatch(batch)));
  sayUnsaid();
}
results.push(...(await behind));
sayUnsaid();
close(results);

/** Suites one by one, and those that stand together, side by side. */
function batches(suites: readonly Suite[]): readonly (readonly Suite[])[] {
  return [...Map.groupBy(suites, ({ name, together = name }) => together).values()];
}

/** The output of one that runs beside others comes when it has ended. */
async function runBatch(batch: readonly Suite[]): Promise<readonly Result[]> {
  const alone = batch.length === 1;
  const running = new Set(batch.map(({ name }) => name));
  const progress = setInterval(() => {
    if (!alone) console.log(`... still runs: ${[...running].join("; ")}`);
  }, PROGRESS_MILLISECONDS);
  const ended = await Promise.all(
    batch.map(async (suite) => {
      console.log(alone ? titleOf(suite) : `${titleOf(suite)} (side by side: what it says comes at its end)`);
      const { output, ...result } = await run(suite, alone ? "live" : "beside");
      running.delete(suite.name);
      if (!alone) process.stdout.write(`${titleOf(suite)}\n${output}`);
      console.log(endOf(result));
      return result;
    }),
  );
  clearInterval(progress);
  return ended;
}

async function runBehind(suites: readonly Suite[]): Promise<readonly Result[]> {
  const ended: Result[] = [];
  for (const suite of suites) {
    const { output, ...result } = await run(suite, "behind");
    unsaid += `${titleOf(suite)} (behind the others)\n${output}${endOf(result)}\n`;
    ended.push(result);
  }
  return ended;
}

function sayUnsaid(): void {
  process.stdout.write(unsaid);
  unsaid = "";
}

function titleOf({ name, command }: Suite): string {
  return `\n--- ${name}: ${command.join(" ")}`;
}

function endOf({ suite, failed, seconds }: Result): string {
  return `--- ${suite.name}: ${failed === 0 ? "ok" : "FAILED"} in ${seconds.toFixed(1)} s`;
}

function choose(names: readonly string[]): readonly Suite[] {
  if (names.includes("--ci")) return SUITES.filter((each) => each.group === "ci");
  if (names.length === 0) return SUITES.filter((each) => each.group === "test");
  const unknown = names.filter((name) => !SUITES.some((each) => each.name === name));
  if (unknown.length > 0) {
    console.error(
      `no such suite: ${unknown.join(", ")}; there are: ${SUITES.map((each) => each.name).join(", ")}`,
    );
    process.exit(2);
  }
  return SUITES.filter((each) => names.includes(each.name));
}

/** A vitest suite counts its tests; any other counts by its last line `N passed, N failed`, else as one test. */
async function run(suite: Suite, how: How): Promise<Result & { readonly output: string }> {
  const [begun, busy] = [performance.now(), busySeconds()];
  const folder = mkdtempSync(join(tmpdir(), "suite-"));
  const report = join(folder, "report.json");
  const isVitest = suite.command[0] === "vitest";
  const command = isVitest
    ? [...suite.command, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`]
    : suite.command;
  const { code, output } = await execute(command, how);
  const seconds = (performance.now() - begun) / 1000;
  const counts = isVitest ? countVitest(report) : countLine(output);
  rmSync(folder, { recursive: true });
  const failed = code === 0 ? (counts?.failed ?? 0) : Math.max(1, counts?.failed ?? 1);
  return {
    output,
    suite,
    passed: counts?.passed ?? (code === 0 ? 1 : 0),
    failed,
    skipped: counts?.skipped ?? 0,
    seconds,
    cores: (busySeconds() - busy) / seconds,
  };
}

/** Seconds that the machine's cores have worked since its boot. */
function busySeconds(): number {
  const MILLISECONDS = 1000;
  return (
    cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0) /
    MILLISECONDS
  );
}

/** `live`: the output is shown as it comes, and its end is kept; else all of it is kept. `behind`: at the lowest priority. */
type How = "live" | "beside" | "behind";

function execute(
  command: readonly string[],
  how: How,
): Promise<{ readonly code: number; readonly output: string }> {
  const live = how === "live";
  const [program = "", ...args] = how === "behind" ? ["nice", "-n", "19", ...command] : command;
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", live ? "inherit" : "pipe"] });
    let output = "";
    const keep = (chunk: string): void => {
      if (live) process.stdout.write(chunk);
      output = live ? (output + chunk).slice(-20_000) : output + chunk;
    };
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", keep);
    child.on("error", (error) => resolve({ code: 127, output: String(error) }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

function countVitest(report: string): { passed: number; failed: number; skipped: number } | undefined {
  try {
    const read = JSON.parse(readFileSync(report, "utf8")) as Record<string, number>;
    const skipped = (read["numPendingTests"] ?? 0) + (read["numTodoTests"] ?? 0);
    return { passed: read["numPassedTests"] ?? 0, failed: read["numFailedTests"] ?? 0, skipped };
  } catch {
    return undefined;
  }
}

function countLine(output: string): { passed: number; failed: number; skipped: number } | undefined {
  const last = [...output.matchAll(/(\d+) passed, (\d+) failed(?:, (\d+) skipped)?/g)].at(-1);
  return last && { passed: Number(last[1]), failed: Number(last[2]), skipped: Number(last[3] ?? 0) };
}

function close(results: readonly Result[]): void {
  console.log("");
  for (const { suite, seconds, cores, failed } of results) {
    const used = `${cores.toFixed(1)} of ${cpus().length} cores`;
    console.log(
      `${failed === 0 ? "ok    " : "FAILED"} ${seconds.toFixed(1).padStart(7)} s  ${used}  ${suite.name}`,
    );
  }
  for (const suite of SUITES.filter((each) => !chosen.includes(each))) {
    console.log(
      `NOT RUN                           ${suite.name}: ${suite.command.join(" ")}${suite.needs ? `  (needs ${suite.needs})` : ""}`,
    );
  }
  const sum = (count: (result: Result) => number) => results.reduce((total, each) => total + count(each), 0);
  const failed = sum((each) => each.failed);
  console.log(
    `\n${sum((each) => each.passed)} passed, ${failed} failed, ${sum((each) => each.skipped)} skipped`,
  );
  process.exit(failed === 0 ? 0 : 1);
}
