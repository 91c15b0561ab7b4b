import { beforeEach, describe, expect, it } from "vitest";
import { dispatch } from "../../../lambda/dispatch.ts";
import type { ClusterSettings } from "../../../lib/core/settings.ts";
import {
  makeController,
  REQUEST,
  sampleCluster,
  through,
  type TestController,
} from "../support/controller.ts";
import { AT, NODE_A, NODE_B, sampleNode, sampleRecord, sampleWish } from "../support/records.ts";
import { useDynamo } from "../support/dynamo.ts";

const NOW = "2026-11-24T18:38:03.042Z";

const dynamo = useDynamo();
let controller: TestController;

beforeEach(async () => {
  controller = await makeController(dynamo.client);
});

const ask = (event: unknown) => dispatch(controller, event, through("operate"));

describe("failover", () => {
  const FAILOVER = { action: "failover", to: NODE_B, by: "ops", reason: "maintenance", key: "k1" };
  const request = async () => (await controller.store.read("etl"))?.request;

  it("writes the wish on the record and answers its id and phase", async () => {
    await controller.store.write(sampleRecord(), "none");
    expect(await ask(FAILOVER)).toMatchObject({
      ok: true,
      cluster: "etl",
      code: "ACCEPTED",
      data: { id: "k1", phase: "accepted", to: NODE_B, at: NOW },
    });
    expect(await request()).toEqual({
      id: "k1",
      action: "failover",
      to: NODE_B,
      by: "ops",
      reason: "maintenance",
      requestId: REQUEST,
      at: AT,
      phase: "accepted",
    });
  });

  it("makes an id of its own where no key is given, and leaves the choice of the node to the ticks", async () => {
    await controller.store.write(sampleRecord(), "none");
    expect(await ask({ action: "failover" })).toMatchObject({ ok: true, data: { id: "nonce-1" } });
    expect(await request()).not.toHaveProperty("to");
  });

  it("is asked for the first tick where there is no record", async () => {
    expect(await ask(FAILOVER)).toMatchObject({
      ok: false,
      error: { code: "NO_RECORD", sentence: expect.stringContaining("wait for its first tick") as string },
    });
  });

  it("answers the same key by how that wish went, even when it has come true", async () => {
    await controller.store.write(sampleRecord(), "none");
    await ask(FAILOVER);
    expect(await ask(FAILOVER)).toMatchObject({
      ok: true,
      code: "ALREADY_ASKED",
      data: { phase: "accepted" },
    });
    const done = sampleWish({ id: "k1", phase: "done", sentence: "It runs there." });
    const moved = sampleRecord({
      nonce: "n2",
      phase: { ...sampleRecord().phase, active: NODE_B },
      request: done,
    });
    await controller.store.write(moved, { token: AT, nonce: "nonce-1" }, "k1");
    expect(await ask(FAILOVER)).toMatchObject({
      ok: true,
      code: "ALREADY_ASKED",
      sentence: "The failover k1 was asked before: done. It runs there.",
    });
  });

  it("refuses a key that was used for another node", async () => {
    await controller.store.write(sampleRecord(), "none");
    await ask(FAILOVER);
    expect(await ask({ ...FAILOVER, to: undefined })).toMatchObject({ error: { code: "KEY_REUSED" } });
  });

  it("refuses while another one is under way, and names it", async () => {
    await controller.store.write(sampleRecord(), "none");
    await ask(FAILOVER);
    expect(await ask({ ...FAILOVER, key: "k2", by: "other" })).toMatchObject({
      ok: false,
      error: {
        code: "REQUEST_UNDER_WAY",
        sentence:
          "Another wish is under way: the failover k1, accepted, asked by ops. `cancel` takes it back.",
      },
    });
    expect((await request())?.id).toBe("k1");
  });

  const excluding: ClusterSettings = sampleCluster({
    nodes: { tag: { key: "scheduler", value: "etl" }, prefer: [], exclude: [NODE_B] },
  });
  const gone = { ...sampleRecord().nodes, [NODE_B]: sampleNode({ instance: "stopped" }) };

  it.each([
    ["is no node", "i-nope", sampleCluster(), sampleRecord(), "UNKNOWN_NODE", [NODE_B]],
    [
      "has a name that every object has",
      "constructor",
      sampleCluster(),
      sampleRecord(),
      "UNKNOWN_NODE",
      [NODE_B],
    ],
    ["is the active node", NODE_A, sampleCluster(), sampleRecord(), "ALREADY_ACTIVE", [NODE_B]],
    ["is excluded", NODE_B, excluding, sampleRecord(), "NODE_EXCLUDED", []],
    ["is stopped", NODE_B, sampleCluster(), sampleRecord({ nodes: gone }), "NODE_GONE", []],
    ["is not named and there is no other", undefined, excluding, sampleRecord(), "NO_CANDIDATE", []],
  ])(
    "refuses a target that %s, and lists the valid ones",
    async (_name, to, settings, record, code, valid) => {
      controller = await makeController(dynamo.client, { etl: settings });
      await controller.store.write(record, "none");
      expect(await ask({ action: "failover", ...(to === undefined ? {} : { to }) })).toMatchObject({
        ok: false,
        error: { code, field: "to", valid },
      });
      expect(await request()).toBeUndefined();
    },
  );

  it("refuses where the cluster is only observed", async () => {
    controller = await makeController(dynamo.client, { etl: sampleCluster({ startIn: "observe" }) });
    await controller.store.write(sampleRecord(), "none");
    expect(await ask(FAILOVER)).toMatchObject({ error: { code: "OBSERVING" } });
  });
});
