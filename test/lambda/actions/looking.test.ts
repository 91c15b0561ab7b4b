import { beforeEach, describe, expect, it } from "vitest";
import { dispatch } from "../../../lambda/dispatch.ts";
import type { NodeReport } from "../../../lib/core/model.ts";
import { makeController, sampleCluster, through, type TestController } from "../support/controller.ts";
import { AT, NODE_A, NODE_B, sampleNode, sampleRecord, sampleWish } from "../support/records.ts";
import { useDynamo } from "../support/dynamo.ts";

const NOW = "2026-11-24T18:38:03.042Z";
const MINUTE = 60_000;

const dynamo = useDynamo();
let controller: TestController;

beforeEach(async () => {
  controller = await makeController(dynamo.client);
});

const look = (action: string) => dispatch(controller, { action }, through("read"));
const paused = { kind: "paused", since: AT, until: AT + MINUTE, by: "ops", reason: "maintenance" } as const;

describe("status", () => {
  it("shows how an operator has changed the ticks, and what is excluded", async () => {
    await controller.store.write(sampleRecord({ steering: paused, excluded: [NODE_B] }), "none");
    expect(await look("status")).toMatchObject({
      data: {
        steering: { kind: "paused", since: NOW, until: "2026-11-24T18:39:03.042Z", by: "ops" },
        excluded: [NODE_B],
        nodes: [
          { id: NODE_A, excludedBy: null },
          { id: NODE_B, excludedBy: "operator" },
        ],
      },
    });
  });

  it("shows what the settings say where nobody has changed it", async () => {
    await controller.store.write(sampleRecord(), "none");
    expect(await look("status")).toMatchObject({ data: { steering: null, excluded: [] } });
    controller = await makeController(dynamo.client, {
      etl: sampleCluster({
        startIn: "observe",
        nodes: { tag: { key: "scheduler", value: "etl" }, prefer: [], exclude: [NODE_B] },
      }),
    });
    await controller.store.write(sampleRecord(), "none");
    expect(await look("status")).toMatchObject({
      data: {
        steering: { kind: "observing", by: "the settings" },
        nodes: [{}, { id: NODE_B, excludedBy: "settings" }],
      },
    });
  });

  it("warns of nodes with the same host name", async () => {
    const { report } = sampleNode();
    if (!report) throw new Error("the sample has no report");
    const named = sampleNode({ report: { ...report, host: "etl" } });
    await controller.store.write(sampleRecord({ nodes: { [NODE_A]: named, [NODE_B]: named } }), "none");
    expect(await look("status")).toMatchObject({
      data: {
        warnings: [expect.stringContaining("have the same host name, etl")],
        nodes: [{ host: "etl" }, {}],
      },
    });
  });

  it("writes a wish's instants as instants", async () => {
    const request = sampleWish({ action: "switchover", notBefore: AT + MINUTE });
    await controller.store.write(sampleRecord(), "none");
    await controller.store.putWish("etl", request);
    expect(await look("status")).toMatchObject({
      data: { request: { action: "switchover", notBefore: "2026-11-24T18:39:03.042Z", at: NOW } },
    });
  });
});

describe("why", () => {
  it("tells the last decision, each node's proof or what is missing for it, and the limits", async () => {
    const problem = { code: "NO_PROOF", sentence: "Nothing is started.", since: AT, mailed: [], mailedAt: 0 };
    const silent = sampleNode({ silentSince: AT - MINUTE, reportedAt: AT - MINUTE });
    const { nodes } = sampleRecord();
    const last = { code: "NO_PROOF", sentence: "Nothing is started.", at: AT };
    const phase = { name: "stopping", since: AT, from: NODE_A, cause: "MOVES_FAILED" } as const;
    await controller.store.write(
      sampleRecord({ nodes: { ...nodes, [NODE_A]: silent }, phase, problem, last }),
      "none",
    );
    expect(await look("why")).toMatchObject({
      ok: true,
      action: "why",
      code: "NO_PROOF",
      sentence: "Nothing is started. A problem stands since 2026-11-24 18:38:03 UTC.",
      data: {
        decided: { code: "NO_PROOF", at: NOW },
        course: "run",
        steering: null,
        waitsFor: [
          `A start owes the proof that ${NODE_A} runs no scheduler.`,
          "A problem stands since 2026-11-24 18:38:03 UTC: Nothing is started.",
        ],
        nodes: [
          {
            id: NODE_A,
            proof: null,
            missing: expect.stringContaining("EC2 says") as string,
            candidate: false,
            whyNot: `${NODE_A} does not answer`,
          },
          {
            id: NODE_B,
            proof: { kind: "reported-stopped", at: NOW },
            missing: null,
            candidate: true,
            whyNot: null,
          },
        ],
        limits: { restartLimit: 1, failoversPerHour: 3, cooldownSecondsLeft: 0, retryAt: null },
        problem: { code: "NO_PROOF", since: NOW },
        request: null,
      },
    });
  });

  it("is refused where there is no record", async () => {
    expect(await look("why")).toMatchObject({ error: { code: "NO_RECORD" } });
  });
});

describe("inspect", () => {
  it("shows every node's last report in full, with its clock's difference", async () => {
    const record = sampleRecord();
    const report = record.nodes[NODE_A]?.report as NodeReport;
    const late = sampleNode({ report: { ...report, clock: AT - 2_500 } });
    const silent = sampleNode({ silentSince: AT, obstacle: "InvalidInstanceId" });
    await controller.store.write(sampleRecord({ nodes: { [NODE_A]: late, [NODE_B]: silent } }), "none");
    expect(await look("inspect")).toMatchObject({
      ok: true,
      code: "INSPECTED",
      sentence: "1 of 2 nodes answered when last asked; 1 of them runs a scheduler.",
      data: {
        tickedAt: NOW,
        nodes: [
          {
            id: NODE_A,
            role: "active",
            state: "running",
            health: { code: 200 },
            life: "boot-1",
            invocation: "inv-1",
            guard: "none",
            gate: "none",
            log: "",
            token: AT,
            clock: "2026-11-24T18:38:00.542Z",
            clockDifferenceSeconds: -2.5,
            silentSince: null,
          },
          { id: NODE_B, silentSince: NOW, obstacle: "InvalidInstanceId" },
        ],
      },
    });
  });

  it("shows a node that has never answered as unknown", async () => {
    const node = { ...sampleNode({ reportedAt: 0 }), report: undefined };
    await controller.store.write(sampleRecord({ nodes: { [NODE_B]: node } }), "none");
    expect(await look("inspect")).toMatchObject({
      sentence: "0 of 1 nodes answered when last asked; 0 of them run a scheduler.",
      data: { nodes: [{ id: NODE_B, state: "unknown", clock: null, clockDifferenceSeconds: null }] },
    });
  });

  it("is refused where there is no record", async () => {
    expect(await look("inspect")).toMatchObject({ error: { code: "NO_RECORD" } });
  });
});
