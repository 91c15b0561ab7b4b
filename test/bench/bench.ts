/**
 * Measures how long a cluster is without a scheduler, and what the controller itself needs. It asserts nothing.
 *
 *   npm run bench              a table, about five minutes
 *   npm run bench -- --json    the same as JSON
 *   npm run bench -- --write   writes docs/benchmark.md and its picture
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Assemblies, BEAT_SECONDS } from "../scenarios/deployments.ts";
import { Stage } from "../scenarios/stage.ts";
import { measureController } from "./controller.ts";
import { INCIDENTS, measure, type Measured, STAGED } from "./incidents.ts";
import { page } from "./page.ts";
import { plot } from "./plot.ts";
import { type Benchmark, resultOf } from "./result.ts";
import { startTime } from "./start-time.ts";

/** Apart from those of other suites. */
const PORT = 4831;
const DOCS = fileURLToPath(new URL("../../docs/", import.meta.url));

const { values } = parseArgs({
  options: { json: { type: "boolean", default: false }, write: { type: "boolean", default: false } },
});
const assemblies = new Assemblies();
let stage: Stage | undefined;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => void end().then(() => process.exit(130)));
}
try {
  const result = await run();
  if (values.write) write(result);
  console.log(values.json ? JSON.stringify(result, undefined, 2) : page(result));
} finally {
  await end();
}

async function run(): Promise<Benchmark> {
  tell("the scheduler's own start");
  const startSeconds = await startTime();
  tell("synthesizing and bundling what would be deployed");
  const assembly = (await assemblies.make(new Set(["quick"]))).get("quick") ?? "";
  stage = await Stage.open(STAGED, { port: PORT, assembly, onProgress: () => undefined });
  await stage.begun();
  const measured: Measured[] = [];
  for (const { name, happen, repair } of INCIDENTS) {
    tell(name);
    await happen(stage);
    measured.push(await measure(stage, name));
    await repair(stage);
    await stage.calm(60);
  }
  tell("the controller itself");
  const controller = await measureController(stage);
  return resultOf({ machine: machine(), beatSeconds: BEAT_SECONDS, startSeconds, measured, controller });
}

function write(result: Benchmark): void {
  mkdirSync(`${DOCS}images`, { recursive: true });
  writeFileSync(`${DOCS}benchmark.md`, page(result));
  writeFileSync(`${DOCS}images/benchmark.svg`, plot(result.incidents));
  execFileSync("oxfmt", [`${DOCS}benchmark.md`]);
  tell("docs/benchmark.md and docs/images/benchmark.svg are written");
}

function machine(): string {
  return `${cpus().length} processors, Node ${process.versions.node}`;
}

/** To standard error: standard output is the result's alone. */
function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function end(): Promise<void> {
  const open = stage;
  stage = undefined;
  await open?.close();
  assemblies.remove();
}
