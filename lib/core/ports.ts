/**
 * What a tick needs of the world, as narrow interfaces. Adapters translate; nothing here knows an SDK. A port that
 * fails throws; what may be doubtful is a value (`unclear`, an absent report), since unknown is never stopped.
 */
import type {
  ClusterRecord,
  DiscoveredNode,
  HistoryEntry,
  Instant,
  NodeId,
  NodeReport,
  Plan,
  Wish,
} from "./model.ts";
import type { NodeSettings } from "./settings.ts";

/** `lost`: the condition did not hold. `unclear`: no answer came, the write may have been applied. */
export type WriteOutcome = "written" | "lost" | "unclear";

/** The state that a write requires to find; `none`: no record. */
export type Expected = { readonly token: number; readonly nonce: string } | "none";

export interface RecordStore {
  /** Consistent. Throws on a record that it cannot read: a corrupt record is not an absent one. */
  read(cluster: string): Promise<ClusterRecord | undefined>;
  /** One conditional write. `request` is written only where `wish` names the wish that it replaces. */
  write(next: ClusterRecord, expected: Expected, wish?: string): Promise<WriteOutcome>;
  /** Idempotent by cluster, instant and token. */
  appendHistory(cluster: string, entry: HistoryEntry): Promise<void>;
  /** Newest first. */
  readHistory(cluster: string, limit: number): Promise<readonly HistoryEntry[]>;
  /**
   * Puts the wish on the record unless another one is under way: answers the wish that stands. A move that no tick has
   * begun yet is no obstacle to a wish about how the ticks steer.
   */
  putWish(
    cluster: string,
    wish: Wish,
  ): Promise<{ readonly outcome: "written" | "standing"; readonly wish: Wish } | "no-record">;
  /** Makes this execution the newest unless a newer one is there already: answers the newest. */
  claimLoop(execution: Execution): Promise<Execution>;
}

/** One run of the loop. */
export interface Execution {
  readonly id: string;
  readonly startedAt: Instant;
}

export interface NodeCommander {
  /** Sends one converge to these nodes. Answers the nodes to which it could not even be sent, and why. */
  send(cluster: string, owner: string, plan: Plan, nodes: readonly NodeId[]): Promise<SentPlan>;
  /** The reports that are there by now. A reply that is no well-formed line for this plan is an absent one. */
  collect(sent: SentPlan): Promise<ReadonlyMap<NodeId, NodeReport>>;
}

export interface SentPlan {
  readonly plan: Plan;
  readonly cluster: string;
  /** The Run Command ids, each with its nodes. */
  readonly commands: readonly { readonly id: string; readonly nodes: readonly NodeId[] }[];
  readonly unsent: ReadonlyMap<NodeId, string>;
}

export interface NodeDirectory {
  /** The nodes by tag or list, and what EC2 says of those already `known`. */
  discover(nodes: NodeSettings, known: readonly NodeId[]): Promise<readonly DiscoveredNode[]>;
  /** The fence: asks EC2 to stop the instance by force. That it has stopped is EC2's word in a later tick. */
  stop(node: NodeId): Promise<void>;
}

export interface Mail {
  readonly subject: string;
  readonly text: string;
}

export interface AlertSender {
  send(mail: Mail): Promise<void>;
}

export interface EventPublisher {
  /**
   * Publishes history entries as events, in this order, at most `EVENTS_AT_ONCE`. Answers for each why it was not
   * taken, `undefined` where it was. Throws where that is not known of any.
   */
  publish(cluster: string, entries: readonly EventNews[]): Promise<readonly (string | undefined)[]>;
}

export interface EventNews {
  readonly entry: HistoryEntry;
  /** How many older ones were given up before it. */
  readonly skipped: number;
}

/** As many as EventBridge takes in one call. */
export const EVENTS_AT_ONCE = 10;

export interface MetricSink {
  put(cluster: string, metrics: ClusterMetrics): void;
}

export interface ClusterMetrics {
  readonly SchedulersRunning: number;
  readonly NodesUnknown: number;
  readonly Transitions: number;
  readonly Failovers: number;
  readonly DrillSeconds: number;
  readonly DrillGapSeconds: number;
  readonly DrillsFailed: number;
  readonly GrantSecondsLeft: number;
  readonly OutboxAgeSeconds: number;
}

export interface Journal {
  /** One line per tick, and whatever failed. */
  write(
    level: "debug" | "info" | "warn" | "error",
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ): void;
}

export interface Clock {
  now(): Instant;
  sleep(milliseconds: number): Promise<void>;
}

export interface Ids {
  nonce(): string;
}

export interface Ports {
  readonly store: RecordStore;
  readonly nodes: NodeCommander;
  readonly directory: NodeDirectory;
  readonly alerts: AlertSender;
  readonly events: EventPublisher;
  readonly metrics: MetricSink;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly ids: Ids;
}
