import { describe, expect, it } from "vitest";
import { deliver } from "../../lambda/deliver.ts";
import type { TickContext } from "../../lambda/tick.ts";
import type { ClusterRecord, HistoryEntry, MailNews, OutboxEntry } from "../../lib/core/model.ts";
import type { Ports } from "../../lib/core/ports.ts";
import { sampleCluster, sampleEnvironment } from "./support/controller.ts";
import { KeptJournal, ManualClock } from "./support/ports.ts";
import { AT, sampleRecord } from "./support/records.ts";

const { settings } = sampleEnvironment({ etl: sampleCluster() });
const CONTEXT: TickContext = {
  cluster: "etl",
  settings: sampleCluster(),
  alerts: settings.alerts,
  dashboardUrl: "https://dashboard.example.com",
  functionName: "controller",
  region: "eu-west-1",
  owner: "table",
  beatSeconds: 10,
  startedAt: AT,
  holder: "tick",
  takeOver: false,
};

const history = (n: number): HistoryEntry => ({
  at: AT + n,
  token: 7,
  code: `CODE_${n}`,
  sentence: "It is so.",
  phase: "steady",
});
const mail: MailNews = { kind: "problem", code: "BAD", sentence: "It is bad.", since: AT, merged: 1 };
const entry = (n: number, what: Partial<OutboxEntry>): OutboxEntry => ({ key: `k${n}`, at: AT + n, ...what });

/** What receivers got, in order; a name in `broken` is refused, one in `hanging` takes 3 s first. */
class World {
  readonly got: string[] = [];
  readonly journal = new KeptJournal();
  readonly clock = new ManualClock();
  saved: ClusterRecord | undefined;
  readonly broken = new Set<string>();
  readonly hanging = new Set<string>();

  private async get(receiver: string, what: string): Promise<void> {
    if (this.hanging.has(receiver)) await this.clock.sleep(3000);
    if (this.broken.has(receiver) || this.broken.has(what)) throw new Error(`${receiver} is away`);
    this.got.push(what);
  }

  ports(): Ports {
    const unexpected = () => Promise.reject(new Error("nothing of the kind is expected in this test"));
    return {
      store: {
        read: unexpected,
        write: (next) => {
          this.saved = next;
          return Promise.resolve("written");
        },
        appendHistory: (_, { code }) => this.get("history", `history ${code}`),
        readHistory: unexpected,
        putWish: unexpected,
        claimLoop: unexpected,
      },
      nodes: { send: unexpected, collect: unexpected },
      directory: { discover: unexpected, stop: unexpected },
      alerts: { send: () => this.get("mail", "mail") },
      events: {
        publish: async (_, entries) => {
          await this.get("events", `events ${entries.map(({ entry: { code } }) => code).join(" ")}`);
          return entries.map(({ entry: { code } }) =>
            this.broken.has(code) ? "ThrottlingException: slower" : undefined,
          );
        },
      },
      metrics: { put: () => undefined },
      journal: this.journal,
      clock: this.clock,
      ids: { nonce: () => "next" },
    };
  }

  /** @returns the keys that are left, with what of them is. */
  async deliver(outbox: readonly OutboxEntry[], seconds = 15): Promise<readonly string[]> {
    const record = { ...sampleRecord({ cluster: "etl" }), outbox };
    await deliver(this.ports(), CONTEXT, record, this.clock.now() + seconds * 1000);
    const left = (this.saved ?? record).outbox;
    return left.map(
      ({ key, history: h, event, mail: m }) => `${key} ${h ? "history" : event ? "event" : m ? "mail" : "?"}`,
    );
  }
}

const OUTBOX = [entry(1, { history: history(1) }), entry(2, { mail }), entry(3, { history: history(3) })];

describe("a delivery", () => {
  it("writes the history, sends the mails, publishes the events, and leaves nothing", async () => {
    const world = new World();
    expect(await world.deliver(OUTBOX)).toEqual([]);
    expect(world.got).toEqual(["history CODE_1", "history CODE_3", "mail", "events CODE_1 CODE_3"]);
  });

  it("publishes nothing that is not in the history yet", async () => {
    const world = new World();
    world.broken.add("history CODE_1");
    expect(await world.deliver(OUTBOX)).toEqual(["k1 history"]);
    expect(world.got).toContain("events CODE_3");
  });

  it("keeps what the bus did not take as an event, tells it, and writes the history no second time", async () => {
    const world = new World();
    world.broken.add("CODE_1");
    expect(await world.deliver(OUTBOX)).toEqual(["k1 event"]);
    expect(world.journal.lines.filter(({ level }) => level === "error")).toMatchObject([
      { message: "news could not be delivered", fields: { cluster: "etl", key: "k1" } },
    ]);
    const next = new World();
    expect(await next.deliver(world.saved?.outbox ?? [])).toEqual([]);
    expect(next.got).toEqual(["events CODE_1"]);
  });

  it("goes on where the bus is away: history and mails are told", async () => {
    const world = new World();
    world.broken.add("events");
    expect(await world.deliver(OUTBOX)).toEqual(["k1 event", "k3 event"]);
    expect(world.got).toEqual(["history CODE_1", "history CODE_3", "mail"]);
  });

  it("asks a bus that hangs once, however many events wait", async () => {
    const world = new World();
    world.broken.add("events");
    world.hanging.add("events");
    const waiting = Array.from({ length: 30 }, (_, n) => entry(n, { event: history(n) }));
    const before = world.clock.now();
    expect(await world.deliver(waiting)).toHaveLength(30);
    expect(world.clock.now() - before).toBe(3000);
  });

  it("begins nothing when its time is over: many mails to a service that hangs leave the rest to the next tick", async () => {
    const world = new World();
    world.broken.add("mail");
    world.hanging.add("mail");
    const mails = Array.from({ length: 20 }, (_, n) => entry(n, { mail }));
    const before = world.clock.now();
    expect(await world.deliver(mails, 10)).toHaveLength(20);
    expect(world.clock.now() - before).toBe(12_000);
  });

  it("puts ten events into one call, as many as the bus takes", async () => {
    const world = new World();
    await world.deliver(Array.from({ length: 12 }, (_, n) => entry(n, { event: history(n) })));
    expect(world.got.map((what) => what.split(" ").length - 1)).toEqual([10, 2]);
  });
});
