/**
 * The loop: what Step Functions does with the state machine of lib/constructs/loop.ts, around the shipped `tickLoop`. An
 * execution each minute, the newest wins; it waits for an invocation to the next beat only, and then turns away and
 * invokes anew, while the slow one goes on. One invocation ticks all clusters.
 */
import type { Environment } from "../../lambda/environment.ts";
import { tickLoop } from "../../lambda/loop.ts";
import type { Controller, LoopReply } from "../../lambda/loop.ts";
import { tickCluster } from "../../lambda/tick.ts";
import type { TickContext, TickOutcome } from "../../lambda/tick.ts";
import type { Execution } from "../../lib/core/ports.ts";
import { LONGEST_PATIENCE_SECONDS } from "../../lib/core/schedule.ts";
import { LIMITS } from "../../lib/core/settings.ts";
import type { Cluster } from "./cluster.ts";
import { TickProcess, portsOf } from "./ports.ts";

export const BEAT_SECONDS = 10;
/** Where no answer has said how long to wait for the next one. */
const USUAL_PATIENCE = Math.min(BEAT_SECONDS, LONGEST_PATIENCE_SECONDS);

/** Starts an execution each minute. At least one cluster; they share a world. */
export function startLoop(clusters: readonly Cluster[]): Loop {
  const loop = new Loop(clusters);
  loop.execute();
  return loop;
}

export class Loop {
  /** How often it has turned away from a slow invocation. */
  turnedAway = 0;
  private readonly clusters: readonly Cluster[];
  /** Whose dice are thrown for what concerns all of them. */
  private readonly first: Cluster;
  private newest: Execution | undefined;
  private executions = 0;
  private invocations = 0;

  constructor(clusters: readonly Cluster[]) {
    const [first] = clusters;
    if (first === undefined) throw new Error("a loop has at least one cluster");
    this.clusters = clusters;
    this.first = first;
  }

  execute(): void {
    const { faults, world, random } = this.first;
    if (!faults.happens("loop starts late or not", 0.05)) {
      this.executions += 1;
      this.invoke({ id: `execution ${this.executions}`, startedAt: world.timeline.now }, USUAL_PATIENCE);
    }
    world.timeline.after(60_000 + random.seconds(-5, 5), () => this.execute());
  }

  /** The task of the state machine; whichever comes first, the answer, an error or the end of its patience. */
  private invoke(execution: Execution, patience: number): void {
    const { world, faults } = this.first;
    const { timeline } = world;
    let isOver = false;
    const goOn = (milliseconds: number, next: number): void => {
      if (isOver) return;
      isOver = true;
      timeline.after(milliseconds, () => this.invoke(execution, next));
    };
    const failed = () => goOn(BEAT_SECONDS * 1000, USUAL_PATIENCE);
    if (world.ticksAwayUntil > timeline.now) {
      failed();
      return;
    }
    timeline.after(patience * 1000, () => {
      if (isOver) return;
      this.turnedAway += 1;
      world.tell?.("the loop turns away from a slow invocation");
      goOn(0, USUAL_PATIENCE);
    });
    this.begin(execution, failed, ({ done, next, patience: told }) => {
      if (done) isOver = true;
      else goOn(asStepFunctionsReads(next) - timeline.now, told);
    });
    if (faults.happens("two ticks at once", 0.05))
      this.begin(
        execution,
        () => undefined,
        () => undefined,
      );
  }

  /** One invocation of the function: one machine with one clock, which dies as a whole. */
  private begin(execution: Execution, failed: () => void, answered: (reply: LoopReply) => void): void {
    const { first } = this;
    this.invocations += 1;
    const processes: TickProcess[] = [];
    const die = () => {
      for (const process of processes) process.alive = false;
      failed();
    };
    const own = new TickProcess(first, `invocation ${this.invocations}`, die);
    processes.push(own);
    endAtTimeout(own);
    const ports = portsOf(first, own);
    const controller: Controller = {
      ports: {
        ...ports,
        store: {
          ...ports.store,
          claimLoop: (claim) => own.call("claiming the loop", "DynamoDB", () => this.claim(claim)),
        },
      },
      environment: environmentOf(this.clusters),
      version: "simulated",
      tick: (_, context) => {
        const cluster = this.clusters.find(({ name }) => name === context.cluster) ?? first;
        const process = newProcess(cluster, die, own.clockAhead);
        processes.push(process);
        return tickOn(cluster, process, context);
      },
    };
    first.world.timeline.answered = true;
    tickLoop(controller, execution, own.name).then(
      (reply) => {
        own.alive = false;
        answered(reply);
      },
      () => own.end(),
    );
  }

  private claim(execution: Execution): Execution {
    if (this.newest === undefined || execution.startedAt > this.newest.startedAt) this.newest = execution;
    return this.newest;
  }
}

/** Where it waits for an instant, it drops the milliseconds. */
function asStepFunctionsReads(instant: string): number {
  return Math.floor(Date.parse(instant) / 1000) * 1000;
}

/** A tick that an event or a wish has woken, beside the loop's: it takes the record over. */
export function wokenTick(cluster: Cluster): void {
  const process = newProcess(cluster, () => undefined);
  endAtTimeout(process);
  const { dashboardUrl, functionName, region, owner } = environmentOf([cluster]);
  const context: TickContext = {
    cluster: cluster.name,
    settings: cluster.settings,
    alerts: cluster.alerts,
    dashboardUrl,
    functionName,
    region,
    owner,
    beatSeconds: BEAT_SECONDS,
    startedAt: cluster.now,
    holder: process.name,
    takeOver: true,
  };
  cluster.world.timeline.answered = true;
  tickOn(cluster, process, context).then(
    ({ outcome, sentence }) => {
      if (outcome !== "acted") cluster.tell(`${process.name} is ${outcome}: ${sentence}`);
    },
    () => undefined,
  );
}

function newProcess(cluster: Cluster, onEnd: () => void, clockAhead?: number): TickProcess {
  cluster.ticksBegun += 1;
  return new TickProcess(cluster, `tick ${cluster.ticksBegun}`, onEnd, clockAhead);
}

/** A frozen machine is not ended by its timeout: it goes on later as if nothing had been. */
function endAtTimeout(process: TickProcess): void {
  const { timeline } = process.cluster.world;
  if (process.cluster.faults.happens("tick outlives its timeout", 0.01)) return;
  timeline.after(LIMITS.lambdaTimeoutSeconds * 1000, () => process.kill("at its timeout"));
}

async function tickOn(cluster: Cluster, process: TickProcess, context: TickContext): Promise<TickOutcome> {
  try {
    return await tickCluster(portsOf(cluster, process), context);
  } catch (error) {
    if (isDefect(error))
      cluster.judge.fail(`${process.name} threw ${String(error instanceof Error ? error.stack : error)}`);
    throw error;
  } finally {
    process.alive = false;
  }
}

/** A tick may fail because a service does; by itself it never does. */
function isDefect(error: unknown): boolean {
  return !(error instanceof Error) || !/is down|no clear answer|Throttling|RequestLimit/.test(error.message);
}

function environmentOf(clusters: readonly Cluster[]): Environment {
  const [first] = clusters;
  if (first === undefined) throw new Error("a function has at least one cluster");
  return {
    table: "t",
    owner: "arn:aws:dynamodb:eu-west-1:123456789012:table/t",
    documents: {},
    dashboardUrl: "https://example.org/dashboard",
    namespace: "controller",
    functionName: "controller",
    region: "eu-west-1",
    settings: {
      beatSeconds: BEAT_SECONDS,
      logLevel: "info",
      logRetentionDays: 90,
      alerts: first.alerts,
      clusters: Object.fromEntries(clusters.map(({ name, settings }) => [name, settings])),
    },
  };
}
