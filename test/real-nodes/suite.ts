/** Plays lanes of cases on a stage, for the programs that have lanes: chooses, plays, reports, and ends in order. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { play, type Result } from "./case.ts";
import type { Lane } from "./lanes.ts";
import { report } from "./report.ts";
import type { ClusterOptions, Stage } from "./stage.ts";

/** What a script that prepares the machine exits with where this machine cannot do it. */
const NOT_HERE = 77;

export interface Suite {
  /** They go side by side, the cases of one follow each other. */
  readonly lanes: readonly Lane[];
  /** Played side by side when the lanes are done. @default none */
  readonly finale?: readonly Lane[];
  readonly json: boolean;
  /** Whether the sandbox's events are printed, too. */
  readonly events: boolean;
  readonly open: () => Promise<Stage>;
}

/** Answers the exit status. */
export async function runSuite(suite: Suite): Promise<number> {
  // A node that does not boot fails in a timer of the sandbox; what has been made goes with the process.
  process.once("unhandledRejection", (error) => {
    console.error(error);
    process.exit(1);
  });
  const opening = suite.open();
  const close = once(async () => (await opening).close());
  endOnSignals(close);
  const stage = await opening;
  try {
    if (suite.events) stage.sandbox.events.listen(({ text }) => console.error(`        ${text}`));
    const results = await playAll(stage, suite);
    console.log(suite.json ? JSON.stringify(results, undefined, 2) : report(results));
    const failed = results.filter(({ failure }) => failure !== undefined).length;
    console.log(`${results.length - failed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  } finally {
    await close();
  }
}

/** The lines that the script printed, or the exit status with which there is nothing to run. */
export function prepare(
  script: URL,
  args: readonly string[],
  { cases }: { readonly cases: number },
): readonly string[] | number {
  const { status, stdout } = spawnSync(fileURLToPath(script), args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status === 0) return stdout.trim().split("\n");
  if (status === NOT_HERE) console.log(`0 passed, 0 failed, ${cases} skipped`);
  return status === NOT_HERE ? 0 : 1;
}

/** Long: with times as users can deploy them. */
export function inForm({ shortened, ...cluster }: ClusterOptions, long: boolean): ClusterOptions {
  return long || shortened === undefined ? cluster : { ...cluster, shortened };
}

/** The lane with the cases whose sentence contains these words; without words, all. */
export function choose<Chosen extends Pick<Lane, "cases">>(lane: Chosen, words: string | undefined): Chosen {
  if (words === undefined) return lane;
  return { ...lane, cases: lane.cases.filter(({ sentence }) => sentence.includes(words)) };
}

async function playAll(stage: Stage, { lanes, finale = [] }: Suite): Promise<readonly Result[]> {
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

function once(action: () => Promise<void>): () => Promise<void> {
  let begun: Promise<void> | undefined;
  return () => (begun ??= action());
}
