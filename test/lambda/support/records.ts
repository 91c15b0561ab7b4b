import type { ClusterRecord, HistoryEntry, NodeRecord, NodeReport, Wish } from "../../../lib/core/model.ts";

/** 2026-11-24T18:38:03.042Z */
export const AT = 1_795_545_483_042;

export const NODE_A = "i-0123456789abcdef0";
export const NODE_B = "i-0fedcba9876543210";

const report: NodeReport = {
  token: AT,
  seen: AT,
  life: "boot-1",
  clock: AT,
  state: "running",
  pids: [4711, 4712],
  since: AT - 60_000,
  restarts: 0,
  invocation: "inv-1",
  guard: "none",
  gate: "none",
  grantUntil: 0,
  health: { code: 200, body: '{"scheduler":{"status":"healthy"}}' },
  log: "",
  reason: "",
};

export function sampleNode(changes: Partial<NodeRecord> = {}): NodeRecord {
  return {
    life: "boot-1",
    stopBy: "ever",
    guard: "none",
    report,
    reportedAt: AT,
    instance: "running",
    missing: 0,
    ...changes,
  };
}

/** A steady cluster: the scheduler runs on node A, node B is proven to be stopped. */
export function sampleRecord(changes: Partial<ClusterRecord> = {}): ClusterRecord {
  return {
    schema: 1,
    cluster: "etl",
    token: AT,
    nonce: "nonce-1",
    owner: "arn:aws:dynamodb:eu-west-1:123456789012:table/failover",
    lease: { holder: "request-1", until: AT + 25_000 },
    plan: {
      token: AT,
      active: NODE_A,
      life: "boot-1",
      mode: "run",
      others: "stop",
      until: AT + 120_000,
      invocation: "none",
    },
    nodes: {
      [NODE_A]: sampleNode(),
      [NODE_B]: sampleNode({
        stopBy: "never",
        proof: { kind: "reported-stopped", at: AT, token: AT },
        report: { ...report, state: "stopped", pids: [], since: 0, invocation: "none" },
      }),
    },
    phase: { name: "steady", since: AT - 60_000, active: NODE_A, cause: "none" },
    counters: {
      restarts: 0,
      startedAt: AT - 60_000,
      attempts: 0,
      retryAt: 0,
      unhealthy: 0,
      moves: [],
      transitions: 1,
    },
    outbox: [{ key: "k1", at: AT, history: sampleEntry() }],
    newsAt: AT,
    last: { code: "STEADY", sentence: "The scheduler runs.", at: AT },
    dueAt: AT + 10_000,
    savedAt: AT,
    ...changes,
  };
}

export function sampleEntry(changes: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    at: AT,
    token: AT,
    code: "ADOPTED",
    sentence: "One scheduler ran at first sight; it was adopted.",
    phase: "steady",
    active: NODE_A,
    proofs: { [NODE_B]: { kind: "instance-stopped", at: AT, token: 0 } },
    gapSeconds: 12.5,
    ...changes,
  };
}

export function sampleWish(changes: Partial<Wish> = {}): Wish {
  return {
    id: "wish-1",
    action: "failover",
    to: NODE_B,
    by: "arn:aws:iam::123456789012:user/ops",
    reason: "maintenance",
    requestId: "request-7",
    at: AT,
    phase: "accepted",
    ...changes,
  };
}
