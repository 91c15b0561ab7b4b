/**
 * The record store on DynamoDB. Every change to a record is one conditional write (expressions.ts draws how two ticks
 * meet); what the SDK throws becomes an outcome or one of three named errors here.
 */
import { ConditionalCheckFailedException, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import type { ClusterRecord, HistoryEntry, Wish } from "../../lib/core/model.ts";
import type { Execution, Expected, RecordStore, WriteOutcome } from "../../lib/core/ports.ts";
import { withinCallTime } from "./calls.ts";
import { describeFailure, failureKind, StoreRefusedError, StoreUnavailableError } from "./failures.ts";
import { claimExpression, recordExpression, wishExpression, type Expression } from "./expressions.ts";
import {
  HISTORY_PREFIX,
  historyExpiry,
  historyKey,
  LOOP_KEY,
  nameOf,
  partitionOf,
  recordKey,
  type Key,
} from "./table-keys.ts";
import { readClusterRecord, readExecution, readHistoryEntry, readWish, type Item } from "./record-schema.ts";
import { takesPlaceOf } from "../../lib/core/wishes.ts";

/** A wish that ended between the write that it refused and the read makes room for the next: tried so often. */
const WISH_ATTEMPTS = 3;

const ENTRY_IS_NEW = "attribute_not_exists(pk)";

export class DynamoRecordStore implements RecordStore {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
    this.#table = table;
  }

  /** @throws UnreadableRecordError, StoreRefusedError, StoreUnavailableError: none of them says "no record". */
  async read(cluster: string): Promise<ClusterRecord | undefined> {
    const key = recordKey(cluster);
    const item = await this.#get(key);
    return item && readClusterRecord(nameOf(key), item);
  }

  /** @throws StoreRefusedError */
  async write(next: ClusterRecord, expected: Expected, wish?: string): Promise<WriteOutcome> {
    const key = recordKey(next.cluster);
    try {
      return (await this.#update(key, recordExpression(next, expected, wish)))
        ? "written"
        : await this.#whoWon(key, next);
    } catch (error) {
      if (error instanceof StoreUnavailableError) return "unclear";
      throw error;
    }
  }

  /** A retry of the SDK may have met its own success: the nonce is made anew for each attempt of a tick. */
  async #whoWon(key: Key, next: ClusterRecord): Promise<WriteOutcome> {
    const item = await this.#get(key);
    return item?.["nonce"] === next.nonce ? "written" : "lost";
  }

  /** @throws StoreRefusedError, StoreUnavailableError */
  async appendHistory(cluster: string, entry: HistoryEntry): Promise<void> {
    const key = historyKey(cluster, entry);
    const command = new PutCommand({
      TableName: this.#table,
      Item: { ...key, ...entry, expiresAt: historyExpiry(entry.at) },
      ConditionExpression: ENTRY_IS_NEW,
    });
    await this.#unlessRefuted(`PutItem ${nameOf(key)}`, () => this.#client.send(command, withinCallTime()));
  }

  /** @throws UnreadableRecordError, StoreRefusedError, StoreUnavailableError */
  async readHistory(cluster: string, limit: number): Promise<readonly HistoryEntry[]> {
    const pk = partitionOf(cluster);
    const items: Item[] = [];
    let next: Item | undefined;
    do {
      const page = await this.#queryHistory(pk, limit - items.length, next);
      items.push(...page.items);
      next = page.next;
    } while (next !== undefined && items.length < limit);
    return items.map(({ sk, expiresAt: _expiresAt, pk: _pk, ...entry }) =>
      readHistoryEntry(`${pk}/${String(sk)}`, entry),
    );
  }

  async #queryHistory(pk: string, limit: number, start: Item | undefined) {
    const command = new QueryCommand({
      TableName: this.#table,
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
      ExpressionAttributeValues: { ":pk": pk, ":prefix": HISTORY_PREFIX },
      ScanIndexForward: false,
      ConsistentRead: true,
      Limit: limit,
      ...(start === undefined ? {} : { ExclusiveStartKey: start }),
    });
    const reply = await this.#call(`Query ${pk}/${HISTORY_PREFIX}`, () =>
      this.#client.send(command, withinCallTime()),
    );
    return { items: (reply.Items ?? []) as Item[], next: reply.LastEvaluatedKey as Item | undefined };
  }

  /** @throws UnreadableRecordError, StoreRefusedError, StoreUnavailableError */
  async putWish(cluster: string, wish: Wish): ReturnType<RecordStore["putWish"]> {
    const key = recordKey(cluster);
    for (let attempt = 1; ; attempt += 1) {
      if (await this.#update(key, wishExpression(wish))) return { outcome: "written", wish };
      const item = await this.#get(key);
      if (item === undefined) return "no-record";
      const standing = readWish(nameOf(key), item);
      // Our own: an attempt of the SDK had been applied before its reply was lost.
      if (standing?.id === wish.id && standing.requestId === wish.requestId)
        return { outcome: "written", wish: standing };
      if (standing?.id === wish.id || (standing && !takesPlaceOf(wish, standing)))
        return { outcome: "standing", wish: standing };
      if (attempt === WISH_ATTEMPTS) {
        throw new StoreUnavailableError(
          `${nameOf(key)} changed ${WISH_ATTEMPTS} times under the wish ${wish.id}`,
        );
      }
    }
  }

  /** Reads first: of a loop's ticks only the first one has to write. @throws StoreRefusedError, StoreUnavailableError */
  async claimLoop(execution: Execution): Promise<Execution> {
    const standing = readExecution(await this.#get(LOOP_KEY));
    if (standing !== undefined && !isNewer(execution, standing)) return standing;
    if (await this.#update(LOOP_KEY, claimExpression(execution))) return execution;
    return readExecution(await this.#get(LOOP_KEY)) ?? execution;
  }

  async #get(key: Key): Promise<Item | undefined> {
    const command = new GetCommand({ TableName: this.#table, Key: key, ConsistentRead: true });
    const reply = await this.#call(`GetItem ${nameOf(key)}`, () =>
      this.#client.send(command, withinCallTime()),
    );
    if (reply.Item === undefined) return undefined;
    const { pk: _pk, sk: _sk, ...item } = reply.Item;
    return item;
  }

  /** False where the condition does not hold. */
  async #update(key: Key, expression: Expression): Promise<boolean> {
    const command = new UpdateCommand({ TableName: this.#table, Key: key, ...expression });
    return this.#unlessRefuted(`UpdateItem ${nameOf(key)}`, () =>
      this.#client.send(command, withinCallTime()),
    );
  }

  async #unlessRefuted(call: string, send: () => Promise<unknown>): Promise<boolean> {
    try {
      await this.#call(call, send);
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  /** The SDK's errors in the words of this store; a condition that does not hold is left to the caller. */
  async #call<T>(call: string, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) throw error;
      const where = `${call} in table ${this.#table}: ${describeFailure(error)}`;
      if (failureKind(error) === "refused")
        throw new StoreRefusedError(`${where} (refused)`, { cause: error });
      throw new StoreUnavailableError(`${where} (no clear answer)`, { cause: error });
    }
  }
}

function isNewer(one: Execution, other: Execution): boolean {
  return one.startedAt > other.startedAt || (one.startedAt === other.startedAt && one.id > other.id);
}
