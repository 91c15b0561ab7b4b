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
import { LANES, type Lane } from "./lanes.ts";
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
const lanes = LANES.map((lane) => choose(lane, values.only)).filter(({ cases }) => cases.length > 0);
const count = lanes.flatMap(({ cases }) => cases).length;

if (values.list) {
  for (const { cluster, cases } of lanes)
    for (const { sentence } of cases) console.log(`${cluster}: ${sentence}`);
} else if (count === 0) {
  console.error(`no case says "${values.only}"`);
  process.exitCode = 2;
} else {
  process.exitCode = await run();
}

async function run(): Promise<number> {
  const image = prepare();
  if (typeof image === "number") return image;
  let stage: Stage | undefined;
  const close = once(async () => stage?.close());
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => void close().finally(() => process.exit(130)));
  }
  try {
    stage = await Stage.open({
      image,
      clusters: lanes.map(({ cluster }) => cluster),
      enabled: lanes.filter(({ enabled }) => enabled).map(({ cluster }) => cluster),
    });
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

/** The lanes side by side, each in its order. */
async function playAll(stage: Stage): Promise<readonly Result[]> {
  const results = await Promise.all(
    lanes.map(async ({ cluster: name, cases }) => {
      const cluster = stage.clusters.find((each) => each.name === name);
      if (cluster === undefined) throw new Error(`there is no cluster ${name}`);
      const own: Result[] = [];
      for (const each of cases) {
        const result = await play(each, cluster);
        own.push(result);
        console.error(`${result.failure === undefined ? "ok    " : "FAILED"} ${name}: ${each.sentence}`);
        if (result.failure !== undefined) console.error(`       ${result.failure}`);
      }
      return own;
    }),
  );
  return results.flat();
}

/** The image's folder, or the exit status with which there is nothing to run. */
function prepare(): string | number {
  const script = fileURLToPath(new URL("setup.sh", import.meta.url));
  const { status, stdout } = spawnSync(script, [], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status === 0) return stdout.trim().split("\n").at(-1) ?? "";
  if (status === NOT_HERE) console.log(`0 passed, 0 failed, ${count} skipped`);
  return status === NOT_HERE ? 0 : 1;
}

function choose(lane: Lane, words: string | undefined): Lane {
  if (words === undefined) return lane;
  return { ...lane, cases: lane.cases.filter(({ sentence }) => sentence.includes(words)) };
}

function once(action: () => Promise<void>): () => Promise<void> {
  let begun: Promise<void> | undefined;
  return () => (begun ??= action());
}
