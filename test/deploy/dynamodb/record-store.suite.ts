/** The record store's contract against DynamoDBs that share no code with the embedded one: same cases, same results. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe } from "vitest";
import { dynamoStoreContract } from "../../suites/dynamo-store-contract.ts";
import { startServer } from "./servers.ts";

const folder = mkdtempSync(join(tmpdir(), "dynamodb-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

for (const name of ["ministack", "moto"] as const) {
  const server = await startServer(name, join(folder, name));
  afterAll(() => server?.stop());
  describe.skipIf(server === undefined)(`DynamoRecordStore on ${name}`, () => {
    dynamoStoreContract(() => server?.url ?? "");
  });
}
