import { describe, expect, it } from "vitest";
import { aliasOf, dispatch } from "../../lambda/dispatch.ts";
import { TicksFailedError, type Tick } from "../../lambda/loop.ts";
import type { TickContext, TickOutcome } from "../../lambda/tick.ts";
import { formatInstant } from "../../lib/core/instants.ts";
import { LIMITS } from "../../lib/core/settings.ts";
import {
  makeController,
  REQUEST,
  sampleCluster,
  through,
  type TestController,
} from "./support/controller.ts";
import { AT, NODE_A, sampleRecord } from "./support/records.ts";
import { useDynamo } from "./support/dynamo.ts";

const dynamo = useDynamo();

const TWO = { etl: sampleCluster(), ml: sampleCluster() };
const acted = (next: number): TickOutcome => ({ outcome: "acted", code: "STEADY", sentence: "s", next });

/** A tick that does by cluster what the test says, and keeps what it was given. */
function scripted(byCluster: Readonly<Record<string, number | Error>>): {
  tick: Tick;
  contexts: TickContext[];
} {
  const contexts: TickContext[] = [];
  const tick: Tick = (_ports, context) => {
    contexts.push(context);
    const result = byCluster[context.cluster];
    return result instanceof Error ? Promise.reject(result) : Promise.resolve(acted(result ?? AT));
  };
  return { tick, contexts };
}

const tickEvent = (startedAt: number, id = "execution-1") => ({
  action: "tick",
  execution: { id, startedAt: formatInstant(startedAt) },
});

const send = (controller: TestController, event: unknown, alias?: string) =>
  dispatch(controller, event, through(alias));

describe("a tick of the loop", () => {
  it("ticks every cluster on the execution's grid and answers the earliest next instant", async () => {
    const { tick, contexts } = scripted({ etl: AT + 10_000, ml: AT + 2_000 });
    const controller = await makeController(dynamo.client, TWO, tick);
    expect(await send(controller, tickEvent(AT), "tick")).toEqual({
      done: false,
      next: "2026-11-24T18:38:05.042Z",
      patience: 7,
    });
    expect(contexts.map(({ cluster }) => cluster)).toEqual(["etl", "ml"]);
    expect(contexts[0]).toMatchObject({ startedAt: AT, holder: REQUEST, takeOver: false, beatSeconds: 10 });
    expect(contexts[0]).toMatchObject({ functionName: "controller", region: "eu-west-1" });
  });

  it("goes on for the others where one cluster's tick fails, and tries that one again at the next beat", async () => {
    const { tick } = scripted({ etl: new Error("no table"), ml: AT + 60_000 });
    const controller = await makeController(dynamo.client, TWO, tick);
    expect(await send(controller, tickEvent(AT), "tick")).toEqual({
      done: false,
      next: "2026-11-24T18:38:13.000Z",
      patience: 10,
    });
    expect(controller.journal.lines).toMatchObject([
      { level: "error", message: "tick failed", fields: { cluster: "etl", outcome: "failed" } },
    ]);
  });

  it("goes on for the others where a tick throws at once", async () => {
    const tick: Tick = (_ports, { cluster }) => {
      if (cluster === "etl") throw new Error("at once");
      return Promise.resolve(acted(AT + 10_000));
    };
    const controller = await makeController(dynamo.client, TWO, tick);
    expect(await send(controller, tickEvent(AT), "tick")).toMatchObject({ done: false });
  });

  it("fails where all clusters' ticks fail, so that the function's errors show it", async () => {
    const { tick } = scripted({ etl: new Error("a"), ml: new Error("b") });
    const controller = await makeController(dynamo.client, TWO, tick);
    const ticking = send(controller, tickEvent(AT), "tick");
    await expect(ticking).rejects.toThrow(TicksFailedError);
    await expect(ticking).rejects.toThrow("etl, ml");
  });

  it.each([
    ["how long it is waited for", { patience: 10 }],
    ["what only a newer release understands", { patience: "PT10S", since: 3 }],
  ])("does not mind being told by the loop %s", async (_, more) => {
    const { tick } = scripted({ etl: AT });
    const controller = await makeController(dynamo.client, { etl: sampleCluster() }, tick);
    const { execution, ...event } = tickEvent(AT);
    const told = { ...event, execution: { ...execution, ...more }, ...more };
    expect(await send(controller, told, "tick")).toMatchObject({ done: false });
  });

  it("never names an instant in the past", async () => {
    const { tick } = scripted({ etl: AT - 5_000 });
    const controller = await makeController(dynamo.client, { etl: sampleCluster() }, tick);
    expect(await send(controller, tickEvent(AT), "tick")).toMatchObject({
      done: false,
      next: formatInstant(AT),
    });
  });

  it("comes again soon where another tick is at work, and not sooner than that one asks", async () => {
    const answering =
      (next: number): Tick =>
      () =>
        Promise.resolve({ outcome: "standby", code: "STANDBY", sentence: "Another tick.", next });
    for (const [next, again] of [
      [AT + 10_000, AT + LIMITS.transitionSeconds * 1_000],
      [AT + 500, AT + 500],
    ] as const) {
      const controller = await makeController(dynamo.client, { etl: sampleCluster() }, answering(next));
      expect(await send(controller, tickEvent(AT), "tick")).toMatchObject({ next: formatInstant(again) });
    }
  });

  it("tells why a tick did not act", async () => {
    const tick: Tick = () =>
      Promise.resolve({ outcome: "standby", code: "STANDBY", sentence: "Another tick.", next: AT + 1 });
    const controller = await makeController(dynamo.client, { etl: sampleCluster() }, tick);
    await send(controller, tickEvent(AT), "tick");
    expect(controller.journal.lines).toMatchObject([
      { level: "info", message: "tick", fields: { cluster: "etl", outcome: "standby", code: "STANDBY" } },
    ]);
  });

  it("is done, and ticks nothing, where a newer execution has begun", async () => {
    const { tick, contexts } = scripted({ etl: AT });
    const controller = await makeController(dynamo.client, { etl: sampleCluster() }, tick);
    await send(controller, tickEvent(AT, "newer"), "tick");
    expect(await send(controller, tickEvent(AT - 60_000, "older"), "tick")).toEqual({
      done: true,
      next: formatInstant(AT),
      patience: 9,
    });
    expect(contexts).toHaveLength(1);
  });

  it("goes on until the loop's end where no newer execution begins", async () => {
    const { tick, contexts } = scripted({ etl: AT });
    const controller = await makeController(dynamo.client, { etl: sampleCluster() }, tick);
    controller.clock.at = AT + LIMITS.loopSeconds * 1_000 - 1;
    expect(await send(controller, tickEvent(AT), "tick")).toMatchObject({ done: false });
    controller.clock.at += 1;
    expect(await send(controller, tickEvent(AT), "tick")).toMatchObject({ done: true });
    expect(contexts).toHaveLength(1);
  });

  it.each(["operate", "read", undefined])("is refused through %s", async (alias) => {
    const controller = await makeController(dynamo.client);
    expect(await send(controller, tickEvent(AT), alias)).toMatchObject({
      ok: false,
      error: { code: "WRONG_ALIAS", valid: ["tick"] },
    });
  });

  it.each([
    ["without an execution", { action: "tick" }, "execution"],
    [
      "of an execution without a name",
      { action: "tick", execution: { id: "", startedAt: "x" } },
      "execution.id",
    ],
    [
      "that began at no instant",
      { action: "tick", execution: { id: "e", startedAt: "yesterday" } },
      "execution.startedAt",
    ],
    ["from the future, which would end all loops", tickEvent(AT + 61_000), "execution.startedAt"],
  ])("is refused %s", async (_name, event, field) => {
    const controller = await makeController(dynamo.client);
    expect(await send(controller, event, "tick")).toMatchObject({ ok: false, error: { field } });
  });
});

describe("EC2's word", () => {
  const event = { action: "wake", source: "ec2", instanceId: NODE_A, state: "stopped" };

  it("wakes the clusters that have the node on their record, over the head of a tick at work", async () => {
    const { tick, contexts } = scripted({});
    const controller = await makeController(dynamo.client, TWO, tick);
    await controller.store.write(sampleRecord(), "none");
    expect(await send(controller, event, "tick")).toMatchObject({
      ok: true,
      code: "WOKEN",
      data: { clusters: ["etl"] },
    });
    expect(contexts).toMatchObject([{ cluster: "etl", takeOver: true, holder: REQUEST, startedAt: AT }]);
  });

  it("wakes a cluster that lists the node and has no record yet", async () => {
    const { tick, contexts } = scripted({});
    const nodes = { instanceIds: [NODE_A], prefer: [], exclude: [] };
    const controller = await makeController(dynamo.client, { etl: sampleCluster({ nodes }) }, tick);
    await send(controller, event, "tick");
    expect(contexts).toHaveLength(1);
  });

  it("is let go where no cluster knows the instance", async () => {
    const controller = await makeController(dynamo.client, TWO);
    expect(await send(controller, event, "tick")).toMatchObject({ ok: true, code: "NOT_OURS" });
  });

  it("fails where the woken tick fails", async () => {
    const { tick } = scripted({ etl: new Error("no") });
    const controller = await makeController(dynamo.client, TWO, tick);
    await controller.store.write(sampleRecord(), "none");
    await expect(send(controller, event, "tick")).rejects.toThrow(TicksFailedError);
  });

  it("is refused through an operator's door, and with what is no event", async () => {
    const controller = await makeController(dynamo.client, TWO);
    expect(await send(controller, event, "operate")).toMatchObject({ error: { code: "WRONG_ALIAS" } });
    expect(await send(controller, { action: "wake" }, "tick")).toMatchObject({ ok: false });
  });
});

describe("aliasOf", () => {
  it.each([
    ["arn:aws:lambda:eu-west-1:123456789012:function:controller:operate", "operate"],
    ["arn:aws:lambda:eu-west-1:123456789012:function:controller:$LATEST", "$LATEST"],
    ["arn:aws:lambda:eu-west-1:123456789012:function:controller", undefined],
    ["", undefined],
  ])("reads %s", (arn, alias) => {
    expect(aliasOf(arn)).toBe(alias);
  });
});
