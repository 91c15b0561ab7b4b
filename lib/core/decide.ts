/**
 * The decision of a tick: from what is known to what is asked of the nodes next. Pure: the same record, words of EC2,
 * replies and instant give the same decision. A tick calls it twice a round, before the nodes are asked and after.
 *
 * Reading order: model.ts (nouns), this file, rule.ts, the three rule tables, proof.ts and plan.ts (what a start owes).
 */
import { factsOf } from "./facts.ts";
import type { Facts } from "./facts.ts";
import { noteInstances, noteReplies } from "./notes.ts";
import { tellNews } from "./news.ts";
import { draftPlan } from "./plan.ts";
import type { Draft } from "./plan.ts";
import { distrusted } from "./proof.ts";
import type { Change, Rule } from "./rule.ts";
import { RULES_ACTIVE } from "./rules-active.ts";
import { RULES_BEFORE } from "./rules-before.ts";
import { RULES_START } from "./rules-start.ts";
import { fill } from "./sentences.ts";
import type { AlertSettings, ClusterSettings } from "./settings.ts";
import type { ClusterRecord, DiscoveredNode, Instant, NodeId, NodeReport } from "./model.ts";

/** In this order; the first rule that holds decides. */
export const RULES: Readonly<Record<"before" | "after", readonly Rule[]>> = {
  before: RULES_BEFORE,
  after: [...RULES_START, ...RULES_ACTIVE],
};

export interface View {
  readonly record: ClusterRecord;
  readonly settings: ClusterSettings;
  readonly alerts: AlertSettings;
  readonly beatSeconds: number;
  readonly now: Instant;
}

export interface Decision {
  readonly code: string;
  readonly sentence: string;
  /** The record with all that was noted and decided, and with the news of it; not yet written. */
  readonly record: ClusterRecord;
  /** What to ask of the nodes next. */
  readonly draft: Draft;
  /** A token must be higher than this. */
  readonly tokenAbove: number;
  /** Plan again within this tick. */
  readonly again: boolean;
  /** A transition is under way: the next tick comes sooner than the beat. */
  readonly soon: boolean;
  readonly running: number;
  readonly unknown: number;
}

/** Before the nodes are asked: EC2's word of this tick, and an operator's wish. */
export function decideBefore(view: View, discovered: readonly DiscoveredNode[] | "unheard"): Decision {
  const noted = noteInstances(view.record, discovered, view.now);
  return decide("before", view, factsFor(view, noted, new Map()));
}

/** With the replies to the record's plan. */
export function decideAfter(view: View, replies: ReadonlyMap<NodeId, NodeReport>): Decision {
  const noted = noteReplies(view.record, replies, view.settings, view.now);
  return decide("after", view, factsFor(view, noted, replies));
}

function factsFor(view: View, noted: ClusterRecord, replies: ReadonlyMap<NodeId, NodeReport>): Facts {
  return factsOf(noted, view.record, replies, view.settings, view.beatSeconds, view.now);
}

function decide(stage: keyof typeof RULES, view: View, facts: Facts): Decision {
  const rule = RULES[stage].find(
    (each) => each.phases.includes(facts.record.phase.name) && each.holds(facts),
  );
  if (!rule)
    throw new Error(`no rule holds ${stage} in phase ${facts.record.phase.name}, verdict ${facts.verdict}`);
  const sentence = fill(rule.sentence, facts);
  const change = rule.change?.(facts) ?? {};
  const changed = applyChange(facts, rule, change);
  const told = tellNews(
    changed,
    { rule, moved: hasMoved(facts.record, changed), sentence, entry: change.entry ?? {} },
    view.alerts,
    view.beatSeconds,
    facts.now,
  );
  const record = settleWish(told, rule, sentence);
  const problem = rule.problem === "opens" || rule.problem === "urgent";
  return {
    code: rule.code,
    sentence,
    record: { ...record, last: { code: rule.code, sentence, at: facts.now } },
    draft: draftPlan(record, view.settings, facts.now),
    tokenAbove: change.tokenAbove ?? 0,
    again: rule.again ?? false,
    soon: !problem && (record.phase.name === "stopping" || record.phase.name === "starting"),
    running: facts.running.length,
    unknown: facts.silent.length,
  };
}

function hasMoved(before: ClusterRecord, after: ClusterRecord): boolean {
  return before.phase.name !== after.phase.name || before.phase.active !== after.phase.active;
}

function applyChange(facts: Facts, rule: Rule, change: Change): ClusterRecord {
  const { record, settings, now } = facts;
  const name = rule.next === "same" ? record.phase.name : rule.next;
  const since = name === record.phase.name ? record.phase.since : now;
  const nodes = change.distrust
    ? Object.fromEntries(
        Object.entries(record.nodes).map(([id, node]) => [id, distrusted(node, settings, now)]),
      )
    : record.nodes;
  return {
    ...record,
    nodes,
    phase: { ...record.phase, ...change.phase, name, since },
    counters: { ...record.counters, ...change.counters },
    request: record.request && change.request ? pursue(record, change) : record.request,
  };
}

/** A wish moves on only while it is under way: what has ended stays as it ended. */
function pursue(record: ClusterRecord, change: Change): ClusterRecord["request"] {
  const { request } = record;
  if (!request || request.phase === "done" || request.phase === "failed") return request;
  if (
    request.phase === "accepted" &&
    change.request?.phase !== "stopping" &&
    change.request?.phase !== "failed"
  ) {
    return request;
  }
  return { ...request, ...change.request };
}

/** The wish tells what became of it in the words of the rule that moved it on. */
function settleWish(record: ClusterRecord, rule: Rule, sentence: string): ClusterRecord {
  const { request } = record;
  if (!request || !rule.change || request.phase === "accepted") return record;
  const moved = request.phase === "done" || request.phase === "failed" || rule.tell !== "quiet";
  const ended = request.sentence !== undefined && (request.phase === "done" || request.phase === "failed");
  return moved && !ended ? { ...record, request: { ...request, sentence } } : record;
}
