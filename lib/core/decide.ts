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
import { RULES_ASIDE } from "./rules-aside.ts";
import { RULES_BEFORE } from "./rules-before.ts";
import { RULES_DOWN } from "./rules-down.ts";
import { RULES_RUNNING } from "./rules-running.ts";
import { RULES_FIRST, RULES_START } from "./rules-start.ts";
import { fill } from "./sentences.ts";
import { MOVES, effectiveSettings, hasEnded } from "./steering.ts";
import type { AlertSettings, ClusterSettings } from "./settings.ts";
import type { ClusterRecord, DiscoveredNode, Instant, NodeId, NodeReport, Wish } from "./model.ts";

/** In this order; the first rule that holds decides. */
export const RULES: Readonly<Record<"before" | "after", readonly Rule[]>> = {
  before: RULES_BEFORE,
  after: [...RULES_FIRST, ...RULES_ASIDE, ...RULES_START, ...RULES_DOWN, ...RULES_RUNNING],
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

/** With the replies to the record's plan, and why nothing could be sent to some nodes. */
export function decideAfter(
  view: View,
  replies: ReadonlyMap<NodeId, NodeReport>,
  unsent: ReadonlyMap<NodeId, string> = new Map(),
): Decision {
  const noted = noteReplies(view.record, replies, unsent, view.settings, view.now);
  return decide("after", view, factsFor(view, noted, replies));
}

function factsFor(view: View, noted: ClusterRecord, replies: ReadonlyMap<NodeId, NodeReport>): Facts {
  const settings = effectiveSettings(noted, view.settings);
  return factsOf(noted, view.record, replies, settings, view.beatSeconds, view.now);
}

function decide(stage: keyof typeof RULES, view: View, facts: Facts): Decision {
  const rule = RULES[stage].find(
    (each) => each.phases.includes(facts.record.phase.name) && each.holds(facts),
  );
  if (!rule)
    throw new Error(`no rule holds ${stage} in phase ${facts.record.phase.name}, verdict ${facts.verdict}`);
  const sentence = fill(rule.sentence, facts);
  const change = rule.change?.(facts) ?? {};
  const changed = applyChange(facts, rule, change, stage, sentence);
  const since = facts.record.phase.downSince ?? changed.phase.downSince ?? facts.now;
  const record = tellNews(
    changed,
    { rule, moved: hasMoved(facts.record, changed), since, sentence, entry: change.entry ?? {} },
    view.alerts,
    view.beatSeconds,
    facts.now,
  );
  const problem = rule.problem === "opens" || rule.problem === "urgent";
  return {
    code: rule.code,
    sentence,
    record: {
      ...record,
      last: stage === "before" ? facts.record.last : { code: rule.code, sentence, at: facts.now },
    },
    draft: draftPlan(record, effectiveSettings(record, view.settings), facts.now),
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

function applyChange(
  facts: Facts,
  rule: Rule,
  change: Change,
  stage: keyof typeof RULES,
  sentence: string,
): ClusterRecord {
  const { record, now } = facts;
  const name = rule.next === "same" ? record.phase.name : rule.next;
  const since = name === record.phase.name ? record.phase.since : now;
  return {
    ...record,
    nodes: changeNodes(record, change, now),
    steering: change.steering === "settings" ? undefined : (change.steering ?? record.steering),
    excluded: change.excluded ?? record.excluded,
    takeOver: change.takeOver ?? record.takeOver,
    phase: { ...record.phase, since, ...change.phase, name },
    counters: { ...record.counters, ...change.counters },
    request: told(record.request, pursue(record, change.request, stage), sentence),
  };
}

function changeNodes({ nodes }: ClusterRecord, change: Change, now: Instant): ClusterRecord["nodes"] {
  const word = { kind: "operator-override", at: now, token: 0 } as const;
  const entries = Object.entries(nodes).map(([id, node]) => {
    const known = change.forget
      ? { ...node, report: undefined, silentSince: undefined, evasiveSince: undefined }
      : node;
    const trusted = change.distrust ? distrusted(known) : known;
    return [
      id,
      change.override === id ? { ...trusted, stopBy: "never" as const, proof: word } : trusted,
    ] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * A wish moves on only while it is under way: what has ended stays as it ended, and what waits is taken up before the
 * nodes are asked. One that goes back goes on doing so until it ends.
 */
function pursue(
  { request, phase: { active } }: ClusterRecord,
  change: Partial<Wish> | undefined,
  stage: keyof typeof RULES,
): Wish | undefined {
  const to = change?.phase;
  if (!request || to === undefined || hasEnded(request)) return request;
  if (request.phase === "accepted" && stage === "after") return request;
  if (request.phase === "going-back" && to !== "done" && to !== "failed") return request;
  return { ...request, ...change, phase: to === "done" && hasMissed(request, active) ? "failed" : to };
}

/** The scheduler has settled, and not where the move should have brought it. */
function hasMissed({ action, phase, to, from }: Wish, active: NodeId | undefined): boolean {
  if (!MOVES.has(action)) return false;
  return to === undefined ? phase === "going-back" || from === active : to !== active;
}

/** The wish tells what became of it in the words of the rule that moved it on; a missed move, also why. */
function told(before: Wish | undefined, after: Wish | undefined, sentence: string): Wish | undefined {
  if (!after || after === before) return after;
  const why = after.phase === "failed" && before?.sentence !== undefined ? `${before.sentence} ` : "";
  return { ...after, sentence: `${why}${sentence}` };
}
