import { describe, expect, it } from "vitest";
import { EVENTS_LIMIT, OUTBOX_LIMIT, bounded, outboxAgeSeconds, without } from "../../lib/core/news.ts";
import type { Delivered } from "../../lib/core/news.ts";
import type { ClusterRecord, HistoryEntry, MailNews, OutboxEntry } from "../../lib/core/model.ts";
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

  const nothing = { written: new Set<string>(), published: new Set<string>(), mailed: new Set<string>() };

  it("loses the mails that were sent and nothing else", () => {
    const record = { ...recordWith(), outbox: full };
    const left = without(record, { ...nothing, mailed: new Set(["k0", "k2"]) }).outbox;
    expect(left.map(({ key }) => key)).toEqual(
      full.map(({ key }) => key).filter((key) => key !== "k0" && key !== "k2"),
    );
  });

  const written: HistoryEntry = {
    at: NOW,
    token: 1,
    code: "STARTS",
    sentence: "It is started.",
    phase: "starting",
  };

  it.each<[what: string, delivered: Partial<Delivered>, left: readonly Partial<OutboxEntry>[]]>([
    ["keeps an entry that was not written", {}, [{ key: "k0", history: written }]],
    ["keeps one that was written as an event", { written: new Set(["k0"]) }, [{ key: "k0", event: written }]],
    [
      "lets one go that was written and published",
      { written: new Set(["k0"]), published: new Set(["k0"]) },
      [],
    ],
  ])("%s", (_, delivered, left) => {
    const outbox = [entry(0, { history: written })];
    const found = without({ ...recordWith(), outbox }, { ...nothing, ...delivered }).outbox;
    expect(found).toMatchObject(left);
    expect(found.map((each) => Object.keys(each))).toEqual(
      left.map((each) => ["key", "at", ...Object.keys(each).slice(1)]),
    );
  });

  it("gives the oldest events up when too many wait, and says with the next how many", () => {
    const events = Array.from({ length: EVENTS_LIMIT + 3 }, (_, n) => entry(n, { event: written }));
    const left = without({ ...recordWith(), outbox: events }, nothing).outbox;
    expect(left).toHaveLength(EVENTS_LIMIT);
    expect(left[0]).toMatchObject({ key: "k3", skipped: 3 });
    const more = without(
      { ...recordWith(), outbox: [...left, entry(99, { event: written })] },
      nothing,
    ).outbox;
    expect(more[0]).toMatchObject({ key: "k4", skipped: 4 });
    expect(more.filter(({ skipped }) => skipped !== undefined)).toHaveLength(1);
  });

  it("is as old as its oldest news", () => {
    expect(outboxAgeSeconds({ ...recordWith(), outbox: full }, NOW + 3 * SECOND)).toBe(3);
    expect(outboxAgeSeconds(recordWith(), NOW)).toBe(0);
  });
});
