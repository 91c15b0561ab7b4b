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

export function nodeView(id: NodeId, node: NodeRecord, { phase }: ClusterRecord, now: Instant) {
  const { report, proof } = node;
  return {
    id,
    role: phase.active === id ? "active" : "standby",
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
    reason: report?.reason ?? "",
    log: report?.log ?? "",
    reportedAt: timeView(node.reportedAt),
    reportAgeSeconds: node.reportedAt === 0 ? null : Math.max(0, Math.round((now - node.reportedAt) / 1_000)),
    silentSince: timeView(node.silentSince),
  };
}

export function wishView(wish: Wish) {
  return { ...wish, at: timeView(wish.at) };
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
