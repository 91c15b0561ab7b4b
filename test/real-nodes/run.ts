/**
 * Real nodes: pairs of Debian machines with systemd, driven by the whole deployed system through the real document, with
 * an outside watcher that counts the seconds with two schedulers.
 *
 *   tsx test/real-nodes/run.ts                  all cases
 *   tsx test/real-nodes/run.ts --only WORDS     cases whose sentence contains these words, with what they need
 *   tsx test/real-nodes/run.ts --list | --json
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { play, type Result } from "./case.ts";
import { FINALE, LANES, type Lane } from "./lanes.ts";
import { report } from "./report.ts";
import { Stage } from "./stage.ts";

/** setup.sh's word for: not on this machine. */
const NOT_HERE = 77;

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    json: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    events: { type: "boolean", default: false },
  },
});
const finale = FINALE.map((lane) => choose(lane)).filter(({ cases }) => cases.length > 0);
const lanes = LANES.map((lane) => choose(lane)).filter(
  ({ cases, cluster }) => cases.length > 0 || finale.some((each) => each.cluster === cluster),
);
const all = [...lanes, ...finale].flatMap(({ cluster, cases }) =>
  cases.map((one) => ({ cluster: cluster.name, one })),
);

if (values.list) {
  for (const { cluster, one } of all) console.log(`${cluster}: ${one.sentence}`);
} else if (all.length === 0) {
  console.error(`no case says "${values.only}"`);
  process.exitCode = 2;
} else {
  process.exitCode = await run();
}

async function run(): Promise<number> {
  const image = prepare();
  if (typeof image === "number") return image;
  // A node that does not boot fails in a timer of the sandbox; what has been made goes with the process.
  process.once("unhandledRejection", (error) => {
    console.error(error);
    process.exit(1);
  });
  const opening = Stage.open({
    image,
    clusters: lanes.map(({ cluster }) => cluster),
  });
  const close = once(async () => (await opening).close());
  endOnSignals(close);
  const stage = await opening;
  try {
    if (values.events) stage.sandbox.events.listen(({ text }) => console.error(`        ${text}`));
    const results = await playAll(stage);
    console.log(values.json ? JSON.stringify(results, undefined, 2) : report(results));
    const failed = results.filter(({ failure }) => failure !== undefined).length;
    console.log(`${results.length - failed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  } finally {
    await close();
  }
}

/** The first signal ends in order, the second at once. */
function endOnSignals(close: () => Promise<void>): void {
  let asked = 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      asked += 1;
      if (asked > 1) process.exit(130);
      console.error(`${name}: ending the nodes`);
      void close().finally(() => process.exit(130));
    });
  }
}

/** The lanes side by side, each in its order; then those that concern all clusters. */
async function playAll(stage: Stage): Promise<readonly Result[]> {
  const results = await Promise.all(lanes.map((lane) => playLane(stage, lane)));
  return [...results, ...(await Promise.all(finale.map((lane) => playLane(stage, lane))))].flat();
}

async function playLane(stage: Stage, { cluster: { name }, cases }: Lane): Promise<readonly Result[]> {
  const cluster = stage.clusters.find((each) => each.name === name);
  const results: Result[] = [];
  if (cluster === undefined) return results;
  for (const each of cases) {
    const result = await play(each, cluster);
    results.push(result);
    console.error(`${result.failure === undefined ? "ok    " : "FAILED"} ${name}: ${each.sentence}`);
    if (result.failure !== undefined) console.error(`       ${result.failure}`);
  }
  return results;
}

/** The image's folder, or the exit status with which there is nothing to run. */
function prepare(): string | number {
  const script = fileURLToPath(new URL("setup.sh", import.meta.url));
  const { status, stdout } = spawnSync(script, [], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status === 0) return stdout.trim().split("\n").at(-1) ?? "";
  if (status === NOT_HERE) console.log(`0 passed, 0 failed, ${all.length} skipped`);
  return status === NOT_HERE ? 0 : 1;
}

function choose(lane: Lane): Lane {
  const words = values.only;
  if (words === undefined) return lane;
  return { ...lane, cases: lane.cases.filter(({ sentence }) => sentence.includes(words)) };
}

function once(action: () => Promise<void>): () => Promise<void> {
  let begun: Promise<void> | undefined;
  return () => (begun ??= action());
}
