/**
 * The loop's ticks: of the newest execution only, all clusters in one invocation, and none that fails or is slow stops
 * another. An invocation ends with its slowest tick, but the loop waits for it to the next beat only (`patience`): then
 * it invokes anew, the others are ticked on time, and the slow cluster's lease keeps the new invocation's hands off it.
 */
import { LOG_MESSAGES } from "../lib/core/metrics.ts";
import type { Instant } from "../lib/core/model.ts";
import { formatInstant } from "../lib/core/instants.ts";
import type { Execution, Ports } from "../lib/core/ports.ts";
import { nextBeat, patienceSeconds } from "../lib/core/schedule.ts";
import { LIMITS } from "../lib/core/settings.ts";
import type { Environment } from "./environment.ts";
import { paced } from "./pace.ts";
import type { TickContext, TickOutcome } from "./tick.ts";

export type Tick = (ports: Ports, context: TickContext) => Promise<TickOutcome>;

export interface Controller {
  readonly ports: Ports;
  readonly environment: Environment;
  /** Of the package. */
  readonly version: string;
  readonly tick: Tick;
}

/** What the state machine reads. */
export interface LoopReply {
  /** This execution is over. */
  readonly done: boolean;
  /** When it ticks next, RFC 3339. */
  readonly next: string;
  /** Seconds for which it waits for that tick's answer: to the beat after it. */
  readonly patience: number;
}

/** Every cluster's tick failed: the function fails with them, so that the alarm on its errors sees it. */
export class TicksFailedError extends AggregateError {
  override readonly name = "TicksFailedError";
}

/**
 * One round of an execution. A newer execution ends this one; without one it goes on until `loopSeconds`, so that a
 * minute in which none was started leaves no gap.
 * @throws TicksFailedError; and what `claimLoop` throws, for then no record can be read either.
 */
export async function tickLoop(
  controller: Controller,
  execution: Execution,
  requestId: string,
): Promise<LoopReply> {
  const { ports, environment } = controller;
  const newest = await ports.store.claimLoop(execution);
  const begun = ports.clock.now();
  const isOver = newest.id !== execution.id || begun - execution.startedAt >= LIMITS.loopSeconds * 1_000;
  if (isOver) return { done: true, ...tickAt(begun, controller, execution) };

  const clusters = Object.keys(environment.settings.clusters);
  const origin = { startedAt: execution.startedAt, takeOver: false };
  const outcomes = await tickClusters(controller, clusters, { ...origin, holder: requestId });
  const now = ports.clock.now();
  const instants = [...outcomes.values()].map((outcome) => whenAgain(outcome, now));
  return { done: false, ...tickAt(earliest(instants, controller, execution, now), controller, execution) };
}

/**
 * Sooner than the next beat where another tick is at work: nobody waits for its answer any more, and when it is done its
 * cluster may be in the middle of a transition.
 */
function whenAgain({ outcome, next }: TickOutcome, now: Instant): Instant {
  return outcome === "standby" ? Math.min(next, now + LIMITS.transitionSeconds * 1_000) : next;
}

function tickAt(
  next: Instant,
  { environment }: Controller,
  { startedAt }: Execution,
): Pick<LoopReply, "next" | "patience"> {
  const patience = patienceSeconds(startedAt, environment.settings.beatSeconds, next);
  return { next: formatInstant(next), patience };
}

/** Never in the past, and never later than the next beat: that is when a cluster whose tick failed is tried again. */
function earliest(
  instants: readonly Instant[],
  { environment }: Controller,
  { startedAt }: Execution,
  now: Instant,
): Instant {
  const beat = nextBeat(startedAt, environment.settings.beatSeconds, now);
  return Math.max(now, Math.min(beat, ...instants));
}

/** Ticks these clusters at once. Answers the outcomes of those that did not fail. @throws TicksFailedError if all did */
export async function tickClusters(
  { ports, environment, tick }: Controller,
  clusters: readonly string[],
  origin: Pick<TickContext, "startedAt" | "takeOver" | "holder">,
): Promise<ReadonlyMap<string, TickOutcome>> {
  const shared = paced(ports);
  const results = await Promise.allSettled(
    clusters.map(async (cluster) => tick(shared, { ...contextOf(environment, cluster), ...origin })),
  );
  const outcomes = new Map<string, TickOutcome>();
  const failures: unknown[] = [];
  for (const [n, result] of results.entries()) {
    const cluster = clusters[n] ?? "";
    if (result.status === "rejected") {
      failures.push(result.reason);
      ports.journal.write("error", LOG_MESSAGES.tickFailed, {
        cluster,
        outcome: "failed",
        error: result.reason,
      });
    } else {
      outcomes.set(cluster, result.value);
      tellOutcome(ports, cluster, result.value);
    }
  }
  if (outcomes.size === 0 && failures.length > 0) {
    throw new TicksFailedError(failures, `the ticks of all clusters failed: ${clusters.join(", ")}`);
  }
  return outcomes;
}

/** A tick that acted has told its own line, with what it decided. */
function tellOutcome({ journal }: Ports, cluster: string, { outcome, code, sentence }: TickOutcome): void {
  if (outcome === "acted") return;
  journal.write(outcome === "standby" ? "info" : "debug", LOG_MESSAGES.tick, {
    cluster,
    outcome,
    code,
    sentence,
  });
}

function contextOf(environment: Environment, cluster: string) {
  const { settings, dashboardUrl, functionName, region, owner } = environment;
  const own = settings.clusters[cluster];
  if (own === undefined) throw new Error(`the settings have no cluster ${cluster}`);
  return {
    cluster,
    settings: own,
    alerts: settings.alerts,
    dashboardUrl,
    functionName,
    region,
    owner,
    beatSeconds: settings.beatSeconds,
  };
}
