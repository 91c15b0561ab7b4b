/** The record as operators see it: RFC 3339 instead of milliseconds, `null` for what is not known. */
import { formatInstant } from "../../lib/core/instants.ts";
import { proofInWords } from "../../lib/core/mail.ts";
import type {
  ClusterRecord,
  HistoryEntry,
  Instant,
  NodeId,
  NodeRecord,
  Proof,
  StopBy,
  Wish,
} from "../../lib/core/model.ts";
import type { ClusterSettings } from "../../lib/core/settings.ts";

/** 0 stands for "never" or "not known" on the record. */
export function timeView(instant: Instant | undefined): string | null {
  return instant === undefined || instant === 0 ? null : formatInstant(instant);
}

export function proofView(node: NodeId, proof: Proof) {
  return { ...proof, at: timeView(proof.at), words: proofInWords(node, proof) };
}

function stopByView(stopBy: StopBy): string {
  return typeof stopBy === "number" ? formatInstant(stopBy) : stopBy;
}

/** Who excludes the node, if anybody does. */
function excludedBy(id: NodeId, { excluded }: ClusterRecord, settings: ClusterSettings | undefined) {
  if (settings?.nodes.exclude.includes(id)) return "settings";
  return excluded?.includes(id) ? "operator" : null;
}

export function nodeView(
  id: NodeId,
  node: NodeRecord,
  record: ClusterRecord,
  now: Instant,
  settings: ClusterSettings | undefined,
) {
  const { report, proof } = node;
  return {
    id,
    role: record.phase.active === id ? "active" : "standby",
    excludedBy: excludedBy(id, record, settings),
    /** What it last reported; `silentSince` says whether it still does. */
    state: report?.state ?? "unknown",
    since: timeView(report?.since),
    stopBy: stopByView(node.stopBy),
    proof: proof ? proofView(id, proof) : null,
    guard: node.guard,
    gate: report?.gate ?? "none",
    grantUntil: timeView(report?.grantUntil),
    instance: node.instance,
    life: node.life,
    pids: report?.pids ?? [],
    restarts: report?.restarts ?? 0,
    health: report?.health ?? null,
    host: report?.host || null,
    /** What the scheduler's own books said when they were last asked. */
    opinion: report?.opinion ? { ...report.opinion, at: timeView(report.opinion.at) } : null,
    reason: report?.reason ?? "",
    log: report?.log ?? "",
    reportedAt: timeView(node.reportedAt),
    reportAgeSeconds: node.reportedAt === 0 ? null : Math.max(0, Math.round((now - node.reportedAt) / 1_000)),
    silentSince: timeView(node.silentSince),
  };
}

export function wishView(wish: Wish) {
  const { at, notBefore, until, drill, ...rest } = wish;
  return {
    ...rest,
    ...(drill === undefined ? {} : { drill: { ...drill, begunAt: timeView(drill.begunAt) } }),
    at: timeView(at),
    ...(notBefore === undefined ? {} : { notBefore: timeView(notBefore) }),
    ...(until === undefined ? {} : { until: timeView(until) }),
  };
}

/** How the ticks steer where they do not do as usual; null where they do. */
export function steeringView({ steering }: ClusterRecord, settings: ClusterSettings | undefined) {
  if (steering) return { ...steering, since: timeView(steering.since), until: timeView(steering.until) };
  if (settings?.startIn !== "observe") return null;
  return { kind: "observing", since: null, until: null, by: "the settings", reason: "startIn: observe" };
}

export function historyView(entry: HistoryEntry) {
  const proofs = Object.entries(entry.proofs ?? {}).map(([id, proof]) => [id, proofView(id, proof)] as const);
  return { ...entry, at: timeView(entry.at), proofs: Object.fromEntries(proofs) };
}

export function phaseView({ phase }: ClusterRecord) {
  return { ...phase, since: timeView(phase.since), downSince: timeView(phase.downSince) };
}

export function leaseView({ lease }: ClusterRecord, now: Instant) {
  return { holder: lease.holder, until: timeView(lease.until), held: now < lease.until };
}

export function problemView({ problem }: ClusterRecord) {
  return problem
    ? { ...problem, since: timeView(problem.since), mailedAt: timeView(problem.mailedAt) }
    : null;
}
