/** The loop: an execution each minute, the newest wins; and the ticks that events and wishes wake beside it. */
import { tickCluster } from "../../lambda/tick.ts";
import type { TickContext } from "../../lambda/tick.ts";
import type { Instant } from "../../lib/core/model.ts";
import { LIMITS } from "../../lib/core/settings.ts";
import type { Cluster } from "./cluster.ts";
import { TickProcess, portsOf } from "./ports.ts";

export const BEAT_SECONDS = 10;
/** After a tick that failed the loop waits so long, in milliseconds. */
const RETRY = 2000;

/** Starts an execution each minute; each ticks until a newer one is there. */
export function startLoop(cluster: Cluster): void {
  let newest = 0;
  const execute = (): void => {
    if (!cluster.faults.happens("loop starts late or not", 0.05)) {
      newest += 1;
      beat(cluster, newest, cluster.now, () => newest);
    }
    cluster.world.timeline.after(60_000 + cluster.random.seconds(-5, 5), execute);
  };
  execute();
}

function beat(cluster: Cluster, own: number, startedAt: Instant, newest: () => number): void {
  const { world } = cluster;
  const over = own !== newest() || cluster.now - startedAt > LIMITS.loopSeconds * 1000;
  if (over) return;
  const again = (at: Instant) => world.timeline.at(at, () => beat(cluster, own, startedAt, newest));
  if (world.ticksAwayUntil > cluster.now) {
    again(cluster.now + 5000);
    return;
  }
  tick(cluster, startedAt, false, again);
  if (cluster.faults.happens("two ticks at once", 0.05)) tick(cluster, startedAt, false, () => undefined);
}

/** One tick; `next` is told when the loop ticks again. */
export function tick(
  cluster: Cluster,
  startedAt: Instant,
  takeOver: boolean,
  next: (at: Instant) => void,
): void {
  const { world, faults } = cluster;
  cluster.ticksBegun += 1;
  const name = `tick ${cluster.ticksBegun}`;
  const outlives = faults.happens("tick outlives its timeout", 0.01);
  let ended = false;
  const end = (at: Instant) => {
    if (ended) return;
    ended = true;
    next(Math.max(at, cluster.now));
  };
  const process = new TickProcess(cluster, name, () => end(cluster.now + RETRY));
  world.timeline.after(LIMITS.lambdaTimeoutSeconds * 1000, () => {
    // A frozen machine is not ended by its timeout, but the loop goes on without it.
    if (outlives) end(cluster.now + RETRY);
    else process.kill("at its timeout");
  });
  const context: TickContext = {
    cluster: cluster.name,
    settings: cluster.settings,
    alerts: cluster.alerts,
    dashboardUrl: "https://example.org/dashboard",
    functionName: "controller",
    region: "eu-west-1",
    owner: "arn:aws:dynamodb:eu-west-1:123456789012:table/t",
    beatSeconds: BEAT_SECONDS,
    startedAt,
    holder: name,
    takeOver,
  };
  world.timeline.answered = true;
  tickCluster(portsOf(cluster, process), context).then(
    (outcome) => {
      if (!process.alive) return;
      process.alive = false;
      if (outcome.outcome !== "acted" && takeOver)
        cluster.tell(`${name} is ${outcome.outcome}: ${outcome.sentence}`);
      end(outcome.next - process.clockAhead);
    },
    (error: unknown) => {
      if (isDefect(error))
        cluster.judge.fail(`${name} threw ${String(error instanceof Error ? error.stack : error)}`);
      process.end();
    },
  );
}

/** A tick may fail because a service does; by itself it never does. */
function isDefect(error: unknown): boolean {
  return !(error instanceof Error) || !/is down|no clear answer|Throttling|RequestLimit/.test(error.message);
}
