/**
 * The synthesized loop in the sandbox's interpreter, over the real dispatch and table: what a slow cluster does to the
 * beat of another one. Beats of one second, so that the test sees several; what is asserted is counted, not timed.
 */
import { StateMachine, type StateMachineDefinition } from "aws-local-stepfunctions";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../lambda/adapters/system.ts";
import { dispatch } from "../../lambda/dispatch.ts";
import type { Controller, Tick } from "../../lambda/loop.ts";
import { nextBeat } from "../../lib/core/schedule.ts";
import { deploy } from "../constructs/deployed.ts";
import { makeController, sampleCluster, through } from "../lambda/support/controller.ts";
import { useDynamo } from "../lambda/support/dynamo.ts";
import { sound } from "../settings/written.ts";

const BEAT_SECONDS = 1;

const dynamo = useDynamo();

/** The deployed definition; only the beat, which settings bound below, is a shorter one. */
async function definition(): Promise<StateMachineDefinition> {
  const { only } = await deploy(sound());
  const text = String(only("AWS::StepFunctions::StateMachine").properties["DefinitionString"])
    .replaceAll("<AWS::Partition>", "aws")
    .replaceAll('"patience":10', `"patience":${BEAT_SECONDS}`)
    .replaceAll('"Seconds":10', `"Seconds":${BEAT_SECONDS}`);
  return JSON.parse(text) as StateMachineDefinition;
}

/**
 * Ticks that are over at once, but for those of the cluster `slow`: they last until they are released. A cluster at work
 * is leased: another tick of it stands by at once.
 */
class Ticks {
  /** Clusters, in the order in which their ticks began. */
  readonly begun: string[] = [];
  ended = 0;
  #release: (() => void) | undefined;

  readonly tick: Tick = async (_ports, { cluster, startedAt }) => {
    const next = () => nextBeat(startedAt, BEAT_SECONDS, Date.now());
    const isAtWork = cluster === "slow" && this.#release !== undefined;
    if (isAtWork) return { outcome: "standby", code: "STANDBY", sentence: "Another tick.", next: next() };
    this.begun.push(cluster);
    if (cluster === "slow") {
      await new Promise<void>((resolve) => {
        this.#release = resolve;
      });
      this.ended += 1;
    }
    return { outcome: "acted", code: "STEADY", sentence: "It runs.", next: next() };
  };

  count(cluster: string): number {
    return this.begun.filter((one) => one === cluster).length;
  }

  release(): void {
    this.#release?.();
    this.#release = undefined;
  }

  /** Until so many ticks of the cluster have begun. */
  async reach(cluster: string, times: number): Promise<void> {
    while (this.count(cluster) < times) await systemClock.sleep(20);
  }
}

type Json = Parameters<StateMachine["run"]>[0];
interface Task {
  readonly Payload: unknown;
}

/** Starts the loop. Answers what lets a newer execution take over, and waits for the end of this one. */
async function start(ticks: Ticks): Promise<{ supersede(): Promise<void> }> {
  const made = await makeController(
    dynamo.client,
    { quick: sampleCluster(), slow: sampleCluster() },
    ticks.tick,
  );
  const environment = { ...made.environment, settings: { ...made.environment.settings, beatSeconds: 1 } };
  const controller: Controller = { ...made, environment, ports: { ...made.ports, clock: systemClock } };
  const machine = new StateMachine(await definition());
  const startedAt = new Date().toISOString();
  const execution = machine.run(
    {},
    {
      context: { Execution: { Id: "older", StartTime: startedAt } },
      overrides: {
        taskResourceLocalHandlers: {
          Tick: async (task) => {
            const answer = await dispatch(controller, (task as unknown as Task).Payload, through("tick"));
            return { Payload: answer as unknown as Json };
          },
        },
      },
    },
  );
  return {
    supersede: async () => {
      await controller.ports.store.claimLoop({ id: "newer", startedAt: Date.now() + 1 });
      await execution.result;
    },
  };
}

describe("the loop, where one cluster's tick takes longer than a beat,", () => {
  it("gives the other cluster its beats meanwhile, and the slow one the next tick when that one is over", async () => {
    const ticks = new Ticks();
    const loop = await start(ticks);
    await ticks.reach("quick", 4);
    expect(ticks.count("slow")).toBe(1);
    expect(ticks.ended).toBe(0);
    ticks.release();
    await ticks.reach("slow", 2);
    expect(ticks.ended).toBe(1);
    await loop.supersede();
    ticks.release();
  });

  it("ends when a newer execution is there, also while a slow tick is under way", async () => {
    const ticks = new Ticks();
    const loop = await start(ticks);
    await ticks.reach("quick", 2);
    await loop.supersede();
    expect(ticks.ended).toBe(0);
    expect(ticks.count("slow")).toBe(1);
    ticks.release();
  });
});
