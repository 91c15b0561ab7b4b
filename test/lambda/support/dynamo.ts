import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll } from "vitest";
import { clientFor, startDynamo, type Endpoint } from "./tables.ts";

/** An embedded DynamoDB for the tests of the file that calls this; its client is there when the first one begins. */
export function useDynamo(): { readonly client: DynamoDBClient } {
  let endpoint: Endpoint;
  let client: DynamoDBClient | undefined;
  beforeAll(async () => {
    endpoint = await startDynamo();
    client = clientFor(endpoint.url);
  });
  afterAll(async () => {
    client?.destroy();
    await endpoint.close();
  });
  return {
    get client() {
      if (client === undefined) throw new Error("the embedded DynamoDB is not started before the first test");
      return client;
    },
  };
}
