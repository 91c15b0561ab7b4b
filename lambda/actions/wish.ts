/**
 * A wish: written on the record, and carried out by the ticks. What is checked here only spares an operator a wish that
 * cannot come true; the ticks check again, since much may happen until then.
 */
import * as z from "zod/mini";
import { formatForPeople, parseInstant } from "../../lib/core/instants.ts";
import type { ClusterRecord, Instant, Wish } from "../../lib/core/model.ts";
import type { ClusterSettings } from "../../lib/core/settings.ts";
import { effectiveSettings, hasEnded } from "../../lib/core/steering.ts";
import { takesPlaceOf } from "../../lib/core/wishes.ts";
import type { Fault } from "../validation.ts";
import type { Action, ActionContext } from "./action.ts";
import { noRecord, refuse, type Answer, type Refusal } from "./reply.ts";
import { wishView } from "./view.ts";

const TEXT = 256;

/** What every wish may say. */
export interface WishInput {
  readonly reason?: string;
  /** Who asks, as the caller claims; the request id beside it is what CloudTrail can prove. */
  readonly by?: string;
  /** Idempotency key: the same key again is answered by how that wish went. */
  readonly key?: string;
}

const WISH_FIELDS = {
  reason: z.optional(z.string().check(z.maxLength(TEXT))),
  by: z.optional(z.string().check(z.minLength(1), z.maxLength(TEXT))),
  key: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_.:-]{1,64}$/))),
};

/** A node's name; whether there is such a node is a question of the record. */
export const nodeName = z.string().check(z.minLength(1), z.maxLength(64));

/** What is wished, without who and why. */
export type Wanted = Pick<Wish, "action" | "to" | "override" | "owner" | "notBefore" | "until" | "drill">;

/** What the record knows when a wish is asked. */
export interface Situation {
  readonly record: ClusterRecord;
  /** Those that operators have changed live are changed here. */
  readonly settings: ClusterSettings;
  readonly deployed: ClusterSettings;
  readonly beatSeconds: number;
  readonly now: Instant;
}

export interface WishKind<Input> {
  readonly action: Wish["action"];
  /** Beside those of every wish. */
  readonly fields?: Action["fields"];
  /** Names of fields that are instants to come. */
  readonly instants?: readonly string[];
  wanted?(input: Input): Omit<Wanted, "action">;
  /** Why it cannot come true, as far as the record says. */
  whyNot?(situation: Situation, wanted: Wanted): Refusal | undefined;
  /** What it will mean, beyond that it is accepted: sentences and data. */
  means?(situation: Situation, wanted: Wanted): { readonly words: string; readonly data?: Answer["data"] };
}

export function wishAction<Input extends WishInput>(kind: WishKind<Input>): Action<Input> {
  return {
    access: "operate",
    about: "cluster",
    fields: { ...kind.fields, ...WISH_FIELDS },
    faults: (event, now) =>
      (kind.instants ?? []).flatMap((field) => faultOfInstant(field, event[field], now)),
    run: (context, cluster, input) => ask(kind, context, cluster, input),
  };
}

function faultOfInstant(field: string, value: unknown, now: Instant): readonly Fault[] {
  if (typeof value !== "string") return [];
  const instant = parseInstant(value);
  if (instant !== undefined && instant > now) return [];
  const rule =
    instant === undefined
      ? "must be an instant as RFC 3339, such as 2027-01-15T08:00:00Z"
      : `must be in the future, it is ${formatForPeople(now)}`;
  return [{ code: "INVALID_FIELD", field, value, rule }];
}

async function ask<Input extends WishInput>(
  kind: WishKind<Input>,
  context: ActionContext,
  cluster: string,
  input: Input,
): Promise<Answer | Refusal> {
  const { ports, environment } = context;
  const record = await ports.store.read(cluster);
  if (record === undefined) return noRecord(cluster);
  const wanted: Wanted = defined({ action: kind.action, ...kind.wanted?.(input) });
  // Before the checks: a wish that came true makes its own repetition look wrong.
  const { request } = record;
  if (request && (request.id === input.key || !takesPlaceOf(wanted, request))) {
    return standing(cluster, request, wanted, input.key);
  }
  const deployed = environment.settings.clusters[cluster] as ClusterSettings;
  const settings = effectiveSettings(record, deployed);
  const { beatSeconds } = environment.settings;
  const situation = { record, settings, deployed, beatSeconds, now: ports.clock.now() };
  const refusal = kind.whyNot?.(situation, wanted);
  return refusal ?? (await put(context, situation, wanted, input, kind.means?.(situation, wanted)));
}

async function put(
  { ports, requestId }: ActionContext,
  { record, now }: Situation,
  wanted: Wanted,
  { key, by, reason }: WishInput,
  meaning: { readonly words: string; readonly data?: Answer["data"] } | undefined,
): Promise<Answer | Refusal> {
  const { cluster, request } = record;
  const replaces = request && !hasEnded(request) ? describe(request) : undefined;
  const wish: Wish = defined({
    id: key ?? ports.ids.nonce(),
    ...wanted,
    replaces,
    by: by ?? "unknown",
    reason: reason ?? "no reason given",
    requestId,
    at: now,
    phase: "accepted",
  });
  const answer = await ports.store.putWish(cluster, wish);
  if (answer === "no-record") return noRecord(cluster);
  if (answer.outcome === "standing") return standing(cluster, answer.wish, wanted, key);
  ports.journal.write("info", "wish accepted", { cluster, ...answer.wish });
  const begins =
    wish.notBefore === undefined ? "with the next tick" : `at ${formatForPeople(wish.notBefore)}`;
  const sentences = [
    `The ${nameOf(wish)} ${wish.id} is accepted; it begins ${begins}.`,
    ...(replaces === undefined ? [] : [`It takes the place of ${replaces}, which is not carried on.`]),
    ...(meaning === undefined || meaning.words === "" ? [] : [meaning.words]),
  ];
  return accepted(cluster, "ACCEPTED", sentences.join(" "), answer.wish, meaning?.data);
}

/** A wish in words, for the one that takes its place. */
export function describe(wish: Wish): string {
  const { id, by, phase } = wish;
  return `the ${nameOf(wish)} ${id}, ${phase}, asked by ${by}`;
}

/** As its operator asked for it. */
export function nameOf({ action, drill }: Pick<Wish, "action" | "drill">): string {
  return drill === undefined ? action : "drill";
}

/** A wish is on the record: the caller's own, by its key, or another one that is under way. */
function standing(cluster: string, wish: Wish, wanted: Wanted, key: string | undefined): Answer | Refusal {
  if (wish.id !== key) {
    const sentence = `Another wish is under way: ${describe(wish)}. ${wayOut(wish)}`;
    return refuse("REQUEST_UNDER_WAY", sentence, { field: "action", value: nameOf(wanted) });
  }
  if (COMPARED.some((what) => what(wish) !== what(wanted))) {
    const sentence = `The key ${key} was used for another wish, a ${nameOf(wish)}${wish.to === undefined ? "" : ` with ${wish.to}`}: take another one.`;
    return refuse("KEY_REUSED", sentence, { field: "key", value: key });
  }
  const sentence =
    `The ${nameOf(wish)} ${wish.id} was asked before: ${wish.phase}. ${wish.sentence ?? ""}`.trim();
  return accepted(cluster, "ALREADY_ASKED", sentence, wish);
}

/** What the same key must ask for again. On its way back a drill's target is another one than was asked for. */
const COMPARED: readonly ((wish: Wanted) => unknown)[] = [
  nameOf,
  ({ to, drill }) => (drill === undefined ? to : undefined),
  ({ override }) => override,
  ({ owner }) => owner,
  ({ notBefore }) => notBefore,
  ({ until }) => until,
];

function wayOut({ action, phase }: Wish): string {
  if (action !== "failover" && action !== "switchover")
    return "It is done with the next tick: ask again then.";
  if (phase === "accepted") return "`cancel` takes it back.";
  return "Where it hangs, a failover with `override`, `observe` or `detach` may take its place.";
}

function accepted(
  cluster: string,
  code: string,
  sentence: string,
  wish: Wish,
  more: Answer["data"] = {},
): Answer {
  return { ok: true, action: nameOf(wish), cluster, code, sentence, data: { ...wishView(wish), ...more } };
}

/** Without what is undefined: neither items nor replies have a word for it. */
function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;
}
