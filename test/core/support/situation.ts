/** Situations for the tests of the core: two nodes `a` and `b`, and what is known of them at `NOW`. */
import { decideAfter, decideBefore } from "../../../lib/core/decide.ts";
import type { Decision, View } from "../../../lib/core/decide.ts";
import { freshRecord } from "../../../lib/core/notes.ts";
import { DEFAULTS } from "../../../lib/core/settings.ts";
import type {
  ClusterRecord,
  Counters,
  DiscoveredNode,
  NodeId,
  NodeRecord,
  NodeReport,
  Phase,
  Steering,
  Wish,
} from "../../../lib/core/model.ts";
import type { AlertSettings, ClusterSettings } from "../../../lib/core/settings.ts";

export const NOW = Date.UTC(2027, 0, 15, 8, 0, 0);
export const SECOND = 1000;
export const BEAT_SECONDS = 10;
/** The token of the plan that the replies answer. */
export const TOKEN = NOW - 3 * SECOND;

export const alerts: AlertSettings = {
  ...DEFAULTS.alerts,
  from: "from@example.org",
  to: ["ops@example.org"],
};

export function settingsWith(changes: Partial<ClusterSettings> = {}): ClusterSettings {
  return {
    nodes: { tag: { key: "cluster", value: "etl" }, prefer: [], exclude: [] },
    scheduler: { unit: "airflow-scheduler.service" },
    timers: DEFAULTS.timers,
    guard: "on",
    fence: "none",
    startIn: "run",
    ...changes,
  };
}

export const withHealth = settingsWith({
  health: { kind: "command", command: "check", timeoutSeconds: 3, failures: 3 },
});

const report: NodeReport = {
  token: TOKEN,
  seen: TOKEN,
  life: "",
  clock: NOW - SECOND,
  state: "stopped",
  pids: [],
  since: 0,
  restarts: 0,
  invocation: "none",
  guard: "none",
  gate: "none",
  grantUntil: 0,
  log: "",
  reason: "",
};

export const lifeOf = (id: NodeId) => `life-${id}`;

/** An answer to the record's plan. */
export function answers(
  id: NodeId,
  state: NodeReport["state"],
  changes: Partial<NodeReport> = {},
): NodeReport {
  const runs = state === "running" ? { pids: [7], since: NOW - 600 * SECOND, invocation: `run-${id}` } : {};
  return { ...report, life: lifeOf(id), state, ...runs, ...changes };
}

/** A node that has answered the last tick but one. */
export function node(id: NodeId, state: NodeReport["state"], changes: Partial<NodeRecord> = {}): NodeRecord {
  return {
    life: lifeOf(id),
    stopBy: "ever",
    guard: "none",
    report: answers(id, state),
    reportedAt: NOW - 10 * SECOND,
    instance: "running",
    missing: 0,
    ...changes,
  };
}

/** Proven by its own word. */
export function proven(id: NodeId, changes: Partial<NodeRecord> = {}): NodeRecord {
  const proof = { kind: "reported-stopped", at: NOW - 10 * SECOND, token: TOKEN } as const;
  return node(id, "stopped", { stopBy: "never", proof, ...changes });
}

export interface Known {
  readonly phase?: Partial<Phase>;
  readonly nodes?: Readonly<Record<NodeId, NodeRecord>>;
  readonly counters?: Partial<Counters>;
  readonly request?: Wish;
  readonly steering?: Steering;
  readonly excluded?: readonly NodeId[];
}

/** The scheduler runs on `a`; `b` is proven to run none. */
export function recordWith(known: Known = {}): ClusterRecord {
  const { phase = {}, nodes, counters = {}, request, steering, excluded } = known;
  const fresh = freshRecord("etl", "arn:aws:dynamodb:eu-west-1:123456789012:table/t", NOW - 3600 * SECOND);
  const settled = { name: "steady", since: NOW - 900 * SECOND, active: "a", cause: "none" } as const;
  const whole: Phase = { ...settled, ...phase };
  const { active } = whole;
  return {
    ...fresh,
    savedAt: NOW - 10 * SECOND,
    token: TOKEN,
    plan: {
      token: TOKEN,
      active: active ?? "none",
      life: active === undefined ? "none" : lifeOf(active),
      mode: whole.name === "looking" || active === undefined ? "look" : "run",
      others: whole.name === "looking" ? "look" : "stop",
      until: active === undefined ? 0 : NOW + 117 * SECOND,
      invocation: whole.restartOf ?? "none",
    },
    nodes: nodes ?? { a: node("a", "running"), b: proven("b") },
    phase: whole,
    counters: { ...fresh.counters, startedAt: NOW - 900 * SECOND, ...counters },
    ...(request === undefined ? {} : { request }),
    ...(steering === undefined ? {} : { steering }),
    ...(excluded === undefined ? {} : { excluded }),
  };
}

export const steered = (kind: Steering["kind"], until?: number): Steering => ({
  kind,
  since: NOW - 60 * SECOND,
  by: "ops",
  reason: "maintenance",
  ...(until === undefined ? {} : { until }),
});

export const wish = (changes: Partial<Wish> = {}): Wish => ({
  id: "wish-1",
  action: "failover",
  by: "ops",
  reason: "maintenance",
  requestId: "request-1",
  at: NOW - SECOND,
  phase: "accepted",
  ...changes,
});

export function viewOf(record: ClusterRecord, settings: ClusterSettings = settingsWith()): View {
  return { record, settings, alerts, beatSeconds: BEAT_SECONDS, now: NOW };
}

export function afterReplies(
  record: ClusterRecord,
  replies: readonly NodeReport[],
  settings?: ClusterSettings,
): Decision {
  const byNode = replies.map((each): [NodeId, NodeReport] => [each.life.replace(/^life-|\+$/g, ""), each]);
  return decideAfter(viewOf(record, settings), new Map(byNode));
}

export const instances = (words: Readonly<Record<NodeId, string>>): readonly DiscoveredNode[] =>
  Object.entries(words).map(([id, instance]) => ({ id, instance, hibernates: false }));

export const BOTH_RUN = instances({ a: "running", b: "running" });

export function beforeAsking(
  record: ClusterRecord,
  discovered: readonly DiscoveredNode[] | "unheard" = BOTH_RUN,
  settings?: ClusterSettings,
): Decision {
  return decideBefore(viewOf(record, settings), discovered);
}

/** What the decision asks of the nodes, in one line: `run a for life-a, others stop`. */
export function asks({ draft }: Decision): string {
  const { active, mode, life, others, invocation } = draft;
  if (active === "none") return `all ${others}`;
  const what = mode === "restart" ? `${mode} ${invocation} on ${active}` : `${mode} ${active}`;
  return `${what} for ${life}, others ${others}`;
}
