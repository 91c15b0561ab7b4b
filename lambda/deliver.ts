/** Delivers the outbox: history first, then mails. What is not delivered stays for the next tick. */
import { renderMail } from "../lib/core/mail.ts";
import { without } from "../lib/core/news.ts";
import type { ClusterRecord, OutboxEntry } from "../lib/core/model.ts";
import type { Ports } from "../lib/core/ports.ts";
import type { TickContext } from "./tick.ts";
import { writeRecord } from "./write-record.ts";

/**
 * At least once: a tick killed after a delivery and before the write that clears it leads to a second one. History
 * entries are idempotent by their key; a second mail is the price of never losing the first.
 */
export async function deliver(ports: Ports, context: TickContext, record: ClusterRecord): Promise<void> {
  if (record.outbox.length === 0) return;
  const delivered = new Set<string>();
  for (const entry of record.outbox) {
    try {
      await deliverOne(ports, context, record, entry);
      delivered.add(entry.key);
    } catch (error) {
      ports.journal.write("error", "news could not be delivered", {
        cluster: record.cluster,
        key: entry.key,
        error,
      });
    }
  }
  if (delivered.size === 0) return;
  const cleared = { ...without(record, delivered), nonce: ports.ids.nonce() };
  await writeRecord(ports, cleared, { token: record.token, nonce: record.nonce }, undefined);
}

async function deliverOne(
  ports: Ports,
  context: TickContext,
  record: ClusterRecord,
  entry: OutboxEntry,
): Promise<void> {
  if (entry.history) {
    await ports.store.appendHistory(record.cluster, entry.history);
    ports.journal.write("info", "transition", { cluster: record.cluster, ...entry.history });
  }
  if (entry.mail) await ports.alerts.send(renderMail(entry.mail, mailContext(context, record)));
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
