import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { beforeEach, describe, expect, it } from "vitest";
import { DynamoRecordStore } from "../../../lambda/adapters/dynamo-store.ts";
import { dispatch } from "../../../lambda/dispatch.ts";
import {
  makeController,
  REQUEST,
  sampleCluster,
  through,
  type TestController,
} from "../support/controller.ts";
import { AT, NODE_A, NODE_B, sampleEntry, sampleNode, sampleRecord, sampleWish } from "../support/records.ts";
import { useDynamo } from "../support/dynamo.ts";
import { makeTable } from "../support/tables.ts";

const NOW = "2026-11-24T18:38:03.042Z";
const WISHES = [
  "failover",
  "switchover",
  "drill",
  "cancel",
  "pause",
  "resume",
  "observe",
  "detach",
  "exclude",
  "include",
  "take_over",
  "clear_metadata",
];
const ALL = [...WISHES, "status", "why", "inspect", "metadata", "history", "send_test_email", "version"];

const dynamo = useDynamo();
let controller: TestController;

beforeEach(async () => {
  controller = await makeController(dynamo.client);
});

const ask = (event: unknown, alias = "operate") => dispatch(controller, event, through(alias));

describe("what is asked", () => {
  it.each([
    ["no object", "status"],
    ["nothing", null],
    ["no action", {}],
    ["an unknown action", { action: "reboot" }],
    ["an action that is no text", { action: 7 }],
    ["a name that every object has", { action: "constructor" }],
  ])("is answered with the valid actions where it is %s", async (_name, event) => {
    expect(await ask(event)).toMatchObject({
      ok: false,
      error: { code: "UNKNOWN_ACTION", field: "action", valid: ALL },
    });
  });

  it.each(["status", "why", "inspect", "metadata", "history", "version"])(
    "may look through read and operate: %s",
    async (action) => {
      expect(await ask({ action }, "read")).not.toMatchObject({ error: { code: "WRONG_ALIAS" } });
      expect(await ask({ action }, "operate")).not.toMatchObject({ error: { code: "WRONG_ALIAS" } });
    },
  );

  it.each([
    ...[...WISHES, "send_test_email"].flatMap((action) =>
      ["read", "tick", undefined].map((by) => [action, by]),
    ),
    ...["status", "version"].flatMap((action) => ["tick", "other", undefined].map((by) => [action, by])),
  ])("is refused where it comes through the wrong door: %s through %s", async (action, alias) => {
    await controller.store.write(sampleRecord(), "none");
    expect(await dispatch(controller, { action }, through(alias))).toMatchObject({
      ok: false,
      error: { code: "WRONG_ALIAS", value: alias ?? null },
    });
    expect(controller.mails.mails).toEqual([]);
    expect((await controller.store.read("etl"))?.request).toBeUndefined();
  });

  it("is answered with all its faults together", async () => {
    const event = { action: "failover", cluster: "nope", to: 7, key: "a b", colour: "red" };
    const reply = await ask(event);
    expect(reply).toMatchObject({ ok: false, error: { code: "INVALID_REQUEST" } });
    expect(reply).toMatchObject({
      error: {
        faults: [
          { field: "to", value: 7, rule: expect.stringContaining("expected string") as string },
          { field: "key", value: "a b" },
          { code: "UNKNOWN_FIELD", field: "colour", value: "red" },
          { code: "UNKNOWN_CLUSTER", field: "cluster", value: "nope", valid: ["etl"] },
        ],
      },
    });
  });

  it.each([0, 1_001, 1.5, "5"])("must be in range: limit %j", async (limit) => {
    expect(await ask({ action: "history", limit })).toMatchObject({
      ok: false,
      error: { code: "INVALID_FIELD", field: "limit", value: limit },
    });
  });

  it("may leave the cluster out where one is deployed", async () => {
    expect(await ask({ action: "history" })).toMatchObject({ ok: true, cluster: "etl" });
  });

  it("must name the cluster where several are deployed", async () => {
    controller = await makeController(dynamo.client, { etl: sampleCluster(), ml: sampleCluster() });
    expect(await ask({ action: "status" })).toMatchObject({
      ok: false,
      error: { code: "UNKNOWN_CLUSTER", field: "cluster", valid: ["etl", "ml"] },
    });
    expect(await ask({ action: "status", cluster: "ml" })).toMatchObject({ ok: true, cluster: "ml" });
    expect(await ask({ action: "version" })).toMatchObject({ ok: true });
  });
});

describe("what goes wrong on the way", () => {
  it("is an answer that names it, and a line in the journal", async () => {
    const table = await makeTable(dynamo.client);
    const item = { pk: "CLUSTER#etl", sk: "RECORD", schema: 2 };
    await DynamoDBDocumentClient.from(dynamo.client).send(new PutCommand({ TableName: table, Item: item }));
    const store = new DynamoRecordStore(dynamo.client, table);
    const broken = { ...controller, ports: { ...controller.ports, store } };
    expect(await dispatch(broken, { action: "status" }, through("read"))).toMatchObject({
      ok: false,
      error: { code: "RECORD_UNREADABLE", sentence: expect.stringContaining("schema 2") as string },
    });
    expect(controller.journal.lines).toMatchObject([{ level: "error", fields: { action: "status" } }]);
  });

  it("tells a table that is not there from a cluster without a record", async () => {
    const store = new DynamoRecordStore(dynamo.client, "no-such-table");
    const broken = { ...controller, ports: { ...controller.ports, store } };
    expect(await dispatch(broken, { action: "metadata" }, through("read"))).toMatchObject({
      ok: false,
      error: { code: "STORE_REFUSED" },
    });
  });
});

describe("status", () => {
  it("says that nobody has looked yet", async () => {
    expect(await ask({ action: "status" }, "read")).toEqual({
      ok: true,
      action: "status",
      cluster: "etl",
      code: "NO_RECORD",
      sentence: "No tick has looked at the cluster etl yet.",
      data: { recorded: false },
    });
  });

  it("says where the scheduler runs, since when, and what is known of each node", async () => {
    const problem = { code: "HOLD", sentence: "No proof.", since: AT, mailed: [], mailedAt: 0 };
    await controller.store.write(sampleRecord({ problem }), "none");
    await controller.store.putWish("etl", sampleWish());
    await controller.store.appendHistory("etl", sampleEntry());
    controller.clock.at = AT + 30_000;
    expect(await ask({ action: "status" }, "read")).toMatchObject({
      ok: true,
      code: "STEADY",
      sentence: "The scheduler runs.",
      data: {
        recorded: true,
        phase: "steady",
        since: "2026-11-24T18:37:03.042Z",
        active: NODE_A,
        downSince: null,
        nodes: [
          { id: NODE_A, role: "active", state: "running", stopBy: "ever", proof: null, reportAgeSeconds: 30 },
          {
            id: NODE_B,
            role: "standby",
            state: "stopped",
            since: null,
            stopBy: "never",
            proof: {
              kind: "reported-stopped",
              at: NOW,
              words: expect.stringContaining(`${NODE_B} reported`) as string,
            },
            guard: "none",
          },
        ],
        problem: { code: "HOLD", since: NOW, mailedAt: null },
        request: { id: "wish-1", phase: "accepted", at: NOW },
        lease: { holder: "request-1", held: false },
        lastTransition: { code: "ADOPTED", at: NOW },
        newsWaiting: 1,
      },
    });
  });

  it("writes an instant until which a node may run as an instant", async () => {
    const nodes = { [NODE_A]: sampleNode({ stopBy: AT }) };
    await controller.store.write(sampleRecord({ nodes }), "none");
    expect(await ask({ action: "status" }, "read")).toMatchObject({ data: { nodes: [{ stopBy: NOW }] } });
  });
});

describe("metadata", () => {
  it("has the predecessor's three values under their names, and the record's own", async () => {
    await controller.store.write(sampleRecord(), "none");
    expect(await ask({ action: "metadata" }, "read")).toMatchObject({
      ok: true,
      code: "METADATA",
      data: {
        active_failover_node: "controller",
        active_scheduler_node: NODE_A,
        failover_heartbeat: NOW,
        token: AT,
        nonce: "nonce-1",
        plan: { mode: "run", until: "2026-11-24T18:40:03.042Z" },
        lease: { holder: "request-1", held: true },
      },
    });
  });

  it("is refused where there is no record", async () => {
    expect(await ask({ action: "metadata" }, "read")).toMatchObject({ error: { code: "NO_RECORD" } });
  });
});

describe("history", () => {
  it("is told newest first, with proofs in words, as far as was asked", async () => {
    for (const n of [1, 2, 3]) await controller.store.appendHistory("etl", sampleEntry({ at: AT + n }));
    expect(await ask({ action: "history", limit: 2 }, "read")).toMatchObject({
      ok: true,
      data: {
        entries: [
          {
            at: "2026-11-24T18:38:03.045Z",
            proofs: { [NODE_B]: { at: NOW, words: expect.stringContaining("EC2 said") as string } },
          },
          { at: "2026-11-24T18:38:03.044Z" },
        ],
      },
    });
  });
});

describe("send_test_email", () => {
  it("sends one mail and says to whom", async () => {
    expect(await ask({ action: "send_test_email" })).toMatchObject({
      ok: true,
      code: "MAIL_SENT",
      data: { from: "failover@example.com", to: ["ops@example.com"] },
    });
    expect(controller.mails.mails).toMatchObject([{ subject: "[scheduler-failover] test mail" }]);
    expect(controller.mails.mails[0]?.text).toContain(REQUEST);
  });

  it("says why no mail was sent", async () => {
    controller.mails.failure = new Error("Email address is not verified");
    expect(await ask({ action: "send_test_email" })).toMatchObject({
      ok: false,
      error: { code: "MAIL_REFUSED", sentence: expect.stringContaining("not verified") as string },
    });
  });
});

describe("version", () => {
  it("tells the package's version and what is deployed", async () => {
    expect(await ask({ action: "version" }, "read")).toMatchObject({
      ok: true,
      data: { version: "1.2.3", functionName: "controller", clusters: ["etl"] },
    });
  });
});
