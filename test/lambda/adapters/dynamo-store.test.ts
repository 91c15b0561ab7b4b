import { afterAll, beforeAll, describe } from "vitest";
import { dynamoStoreContract } from "../../suites/dynamo-store-contract.ts";
import { startDynamo, type Endpoint } from "../support/tables.ts";

let dynamo: Endpoint;

beforeAll(async () => {
  dynamo = await startDynamo();
});

afterAll(async () => {
  await dynamo.close();
});

describe("DynamoRecordStore on the embedded DynamoDB", () => {
  dynamoStoreContract(() => dynamo.url);
});
