/**
 * The names of what the controller tells CloudWatch: one place for those who emit (the tick), draw (the dashboard) and
 * watch (the alarms). A name that only two of them share would be an alarm that never fires.
 *
 * The namespace is the stack's name, `SchedulerFailover` by default, so that two deployments in one account do not mix
 * their figures; the function learns it as `POWERTOOLS_METRICS_NAMESPACE`.
 */
import type { ClusterRecord } from "./model.ts";
import type { ClusterMetrics } from "./ports.ts";

/** The one dimension of every metric: the cluster's name. */
export const CLUSTER_DIMENSION = "Cluster";

export type MetricName = keyof ClusterMetrics;

/** CloudWatch's name of the unit. Each metric is put once a tick, by that tick alone. */
export const METRIC_UNITS = {
  /** Nodes that this tick found to run the scheduler. */
  SchedulersRunning: "Count",
  /** Nodes of which this tick does not know whether they run it. */
  NodesUnknown: "Count",
  /** Transitions made in this tick, not since the beginning: their sum over a time says how many there were. */
  Transitions: "Count",
  /** Those of them that have brought the scheduler to another node. */
  Failovers: "Count",
  /** What a drill took that is done, from its beginning until the scheduler had settled at home again. */
  DrillSeconds: "Seconds",
  /** How long there was no scheduler in it, both ways together. */
  DrillGapSeconds: "Seconds",
  /** Drills that have failed, or could not be begun or carried on. */
  DrillsFailed: "Count",
  /** What is left of the active node's grant; 0 where none is held. */
  GrantSecondsLeft: "Seconds",
  /** Age of the oldest news that is still to be told; 0 where all is told. */
  OutboxAgeSeconds: "Seconds",
} as const satisfies Record<MetricName, "Count" | "Seconds">;

/**
 * What is nothing most of the time is put only when it is more: CloudWatch charges a metric by the hours in which it
 * gets one. The others are put with every tick, 0 included: their silence means that no tick came to its end.
 */
export const EVENT_METRICS: readonly MetricName[] = [
  "Transitions",
  "Failovers",
  "DrillSeconds",
  "DrillGapSeconds",
  "DrillsFailed",
  "OutboxAgeSeconds",
];

/** The history entry of a failover, planned or not. */
export const FAILOVER_CODE = "FAILED_OVER";

export const DRILL_FAILURES: ReadonlySet<string> = new Set(["DRILL_FAILED", "DRILL_REFUSED"]);

/**
 * The figures of what waits to be told: of a tick that was killed before it told them, too, so that no alarm is missed.
 * An entry that could not be written into the history is counted again with the next tick.
 */
export function newsMetrics({
  outbox,
}: ClusterRecord): Pick<
  ClusterMetrics,
  "Transitions" | "Failovers" | "DrillSeconds" | "DrillGapSeconds" | "DrillsFailed"
> {
  const told = outbox.flatMap(({ history }) => (history ? [history] : []));
  const drills = told.flatMap(({ drill }) => (drill ? [drill] : []));
  return {
    Transitions: told.length,
    Failovers: told.filter(({ code }) => code === FAILOVER_CODE).length,
    DrillSeconds: Math.max(0, ...drills.map(({ seconds }) => seconds)),
    DrillGapSeconds: Math.max(0, ...drills.map(({ gapSeconds }) => gapSeconds)),
    DrillsFailed: told.filter(({ code }) => DRILL_FAILURES.has(code)).length,
  };
}

export const METRIC_NAMES = Object.keys(METRIC_UNITS) as readonly MetricName[];

/** Messages of the log lines on which the dashboard and the saved queries rest. */
export const LOG_MESSAGES = {
  /** One line for each tick of each cluster. */
  tick: "tick",
  /** One line for each history entry. */
  transition: "transition",
  tickFailed: "tick failed",
  /** An answer that never came is no such line: only a call that failed is. */
  answersUnread: "reading the nodes' answers failed",
  ec2Unheard: "EC2 was not heard",
  newsUndelivered: "news could not be delivered",
  nodeUnasked: "a node could not be asked",
  nodeRefused: "a node refused",
  fenced: "fenced",
  fenceFailed: "the fence failed",
} as const;

/** Fields of those lines. `since` is RFC 3339. */
export const LOG_FIELDS = {
  cluster: "cluster",
  code: "code",
  sentence: "sentence",
  active: "active",
  phase: "phase",
  since: "since",
  /** Of a transition. */
  from: "from",
  by: "by",
  gapSeconds: "gapSeconds",
  /** Of a transition: the operator's; of a node: its own, or why it could not be asked. */
  reason: "reason",
  node: "node",
  /** How long a tick took. */
  milliseconds: "milliseconds",
} as const;
