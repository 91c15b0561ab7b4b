import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CLIENT_SETTINGS } from "../../../lambda/adapters/calls.ts";
import { EventBridgePublisher } from "../../../lambda/adapters/eventbridge-publisher.ts";
import { AwsCallError } from "../../../lambda/adapters/failures.ts";
import type { HistoryEntry } from "../../../lib/core/model.ts";
import { eventSchema } from "../../../lib/event-schema.ts";
import { eventBridgeService } from "../../../lib/sandbox/emulators/eventbridge.ts";
import { EventBus } from "../../../lib/sandbox/event-bus.ts";
import { startAws, type FakeAws } from "../support/aws.ts";

const PLACE = { account: "123456789012", region: "eu-west-1", stackName: "Test" };
const RULE = {
  name: "moves",
  enabled: true,
  pattern: {
    source: ["scheduler-failover-controller"],
    "detail-type": ["FAILED_OVER"],
    detail: { cluster: ["etl"] },
  },
  targets: [{ arn: "arn:aws:sqs:eu-west-1:123456789012:pager" }],
};
const ENTRY: HistoryEntry = {
  at: Date.UTC(2026, 10, 24, 3, 0, 0, 7),
  token: 1_764_000_000_000,
  code: "FAILED_OVER",
  sentence: "The scheduler runs on i-b now, before on i-a; 9 s without one.",
  phase: "verifying",
  active: "i-b",
  from: "i-a",
  proofs: { "i-a": { kind: "instance-stopped", at: Date.UTC(2026, 10, 24), token: 0 } },
  gapSeconds: 9,
};

let delivered: string[];
let bus: EventBus;
let aws: FakeAws;
let client: EventBridgeClient;

beforeEach(async () => {
  delivered = [];
  bus = new EventBus([RULE], (_, input) => delivered.push(input));
  aws = await startAws(eventBridgeService(PLACE, bus));
  client = new EventBridgeClient({ ...CLIENT_SETTINGS, ...aws.client });
});

afterEach(async () => {
  client.destroy();
  await aws.close();
});

it("publishes an entry of the history with its code as the type, and a rule finds it by cluster and code", async () => {
  const publisher = new EventBridgePublisher(client, "default");
  const started = { ...ENTRY, code: "STARTS" };
  const news = [ENTRY, started].map((entry) => ({ entry, skipped: 0 }));
  expect(await publisher.publish("etl", news)).toEqual([undefined, undefined]);
  expect(bus.events.map((event) => event["detail-type"])).toEqual(["FAILED_OVER", "STARTS"]);
  expect(delivered).toHaveLength(1);
  const event = eventSchema.parse(JSON.parse(delivered[0] ?? ""));
  expect(event.detail).toMatchObject({ cluster: "etl", at: "2026-11-24T03:00:00.007Z", active: "i-b" });
  expect(event.detail.proofs?.["i-a"]?.at).toBe("2026-11-24T00:00:00.000Z");
});

it("says with an event how many before it were given up", async () => {
  await new EventBridgePublisher(client, "default").publish("etl", [{ entry: ENTRY, skipped: 4 }]);
  expect(eventSchema.parse(bus.events[0]).detail.skipped).toBe(4);
});

it("tells which of several was not taken, and why", async () => {
  const broken = { ...ENTRY, code: "" };
  const answers = await new EventBridgePublisher(client, "default").publish("etl", [
    { entry: broken, skipped: 0 },
    { entry: ENTRY, skipped: 0 },
  ]);
  expect(answers).toEqual(["InvalidArgument: Parameter DetailType is not valid.", undefined]);
});

it("says which bus took nothing", async () => {
  const publishing = new EventBridgePublisher(client, "of-my-own").publish("etl", [
    { entry: ENTRY, skipped: 0 },
  ]);
  await expect(publishing).rejects.toThrow(AwsCallError);
  await expect(publishing).rejects.toThrow(/^the event bus of-my-own took no event: /);
});
