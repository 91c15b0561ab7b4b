/**
 * Runs suites one after the other, prints the seconds of each, and closes with a line that counts the tests.
 *
 *   tsx test/suites/run.ts          what needs Node and npm only
 *   tsx test/suites/run.ts --ci     what needs more of the machine, or more time
 *   tsx test/suites/run.ts NAME...  these
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SUITES } from "./suites.ts";
import type { Suite } from "./suites.ts";

interface Result {
  readonly suite: Suite;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
}

const asked = process.argv.slice(2);
const chosen = choose(asked);
const results: Result[] = [];
for (const suite of chosen) {
  console.log(`\n--- ${suite.name}: ${suite.command.join(" ")}`);
  const result = await run(suite);
  console.log(
    `--- ${suite.name}: ${result.failed === 0 ? "ok" : "FAILED"} in ${result.seconds.toFixed(1)} s`,
  );
  results.push(result);
}
close(results);

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
async function run(suite: Suite): Promise<Result> {
  const begun = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "suite-"));
  const report = join(folder, "report.json");
  const isVitest = suite.command[0] === "vitest";
  const command = isVitest
    ? [...suite.command, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`]
    : suite.command;
  const { code, output } = await execute(command);
  const seconds = (performance.now() - begun) / 1000;
  const counts = isVitest ? countVitest(report) : countLine(output);
  rmSync(folder, { recursive: true });
  const failed = code === 0 ? (counts?.failed ?? 0) : Math.max(1, counts?.failed ?? 1);
  return {
    suite,
    passed: counts?.passed ?? (code === 0 ? 1 : 0),
    failed,
    skipped: counts?.skipped ?? 0,
    seconds,
  };
}

function execute(command: readonly string[]): Promise<{ code: number; output: string }> {
  const [program = "", ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      process.stdout.write(chunk);
      output = (output + chunk.toString()).slice(-20_000);
    });
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
  for (const { suite, seconds, failed } of results) {
    console.log(`${failed === 0 ? "ok    " : "FAILED"} ${seconds.toFixed(1).padStart(7)} s  ${suite.name}`);
  }
  for (const suite of SUITES.filter((each) => !chosen.includes(each))) {
    console.log(
      `NOT RUN            ${suite.name}: ${suite.command.join(" ")}${suite.needs ? `  (needs ${suite.needs})` : ""}`,
    );
  }
  const sum = (count: (result: Result) => number) => results.reduce((total, each) => total + count(each), 0);
  const failed = sum((each) => each.failed);
  console.log(
    `\n${sum((each) => each.passed)} passed, ${failed} failed, ${sum((each) => each.skipped)} skipped`,
  );
  process.exit(failed === 0 ? 0 : 1);
}
