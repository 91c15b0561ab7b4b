/** The nouns of the protocol. All instants are Unix milliseconds; all durations say their unit in their name. */
export type Instant = number;
export type NodeId = string;

/** What a converge asks of a node. */
export type Mode = "look" | "hold" | "run" | "restart" | "stop" | "detach";

/**
 * Until when a node may run a scheduler, for all that is known: `never` (proven not to run one), an instant
 * (its guard has stopped it by then), or `ever` (nothing is known).
 */
export type StopBy = "never" | "ever" | Instant;

/** One desired state, written down under its own token before it is sent. */
export interface Plan {
  readonly token: number;
  /** An instance id, or `none`. */
  readonly active: NodeId;
  /** The life of the active node that the grant is made out to. */
  readonly life: string;
  readonly mode: Mode;
  readonly others: Mode;
  /** The grant's end; bounds every start. */
  readonly until: Instant;
  /** The invocation that a `restart` stops first. */
  readonly invocation: string;
  /** Another deployment's stamp that nodes replace by this one's own. */
  readonly takeOver?: string | undefined;
}

export type NodeState = "running" | "stopped" | "starting" | "stopping" | "busy" | "refused" | "overridden";

/** What one converge found and did: the node's JSON line, checked and decoded. */
export interface NodeReport {
  readonly token: number;
  /** The highest token that the node has obeyed. */
  readonly seen: number;
  readonly life: string;
  /** The node's clock when it answered. */
  readonly clock: Instant;
  readonly state: NodeState;
  readonly pids: readonly number[];
  /** When the running scheduler was started; 0: not known. */
  readonly since: Instant;
  /** Starts that this life of the node made by itself: systemd's Restart=. */
  readonly restarts: number;
  /** Names the running scheduler process; `none` where none runs. */
  readonly invocation: string;
  readonly guard: "armed" | "none" | "failed";
  readonly gate: "installed" | "none" | "failed";
  readonly grantUntil: Instant;
  /** The health check's exit or HTTP status and what it said; absent where it was not asked, for want of time too. */
  readonly health?: { readonly code: number; readonly body: string };
  /** What the scheduler's own books said of this run, and when; absent until they were asked. */
  readonly opinion?: { readonly code: number; readonly at: Instant; readonly body: string };
  /** The node's host name; empty where it has none to tell. */
  readonly host?: string;
  /** What `doctor` asks about; absent from nodes that were told by an older version. */
  readonly facts?: NodeFacts | undefined;
  /** The scheduler's last output lines, where it failed. */
  readonly log: string;
  /** Why the node refused, failed or did something: a stable word, then free text. */
  readonly reason: string;
}

/** Of the machine, beside the scheduler's state. */
export interface NodeFacts {
  /** Its version; 0: there is none. */
  readonly systemd: number;
  /** The unit's `Restart=`, and whether systemd starts it at boot: `enabled`, `disabled`, `static`, ...; empty: no unit. */
  readonly restart: string;
  readonly enabled: string;
  /** The process of the on-node controller that this product replaces; 0: there is none. */
  readonly predecessor: number;
  /** Whether systemd starts that controller at boot. */
  readonly predecessorAtBoot?: boolean;
  /** Folders that the SSM agent keeps, one for each command; -1: more than their filesystem counts, or it counts none. */
  readonly agentFolders?: number;
}

export type ProofKind = "reported-stopped" | "grant-expired" | "instance-stopped" | "operator-override";

/** Why a node is known not to run the scheduler. */
export interface Proof {
  readonly kind: ProofKind;
  readonly at: Instant;
  /** The token of the plan that the node answered; 0 where no plan was answered. */
  readonly token: number;
}

/** What the record knows of a node. */
export interface NodeRecord {
  /** `unknown` until the node has answered. */
  readonly life: string;
  readonly stopBy: StopBy;
  readonly proof?: Proof | undefined;
  readonly guard: "armed" | "none" | "failed";
  /** The last report, and when it was read. */
  readonly report?: NodeReport | undefined;
  readonly reportedAt: Instant;
  /** Since when it has not answered; absent: it answered when last asked. */
  readonly silentSince?: Instant | undefined;
  /** Since when it has answered without saying how its scheduler stands: it refuses, or is busy. */
  readonly evasiveSince?: Instant | undefined;
  /** What EC2 last said: `running`, `stopped`, `terminated`, ... or `unknown`. */
  readonly instance: string;
  /** Since when EC2 does not find an instance that it once knew; 0: it does. */
  readonly missing: Instant;
  /** Why nothing could be sent to it, in this tick. */
  readonly obstacle?: string | undefined;
}

/** `looking`: nothing is known yet. `stopping`: stop and prove before a start. `starting`: sent, not yet running.
 * `verifying`: runs, settling. `steady`: runs. */
export type PhaseName = "looking" | "steady" | "stopping" | "starting" | "verifying";

export interface Phase {
  readonly name: PhaseName;
  readonly since: Instant;
  /** Where the scheduler runs or shall run; absent while none may. */
  readonly active?: NodeId | undefined;
  /** Where it ran before, while it is being moved. */
  readonly from?: NodeId | undefined;
  /** Where the last start failed: the next one is tried elsewhere first. */
  readonly failed?: NodeId | undefined;
  /** In `stopping`: where it shall run, if that is settled. */
  readonly to?: NodeId | undefined;
  /** The node whose instance EC2 is asked to stop by force, until EC2 says that it does or the node answers. */
  readonly fence?: NodeId | undefined;
  /** In `starting`: the invocation that a restart stops first. */
  readonly restartOf?: string | undefined;
  /** The code of the rule that began the move or start; `none` when the scheduler is settled. */
  readonly cause: string;
  /** Since when no scheduler is known to run: the gap counts from here. */
  readonly downSince?: Instant | undefined;
}

export interface Counters {
  /** Starts in place since the scheduler was last stable. */
  readonly restarts: number;
  /** When the last start, in place or elsewhere, was asked. */
  readonly startedAt: Instant;
  /** Attempts to bring up a scheduler since one was last healthy. */
  readonly attempts: number;
  /** No start before this, where nothing runs and attempts fail. */
  readonly retryAt: Instant;
  /** Ticks in a row in which the active node's check failed. */
  readonly unhealthy: number;
  /** When it last failed under a host name that another node has too: a yes does not end the row then, time does. */
  readonly unhealthyAt?: Instant | undefined;
  /** When a mail last told of a scheduler that a standby had found and stopped. */
  readonly strayMailedAt?: Instant | undefined;
  /** When the scheduler was last moved away from a running one; the newest last, one hour's worth. */
  readonly moves: readonly Instant[];
  /** Transitions since the record was made. */
  readonly transitions: number;
}

/** A problem that stands: mailed once, reminded of, and resolved once. */
export interface Problem {
  readonly code: string;
  readonly sentence: string;
  readonly since: Instant;
  /** The codes that have been mailed since then: one mail for each. */
  readonly mailed: readonly string[];
  /** When the last of these mails or reminders was written; 0: none yet. */
  readonly mailedAt: Instant;
}

export interface HistoryEntry {
  readonly at: Instant;
  readonly token: number;
  readonly code: string;
  readonly sentence: string;
  readonly phase: PhaseName;
  readonly active?: NodeId | undefined;
  readonly from?: NodeId | undefined;
  /** Proofs on which a start rested, by node. */
  readonly proofs?: Readonly<Record<NodeId, Proof>> | undefined;
  /** Who asked, for what an operator began. */
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
  /** Lambda's request id of the asking, which CloudTrail knows too. */
  readonly requestId?: string | undefined;
  /** Seconds without a scheduler, where this transition ended such a time. */
  readonly gapSeconds?: number | undefined;
  /** What a drill took, with the transition that ended it. */
  readonly drill?: { readonly seconds: number; readonly gapSeconds: number } | undefined;
}

export type MailKind = "restart-failed" | "failover-done" | "recovered" | "problem" | "reminder" | "resolved";

/** News that is still to be told. Its key makes each delivery idempotent where the receiver allows it. */
export interface OutboxEntry {
  readonly key: string;
  readonly at: Instant;
  /** Still to be written into the history; when it is, it waits on as an `event`. */
  readonly history?: HistoryEntry | undefined;
  /** In the history, and still to be published. */
  readonly event?: HistoryEntry | undefined;
  /** How many older events were given up, where too many waited: the history has them. */
  readonly skipped?: number | undefined;
  readonly mail?: MailNews | undefined;
}

export interface MailNews {
  readonly kind: MailKind;
  readonly code: string;
  readonly sentence: string;
  readonly since: Instant;
  readonly gapSeconds?: number | undefined;
  readonly proofs?: Readonly<Record<NodeId, Proof>> | undefined;
  /** How many pieces of news this one stands for, where the outbox had to merge. */
  readonly merged: number;
}

/**
 * An operator's request, written on the record and carried out by the ticks. `failover` and `switchover` move the
 * scheduler; the others change how the ticks steer, and are done with the next one. `cancel` only takes the place of a
 * move that waits.
 */
export type WishAction =
  | "failover"
  | "switchover"
  | "pause"
  | "resume"
  | "observe"
  | "detach"
  | "exclude"
  | "include"
  | "take_over"
  | "clear_metadata"
  | "cancel";

export interface Wish {
  readonly id: string;
  readonly action: WishAction;
  /** A move's target; what `exclude` and `include` name. */
  readonly to?: NodeId | undefined;
  /** A node that the operator declares to run no scheduler: a failover's proof of last resort. */
  readonly override?: NodeId | undefined;
  /** The stamp of another deployment that a take-over replaces. */
  readonly owner?: string | undefined;
  /** A move is begun no sooner than this. */
  readonly notBefore?: Instant | undefined;
  /** A pause ends by itself then. */
  readonly until?: Instant | undefined;
  /** The node that the move leaves, from when it is begun. */
  readonly from?: NodeId | undefined;
  /** A switchover that is the one half of a drill; the wish goes on with the way back. */
  readonly drill?: Drill | undefined;
  /** The wish whose place it takes, in words: that one is not carried out. */
  readonly replaces?: string | undefined;
  /** Who asks, as the caller claims. */
  readonly by: string;
  readonly reason: string;
  /** Lambda's request id, which CloudTrail knows too. */
  readonly requestId: string;
  readonly at: Instant;
  readonly phase: WishPhase;
  /** What became of it. */
  readonly sentence?: string | undefined;
}

/** A rehearsal of a move: to another node, and back when the scheduler has settled there. */
export interface Drill {
  readonly leg: "there" | "back";
  /** When the way there was begun; 0: not yet. */
  readonly begunAt: Instant;
  /** Without a scheduler so far. */
  readonly gapSeconds: number;
}

export type WishPhase = "accepted" | "stopping" | "starting" | "verifying" | "going-back" | "done" | "failed";

/**
 * How the ticks steer, where an operator has changed it. `paused`: the grant is extended, nothing is started or stopped.
 * `observing`: guard, gate and grant are taken off, then the ticks only look. `detached`: the same, and no more ticks.
 */
export interface Steering {
  readonly kind: "paused" | "observing" | "detached";
  readonly since: Instant;
  readonly until?: Instant | undefined;
  readonly by: string;
  readonly reason: string;
}

/** The cluster's one item in the table. Every change to it is one conditional write. */
export interface ClusterRecord {
  readonly schema: 1;
  readonly cluster: string;
  readonly token: number;
  /** Made anew for every attempt to write: after a lost reply it says who won. */
  readonly nonce: string;
  /** The table's ARN: names this deployment to the nodes. */
  readonly owner: string;
  readonly lease: { readonly holder: string; readonly until: Instant };
  readonly plan: Plan;
  readonly nodes: Readonly<Record<NodeId, NodeRecord>>;
  readonly phase: Phase;
  readonly counters: Counters;
  readonly problem?: Problem | undefined;
  readonly outbox: readonly OutboxEntry[];
  /** When the last news was told: two pieces of news never share an instant. */
  readonly newsAt: Instant;
  readonly request?: Wish | undefined;
  /** Absent: the ticks steer as the settings say. */
  readonly steering?: Steering | undefined;
  /** Nodes that an operator has excluded, beside those of the settings. */
  readonly excluded?: readonly NodeId[] | undefined;
  /** Until then nodes are told to replace another deployment's stamp by this one's own. */
  readonly takeOver?: { readonly owner: string; readonly until: Instant } | undefined;
  /** The rule that the last tick ended with, and its sentence. */
  readonly last: { readonly code: string; readonly sentence: string; readonly at: Instant };
  /** When the next tick is due. */
  readonly dueAt: Instant;
  /** When a tick last wrote. */
  readonly savedAt: Instant;
}

/** What EC2 says of the cluster's instances in this tick. */
export interface DiscoveredNode {
  readonly id: NodeId;
  /** `pending`, `running`, `stopping`, `stopped`, `shutting-down`, `terminated`, or `unknown` where EC2 was not heard. */
  readonly instance: string;
  /** A hibernated instance wakes with its processes: its `stopped` proves nothing. */
  readonly hibernates: boolean;
  readonly name?: string;
}
