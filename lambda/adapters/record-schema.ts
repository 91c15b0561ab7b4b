/**
 * The table's items as the controller expects them. What does not fit is refused by name: a guess at a damaged record
 * could start a second scheduler.
 */
import * as z from "zod/mini";
import { UnreadableRecordError } from "./failures.ts";
import type { ClusterRecord, HistoryEntry, Wish } from "../../lib/core/model.ts";
import type { Execution } from "../../lib/core/ports.ts";
import { faultsOf } from "../validation.ts";

/** The one schema that this version reads and writes. */
export const SCHEMA_VERSION = 1;

const instant = z.number();
const count = z.number();
const mode = z.enum(["look", "hold", "run", "restart", "stop", "detach"]);
const guard = z.enum(["armed", "none", "failed"]);
const phaseName = z.enum(["looking", "steady", "stopping", "starting", "verifying"]);

const proof = z.object({
  kind: z.enum(["reported-stopped", "grant-expired", "instance-stopped", "operator-override"]),
  at: instant,
  token: count,
});
const proofs = z.optional(z.record(z.string(), proof));

const plan = z.object({
  token: count,
  active: z.string(),
  life: z.string(),
  mode,
  others: mode,
  until: instant,
  invocation: z.string(),
  takeOver: z.optional(z.string()),
});

const report = z.object({
  token: count,
  seen: count,
  life: z.string(),
  clock: instant,
  state: z.enum(["running", "stopped", "starting", "stopping", "busy", "refused", "overridden"]),
  pids: z.array(z.number()),
  since: instant,
  restarts: count,
  invocation: z.string(),
  guard,
  gate: z.enum(["installed", "none", "failed"]),
  grantUntil: instant,
  health: z.exactOptional(z.object({ code: z.number(), body: z.string() })),
  opinion: z.exactOptional(z.object({ code: z.number(), at: instant, body: z.string() })),
  host: z.exactOptional(z.string()),
  facts: z.optional(
    z.object({
      systemd: count,
      restart: z.string(),
      enabled: z.string(),
      predecessor: count,
      predecessorAtBoot: z.exactOptional(z.boolean()),
      agentFolders: z.exactOptional(z.number()),
    }),
  ),
  log: z.string(),
  reason: z.string(),
});

const node = z.object({
  life: z.string(),
  stopBy: z.union([z.literal("never"), z.literal("ever"), instant]),
  proof: z.optional(proof),
  guard,
  report: z.optional(report),
  reportedAt: instant,
  silentSince: z.optional(instant),
  evasiveSince: z.optional(instant),
  instance: z.string(),
  missing: instant,
  obstacle: z.optional(z.string()),
});

const phase = z.object({
  name: phaseName,
  since: instant,
  active: z.optional(z.string()),
  from: z.optional(z.string()),
  failed: z.optional(z.string()),
  to: z.optional(z.string()),
  fence: z.optional(z.string()),
  restartOf: z.optional(z.string()),
  cause: z.string(),
  downSince: z.optional(instant),
});

const counters = z.object({
  restarts: count,
  startedAt: instant,
  attempts: count,
  retryAt: instant,
  unhealthy: count,
  unhealthyAt: z.optional(instant),
  strayMailedAt: z.optional(instant),
  moves: z.array(instant),
  transitions: count,
});

const problem = z.object({
  code: z.string(),
  sentence: z.string(),
  since: instant,
  mailed: z.array(z.string()),
  mailedAt: instant,
});

const historyEntry = z.object({
  at: instant,
  token: count,
  code: z.string(),
  sentence: z.string(),
  phase: phaseName,
  active: z.optional(z.string()),
  from: z.optional(z.string()),
  proofs,
  by: z.optional(z.string()),
  reason: z.optional(z.string()),
  requestId: z.optional(z.string()),
  gapSeconds: z.optional(z.number()),
  drill: z.optional(z.object({ seconds: z.number(), gapSeconds: z.number() })),
});

const mailNews = z.object({
  kind: z.enum(["restart-failed", "failover-done", "recovered", "problem", "reminder", "resolved"]),
  code: z.string(),
  sentence: z.string(),
  since: instant,
  gapSeconds: z.optional(z.number()),
  proofs,
  merged: count,
});

const outboxEntry = z.object({
  key: z.string(),
  at: instant,
  history: z.optional(historyEntry),
  event: z.optional(historyEntry),
  skipped: z.optional(count),
  mail: z.optional(mailNews),
});

const wish = z.object({
  id: z.string(),
  action: z.enum([
    "failover",
    "switchover",
    "pause",
    "resume",
    "observe",
    "detach",
    "exclude",
    "include",
    "take_over",
    "clear_metadata",
    "cancel",
  ]),
  to: z.optional(z.string()),
  override: z.optional(z.string()),
  owner: z.optional(z.string()),
  notBefore: z.optional(instant),
  until: z.optional(instant),
  from: z.optional(z.string()),
  drill: z.optional(z.object({ leg: z.enum(["there", "back"]), begunAt: instant, gapSeconds: z.number() })),
  replaces: z.optional(z.string()),
  by: z.string(),
  reason: z.string(),
  requestId: z.string(),
  at: instant,
  phase: z.enum(["accepted", "stopping", "starting", "verifying", "going-back", "done", "failed"]),
  sentence: z.optional(z.string()),
});

const steering = z.object({
  kind: z.enum(["paused", "observing", "detached"]),
  since: instant,
  until: z.optional(instant),
  by: z.string(),
  reason: z.string(),
});

const clusterRecord = z.object({
  schema: z.literal(SCHEMA_VERSION),
  cluster: z.string(),
  token: count,
  nonce: z.string(),
  owner: z.string(),
  lease: z.object({ holder: z.string(), until: instant }),
  plan,
  nodes: z.record(z.string(), node),
  phase,
  counters,
  problem: z.optional(problem),
  outbox: z.array(outboxEntry),
  request: z.optional(wish),
  steering: z.optional(steering),
  excluded: z.optional(z.array(z.string())),
  takeOver: z.optional(z.object({ owner: z.string(), until: instant })),
  last: z.object({ code: z.string(), sentence: z.string(), at: instant }),
  dueAt: instant,
  newsAt: instant,
  savedAt: instant,
});

const execution = z.object({ id: z.string(), startedAt: instant });

/** An item as the document client returns it. */
export type Item = Readonly<Record<string, unknown>>;

/** @throws UnreadableRecordError that names the key and every field that does not fit, or the newer schema. */
export function readClusterRecord(key: string, item: Item): ClusterRecord {
  const { schema } = item;
  if (typeof schema === "number" && schema > SCHEMA_VERSION) {
    throw new UnreadableRecordError(
      `${key} has schema ${schema}, this version reads up to ${SCHEMA_VERSION}: a newer version has written it`,
    );
  }
  return read(clusterRecord, key, item);
}

/** @throws UnreadableRecordError */
export function readHistoryEntry(key: string, item: Item): HistoryEntry {
  return read(historyEntry, key, item);
}

/** The wish on a record's item, without a look at the rest of it. @throws UnreadableRecordError */
export function readWish(key: string, item: Item): Wish | undefined {
  return read(z.object({ request: z.optional(wish) }), key, item).request;
}

/** Undefined for what is no execution: the loop's item is a hint, and one that cannot be read names nobody. */
export function readExecution(item: Item | undefined): Execution | undefined {
  return execution.safeParse(item).data;
}

/**
 * Checks, and hands the item on as it is: a field that this version does not know goes back to the table with the rest,
 * so that a newer version that was rolled back finds it again.
 */
function read<T>(schema: z.ZodMiniType<T>, key: string, item: Item): T {
  const faults = faultsOf(schema, item);
  if (faults.length === 0) return item as T;
  const sentences = faults.map(({ field, rule }) => `${field}: ${rule}`);
  throw new UnreadableRecordError(`${key} cannot be read: ${sentences.join("; ")}`);
}
