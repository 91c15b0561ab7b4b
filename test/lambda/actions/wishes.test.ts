import { beforeEach, describe, expect, it } from "vitest";
import { dispatch } from "../../../lambda/dispatch.ts";
import type { ClusterRecord, Steering, WishPhase } from "../../../lib/core/model.ts";
import {
  makeController,
  REQUEST,
  sampleCluster,
  through,
  type TestController,
} from "../support/controller.ts";
import { AT, NODE_A, NODE_B, sampleNode, sampleRecord, sampleWish } from "../support/records.ts";
import { useDynamo } from "../support/dynamo.ts";

const LATER = "2026-11-24T20:00:00.000Z";
const SECOND = 1_000;

const dynamo = useDynamo();
let controller: TestController;

beforeEach(async () => {
  controller = await makeController(dynamo.client);
});

const ask = (event: object) => dispatch(controller, event, through("operate"));
const request = async () => (await controller.store.read("etl"))?.request;
async function given({ request: wish, ...changes }: Partial<ClusterRecord> = {}): Promise<void> {
  await controller.store.write(sampleRecord(changes), "none");
  if (wish) await controller.store.putWish("etl", wish);
}
const steered = (kind: Steering["kind"]): Steering => ({ kind, since: AT, by: "ops", reason: "maintenance" });

const PROBLEM = { code: "NO_PROOF", sentence: "No proof.", since: AT, mailed: [], mailedAt: 0 };

const silentFor = (seconds: number) =>
  sampleNode({ silentSince: AT - seconds * SECOND, reportedAt: AT - seconds * SECOND });

describe("every wish", () => {
  it.each([
    [{ action: "switchover", to: NODE_B }, { to: NODE_B }],
    [{ action: "switchover", at: LATER }, { notBefore: Date.parse(LATER) }],
    [{ action: "pause" }, {}],
    [{ action: "pause", until: "2026-11-24T21:00:00+01:00" }, { until: Date.parse(LATER) }],
    [{ action: "resume" }, {}],
    [{ action: "observe" }, {}],
    [{ action: "detach" }, {}],
    [{ action: "exclude", node: NODE_B }, { to: NODE_B }],
    [{ action: "clear_metadata" }, {}],
  ])(
    "is written with who, why and the request id, and answered by its id and phase: %j",
    async (event, wanted) => {
      await given();
      const { action } = event;
      const whole = { ...event, by: "ops", reason: "maintenance", key: "k1" };
      expect(await ask(whole)).toMatchObject({
        ok: true,
        action,
        cluster: "etl",
        code: "ACCEPTED",
        data: { id: "k1", action, phase: "accepted", by: "ops", reason: "maintenance", requestId: REQUEST },
      });
      expect(await request()).toEqual({
        id: "k1",
        action,
        ...wanted,
        by: "ops",
        reason: "maintenance",
        requestId: REQUEST,
        at: AT,
        phase: "accepted",
      });
      expect(await ask(whole)).toMatchObject({ ok: true, code: "ALREADY_ASKED", data: { id: "k1" } });
    },
  );

  it("is told to the journal with who asked", async () => {
    await given();
    await ask({ action: "pause", by: "ops" });
    expect(controller.journal.lines).toMatchObject([
      { level: "info", message: "wish accepted", fields: { cluster: "etl", action: "pause", by: "ops" } },
    ]);
  });

  it("refuses the key of another wish", async () => {
    await given({ request: sampleWish({ id: "k1", action: "pause", to: undefined, phase: "done" }) });
    expect(await ask({ action: "resume", key: "k1" })).toMatchObject({
      error: { code: "KEY_REUSED", field: "key", value: "k1" },
    });
  });

  it("is refused where there is no record", async () => {
    expect(await ask({ action: "pause" })).toMatchObject({ error: { code: "NO_RECORD" } });
  });

  it.each([
    ["switchover", "at", "tomorrow", "must be an instant as RFC 3339"],
    ["switchover", "at", "2026-11-24T18:38:03.042Z", "must be in the future"],
    ["pause", "until", "2020-01-01T00:00:00Z", "must be in the future"],
  ])("tells a wrong instant together with all other faults: %s %s %s", async (action, field, value, rule) => {
    await given();
    expect(await ask({ action, [field]: value, cluster: "nope", colour: "red" })).toMatchObject({
      error: {
        code: "INVALID_REQUEST",
        faults: [
          { code: "UNKNOWN_FIELD", field: "colour" },
          { field, value, rule: expect.stringContaining(rule) as string },
          { code: "UNKNOWN_CLUSTER", field: "cluster" },
        ],
      },
    });
    expect(await request()).toBeUndefined();
  });
});

describe("a wish that meets another one", () => {
  const standing = (phase: WishPhase) => sampleWish({ id: "k1", by: "eve", phase });
  const silent = { ...sampleRecord().nodes, [NODE_A]: silentFor(60) };

  it.each([
    ["a move while one waits", "accepted", { action: "failover" }, "`cancel` takes it back."],
    ["a pause while one is carried out", "stopping", { action: "pause" }, "`observe` or `detach`"],
    ["a cancelling of what has begun", "starting", { action: "cancel" }, "`observe` or `detach`"],
  ] as const)("is refused with the way out where it is %s", async (_, phase, event, way) => {
    await given({ request: standing(phase) });
    expect(await ask(event)).toMatchObject({
      error: { code: "REQUEST_UNDER_WAY", sentence: expect.stringContaining(way) as string },
    });
    expect((await request())?.id).toBe("k1");
  });

  it.each([
    ["a pause, of a move that waits", "accepted", { action: "pause" }],
    ["a cancelling, of a move that waits", "accepted", { action: "cancel" }],
    ["an override, of a move that hangs", "stopping", { action: "failover", override: NODE_A }],
    ["a detach, of a move that hangs", "starting", { action: "detach" }],
  ] as const)("takes its place and says so where it is %s", async (_, phase, event) => {
    await given({ nodes: silent, request: standing(phase) });
    const words = `the failover k1, ${phase}, asked by eve`;
    expect(await ask(event)).toMatchObject({
      ok: true,
      sentence: expect.stringContaining(`It takes the place of ${words}`) as string,
      data: { replaces: words },
    });
    expect(await request()).toMatchObject({ action: event.action, replaces: words });
  });

  it("is done with the next tick where the other one is: it can be asked again then", async () => {
    await given({ request: sampleWish({ id: "k1", action: "pause" }) });
    expect(await ask({ action: "resume" })).toMatchObject({
      error: { sentence: expect.stringContaining("ask again then") as string },
    });
  });

  it("has nothing to cancel where no move waits", async () => {
    await given({ request: standing("done") });
    expect(await ask({ action: "cancel" })).toMatchObject({ error: { code: "NOTHING_TO_CANCEL" } });
  });
});

describe("switchover", () => {
  it.each([
    ["whose node does not answer", { nodes: { ...sampleRecord().nodes, [NODE_A]: silentFor(5) } }],
    ["whose check fails", { counters: { ...sampleRecord().counters, unhealthy: 1 } }],
    ["that is being started", { phase: { ...sampleRecord().phase, name: "starting" as const } }],
    ["that runs nowhere", { phase: { name: "stopping" as const, since: AT, cause: "NODE_GONE" } }],
  ])("refuses a scheduler %s, and says to use failover", async (_, changes) => {
    await given(changes);
    expect(await ask({ action: "switchover", to: NODE_B })).toMatchObject({
      error: { code: "NOT_RUNNING_WELL", valid: ["failover"] },
    });
  });

  it("is accepted for later whatever is so now, except for a node that never may", async () => {
    await given({ nodes: { ...sampleRecord().nodes, [NODE_B]: silentFor(60) } });
    expect(await ask({ action: "switchover", to: "i-nope", at: LATER })).toMatchObject({
      error: { code: "UNKNOWN_NODE" },
    });
    expect(await ask({ action: "switchover", to: NODE_B, at: LATER })).toMatchObject({
      ok: true,
      sentence: expect.stringContaining("it begins at 2026-11-24 20:00:00 UTC") as string,
      data: { notBefore: LATER },
    });
  });

  it.each(["observing", "detached"] as const)("is refused while the cluster is %s", async (kind) => {
    await given({ steering: steered(kind) });
    expect(await ask({ action: "switchover" })).toMatchObject({
      error: { code: kind.toUpperCase(), sentence: expect.stringContaining("`resume` first") as string },
    });
  });
});

describe("drill", () => {
  it("is a switchover that goes on with the way back, and is called by its name", async () => {
    await given();
    const event = { action: "drill", key: "monday", by: "ops", reason: "every Monday" };
    expect(await ask(event)).toMatchObject({
      ok: true,
      action: "drill",
      sentence: expect.stringContaining(
        `The drill monday is accepted; it begins with the next tick. Both ways are real moves; it goes back to ${NODE_A}`,
      ) as string,
      data: { action: "switchover", drill: { leg: "there", begunAt: null, gapSeconds: 0 } },
    });
    expect(await request()).toMatchObject({ action: "switchover", drill: { leg: "there" } });
  });

  it("is answered by how it went where the same key asks again, also on its way back", async () => {
    const underWay = { action: "switchover", phase: "verifying", to: NODE_A } as const;
    const drill = { leg: "back", begunAt: AT, gapSeconds: 3 } as const;
    await given({ request: sampleWish({ id: "monday", ...underWay, drill }) });
    expect(await ask({ action: "drill", key: "monday" })).toMatchObject({ ok: true, code: "ALREADY_ASKED" });
    expect(await ask({ action: "switchover", key: "monday", to: NODE_A })).toMatchObject({
      error: { code: "KEY_REUSED", sentence: expect.stringContaining("a drill with") as string },
    });
    expect(await ask({ action: "drill", key: "tuesday" })).toMatchObject({
      error: { code: "REQUEST_UNDER_WAY", sentence: expect.stringContaining("the drill monday") as string },
    });
  });

  it.each<[what: string, changes: Partial<ClusterRecord>, words: string]>([
    ["is paused", { steering: steered("paused") }, "the controller is paused by"],
    ["observes", { steering: steered("observing") }, "the controller is observing by"],
    ["has a problem", { problem: PROBLEM }, "a problem stands: No proof"],
    ["does not answer", { nodes: { ...sampleRecord().nodes, [NODE_A]: silentFor(5) } }, "does not run well"],
    [
      "has a check that fails",
      { counters: { ...sampleRecord().counters, unhealthy: 1 } },
      "does not run well",
    ],
    ["settles", { phase: { ...sampleRecord().phase, name: "verifying" } }, "a move or start is under way"],
    ["could not go back", { excluded: [NODE_A] }, "could not come back"],
  ])("is refused where the cluster %s", async (_, changes, words) => {
    await given(changes);
    expect(await ask({ action: "drill" })).toMatchObject({
      error: { code: "NOT_WELL", sentence: expect.stringContaining(words) as string },
    });
    expect((await request())?.drill).toBeUndefined();
  });

  it("is refused where no other node can take over", async () => {
    await given({ nodes: { ...sampleRecord().nodes, [NODE_B]: silentFor(60) } });
    expect(await ask({ action: "drill" })).toMatchObject({ error: { code: "NO_CANDIDATE", valid: [] } });
    expect(await ask({ action: "drill", to: NODE_B })).toMatchObject({ error: { code: "NODE_SILENT" } });
  });
});

describe("failover", () => {
  it("refuses a target that has been silent for long, and waits for one that has missed an answer", async () => {
    await given({ nodes: { ...sampleRecord().nodes, [NODE_B]: silentFor(60) } });
    expect(await ask({ action: "failover", to: NODE_B })).toMatchObject({
      error: { code: "NODE_SILENT", valid: [] },
    });
    controller = await makeController(dynamo.client);
    await given({ nodes: { ...sampleRecord().nodes, [NODE_B]: silentFor(10) } });
    expect(await ask({ action: "failover", to: NODE_B })).toMatchObject({ ok: true });
  });

  it("refuses a target that an operator excluded", async () => {
    await given({ excluded: [NODE_B] });
    expect(await ask({ action: "failover", to: NODE_B })).toMatchObject({
      error: { code: "NODE_EXCLUDED", valid: [] },
    });
  });
});

describe("failover with override", () => {
  const nodes = (stopBy: number | "ever") => ({
    ...sampleRecord().nodes,
    [NODE_A]: { ...silentFor(60), stopBy },
  });

  it.each([
    ["its grant runs", AT + 72_400, 73, "Its grant still runs for 73 s"],
    ["nothing ends it", "ever", null, "Nothing there is known to end it"],
  ] as const)("says what it stakes where %s", async (_, stopBy, seconds, words) => {
    await given({ nodes: nodes(stopBy) });
    expect(await ask({ action: "failover", override: NODE_A })).toMatchObject({
      ok: true,
      sentence: expect.stringContaining(words) as string,
      data: { override: NODE_A, overrideGrantSeconds: seconds },
    });
    expect(await request()).toMatchObject({ action: "failover", override: NODE_A });
  });

  it.each([
    ["is no node", "i-nope", {}, "UNKNOWN_NODE"],
    ["answered lately", NODE_B, {}, "NODE_ANSWERS"],
    ["is the target too", NODE_A, { to: NODE_A }, "OVERRIDE_IS_TARGET"],
  ])("refuses a node that %s, and lists the silent ones", async (_, override, more, code) => {
    await given({ nodes: nodes("ever") });
    expect(await ask({ action: "failover", override, ...more })).toMatchObject({
      error: { code, field: "override", value: override, valid: [NODE_A] },
    });
    expect(await request()).toBeUndefined();
  });
});

describe("exclude and include", () => {
  const settings = sampleCluster({
    nodes: { tag: { key: "scheduler", value: "etl" }, prefer: [], exclude: ["i-settings"] },
  });

  it.each([
    ["exclude", "i-nope", "UNKNOWN_NODE", [NODE_A]],
    ["exclude", NODE_B, "ALREADY_EXCLUDED", [NODE_A]],
    ["exclude", "i-settings", "ALREADY_EXCLUDED", [NODE_A]],
    ["include", NODE_A, "NOT_EXCLUDED", [NODE_B]],
    ["include", "i-settings", "EXCLUDED_BY_SETTINGS", [NODE_B]],
  ])("%s refuses %s by %s, and lists the valid ones", async (action, name, code, valid) => {
    controller = await makeController(dynamo.client, { etl: settings });
    await given({ excluded: [NODE_B] });
    expect(await ask({ action, node: name })).toMatchObject({
      error: { code, field: "node", value: name, valid },
    });
  });

  it("says what an exclusion leaves", async () => {
    await given();
    expect(await ask({ action: "exclude", node: NODE_B })).toMatchObject({
      ok: true,
      sentence: expect.stringContaining("No other node could take over now") as string,
    });
  });

  it("includes what is excluded", async () => {
    await given({ excluded: [NODE_B] });
    expect(await ask({ action: "include", node: NODE_B })).toMatchObject({ ok: true, data: { to: NODE_B } });
  });

  it("must name the node", async () => {
    await given();
    expect(await ask({ action: "exclude" })).toMatchObject({
      error: { code: "INVALID_FIELD", field: "node" },
    });
  });
});

describe("steering", () => {
  it.each(["observing", "detached"] as const)("has nothing to pause while it is %s", async (kind) => {
    await given({ steering: steered(kind) });
    expect(await ask({ action: "pause" })).toMatchObject({ error: { code: kind.toUpperCase() } });
  });

  it("cannot resume what the settings say", async () => {
    controller = await makeController(dynamo.client, { etl: sampleCluster({ startIn: "observe" }) });
    await given();
    expect(await ask({ action: "resume" })).toMatchObject({
      error: { code: "OBSERVING", sentence: expect.stringContaining("startIn: run") as string },
    });
  });
});
