/**
 * What the record store keeps on any DynamoDB: the contract of every store, and beyond it what becomes of lost replies,
 * unreadable items and refusals. Called with the address of one, inside a `describe` of its own.
 */
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DynamoRecordStore } from "../../lambda/adapters/dynamo-store.ts";
import {
  StoreRefusedError,
  StoreUnavailableError,
  UnreadableRecordError,
} from "../../lambda/adapters/failures.ts";
import { AT, sampleEntry, sampleRecord, sampleWish } from "../lambda/support/records.ts";
import { clientFor, makeTable, startWire, type Fate, type Wire } from "../lambda/support/tables.ts";
import { recordStoreContract } from "./record-store-contract.ts";

let wire: Wire;
let client: DynamoDBClient;
let wired: DynamoDBClient;

/** `address`: asked once, before the first test. */
export function dynamoStoreContract(address: () => string): void {
  beforeAll(async () => {
    wire = await startWire(address());
    client = clientFor(address());
    wired = clientFor(wire.url);
  });

  afterAll(async () => {
    client.destroy();
    wired.destroy();
    await wire.close();
  });

  recordStoreContract(async () => new DynamoRecordStore(client, await makeTable(client)));
  describe("a reply that is lost", () => {
    lostReplies();
  });
  describe("an item that cannot be read", () => {
    unreadableItems();
  });
  describe("the table", () => {
    refusalsAndKeys();
  });
}

function lostReplies(): void {
  let store: DynamoRecordStore;
  let witness: DynamoRecordStore;
  const next = sampleRecord({ token: AT + 1, nonce: "n1" });
  const expected = { token: AT, nonce: "n0" };

  beforeEach(async () => {
    wire.fate = () => "pass";
    const table = await makeTable(client);
    store = new DynamoRecordStore(wired, table);
    witness = new DynamoRecordStore(client, table);
    await witness.write(sampleRecord({ nonce: "n0" }), "none");
  });

  const loseFirst = (operation: string, fate: Fate = "drop") => {
    let calls = 0;
    wire.fate = (each) => {
      if (each !== operation) return "pass";
      calls += 1;
      return calls === 1 ? fate : "pass";
    };
    return () => calls;
  };

  it.each(["drop", "fail", "hang"] as const)(
    "is a write that the SDK's second attempt meets as its own: written after %s",
    async (fate) => {
      const calls = loseFirst("UpdateItem", fate);
      expect(await store.write(next, expected)).toBe("written");
      expect(calls()).toBe(2);
      expect(await witness.read("etl")).toEqual(next);
    },
  );

  it("is no reason to believe in a write that another tick overwrites before the second attempt: lost", async () => {
    const other = sampleRecord({ token: AT + 2, nonce: "other" });
    let calls = 0;
    wire.fate = async (operation) => {
      if (operation !== "UpdateItem") return "pass";
      calls += 1;
      if (calls === 1) return "drop";
      expect(await witness.write(other, { token: AT + 1, nonce: "n1" })).toBe("written");
      return "pass";
    };
    expect(await store.write(next, expected)).toBe("lost");
    expect(await witness.read("etl")).toEqual(other);
  });

  it.each(["drop", "fail", "hang"] as const)(
    "leaves a write unclear if no attempt is answered: %s",
    async (fate) => {
      wire.fate = () => fate;
      expect(await store.write(next, expected)).toBe("unclear");
      expect(await witness.read("etl")).toEqual(next);
    },
  );

  it("leaves a write unclear if the condition failed and the read after it is not answered", async () => {
    wire.fate = (operation) => (operation === "GetItem" ? "drop" : "pass");
    await witness.write(next, expected);
    expect(await store.write(sampleRecord({ token: AT + 1, nonce: "n2" }), expected)).toBe("unclear");
  });

  it("is an error of a read, and not an absent record", async () => {
    wire.fate = () => "drop";
    await expect(store.read("etl")).rejects.toThrow(StoreUnavailableError);
  });

  it("is a wish that was written: it is not taken for another one's", async () => {
    loseFirst("UpdateItem");
    expect(await store.putWish("etl", sampleWish())).toEqual({ outcome: "written", wish: sampleWish() });
  });

  it("is an entry of the history that is there once", async () => {
    loseFirst("PutItem");
    await store.appendHistory("etl", sampleEntry());
    expect(await witness.readHistory("etl", 10)).toEqual([sampleEntry()]);
  });

  it("is an error of an entry that no attempt was answered for, which may be told again", async () => {
    wire.fate = () => "fail";
    await expect(store.appendHistory("etl", sampleEntry())).rejects.toThrow(StoreUnavailableError);
    wire.fate = () => "pass";
    await store.appendHistory("etl", sampleEntry());
    expect(await witness.readHistory("etl", 10)).toEqual([sampleEntry()]);
  });

  it("is a claim of the loop that was made", async () => {
    const execution = { id: "execution-a", startedAt: AT };
    loseFirst("UpdateItem");
    expect(await store.claimLoop(execution)).toEqual(execution);
  });
}

function unreadableItems(): void {
  let table: string;
  let store: DynamoRecordStore;

  beforeEach(async () => {
    table = await makeTable(client);
    store = new DynamoRecordStore(client, table);
  });

  const put = (item: Record<string, unknown>) =>
    DynamoDBDocumentClient.from(client).send(
      new PutCommand({ TableName: table, Item: { pk: "CLUSTER#etl", sk: "RECORD", ...item } }),
    );

  it("is not an absent record: every field that does not fit is named", async () => {
    await put({ ...sampleRecord(), token: "7", nonce: 5, lease: {} });
    const reading = store.read("etl");
    await expect(reading).rejects.toThrow(UnreadableRecordError);
    await expect(reading).rejects.toThrow(
      /^CLUSTER#etl\/RECORD cannot be read: .*token: .*nonce: .*lease\.holder: .*lease\.until: /,
    );
  });

  it("is named where it is an empty one", async () => {
    await put({});
    await expect(store.read("etl")).rejects.toThrow(UnreadableRecordError);
  });

  it("is named where a newer version has written it", async () => {
    await put({ ...sampleRecord(), schema: 2 });
    await expect(store.read("etl")).rejects.toThrow(
      "CLUSTER#etl/RECORD has schema 2, this version reads up to 1: a newer version has written it",
    );
  });

  it("keeps a field that a later version of the same schema has added", async () => {
    await put({ ...sampleRecord(), later: 1 });
    expect(await store.read("etl")).toEqual({ ...sampleRecord(), later: 1 });
    await store.write(sampleRecord({ nonce: "n2" }), { token: AT, nonce: "nonce-1" });
    expect(await store.read("etl")).toHaveProperty("later", 1);
  });

  it("does not lose to a writer that expects no record", async () => {
    await put({ nonsense: true });
    expect(await store.write(sampleRecord(), "none")).toBe("lost");
  });

  it("names nobody where it is the loop's: the next execution takes its place", async () => {
    await put({ pk: "LOOP", startedAt: "never" });
    const execution = { id: "execution-a", startedAt: AT };
    expect(await store.claimLoop(execution)).toEqual(execution);
    expect(await store.claimLoop({ id: "execution-b", startedAt: AT - 1 })).toEqual(execution);
  });
}

function refusalsAndKeys(): void {
  it.each([
    ["read", (store: DynamoRecordStore) => store.read("etl")],
    ["write", (store: DynamoRecordStore) => store.write(sampleRecord(), "none")],
    ["readHistory", (store: DynamoRecordStore) => store.readHistory("etl", 1)],
    ["appendHistory", (store: DynamoRecordStore) => store.appendHistory("etl", sampleEntry())],
    ["putWish", (store: DynamoRecordStore) => store.putWish("etl", sampleWish())],
    ["claimLoop", (store: DynamoRecordStore) => store.claimLoop({ id: "a", startedAt: AT })],
  ])("is named with the reason where it refuses: %s", async (_name, call) => {
    const calling = call(new DynamoRecordStore(client, "no-such-table"));
    await expect(calling).rejects.toThrow(StoreRefusedError);
    await expect(calling).rejects.toThrow(
      /in table no-such-table: ResourceNotFoundException: .* \(refused\)$/,
    );
    await expect(calling).rejects.toHaveProperty("cause.name", "ResourceNotFoundException");
  });

  it("holds items under the keys of docs/contracts.md, history with its time to live in seconds", async () => {
    const table = await makeTable(client);
    const store = new DynamoRecordStore(client, table);
    await store.write(sampleRecord(), "none");
    await store.appendHistory("etl", sampleEntry());
    await store.claimLoop({ id: "execution-a", startedAt: AT });

    const document = DynamoDBDocumentClient.from(client);
    const get = async (pk: string, sk: string): Promise<unknown> =>
      (await document.send(new GetCommand({ TableName: table, Key: { pk, sk } }))).Item;
    expect(await get("CLUSTER#etl", "RECORD")).toMatchObject({ token: AT });
    expect(await get("CLUSTER#etl", `HISTORY#2026-11-24T18:38:03.042Z#${AT}`)).toMatchObject({
      expiresAt: Math.floor(AT / 1_000) + 90 * 86_400,
    });
    expect(await get("LOOP", "RECORD")).toMatchObject({ id: "execution-a" });
  });
}
