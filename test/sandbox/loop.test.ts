/**
 * The synthesized loop in the sandbox's interpreter, over the real dispatch and table: what a slow cluster does to the
 * beat of another one. Beats of one second, so that the test sees several.
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
const BEAT = BEAT_SECONDS * 1000;

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

/** When each tick of a cluster began. A cluster at work is leased: another tick of it stands by at once. */
class Ticks {
  readonly begun = new Map<string, number[]>();
  readonly ended = new Map<string, number>();
  readonly #atWork = new Set<string>();
  readonly #lasting: Readonly<Record<string, number>>;

  constructor(lasting: Readonly<Record<string, number>>) {
    this.#lasting = lasting;
  }

  readonly tick: Tick = async (_ports, { cluster, startedAt }) => {
    const next = () => nextBeat(startedAt, BEAT_SECONDS, Date.now());
    if (this.#atWork.has(cluster))
      return { outcome: "standby", code: "STANDBY", sentence: "Another tick.", next: next() };
    this.#atWork.add(cluster);
    this.begun.set(cluster, [...(this.begun.get(cluster) ?? []), Date.now()]);
    await systemClock.sleep(this.#lasting[cluster] ?? 0);
    this.#atWork.delete(cluster);
    this.ended.set(cluster, (this.ended.get(cluster) ?? 0) + 1);
    return { outcome: "acted", code: "STEADY", sentence: "It runs.", next: next() };
  };

  /** Between two ticks that followed each other, the longest, in milliseconds. */
  longestGap(cluster: string): number {
    const begun = this.begun.get(cluster) ?? [];
    return Math.max(...begun.slice(1).map((at, n) => at - (begun[n] ?? 0)));
  }
}

type Json = Parameters<StateMachine["run"]>[0];
interface Task {
  readonly Payload: unknown;
}

/** Runs the loop until the cluster has been ticked so often, then lets a newer execution end it. */
async function run(ticks: Ticks, until: { readonly cluster: string; readonly times: number }) {
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
  while ((ticks.begun.get(until.cluster) ?? []).length < until.times) await systemClock.sleep(20);
  await controller.ports.store.claimLoop({ id: "newer", startedAt: Date.now() + 1 });
  await execution.result;
  return controller;
}

describe("the loop, where one cluster's tick takes longer than a beat,", () => {
  it("gives the other cluster each of its beats, and lets the slow tick come to its own end", async () => {
    const ticks = new Ticks({ slow: 2.6 * BEAT });
    await run(ticks, { cluster: "quick", times: 6 });
    expect(ticks.longestGap("quick")).toBeLessThan(1.5 * BEAT);
    expect(ticks.longestGap("slow")).toBeGreaterThan(2 * BEAT);
    const begun = ticks.begun.get("slow")?.length ?? 0;
    expect(begun).toBeGreaterThanOrEqual(2);
    while ((ticks.ended.get("slow") ?? 0) < begun) await systemClock.sleep(20);
  });

  it("ends when a newer execution is there, also if no answer has been waited for", async () => {
    const ticks = new Ticks({ slow: 12 * BEAT });
    const begun = Date.now();
    await run(ticks, { cluster: "quick", times: 3 });
    expect(Date.now() - begun).toBeLessThan(10 * BEAT);
    expect(ticks.begun.get("slow")).toHaveLength(1);
  });
});
