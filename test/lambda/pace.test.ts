import { describe, expect, it } from "vitest";
import { Pace, paced } from "../../lambda/pace.ts";
import {
  CLUSTER_SPACING_MILLISECONDS,
  functionMegabytes,
  invocationSeconds,
  POLL_SPACING_MILLISECONDS,
} from "../../lib/core/pace.ts";
import type { Clock, Ports, SentPlan } from "../../lib/core/ports.ts";
import { KeptJournal, ManualClock } from "./support/ports.ts";
import { AT, sampleRecord } from "./support/records.ts";

/** Everybody sleeps at the same time: the clock moves on when all wait. */
class SharedClock implements Clock {
  at = AT;
  readonly #sleepers: { readonly at: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.at;
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((wake) => this.#sleepers.push({ at: this.at + milliseconds, wake }));
  }

  async run(): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const [first] = this.#sleepers.sort((a, b) => a.at - b.at);
      if (first === undefined) return;
      this.#sleepers.shift();
      this.at = first.at;
      first.wake();
    }
  }
}

const nodes = { prefer: [], exclude: [] };

function ports(clock: Clock, calls: number[]): Ports {
  const never = () => {
    throw new Error("nothing of the kind");
  };
  const called = <T>(answer: T): Promise<T> => {
    calls.push(clock.now() - AT);
    return Promise.resolve(answer);
  };
  return {
    clock,
    journal: new KeptJournal(),
    directory: { discover: () => called([]), stop: never },
    nodes: { send: never, collect: () => called(new Map()) },
  } as unknown as Ports;
}

describe("the pace of one invocation", () => {
  it("lets the first through at once, and one that comes later than its turn too", async () => {
    const clock = new ManualClock();
    const pace = new Pace(clock, 40);
    await pace.turn();
    clock.at += 100;
    await pace.turn();
    expect(clock.slept).toEqual([]);
  });

  it("spreads fifty clusters that begin in one instant over two seconds", async () => {
    const clock = new SharedClock();
    const calls: number[] = [];
    const shared = paced(ports(clock, calls));
    const asked = Array.from({ length: 50 }, () => shared.directory.discover(nodes, []));
    await Promise.all([...asked, clock.run()]);
    expect(calls).toEqual(Array.from({ length: 50 }, (_, n) => n * CLUSTER_SPACING_MILLISECONDS));
  });

  it("spreads the readings of answers on their own", async () => {
    const clock = new SharedClock();
    const calls: number[] = [];
    const shared = paced(ports(clock, calls));
    const sent: SentPlan = { plan: sampleRecord().plan, cluster: "etl", commands: [], unsent: new Map() };
    const read = Array.from({ length: 3 }, () => shared.nodes.collect(sent));
    await Promise.all([...read, shared.directory.discover(nodes, []), clock.run()]);
    expect(calls).toEqual([0, 0, POLL_SPACING_MILLISECONDS, 2 * POLL_SPACING_MILLISECONDS]);
  });
});

describe("the function", () => {
  it.each([
    { clusters: 1, megabytes: 256, seconds: 2 },
    { clusters: 10, megabytes: 256, seconds: 2.36 },
    { clusters: 50, megabytes: 512, seconds: 3.96 },
  ])("of $clusters clusters has $megabytes MB and lasts $seconds s", ({ clusters, megabytes, seconds }) => {
    expect(functionMegabytes(clusters)).toBe(megabytes);
    expect(invocationSeconds(clusters)).toBeCloseTo(seconds);
  });
});
