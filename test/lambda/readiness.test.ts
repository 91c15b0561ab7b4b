import { createServer, type Server } from "node:http";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dispatch } from "../../lambda/dispatch.ts";
import { makeController, sampleCluster, through, type TestController } from "./support/controller.ts";
import { clientFor, startDynamo, type Endpoint } from "./support/tables.ts";

let dynamo: Endpoint;
let client: DynamoDBClient;
let server: Server;
let url: string;
/** What was put to CloudFormation's URL. */
let put: { method: string | undefined; type: string | undefined; body: unknown }[] = [];
let status = 200;

beforeAll(async () => {
  dynamo = await startDynamo();
  client = clientFor(dynamo.url);
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      put.push({ method: request.method, type: request.headers["content-type"], body: JSON.parse(body) });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/answer?signed`;
});

afterAll(async () => {
  client.destroy();
  await dynamo.close();
  server.closeAllConnections();
  server.close();
});

function question(RequestType: string, before?: string) {
  return {
    RequestType,
    ResponseURL: url,
    StackId: "stack",
    RequestId: "request",
    LogicalResourceId: "Readiness",
    ResourceType: "Custom::RecordsRead",
    ResourceProperties: { Version: "9" },
    ...(before === undefined ? {} : { OldResourceProperties: { Version: before } }),
  };
}

const ask = async (controller: TestController, event: unknown, alias?: string) => {
  put = [];
  status = 200;
  return await dispatch(controller, event, through(alias));
};

const spoil = async (controller: TestController, cluster: string): Promise<void> => {
  const Item = { pk: `CLUSTER#${cluster}`, sk: "RECORD", schema: 99 };
  await DynamoDBDocumentClient.from(client).send(new PutCommand({ TableName: controller.table, Item }));
};

describe("CloudFormation, asking a new version whether it is ready,", () => {
  it.each(["Create", "Update"])(
    "hears yes on %s where each record can be read, or is not there yet",
    async (type) => {
      const controller = await makeController(client, { etl: sampleCluster(), ml: sampleCluster() });
      await ask(controller, question(type));
      expect(put).toEqual([
        {
          method: "PUT",
          type: undefined,
          body: {
            Status: "SUCCESS",
            Reason: "Every record can be read.",
            PhysicalResourceId: "records-read",
            StackId: "stack",
            RequestId: "request",
            LogicalResourceId: "Readiness",
          },
        },
      ]);
    },
  );

  it("hears no, and of which cluster, where a record is of a schema that this version does not know", async () => {
    const controller = await makeController(client, { etl: sampleCluster(), ml: sampleCluster() });
    await spoil(controller, "ml");
    await ask(controller, question("Update"));
    expect(put[0]?.body).toMatchObject({
      Status: "FAILED",
      Reason: expect.stringMatching(/^cluster ml: .*schema/),
    });
    expect(put[0]?.body).not.toMatchObject({ Reason: expect.stringContaining("etl") });
  });

  it.each([
    ["the way back to an earlier version", question("Update", "10"), "SUCCESS"],
    ["a deletion", question("Delete"), "SUCCESS"],
    ["the way forward", question("Update", "8"), "FAILED"],
  ])("is not held up by an unreadable record but on the way forward: %s", async (_, event, answer) => {
    const controller = await makeController(client);
    await spoil(controller, "etl");
    await ask(controller, { ...event, ResponseURL: url });
    expect(put[0]?.body).toMatchObject({ Status: answer });
  });

  it("is not heard through an alias: that is for operators and for the loop", async () => {
    const controller = await makeController(client);
    const reply = await ask(controller, question("Create"), "operate");
    expect(reply).toMatchObject({ ok: false });
    expect(put).toEqual([]);
  });

  it("gets an error in the log if it does not take the answer", async () => {
    const controller = await makeController(client);
    put = [];
    status = 403;
    const asked = dispatch(controller, question("Create"), through());
    await expect(asked).rejects.toThrow("did not take the answer: status 403");
  });

  it("keeps an answer of many obstacles as short as CloudFormation takes it", async () => {
    const names = Array.from({ length: 64 }, (_, n) => `team-${n}`);
    const controller = await makeController(
      client,
      Object.fromEntries(names.map((name) => [name, sampleCluster()])),
    );
    for (const name of names) await spoil(controller, name);
    await ask(controller, question("Update", "8"));
    expect(put[0]?.body).toMatchObject({ Status: "FAILED" });
    expect(JSON.stringify(put[0]?.body).length).toBeLessThan(4096);
  });
});
