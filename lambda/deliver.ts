/**
 * Delivers the outbox: the history first, then mails, then events. What is not delivered stays for the next tick, and a
 * receiver that is away keeps neither the others nor the tick waiting.
 */
import { renderMail } from "../lib/core/mail.ts";
import { LOG_MESSAGES } from "../lib/core/metrics.ts";
import { EVENTS_AT_ONCE } from "../lib/core/ports.ts";
import { without } from "../lib/core/news.ts";
import type { ClusterRecord, Instant, OutboxEntry } from "../lib/core/model.ts";
import type { Ports } from "../lib/core/ports.ts";
import type { TickContext } from "./tick.ts";
import { writeRecord } from "./write-record.ts";

/**
 * At least once: a tick killed after a delivery and before the write that clears it leads to a second one. History
 * entries are idempotent by their key; a second mail or event is the price of never losing the first. Nothing is begun
 * after `end`, so that many calls that hang do not use up the time of the function.
 */
export async function deliver(
  ports: Ports,
  context: TickContext,
  record: ClusterRecord,
  end: Instant,
): Promise<void> {
  if (record.outbox.length === 0) return;
  const delivery = new Delivery(ports, context, record, end);
  const written = await delivery.write();
  const mailed = await delivery.mail();
  const published = await delivery.publish(written);
  if (written.size + published.size + mailed.size === 0) return;
  const cleared = { ...without(record, { written, published, mailed }), nonce: ports.ids.nonce() };
  await writeRecord(ports, cleared, { token: record.token, nonce: record.nonce }, undefined);
}

class Delivery {
  private readonly ports: Ports;
  private readonly context: TickContext;
  private readonly record: ClusterRecord;
  private readonly end: Instant;

  constructor(ports: Ports, context: TickContext, record: ClusterRecord, end: Instant) {
    this.ports = ports;
    this.context = context;
    this.record = record;
    this.end = end;
  }

  /** @returns the keys of the history entries that are written. */
  async write(): Promise<ReadonlySet<string>> {
    const { ports, record } = this;
    return await this.each(
      record.outbox.filter(({ history }) => history),
      async ({ history }) => {
        if (!history) return;
        await ports.store.appendHistory(record.cluster, history);
        ports.journal.write("info", LOG_MESSAGES.transition, { cluster: record.cluster, ...history });
      },
    );
  }

  /** @returns the keys of the mails that are sent. */
  async mail(): Promise<ReadonlySet<string>> {
    const { ports, context, record } = this;
    return await this.each(
      record.outbox.filter(({ mail }) => mail),
      async ({ mail }) => {
        if (mail) await ports.alerts.send(renderMail(mail, mailContext(context, record)));
      },
    );
  }

  /** Of what is in the history, `written` a moment ago or before. @returns the keys of what was taken. */
  async publish(written: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const { ports, record } = this;
    const waiting = record.outbox.flatMap(({ key, history, event, skipped = 0 }) => {
      const entry = written.has(key) ? history : event;
      return entry ? [{ key, entry, skipped }] : [];
    });
    const taken = new Set<string>();
    for (let n = 0; n < waiting.length && this.timeLeft(); n += EVENTS_AT_ONCE) {
      const batch = waiting.slice(n, n + EVENTS_AT_ONCE);
      try {
        const faults = await ports.events.publish(record.cluster, batch);
        for (const [m, { key }] of batch.entries()) {
          if (faults[m] === undefined) taken.add(key);
          else this.failed(key, new Error(faults[m]));
        }
      } catch (error) {
        this.failed(batch[0]?.key ?? "", error);
        break;
      }
    }
    return taken;
  }

  private async each(
    entries: readonly OutboxEntry[],
    send: (entry: OutboxEntry) => Promise<void>,
  ): Promise<ReadonlySet<string>> {
    const sent = new Set<string>();
    for (const entry of entries) {
      if (!this.timeLeft()) break;
      try {
        await send(entry);
        sent.add(entry.key);
      } catch (error) {
        this.failed(entry.key, error);
      }
    }
    return sent;
  }

  private timeLeft(): boolean {
    return this.ports.clock.now() < this.end;
  }

  private failed(key: string, error: unknown): void {
    const { cluster } = this.record;
    this.ports.journal.write("error", LOG_MESSAGES.newsUndelivered, { cluster, key, error });
  }
}

function mailContext(context: TickContext, record: ClusterRecord) {
  return {
    cluster: record.cluster,
    active: record.phase.active,
    subjectPrefix: context.alerts.subjectPrefix,
    dashboardUrl: context.dashboardUrl,
    functionName: context.functionName,
    region: context.region,
  };
}
