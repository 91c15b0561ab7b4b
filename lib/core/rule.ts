/** What a rule is. The rules themselves: the rules-*.ts files; their order: decide.ts. */
import type { Facts } from "./facts.ts";
import type {
  ClusterRecord,
  Counters,
  HistoryEntry,
  MailKind,
  NodeId,
  Phase,
  PhaseName,
  Steering,
  Wish,
} from "./model.ts";

/** What a rule changes on the record. What it leaves out stays as it is. */
export interface Change {
  readonly phase?: Partial<Phase>;
  readonly counters?: Partial<Counters>;
  readonly request?: Partial<Wish>;
  /** The token must be higher than this: a node has obeyed it. */
  readonly tokenAbove?: number;
  /** Nothing that was thought proven is: the record may be older than what the nodes were promised since. */
  readonly distrust?: boolean;
  /** How the ticks steer from now on; `settings`: as the settings say. */
  readonly steering?: Steering | "settings";
  readonly excluded?: readonly NodeId[];
  readonly takeOver?: ClusterRecord["takeOver"];
  /** What the nodes reported is forgotten; their lives and what they were promised are not. */
  readonly forget?: boolean;
  /** The operator's word that this node runs no scheduler. */
  readonly override?: NodeId;
  /** More for the history entry. */
  readonly entry?: Partial<HistoryEntry>;
}

export interface Rule {
  /** Stable: logs, mails, events and `status` show it. */
  readonly code: string;
  readonly phases: readonly PhaseName[];
  /** The condition in words; `holds` is the same in code. */
  readonly when: string;
  readonly holds: (facts: Facts) => boolean;
  /** Shown wherever the code is; `{name}`s are filled in by sentences.ts. */
  readonly sentence: string;
  readonly next: PhaseName | "same";
  /**
   * `quiet`: a tick like any other. `changes`: told when the last tick ended with another rule. `history`: told, in the
   * history and the log. A mail kind: mailed at once too. A change of phase or active node is told in any case.
   */
  readonly tell: "quiet" | "changes" | "history" | MailKind;
  /** `opens`: stands until a rule `ends` it; mailed when it has stood long enough, or at once if `urgent`. */
  readonly problem: "opens" | "urgent" | "keeps" | "ends";
  /** Something follows at once from what was found: plan again within this tick. */
  readonly again?: boolean;
  readonly change?: (facts: Facts) => Change;
}

/** A rule's usual parts, so that a table row says only what is special about it. */
export function rule(
  row: Pick<Rule, "code" | "phases" | "when" | "holds" | "sentence"> & Partial<Rule>,
): Rule {
  return { next: "same", tell: "quiet", problem: "keeps", ...row };
}

export const WITH_ACTIVE: readonly PhaseName[] = ["starting", "verifying", "steady"];
export const ANY_PHASE: readonly PhaseName[] = ["looking", "stopping", ...WITH_ACTIVE];
