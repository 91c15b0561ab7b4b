/**
 * The table's conditional writes: what each one sets, and what it requires to find. Who won after a lost condition is
 * told by a consistent read, never by what the failed write returned.
 *
 *     tick A (nonce a)                  record                     tick B (nonce b)
 *       read ------------------------- token 7, nonce x --------------------- read
 *       write token 8 if 7/x --------> token 8, nonce a
 *                                      condition fails <----- write token 8 if 7/x
 *                                      read: nonce a, not b -------------> "lost"
 *       write token 9 if 8/a --------> token 9, nonce c
 *         (the reply is lost, the SDK sends it once more)
 *       write token 9 if 8/a --------> condition fails
 *       "written" <------------------- read: nonce c, its own
 *         (no attempt is answered)
 *       "unclear": the caller reads again before it believes anything
 *
 * A tick whose own write was overwritten before its read hears "lost" although it was written once: the plan that it
 * wrote is superseded, and was never sent.
 */
import type { UpdateCommandInput } from "@aws-sdk/lib-dynamodb";
import type { ClusterRecord, Wish } from "../../lib/core/model.ts";
import type { Execution, Expected } from "../../lib/core/ports.ts";
import { takesPlaceOf } from "../../lib/core/wishes.ts";

/** What an UpdateItem does, and what it requires to find. */
export type Expression = Required<
  Pick<
    UpdateCommandInput,
    "UpdateExpression" | "ConditionExpression" | "ExpressionAttributeNames" | "ExpressionAttributeValues"
  >
>;

/** Every attribute that a tick writes: all of the record but the operator's request. The compiler keeps it complete. */
const OWNED_BY_TICKS: Readonly<Record<Exclude<keyof ClusterRecord, "request">, true>> = {
  schema: true,
  cluster: true,
  token: true,
  nonce: true,
  owner: true,
  lease: true,
  plan: true,
  nodes: true,
  phase: true,
  counters: true,
  problem: true,
  outbox: true,
  newsAt: true,
  steering: true,
  excluded: true,
  takeOver: true,
  last: true,
  dueAt: true,
  savedAt: true,
};

const NO_RECORD = "attribute_not_exists(pk)";
const SAME_PLAN = "#token = :expectedToken";
/** The token alone would do for plans; a save keeps its plan's token, and the nonce tells two saves apart. */
const SAME_WRITE = "#nonce = :expectedNonce";
const SAME_WISH = "#request.#id = :expectedWish";

/**
 * The one write of a tick: sets every attribute that ticks own and removes the optional ones that are absent, if the
 * record is still the one that was read. It does not name `request` unless the tick moves that wish on, so that an
 * operator's wish put between read and write is neither lost nor a reason to lose.
 */
export function recordExpression(
  next: ClusterRecord,
  expected: Expected,
  wish: string | undefined,
): Expression {
  const owned = Object.keys(OWNED_BY_TICKS) as (keyof typeof OWNED_BY_TICKS)[];
  const attributes = wish === undefined ? owned : [...owned, "request" as const];
  const present = attributes.filter((name) => next[name] !== undefined);
  const absent = attributes.filter((name) => next[name] === undefined);

  const names: Record<string, string> = Object.fromEntries(attributes.map((name) => [`#${name}`, name]));
  const values: Record<string, unknown> = Object.fromEntries(present.map((name) => [`:${name}`, next[name]]));
  const conditions: string[] = [];
  if (expected === "none") {
    conditions.push(NO_RECORD);
  } else {
    conditions.push(SAME_PLAN, SAME_WRITE);
    values[":expectedToken"] = expected.token;
    values[":expectedNonce"] = expected.nonce;
  }
  if (wish !== undefined) {
    conditions.push(SAME_WISH);
    names["#id"] = "id";
    values[":expectedWish"] = wish;
  }
  const set = `SET ${present.map((name) => `#${name} = :${name}`).join(", ")}`;
  const remove = absent.length === 0 ? "" : ` REMOVE ${absent.map((name) => `#${name}`).join(", ")}`;
  return {
    UpdateExpression: set + remove,
    ConditionExpression: conditions.join(" AND "),
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  };
}

const RECORD_EXISTS = "attribute_exists(pk)";
const NO_WISH = "attribute_not_exists(#request)";
const WISH_HAS_ENDED = "#request.#phase IN (:done, :failed)";
/** The same id again is the same wish: it is answered by how it went, not begun anew. */
const ANOTHER_ID = "#request.#id <> :id";

/** In the words of DynamoDB what `takesPlaceOf` says: by the phases of a move that this wish may take the place of. */
export function wishExpression(wish: Wish): Expression {
  const phases = PHASES_UNDER_WAY.filter((phase) =>
    takesPlaceOf(wish, { ...wish, action: "failover", phase }),
  );
  const named = phases.map((phase) => [`:${phase.replaceAll("-", "")}`, phase] as const);
  const isSuchMove = `(#request.#phase IN (${named.map(([name]) => name).join(", ")}) AND #request.#action IN (:failover, :switchover))`;
  const makesRoom = named.length === 0 ? WISH_HAS_ENDED : `(${WISH_HAS_ENDED} OR ${isSuchMove})`;
  return {
    UpdateExpression: "SET #request = :request",
    ConditionExpression: `${RECORD_EXISTS} AND (${NO_WISH} OR (${makesRoom} AND ${ANOTHER_ID}))`,
    ExpressionAttributeNames: {
      "#request": "request",
      "#phase": "phase",
      "#id": "id",
      ...(named.length === 0 ? {} : { "#action": "action" }),
    },
    ExpressionAttributeValues: {
      ":request": wish,
      ":id": wish.id,
      ":done": "done",
      ":failed": "failed",
      ...(named.length === 0 ? {} : { ":failover": "failover", ":switchover": "switchover" }),
      ...Object.fromEntries(named),
    },
  };
}

/** The phases of a wish that has not ended. */
const PHASES_UNDER_WAY = ["accepted", "stopping", "starting", "verifying", "going-back"] as const;

/** Also where there is no item: a hint that cannot be read names nobody. */
const NOBODY = "NOT (attribute_type(#startedAt, :number) AND attribute_type(#id, :string))";
const OLDER = "#startedAt < :startedAt";
/** Two executions of the same instant: any rule will do that both of them apply. */
const LESSER_TWIN = "(#startedAt = :startedAt AND #id < :id)";

/** Makes this execution the loop's newest, unless a newer one is. */
export function claimExpression({ id, startedAt }: Execution): Expression {
  return {
    UpdateExpression: "SET #id = :id, #startedAt = :startedAt",
    ConditionExpression: `${NOBODY} OR ${OLDER} OR ${LESSER_TWIN}`,
    ExpressionAttributeNames: { "#id": "id", "#startedAt": "startedAt" },
    ExpressionAttributeValues: { ":id": id, ":startedAt": startedAt, ":number": "N", ":string": "S" },
  };
}
