/** The demo scheduler's own start: from the process to the first task that it hands out, with nothing around it. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEMO_SCHEDULER } from "../../lib/sandbox/nodes/demo-scheduler.ts";

const TRIALS = 3;
const LOOK_MILLISECONDS = 5;

/** Seconds; the median of some. */
export async function startTime(): Promise<number> {
  const times: number[] = [];
  for (let trial = 0; trial < TRIALS; trial++) times.push(await startOnce());
  return times.toSorted((left, right) => left - right)[Math.floor(TRIALS / 2)] ?? 0;
}

async function startOnce(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  const ledger = join(folder, "ledger.jsonl");
  const began = performance.now();
  const child = spawn(process.execPath, [DEMO_SCHEDULER, "run", "--ledger", ledger], {
    env: { PATH: process.env["PATH"] ?? "", SCHEDULER_FAILOVER_ROOT: folder },
    stdio: "ignore",
  });
  try {
    while (!existsSync(ledger) || statSync(ledger).size === 0) {
      await new Promise((resolve) => {
        setTimeout(resolve, LOOK_MILLISECONDS);
      });
    }
    return (performance.now() - began) / 1000;
  } finally {
    const ended = new Promise((resolve) => {
      child.once("exit", resolve);
    });
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true });
  }
}
