/**
 * What is told to EventBridge: each entry of the history, once it is there, as an event that rules can match. At least
 * once: `detail.cluster`, `at` and `token` together name an entry, so that whoever minds can tell a second delivery.
 */
import { formatInstant } from "./instants.ts";
import type { HistoryEntry } from "./model.ts";
import type { EventNews } from "./ports.ts";

export const EVENT_SOURCE = "scheduler-failover-controller";

export interface ControllerEvent {
  readonly source: typeof EVENT_SOURCE;
  /** The code of the decision. */
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Instants as RFC 3339, as in replies; what is not known is left out. docs/event.schema.json is the detail's shape. */
export function eventOf(cluster: string, { entry, skipped }: EventNews): ControllerEvent {
  const { proofs, ...rest } = entry;
  return {
    source: EVENT_SOURCE,
    detailType: entry.code,
    detail: {
      cluster,
      ...rest,
      at: formatInstant(entry.at),
      ...(proofs === undefined ? {} : { proofs: proofsOf(proofs) }),
      ...(skipped === 0 ? {} : { skipped }),
    },
  };
}

function proofsOf(proofs: NonNullable<HistoryEntry["proofs"]>) {
  const entries = Object.entries(proofs).map(([id, proof]) => [
    id,
    { ...proof, at: formatInstant(proof.at) },
  ]);
  return Object.fromEntries(entries) as Readonly<Record<string, unknown>>;
}
