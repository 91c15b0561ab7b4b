import { describe, expect, it } from "vitest";
import { OUTBOX_LIMIT, bounded, outboxAgeSeconds, without } from "../../lib/core/news.ts";
import type { ClusterRecord, MailNews, OutboxEntry } from "../../lib/core/model.ts";
import { NOW, SECOND, afterReplies, answers, node, proven, recordWith } from "./support/situation.ts";

const down = (record: ClusterRecord) => afterReplies(record, [answers("b", "stopped")]).record;
const silent = { a: node("a", "running", { silentSince: NOW - 300 * SECOND }), b: proven("b") };
const mails = ({ outbox }: ClusterRecord) => outbox.flatMap(({ mail }) => (mail ? [mail.kind] : []));
const codes = ({ outbox }: ClusterRecord) => outbox.flatMap(({ history }) => (history ? [history.code] : []));
const openSince = (record: ClusterRecord, seconds: number): ClusterRecord => ({
  ...record,
  ...(record.problem ? { problem: { ...record.problem, since: NOW - seconds * SECOND } } : {}),
});

describe("a problem", () => {
  const opened = down(recordWith({ nodes: silent }));

  it("enters the history when it begins, and is not mailed yet: one bad tick is a hiccup", () => {
    expect(codes(opened)).toEqual(["ACTIVE_UNKNOWN"]);
    expect(mails(opened)).toEqual([]);
  });

  it("is told once, not at each tick", () => {
    expect(codes(down(opened))).toEqual(["ACTIVE_UNKNOWN"]);
  });

  it("is mailed when it has stood for as many beats as the settings say, and once", () => {
    const mailed = down(openSince(opened, 50));
    expect(mails(mailed)).toEqual(["problem"]);
    expect(mails(down(mailed))).toEqual(["problem"]);
  });

  it("is reminded of after the hours of the settings", () => {
    const mailed = down(openSince(opened, 50));
    const problem = mailed.problem && { ...mailed.problem, mailedAt: NOW - 4 * 3600 * SECOND };
    expect(mails(down({ ...mailed, ...(problem ? { problem } : {}) }))).toEqual(["problem", "reminder"]);
  });

  it("is resolved by one mail, if it was mailed", () => {
    const well = [answers("a", "running"), answers("b", "stopped")];
    expect(mails(afterReplies(down(openSince(opened, 50)), well).record)).toEqual(["problem", "resolved"]);
    expect(mails(afterReplies(opened, well).record)).toEqual([]);
  });
});

describe("the keys of news", () => {
  it("never come twice, also within one millisecond", () => {
    const record = afterReplies(recordWith({ counters: { restarts: 1 } }), [
      answers("a", "stopped"),
      answers("b", "stopped"),
    ]).record;
    const keys = record.outbox.map(({ key }) => key);
    expect(keys.length).toBeGreaterThan(1);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("grow with the record although a clock steps back", () => {
    const record = down({ ...recordWith({ nodes: silent }), newsAt: NOW + 5 * SECOND });
    expect(record.outbox[0]?.at).toBe(NOW + 5 * SECOND + 1);
  });
});

describe("the outbox", () => {
  const mail: MailNews = { kind: "problem", code: "C", sentence: "S.", since: NOW, merged: 1 };
  const entry = (n: number, what: Partial<OutboxEntry>): OutboxEntry => ({
    key: `k${n}`,
    at: NOW + n,
    ...what,
  });
  const full = Array.from({ length: OUTBOX_LIMIT + 3 }, (_, n) => entry(n, { mail }));

  it("merges the oldest mails into one when there are too many, and counts them", () => {
    const merged = bounded(full);
    expect(merged.length).toBe(OUTBOX_LIMIT);
    expect(merged[0]?.mail?.merged).toBe(4);
    expect(merged.reduce((sum, each) => sum + (each.mail?.merged ?? 0), 0)).toBe(full.length);
  });

  it("keeps every entry of the history", () => {
    const { outbox } = recordWith();
    const history = afterReplies(recordWith({ nodes: silent }), [answers("b", "stopped")]).record.outbox;
    expect(outbox).toEqual([]);
    expect(bounded([...history, ...full]).filter((each) => each.history)).toEqual(history);
  });

  it("loses what was delivered and nothing else", () => {
    const record = { ...recordWith(), outbox: full };
    expect(without(record, new Set(["k0", "k2"])).outbox.map(({ key }) => key)).toEqual(
      full.map(({ key }) => key).filter((key) => key !== "k0" && key !== "k2"),
    );
  });

  it("is as old as its oldest news", () => {
    expect(outboxAgeSeconds({ ...recordWith(), outbox: full }, NOW + 3 * SECOND)).toBe(3);
    expect(outboxAgeSeconds(recordWith(), NOW)).toBe(0);
  });
});
