import * as z from "zod/mini";
import type { Action } from "./action.ts";
import { historyView } from "./view.ts";

const DEFAULT_LIMIT = 20;
/** Some 500 bytes each: the reply stays far below the 6 MB that Lambda hands over. */
const MOST = 1_000;

/** What happened, newest first. */
export const history: Action<{ readonly limit?: number }> = {
  access: "read",
  about: "cluster",
  fields: { limit: z.optional(z.int().check(z.minimum(1), z.maximum(MOST))) },
  async run({ ports }, cluster, { limit = DEFAULT_LIMIT }) {
    const entries = await ports.store.readHistory(cluster, limit);
    const sentence =
      entries.length === 0
        ? `Nothing is in the history of the cluster ${cluster}.`
        : `The last ${entries.length} entries of the cluster ${cluster}, newest first.`;
    const data = { entries: entries.map(historyView) };
    return { ok: true, action: "history", cluster, code: "HISTORY", sentence, data };
  },
};
