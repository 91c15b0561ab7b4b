/** The table's item of one cluster, and its history: conditional writes, as lambda/adapters/expressions.ts says them. */
import type { ClusterRecord, HistoryEntry, Wish } from "../../lib/core/model.ts";
import type { Expected } from "../../lib/core/ports.ts";
import { takesPlaceOf } from "../../lib/core/wishes.ts";

export class StoreModel {
  record: ClusterRecord | undefined;
  /** By sort key. */
  readonly history = new Map<string, HistoryEntry>();
  /** Called for each write that is applied. */
  onApplied: (before: ClusterRecord | undefined, after: ClusterRecord) => void = () => undefined;
  /** Called where two entries share a sort key and are not the same. */
  onHistoryLost: (entry: HistoryEntry) => void = () => undefined;

  /** Whether the condition held. `request` is written only where `wish` names the wish that it replaces. */
  apply(next: ClusterRecord, expected: Expected, wish: string | undefined): boolean {
    const found = this.record;
    if (expected === "none" ? found !== undefined : !isExpected(found, expected)) return false;
    if (wish !== undefined && found?.request?.id !== wish) return false;
    const request = wish === undefined ? found?.request : next.request;
    const { request: _, ...rest } = next;
    this.record = request === undefined ? rest : { ...rest, request };
    this.onApplied(found, this.record);
    return true;
  }

  append(entry: HistoryEntry): void {
    const key = `${entry.at}#${entry.token}`;
    const found = this.history.get(key);
    if (found === undefined) this.history.set(key, entry);
    else if (JSON.stringify(found) !== JSON.stringify(entry)) this.onHistoryLost(entry);
  }

  putWish(wish: Wish): boolean {
    const found = this.record;
    const standing = found?.request;
    if (!found || (standing && !takesPlaceOf(wish, standing))) return false;
    this.record = { ...found, request: wish };
    return true;
  }
}

function isExpected(found: ClusterRecord | undefined, expected: Exclude<Expected, "none">): boolean {
  return found?.token === expected.token && found.nonce === expected.nonce;
}
