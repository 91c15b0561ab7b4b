/** Keys of the table's items; docs/contracts.md lists them. */
import { formatInstant } from "../../lib/core/instants.ts";
import type { HistoryEntry, Instant } from "../../lib/core/model.ts";

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

export const HISTORY_PREFIX = "HISTORY#";
const HISTORY_DAYS = 90;
const DAY_SECONDS = 24 * 60 * 60;

export const LOOP_KEY: Key = { pk: "LOOP", sk: "RECORD" };

export function partitionOf(cluster: string): string {
  return `CLUSTER#${cluster}`;
}

export function recordKey(cluster: string): Key {
  return { pk: partitionOf(cluster), sk: "RECORD" };
}

export function historyKey(cluster: string, entry: HistoryEntry): Key {
  return { pk: partitionOf(cluster), sk: `${HISTORY_PREFIX}${formatInstant(entry.at)}#${entry.token}` };
}

/** For sentences. */
export function nameOf({ pk, sk }: Key): string {
  return `${pk}/${sk}`;
}

/** DynamoDB's TTL counts in seconds, and deletes late: it tidies up, it is no clock. */
export function historyExpiry(at: Instant): number {
  return Math.floor(at / 1_000) + HISTORY_DAYS * DAY_SECONDS;
}
