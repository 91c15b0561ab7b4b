/**
 * What is told of a decision: the history, the mails, the standing problem. News lie in the record's outbox from the
 * same write that makes them true, and leave it when they have been delivered, so that a killed tick loses none.
 */
import { formatInstant } from "./instants.ts";
import type {
  ClusterRecord,
  HistoryEntry,
  Instant,
  MailKind,
  MailNews,
  OutboxEntry,
  Problem,
} from "./model.ts";
import type { Rule } from "./rule.ts";
import type { AlertSettings } from "./settings.ts";

/** More than a busy hour brings; beyond it mails are merged, so that the record never outgrows its item. */
export const OUTBOX_LIMIT = 20;

/** Some 700 bytes each: a tenth of what an item may hold. */
export const EVENTS_LIMIT = 50;

/** What is told now, with the rule's sentence filled in. */
export interface Told {
  readonly rule: Rule;
  /** The phase or the active node changed. */
  readonly moved: boolean;
  /** Since when what is told of has been so. */
  readonly since: Instant;
  readonly sentence: string;
  readonly entry: Partial<HistoryEntry>;
}

/** Whether this decision is a transition: told once, not at each tick in which its rule holds. */
function isTransition(record: ClusterRecord, { rule, moved }: Told): boolean {
  if (moved || rule.tell === "history" || isMail(rule.tell)) return true;
  if (rule.tell === "changes") return record.last.code !== rule.code;
  return (rule.problem === "opens" || rule.problem === "urgent") && record.problem?.code !== rule.code;
}

function isMail(tell: Rule["tell"]): tell is MailKind {
  return tell !== "quiet" && tell !== "history" && tell !== "changes";
}

/** Adds to the outbox what this decision has to tell, and keeps the standing problem. */
export function tellNews(
  record: ClusterRecord,
  told: Told,
  alerts: AlertSettings,
  beatSeconds: number,
  now: Instant,
): ClusterRecord {
  const news = new NewsOf(record, now);
  if (isTransition(record, told)) news.history(told);
  if (isMail(told.rule.tell)) {
    news.mail(told.rule.tell, told.rule.code, told.sentence, told.since, told.entry);
  }
  const problem = news.problem(told, alerts, beatSeconds);
  return news.record(problem);
}

/** Collects the news of one decision. */
class NewsOf {
  private readonly base: ClusterRecord;
  private readonly now: Instant;
  private readonly outbox: OutboxEntry[];
  private newsAt: Instant;
  private transitions: number;

  constructor(record: ClusterRecord, now: Instant) {
    this.base = record;
    this.now = now;
    this.outbox = [...record.outbox];
    this.newsAt = record.newsAt;
    this.transitions = record.counters.transitions;
  }

  /** Two pieces of news never share an instant: it is the history's sort key. */
  private key(): { readonly key: string; readonly at: Instant } {
    this.newsAt = Math.max(this.now, this.newsAt + 1);
    return { key: `${formatInstant(this.newsAt)}#${this.base.token}`, at: this.newsAt };
  }

  history({ rule, sentence, entry }: Told): void {
    const { key, at } = this.key();
    const { phase, token } = this.base;
    const history: HistoryEntry = {
      at,
      token,
      code: rule.code,
      sentence,
      phase: phase.name,
      active: phase.active,
      from: phase.from,
      ...entry,
    };
    this.outbox.push({ key, at, history });
    this.transitions += 1;
  }

  mail(kind: MailKind, code: string, sentence: string, since: Instant, entry: Partial<HistoryEntry>): void {
    const { key, at } = this.key();
    const { gapSeconds, proofs } = entry;
    const mail: MailNews = {
      kind,
      code,
      sentence,
      since,
      ...(gapSeconds === undefined ? {} : { gapSeconds }),
      ...(proofs === undefined ? {} : { proofs }),
      merged: 1,
    };
    this.outbox.push({ key, at, mail });
  }

  /** Opens, keeps, mails, reminds of and ends the standing problem. */
  problem({ rule, sentence }: Told, alerts: AlertSettings, beatSeconds: number): Problem | undefined {
    const standing = this.base.problem;
    if (rule.problem === "ends") {
      if (standing && standing.mailed.length > 0) {
        const gapSeconds = Math.round((this.now - standing.since) / 1000);
        this.mail(
          "resolved",
          standing.code,
          `${sentence} It stood for ${gapSeconds} s: ${standing.sentence}`,
          standing.since,
          {},
        );
      }
      return undefined;
    }
    const opens = rule.problem !== "keeps";
    if (!opens && !standing) return undefined;
    const problem: Problem = opens
      ? { since: this.now, mailed: [], mailedAt: 0, ...standing, code: rule.code, sentence }
      : (standing as Problem);
    return this.remind(problem, rule.problem === "urgent", alerts, beatSeconds);
  }

  private remind(problem: Problem, urgent: boolean, alerts: AlertSettings, beatSeconds: number): Problem {
    const { code, sentence, since } = problem;
    const stood = this.now - since >= alerts.retriesBeforeAlert * beatSeconds * 1000;
    if (!problem.mailed.includes(code)) {
      if (!stood && !urgent) return problem;
      this.mail("problem", code, sentence, since, {});
      return { ...problem, mailed: [...problem.mailed, code], mailedAt: this.now };
    }
    if (this.now - problem.mailedAt < alerts.reminderHours * 3_600_000) return problem;
    this.mail("reminder", code, sentence, since, {});
    return { ...problem, mailedAt: this.now };
  }

  record(problem: Problem | undefined): ClusterRecord {
    return {
      ...this.base,
      problem,
      outbox: bounded(this.outbox),
      newsAt: this.newsAt,
      counters: { ...this.base.counters, transitions: this.transitions },
    };
  }
}

/** Merges the oldest mails into one when there are too many; history entries are kept, for they are told once. */
export function bounded(outbox: readonly OutboxEntry[]): readonly OutboxEntry[] {
  const mails = outbox.filter((each) => each.mail !== undefined);
  if (mails.length <= OUTBOX_LIMIT) return outbox;
  const excess = new Set(mails.slice(0, mails.length - OUTBOX_LIMIT + 1));
  const merged = [...excess].reduce((sum, each) => sum + (each.mail?.merged ?? 0), 0);
  return outbox.flatMap((each) => {
    if (!excess.has(each)) return [each];
    const last = [...excess].at(-1) === each;
    return last && each.mail ? [{ ...each, mail: { ...each.mail, merged } }] : [];
  });
}

/** What a pass over the outbox has brought to its receivers, by the keys of the entries. */
export interface Delivered {
  readonly written: ReadonlySet<string>;
  readonly published: ReadonlySet<string>;
  readonly mailed: ReadonlySet<string>;
}

/**
 * The outbox without what has been delivered. A history entry that is written and not published waits on as an event:
 * where events are not taken, history and mails go on.
 */
export function without(record: ClusterRecord, { written, published, mailed }: Delivered): ClusterRecord {
  const outbox = record.outbox.flatMap((each): readonly OutboxEntry[] => {
    if (mailed.has(each.key) || published.has(each.key)) return [];
    const { history, ...rest } = each;
    return history && written.has(each.key) ? [{ ...rest, event: history }] : [each];
  });
  return { ...record, outbox: withFewEvents(outbox) };
}

/** Gives the oldest events up when too many wait, and says so with the next: unlike a mail, the history has them. */
function withFewEvents(outbox: readonly OutboxEntry[]): readonly OutboxEntry[] {
  const events = outbox.filter((each) => each.event !== undefined);
  if (events.length <= EVENTS_LIMIT) return outbox;
  const excess = new Set(events.slice(0, events.length - EVENTS_LIMIT));
  const skipped = [...excess].reduce((sum, each) => sum + 1 + (each.skipped ?? 0), 0);
  const next = events[excess.size];
  return outbox
    .filter((each) => !excess.has(each))
    .map((each) => (each === next ? { ...each, skipped: skipped + (each.skipped ?? 0) } : each));
}

/** Seconds that the oldest news has been waiting. */
export function outboxAgeSeconds(record: ClusterRecord, now: Instant): number {
  const oldest = record.outbox[0]?.at;
  return oldest === undefined ? 0 : Math.max(0, (now - oldest) / 1000);
}
