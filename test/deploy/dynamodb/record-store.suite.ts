/**
 * The record store against DynamoDBs that share no code with the embedded one: same cases, same results. moto is a
 * judge of expressions and errors only: it serves each call in a thread of its own without a lock, so that two writes
 * on one condition may both be applied. It gets its calls one by one, and as it comes it is what the contract must find.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { DynamoRecordStore } from "../../../lambda/adapters/dynamo-store.ts";
import { clientFor, makeTable } from "../../lambda/support/tables.ts";
import { dynamoStoreContract } from "../../suites/dynamo-store-contract.ts";
import { notWonByOne } from "../../suites/record-store-contract.ts";
import { oneByOne } from "./one-by-one.ts";
import { type DynamoServer, startServer } from "./servers.ts";

const folder = mkdtempSync(join(tmpdir(), "dynamodb-"));
const ministack = await startServer("ministack", join(folder, "ministack"));
const moto = await startServer("moto", join(folder, "moto"));
const calmMoto = moto && (await oneByOne(moto));
afterAll(() => {
  ministack?.stop();
  calmMoto?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(ministack === undefined)("DynamoRecordStore on MiniStack", () => {
  dynamoStoreContract(() => addressOf(ministack));
});

describe.skipIf(calmMoto === undefined)("DynamoRecordStore on moto, one call after the other", () => {
  dynamoStoreContract(() => addressOf(calmMoto));
});

describe.skipIf(moto === undefined)("moto as it comes", () => {
  it("lets two writers win on one condition, and the contract finds it", async () => {
    const client = clientFor(addressOf(moto));
    const store = new DynamoRecordStore(client, await makeTable(client));
    expect(await notWonByOne(store, 200)).toBeDefined();
    client.destroy();
  });
});

function addressOf(server: DynamoServer | undefined): string {
  if (server === undefined) throw new Error("there is no such server");
  return server.url;
}
