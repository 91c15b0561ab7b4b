/**
 * One pass over one cluster: read, decide, write, send, collect, decide again, save. It knows the ports only; whatever
 * it learns comes from them, so that the same replies lead to the same pass.
 *
 * It may be killed or frozen between any two lines. Safety does not rest on its coming to an end: every promise is on
 * the record before it is sent, every write is on the condition that nobody wrote in between, and nodes refuse a plan
 * that is older than one they have obeyed.
 */
import { formatInstant } from "../lib/core/instants.ts";
import { decideAfter, decideBefore } from "../lib/core/decide.ts";
import type { Decision, View } from "../lib/core/decide.ts";
import { freshRecord, isGone, isUnfenced } from "../lib/core/notes.ts";
import { LOG_MESSAGES, newsMetrics } from "../lib/core/metrics.ts";
import { outboxAgeSeconds } from "../lib/core/news.ts";
import { commit } from "../lib/core/plan.ts";
import { proofOf } from "../lib/core/proof.ts";
import { nextTick } from "../lib/core/schedule.ts";
import { LIMITS } from "../lib/core/settings.ts";
import { attached, courseOf } from "../lib/core/steering.ts";
import type { ClusterRecord, DiscoveredNode, Instant, NodeId } from "../lib/core/model.ts";
import type { Expected, Ports } from "../lib/core/ports.ts";
import type { AlertSettings, ClusterSettings } from "../lib/core/settings.ts";
import { ROUND_WAIT_MILLISECONDS, collect } from "./collect.ts";
import { deliver } from "./deliver.ts";
import { writeRecord } from "./write-record.ts";

export interface TickContext {
  readonly cluster: string;
  readonly settings: ClusterSettings;
  readonly alerts: AlertSettings;
  readonly dashboardUrl: string;
  /** The controller function without an alias, and its region: for the commands that mails show. */
  readonly functionName: string;
  readonly region: string;
  /** The table's ARN. */
  readonly owner: string;
  readonly beatSeconds: number;
  /** The grid's origin: the loop execution's start. */
  readonly startedAt: Instant;
  /** Names this tick on the lease: the request id. */
  readonly holder: string;
  /** An event or a wish woke this tick: it takes over a lease that another one holds. */
  readonly takeOver: boolean;
}

export interface TickOutcome {
  /** `standby`: another tick has the lease or won the write. `idle`: not due yet. */
  readonly outcome: "acted" | "standby" | "idle";
  readonly code: string;
  readonly sentence: string;
  readonly next: Instant;
}

export async function tickCluster(ports: Ports, context: TickContext): Promise<TickOutcome> {
  const begun = ports.clock.now();
  const stored = await ports.store.read(context.cluster);
  const refusal = stored && notNow(stored, context, begun);
  if (refusal) return refusal;
  // After the read, never beside it: only what EC2 says later than the record was read is covered by the condition on
  // the token, which fails if the node was promised anything since.
  const discovered = await discover(ports, context, Object.keys(stored?.nodes ?? {}));
  return new Pass(ports, context, begun).run(stored, discovered);
}

/** Why this tick leaves the cluster alone, if it does. */
function notNow(record: ClusterRecord, context: TickContext, now: Instant): TickOutcome | undefined {
  const { holder, until } = record.lease;
  const next = nextTick(context.startedAt, context.beatSeconds, false, now);
  if (!context.takeOver && now < until && holder !== context.holder) return standby(holder, next);
  const wished = record.request?.phase === "accepted";
  if (!wished && courseOf(record, context.settings) === "detached" && attached(record).length === 0) {
    return { outcome: "idle", code: "DETACHED", sentence: record.last.sentence, next };
  }
  if (context.takeOver || wished || now >= record.dueAt - DUE_TOLERANCE) return undefined;
  return { outcome: "idle", code: record.last.code, sentence: record.last.sentence, next: record.dueAt };
}

/**
 * A tick that comes so much before its instant is on time: timers fire a little early at times, and Step Functions drops the
 * milliseconds of the instant that it waits for. Were it sent away, it would come back at once, again and again.
 */
const DUE_TOLERANCE = 1000;

function standby(holder: string, next: Instant): TickOutcome {
  return { outcome: "standby", code: "STANDBY", sentence: `Another tick is at work: ${holder}.`, next };
}

/** The record's nodes are asked for by id too: one that the tag or list no longer names leaves on proof only. */
async function discover(
  ports: Ports,
  context: TickContext,
  known: readonly NodeId[],
): Promise<readonly DiscoveredNode[] | "unheard"> {
  try {
    return await ports.directory.discover(context.settings.nodes, known);
  } catch (error) {
    ports.journal.write("warn", LOG_MESSAGES.ec2Unheard, { cluster: context.cluster, error });
    return "unheard";
  }
}

/** One tick at work on the record. */
class Pass {
  private readonly ports: Ports;
  private readonly context: TickContext;
  private readonly begun: Instant;

  constructor(ports: Ports, context: TickContext, begun: Instant) {
    this.ports = ports;
    this.context = context;
    this.begun = begun;
  }

  async run(
    stored: ClusterRecord | undefined,
    discovered: readonly DiscoveredNode[] | "unheard",
  ): Promise<TickOutcome> {
    const { ports, context } = this;
    let expected: Expected = stored ? { token: stored.token, nonce: stored.nonce } : "none";
    let record = stored ?? freshRecord(context.cluster, context.owner, ports.clock.now());
    let wish = wishUnderWay(record);
    let tokenAbove = 0;
    for (;;) {
      const before = decideBefore(this.view(record), discovered);
      const planned = this.plan(before, tokenAbove);
      if (!(await writeRecord(ports, planned, expected, wish))) return await this.lost();
      expected = { token: planned.token, nonce: planned.nonce };
      const decision = await this.ask(planned);
      if (!decision) return await this.lost();
      record = decision.record;
      wish = wishUnderWay(planned);
      tokenAbove = decision.tokenAbove;
      if (!decision.again || !this.timeLeft()) return await this.save(decision, expected, wish);
    }
  }

  /** The plan under its new token, with its promises, the lease and a nonce of this attempt. */
  private plan(decision: Decision, tokenAbove: number): ClusterRecord {
    const now = this.ports.clock.now();
    const token = Math.max(decision.record.token + 1, now, tokenAbove + 1);
    const leaseUntil = now + LIMITS.leaseSeconds * 1000;
    const stamp = { token, nonce: this.ports.ids.nonce(), holder: this.context.holder, leaseUntil, at: now };
    return commit(decision.record, decision.draft, stamp, this.context.settings);
  }

  /** Sends the plan to every node that may be there, collects, and decides on what came back. */
  private async ask(planned: ClusterRecord): Promise<Decision | undefined> {
    const { ports, context } = this;
    if (ports.clock.now() >= planned.lease.until) return undefined;
    await this.fence(planned);
    const nodes = Object.keys(planned.nodes).filter((id) => !isGoneIn(planned, id));
    const sent = await ports.nodes.send(context.cluster, context.owner, planned.plan, nodes);
    for (const [node, obstacle] of sent.unsent) {
      ports.journal.write("warn", LOG_MESSAGES.nodeUnasked, {
        cluster: context.cluster,
        node,
        reason: obstacle,
      });
    }
    const replies = await collect(ports, sent, this.needed(planned, nodes), this.budgetEnd());
    for (const [node, { state, reason }] of replies) {
      if (state !== "refused") continue;
      ports.journal.write("warn", LOG_MESSAGES.nodeRefused, { cluster: context.cluster, node, reason });
    }
    return decideAfter(this.view(planned), replies, sent.unsent);
  }

  /** Within the lease, and on record: whom the record names is asked for at each tick until EC2 says that it stops. */
  private async fence({ phase, nodes }: ClusterRecord): Promise<void> {
    if (phase.fence === undefined || !isUnfenced(nodes[phase.fence])) return;
    const { ports, context } = this;
    try {
      await ports.directory.stop(phase.fence);
      ports.journal.write("warn", LOG_MESSAGES.fenced, { cluster: context.cluster, node: phase.fence });
    } catch (error) {
      ports.journal.write("error", LOG_MESSAGES.fenceFailed, {
        cluster: context.cluster,
        node: phase.fence,
        error,
      });
    }
  }

  /**
   * With an active node the decision waits for its answer alone, else for all. Not for one whose grant is over for
   * certain before the wait is: what follows from that must not be slept over.
   */
  private needed({ phase, nodes: known }: ClusterRecord, nodes: readonly NodeId[]): readonly NodeId[] {
    const waitEnd = this.ports.clock.now() + ROUND_WAIT_MILLISECONDS;
    const awaited = phase.active === undefined ? nodes : [phase.active];
    return awaited.filter((id) => {
      const node = known[id];
      const silent = node?.silentSince !== undefined;
      return !(silent && proofOf(node, this.context.settings, waitEnd) !== undefined);
    });
  }

  private async save(decision: Decision, expected: Expected, wish: string | undefined): Promise<TickOutcome> {
    const { ports, context } = this;
    const now = ports.clock.now();
    const next = nextTick(context.startedAt, context.beatSeconds, decision.soon || decision.again, now);
    const record: ClusterRecord = {
      ...decision.record,
      nonce: ports.ids.nonce(),
      lease: { holder: context.holder, until: 0 },
      dueAt: next,
      savedAt: now,
    };
    if (!(await writeRecord(ports, record, expected, wish))) return await this.lost();
    this.report(decision, record);
    await deliver(ports, context, record, Math.max(this.budgetEnd(), now + DELIVERY_MILLISECONDS));
    return { outcome: "acted", code: decision.code, sentence: decision.sentence, next };
  }

  /** What was decided, as one log line and as metrics; only of a tick whose word stands. */
  private report(decision: Decision, record: ClusterRecord): void {
    const { ports, context } = this;
    const now = ports.clock.now();
    ports.metrics.put(context.cluster, {
      SchedulersRunning: decision.running,
      NodesUnknown: decision.unknown,
      ...newsMetrics(record),
      GrantSecondsLeft: Math.max(0, (record.plan.until - now) / 1000),
      OutboxAgeSeconds: outboxAgeSeconds(record, now),
    });
    ports.journal.write("info", LOG_MESSAGES.tick, {
      cluster: context.cluster,
      code: decision.code,
      sentence: decision.sentence,
      phase: record.phase.name,
      active: record.phase.active ?? "none",
      since: formatInstant(record.phase.since),
      token: record.token,
      milliseconds: now - this.begun,
    });
  }

  /** Another tick wrote in between, or this one was frozen past its lease: whatever it found is of no account. */
  private async lost(): Promise<TickOutcome> {
    const found = await this.ports.store.read(this.context.cluster);
    const next = nextTick(this.context.startedAt, this.context.beatSeconds, false, this.ports.clock.now());
    return standby(found?.lease.holder ?? "unknown", next);
  }

  private view(record: ClusterRecord): View {
    const { settings, alerts, beatSeconds } = this.context;
    return { record, settings, alerts, beatSeconds, now: this.ports.clock.now() };
  }

  private budgetEnd(): Instant {
    return this.begun + LIMITS.tickBudgetSeconds * 1000;
  }

  /** Whether a further round can be sent and collected within the budget. */
  private timeLeft(): boolean {
    return this.ports.clock.now() + ROUND_MILLISECONDS < this.budgetEnd();
  }
}

/** What a round takes at the least to be worth beginning: a write, a delivery and the node's answer. */
const ROUND_MILLISECONDS = 4000;

/** What even a tick that has used up its budget spends on its news: a mail takes some 100 ms. */
const DELIVERY_MILLISECONDS = 1000;

/** Only a wish under way is written: one that has ended may have been replaced by a new one in the meantime. */
function wishUnderWay({ request }: ClusterRecord): string | undefined {
  return request && request.phase !== "done" && request.phase !== "failed" ? request.id : undefined;
}

function isGoneIn(record: ClusterRecord, id: NodeId): boolean {
  const node = record.nodes[id];
  return node === undefined || isGone(node);
}
