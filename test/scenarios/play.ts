/** Plays one scenario in this process: opens its stage, lets the incident happen, checks, closes, and looks for leftovers. */
import { performance } from "node:perf_hooks";
import { CLUSTER } from "./deployments.ts";
import { checkInvariants } from "./invariants.ts";
import type { Figures, Result, Scenario } from "./scenario.ts";
import { Stage, type StageOptions } from "./stage.ts";
import { processesOf } from "./watcher.ts";

/** Stage being played: ended by a signal, too. */
let playing: Stage | undefined;

export async function endPlay(): Promise<void> {
  await playing?.close();
}

export async function play(scenario: Scenario, options: StageOptions): Promise<Result> {
  const begun = performance.now();
  const failures: string[] = [];
  const attempt = async (step: () => Promise<readonly string[] | void>): Promise<void> => {
    try {
      failures.push(...((await step()) ?? []));
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  };
  let stage: Stage;
  try {
    stage = await Stage.open(scenario, options);
  } catch (error) {
    return failedToStart(scenario, error, (performance.now() - begun) / 1000);
  }
  playing = stage;
  await attempt(() => scenario.play(stage));
  await attempt(() => checkInvariants(stage, scenario));
  await attempt(() => stage.close());
  playing = undefined;
  const left = processesOf(stage.sandbox.folder.path);
  if (left.length > 0) failures.push(`processes are left: ${left.join("; ")}`);
  return {
    name: scenario.name,
    figures: figuresOf(stage),
    seconds: (performance.now() - begun) / 1000,
    failures,
    story: storyOf(stage),
    folder: stage.sandbox.folder.path,
  };
}

function failedToStart(scenario: Scenario, error: unknown, seconds: number): Result {
  const figures = { withoutScheduler: 0, withTwo: 0, longestBlink: 0 };
  const failures = [`the sandbox did not start: ${error instanceof Error ? error.message : String(error)}`];
  return { name: scenario.name, figures, seconds, failures, story: [], folder: "" };
}

function figuresOf(stage: Stage): Figures {
  const { watcher, incidentAt, detectedAt, restoredAt } = stage;
  const seconds = (from: number, to: number) => (from > 0 && to > 0 ? (to - from) / 1000 : undefined);
  return {
    detection: seconds(incidentAt, detectedAt),
    action: seconds(detectedAt, restoredAt),
    total: seconds(incidentAt, restoredAt),
    withoutScheduler: incidentAt > 0 ? watcher.between(CLUSTER, incidentAt, Infinity).none : 0,
    withTwo: watcher.between(CLUSTER, 0, Infinity).two,
    longestBlink: watcher.longestBlink / 1000,
  };
}

/** Everything but the ticks in which nothing changed, with the watcher's own sightings. */
function storyOf(stage: Stage): readonly string[] {
  const from = stage.incidentAt === 0 ? stage.begunAt : stage.incidentAt;
  let before = "";
  const told = stage.events.filter(({ kind, data }) => {
    if (kind !== "tick") return true;
    const code = `${String(data?.["cluster"])} ${String(data?.["code"])}`;
    const changed = code !== before;
    before = code;
    return changed;
  });
  return [...told.map(({ at, kind, text }) => ({ at, text: `${kind}: ${text}` })), ...stage.watcher.story()]
    .toSorted((left, right) => left.at - right.at)
    .map(({ at, text }) => `${((at - from) / 1000).toFixed(1).padStart(7)} s  ${text}`);
}
