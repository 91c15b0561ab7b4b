import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tickCluster } from "../../lambda/tick.ts";
import { makeController, sampleCluster, sampleEnvironment } from "./support/controller.ts";
import { AT, sampleRecord } from "./support/records.ts";
import { clientFor, startDynamo, type Endpoint } from "./support/tables.ts";

let dynamo: Endpoint;
let client: DynamoDBClient;
beforeAll(async () => {
  dynamo = await startDynamo();
  client = clientFor(dynamo.url);
});
afterAll(async () => {
  client.destroy();
  await dynamo.close();
});

/** Whether the tick goes on to look at the nodes, where a controller without nodes fails. */
async function isAtWork(dueIn: number): Promise<boolean> {
  const { ports, store } = await makeController(client);
  await store.write(sampleRecord({ dueAt: AT + dueIn, lease: { holder: "none", until: 0 } }), "none");
  const { settings, dashboardUrl, functionName, region, owner } = sampleEnvironment({ etl: sampleCluster() });
  const context = {
    cluster: "etl",
    settings: sampleCluster(),
    alerts: settings.alerts,
    dashboardUrl,
    functionName,
    region,
    owner,
    beatSeconds: 10,
    startedAt: AT,
    holder: "request-1",
    takeOver: false,
  };
  const outcome = await tickCluster(ports, context).catch((error: unknown) => String(error));
  return typeof outcome === "string"
    ? outcome.includes("nothing of the kind is expected")
    : outcome.outcome !== "idle";
}

it.each([
  ["at its instant", 0, true],
  ["less than a second early, as Step Functions drops milliseconds", 999, true],
  ["more than a second early", 1001, false],
])("a tick is at work: %s", async (_, dueIn, atWork) => {
  expect(await isAtWork(dueIn)).toBe(atWork);
});
