/**
 * The invariants, judged by what happens in the world, not by what the controller believes. Nothing of lib/core's
 * reasoning is used: proofs on the record are read by their plain meaning.
 */
import { formatForPeople } from "../../lib/core/instants.ts";
import type {
  ClusterRecord,
  HistoryEntry,
  Instant,
  MailNews,
  NodeId,
  NodeRecord,
  Plan,
} from "../../lib/core/model.ts";
import type { Cluster } from "./cluster.ts";
import type { NodeModel } from "./node.ts";

export class Violation extends Error {
  override readonly name = "Violation";
}

interface Told {
  readonly code: string;
  readonly at: Instant;
}

export class Judge {
  private readonly cluster: Cluster;
  private readonly plans = new Map<number, string>();
  /** The record under which a plan was written, by its token. */
  private readonly written = new Map<number, ClusterRecord>();
  private readonly news = new Map<string, Told>();
  /** Keys of the history, also of what a lost record had still to tell. */
  private readonly everTold = new Set<string>();
  private isRestored = false;
  private readonly unmailed = new Map<string, MailNews>();
  /** Transitions of which no event is known to be published, by key. */
  private readonly unpublished = new Map<string, HistoryEntry>();
  violation: Violation | undefined;
  transitions = 0;
  /** Nodes that ran one when the world began; they may be several until all but one are stopped. */
  private readonly first: Set<NodeId>;
  private readonly healthySince = new Map<NodeId, Instant>();
  readonly codes = new Map<string, number>();

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.first = new Set([...cluster.nodes.values()].filter((node) => node.scheduler).map((node) => node.id));
    if (this.first.size < 2) this.first.clear();
    cluster.store.onApplied = (before, after) => this.applied(before, after);
    cluster.store.onHistoryLost = (entry) =>
      this.fail(`history entry ${entry.code} is lost: its key is taken`);
  }

  fail(message: string): void {
    if (this.violation) return;
    this.violation = new Violation(`${this.cluster.name}: ${message}`);
    this.cluster.tell(`VIOLATION: ${message}`);
  }

  running(): readonly NodeModel[] {
    return [...this.cluster.nodes.values()].filter((node) => node.scheduler !== undefined);
  }

  /** After every event. */
  look(): void {
    const running = this.running();
    if (running.length > 1) this.judgeSeveral(running);
    else if (![...this.first].some((id) => this.cluster.nodes.get(id)?.respawnAt !== undefined))
      this.first.clear();
    const { now } = this.cluster;
    for (const node of this.cluster.nodes.values()) {
      if (this.isHealthy(node)) this.healthySince.set(node.id, this.healthySince.get(node.id) ?? now);
      else this.healthySince.delete(node.id);
    }
  }

  private judgeSeveral(running: readonly NodeModel[]): void {
    if (running.every((node) => this.first.has(node.id))) return;
    this.fail(`two schedulers: ${running.map((node) => node.id).join(" and ")}`);
  }

  private isHealthy(node: NodeModel): boolean {
    const { cutOffUntil, refuses, checkBrokenUntil, uncheckedUntil, startsFailUntil } =
      this.cluster.ailmentsOf(node.id);
    const { now } = this.cluster;
    const isWell =
      cutOffUntil <= now &&
      refuses.until <= now &&
      checkBrokenUntil <= now &&
      uncheckedUntil <= now &&
      startsFailUntil <= now;
    return (
      node.up &&
      isWell &&
      node.scheduler !== undefined &&
      !node.scheduler.sick &&
      node.scheduler.endsAt === undefined
    );
  }

  obeyed(node: NodeModel, plan: Plan): void {
    if (plan.token !== node.seen) this.fail(`${node.id} obeyed plan ${plan.token} after ${node.seen}`);
    if (!this.written.has(plan.token))
      this.fail(`${node.id} obeyed plan ${plan.token}, which was never written`);
  }

  sent(plan: Plan): void {
    const text = JSON.stringify(plan);
    const known = this.plans.get(plan.token);
    if (known !== undefined && known !== text) this.fail(`two plans were sent under token ${plan.token}`);
    this.plans.set(plan.token, text);
    if (!this.written.has(plan.token)) this.fail(`plan ${plan.token} was sent before it was written`);
  }

  /** A scheduler process has come into being. */
  started(node: NodeModel): void {
    this.look();
    const { scheduler } = node;
    if (!scheduler) return;
    const promised = this.cluster.store.record?.nodes[node.id];
    // Detached, nobody notes any more that an instance has booted; the tick that resumes does.
    const isTheirs = scheduler.byToken === 0 && this.cluster.store.record?.steering?.kind === "detached";
    if (promised?.stopBy === "never" && !this.isRestored && !isTheirs)
      this.fail(`${node.id} started, but the record holds that it runs none`);
    if (scheduler.byToken === 0) return;
    const record = this.written.get(scheduler.byToken);
    if (!record) return;
    if (record.plan.active !== node.id) this.fail(`${node.id} started by a plan that is not its own`);
    for (const id of this.cluster.nodes.keys()) {
      const other = record.nodes[id];
      if (id === node.id || (!other && this.isOver(id))) continue;
      if (!other) continue; // joined after the plan was written
      if (!this.isProven(id, other, record.savedAt))
        this.fail(`${node.id} started without a proof for ${id}`);
    }
  }

  private isOver(id: NodeId): boolean {
    return this.cluster.instances.get(id)?.word === "terminated";
  }

  private isProven(id: NodeId, { stopBy, proof }: NodeRecord, at: Instant): boolean {
    if (stopBy === "ever") return false;
    const instance = this.cluster.instances.get(id);
    // EC2 has said so in that tick, which may have been frozen for minutes.
    if (proof?.kind === "instance-stopped" && instance) return instance.wasGoneSince(at - 900_000);
    if (stopBy === "never") return proof !== undefined;
    return at > stopBy + this.cluster.settings.timers.skewSeconds * 1000;
  }

  private applied(before: ClusterRecord | undefined, after: ClusterRecord): void {
    this.isRestored = false;
    const isPlan = before?.token !== after.token;
    if (before && after.token < before.token)
      this.fail(`the token fell from ${before.token} to ${after.token}`);
    if (isPlan && this.written.has(after.token)) this.fail(`token ${after.token} was used twice`);
    if (before && !isPlan && JSON.stringify(before.plan) !== JSON.stringify(after.plan))
      this.fail(`the plan changed under token ${after.token}`);
    if (isPlan) {
      this.written.set(after.token, after);
      if (this.written.size > 4000) this.written.delete(this.written.keys().next().value ?? 0);
    }
    this.judgeNews(before, after);
    this.judgeMove(before, after);
  }

  /** The newest record that was written before an instant: what a backup of that time holds. */
  recordBefore(instant: Instant): ClusterRecord | undefined {
    return [...this.written.values()].findLast((record) => record.savedAt < instant);
  }

  /** The record is gone or an old one: what it had still to tell is lost with it. */
  forgets(): void {
    this.isRestored = true;
    // What an old record knows of a scheduler may be a scheduler before: a move may rest on that.
    this.healthySince.clear();
    this.unmailed.clear();
    this.unpublished.clear();
    for (const [key, { at }] of this.news) {
      const [, token] = key.split("#");
      if (!this.cluster.store.history.has(`${at}#${token}`)) this.news.delete(key);
    }
  }

  private judgeNews(before: ClusterRecord | undefined, after: ClusterRecord): void {
    const old = new Set(before?.outbox.map((each) => each.key));
    const fresh = after.outbox.filter((each) => !old.has(each.key));
    for (const { key, at, history, mail } of fresh) {
      if (history) {
        if (this.news.has(key)) this.fail(`history entry ${key} was put into the outbox twice`);
        this.news.set(key, { code: history.code, at });
        this.everTold.add(`${at}#${history.token}`);
        this.unpublished.set(key, history);
        this.transitions += 1;
        this.codes.set(history.code, (this.codes.get(history.code) ?? 0) + 1);
        this.cluster.tell(`${history.code}: ${history.sentence}`);
      }
      if (mail) this.unmailed.set(key, mail);
    }
    const moved = before?.phase.name !== after.phase.name || before.phase.active !== after.phase.active;
    if (before && moved && !fresh.some((each) => each.history))
      this.fail(`${before.phase.name} became ${after.phase.name}, and the history does not tell it`);
    this.judgeDelivered(before, after);
  }

  /** What leaves the outbox has been told. */
  private judgeDelivered(before: ClusterRecord | undefined, after: ClusterRecord): void {
    const left = new Map(after.outbox.map((each) => [each.key, each]));
    for (const { key, history, event, mail } of before?.outbox ?? []) {
      const now = left.get(key);
      if (history && !now?.history && !this.cluster.store.history.has(`${history.at}#${history.token}`))
        this.fail(`${history.code} left the outbox and is not in the history`);
      const entry = history ?? event;
      if (entry && !now) this.judgePublished(key, entry);
      if (mail && now) continue;
      if (mail && !this.isMailed(mail) && after.outbox.filter((each) => each.mail).length < 20)
        this.fail(`the mail of ${mail.code} left the outbox and was not sent`);
      if (mail) this.unmailed.delete(key);
    }
  }

  private judgePublished(key: string, { code, at, token }: HistoryEntry): void {
    this.unpublished.delete(key);
    if (!this.cluster.published.has(`${at}#${token}`))
      this.fail(`the event of ${code} left the outbox and was not published`);
  }

  private isMailed({ sentence, since }: MailNews): boolean {
    const when = formatForPeople(since);
    return this.cluster.mails.some((text) => text.includes(sentence) && text.includes(when));
  }

  /** No move away from a healthy, answering scheduler without an operator's wish. */
  private judgeMove(before: ClusterRecord | undefined, after: ClusterRecord): void {
    const from = before?.phase.active;
    if (!before || from === undefined || after.phase.active === from) return;
    const since = this.healthySince.get(from);
    const process = this.cluster.nodes.get(from)?.scheduler;
    // Told with who asked for it.
    const known = new Set(before.outbox.map((each) => each.key));
    const wished = after.outbox.some((each) => !known.has(each.key) && each.history?.by !== undefined);
    if (wished || since === undefined || process === undefined) return;
    const well = Math.min(this.cluster.now - since, this.cluster.now - process.startedAt);
    if (well > 120_000)
      this.fail(`moved away from ${from}, well for ${Math.round(well / 1000)} s, by ${after.last.code}`);
  }

  /** When the faults are over: exactly one runs, all is told, and it stays so. */
  judgeCalm(): void {
    const running = this.running();
    if (running.length !== 1) {
      const { record } = this.cluster.store;
      this.fail(
        `${running.length} schedulers in the calm: ${record?.phase.name}, ${record?.last.code}: ${record?.last.sentence}`,
      );
    }
  }

  judgeTold(): void {
    for (const [key, { code, at }] of this.news) {
      const [, token] = key.split("#");
      if (!this.cluster.store.history.has(`${at}#${token}`))
        this.fail(`${code} at ${key} is not in the history`);
    }
    for (const key of this.cluster.store.history.keys()) {
      if (!this.everTold.has(key)) this.fail(`${key} is in the history, and was in no outbox`);
    }
    for (const { code, at, token } of this.unpublished.values()) {
      if (!this.cluster.published.has(`${at}#${token}`)) this.fail(`${code} at ${at} was never published`);
    }
    for (const mail of this.unmailed.values()) {
      if (!this.isMailed(mail)) this.fail(`never mailed: ${mail.sentence}`);
    }
  }
}
