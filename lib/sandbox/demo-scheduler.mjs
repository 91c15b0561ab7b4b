// The scheduler of the sandbox: hands out numbered tasks and writes each into a ledger that all nodes share. Like the
// real ones it must exist only once: it reads the last number when it starts and counts on by itself, so that a second
// one hands the same numbers out again.
//
//   node demo-scheduler.mjs run --ledger FILE      runs until TERM
//   node demo-scheduler.mjs health                 exit 0 if the heartbeat is fresh
import { spawn } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const ROOT = process.env.SCHEDULER_FAILOVER_ROOT ?? "";
const HEARTBEAT = join(ROOT, "/run/demo-scheduler/heartbeat");
/** Made by the fault start-fails. */
const BROKEN = join(ROOT, "/etc/demo-scheduler/broken");
const START_MILLISECONDS = 1_500;
const TASK_MILLISECONDS = 250;
/** A heartbeat that is older than this is a scheduler that hangs. */
const FRESH_MILLISECONDS = 4_000;

function nodeName() {
  return ROOT.split("/").at(-1) ?? "";
}

/** The highest number in the ledger, as a scheduler would read it from its database. */
function lastTask(ledger) {
  if (!existsSync(ledger)) return 0;
  return readFileSync(ledger, "utf8")
    .split("\n")
    .reduce((highest, line) => Math.max(highest, line === "" ? 0 : JSON.parse(line).task), 0);
}

/** What counts is when the file was last written: its text may be read while it is being written. */
function beat() {
  mkdirSync(join(HEARTBEAT, ".."), { recursive: true });
  writeFileSync(HEARTBEAT, `${process.pid}\n`);
}

async function run(ledger) {
  if (existsSync(BROKEN)) {
    console.error("demo-scheduler: cannot start: its database schema is out of date");
    process.exit(1);
  }
  console.log("demo-scheduler: starting");
  rmSync(HEARTBEAT, { force: true });
  // A helper in a session of its own, as schedulers have them: a stop that only looks at the main process leaves it.
  const helper = spawn("sleep", ["2000000"], { detached: true, stdio: "ignore" });
  const ending = new AbortController();
  process.on("SIGTERM", () => ending.abort());
  await sleep(START_MILLISECONDS);
  let task = lastTask(ledger);
  const started = Date.now();
  console.log(`demo-scheduler: running, the next task is ${task + 1}`);
  while (!ending.signal.aborted) {
    task += 1;
    const line = { task, node: nodeName(), pid: process.pid, started, at: Date.now() };
    appendFileSync(ledger, `${JSON.stringify(line)}\n`);
    beat();
    await sleep(TASK_MILLISECONDS);
  }
  helper.kill("SIGTERM");
  rmSync(HEARTBEAT, { force: true });
  console.log("demo-scheduler: ended");
  process.exit(0);
}

function health() {
  if (!existsSync(HEARTBEAT)) {
    console.log("no heartbeat");
    process.exit(1);
  }
  const age = Math.round(Date.now() - statSync(HEARTBEAT).mtimeMs);
  console.log(`heartbeat ${age} ms old`);
  process.exit(age <= FRESH_MILLISECONDS ? 0 : 1);
}

const [verb, , ledger] = process.argv.slice(2);
if (verb === "run" && ledger !== undefined) await run(ledger);
else if (verb === "health") health();
else {
  console.error("usage: demo-scheduler.mjs run --ledger FILE | health");
  process.exit(2);
}
