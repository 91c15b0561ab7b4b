/**
 * What every record store keeps, whatever it is built on. An implementation's test calls `recordStoreContract` with a
 * function that makes an empty store of its own for each test.
 */
import { describe, expect, it } from "vitest";
import type { Problem } from "../../lib/core/model.ts";
import type { RecordStore } from "../../lib/core/ports.ts";
import { AT, NODE_A, sampleEntry, sampleRecord, sampleWish } from "../lambda/support/records.ts";

const PROBLEM: Problem = { code: "HOLD", sentence: "No proof.", since: AT, mailed: ["HOLD"], mailedAt: AT };

const ROUNDS = 10;
const WRITERS = ["a", "b", "c", "d", "e"];

/**
 * In each round all write at once over what the round before left; one must be told that it has written, all others
 * that they lost, and its record must stand. Answers what was told in the first round in which it was otherwise.
 */
export async function notWonByOne(store: RecordStore, rounds = ROUNDS): Promise<string | undefined> {
  let before = sampleRecord({ nonce: "n0" });
  await store.write(before, "none");
  for (let round = 1; round <= rounds; round += 1) {
    const { token, nonce } = before;
    const write = (writer: string) =>
      store.write(sampleRecord({ token: token + 1, nonce: `${round}${writer}` }), { token, nonce });
    const told = await Promise.all(WRITERS.map(write));
    const winners = WRITERS.filter((_, n) => told[n] === "written").map((writer) => `${round}${writer}`);
    before = (await store.read("etl")) ?? before;
    if (told.includes("unclear") || winners.join() !== before.nonce)
      return `round ${round}: ${told.join()}; there stands ${before.nonce}`;
  }
  return undefined;
}

export function recordStoreContract(makeStore: () => Promise<RecordStore>): void {
  describe("the record", () => {
    it("is absent before the first write", async () => {
      const store = await makeStore();
      expect(await store.read("etl")).toBeUndefined();
    });

    it("is read as it was written, with every optional part", async () => {
      const store = await makeStore();
      const record = sampleRecord({ problem: PROBLEM });
      expect(await store.write(record, "none")).toBe("written");
      expect(await store.read("etl")).toEqual(record);
    });

    it("belongs to its cluster alone", async () => {
      const store = await makeStore();
      await store.write(sampleRecord(), "none");
      expect(await store.read("etl2")).toBeUndefined();
    });

    it("is made by one write only", async () => {
      const store = await makeStore();
      await store.write(sampleRecord({ nonce: "first" }), "none");
      expect(await store.write(sampleRecord({ nonce: "second" }), "none")).toBe("lost");
      expect((await store.read("etl"))?.nonce).toBe("first");
    });

    it("is not made by a write that expects one", async () => {
      const store = await makeStore();
      expect(await store.write(sampleRecord({ nonce: "n2" }), { token: AT, nonce: "n1" })).toBe("lost");
      expect(await store.read("etl")).toBeUndefined();
    });

    it.each([
      ["the token", { token: AT - 1, nonce: "n1" }],
      ["the nonce", { token: AT, nonce: "n0" }],
      ["both", { token: AT + 1, nonce: "n0" }],
    ])("is not changed by a write that expects %s to be another", async (_name, expected) => {
      const store = await makeStore();
      await store.write(sampleRecord({ nonce: "n1" }), "none");
      expect(await store.write(sampleRecord({ token: AT + 2, nonce: "n2" }), expected)).toBe("lost");
      expect(await store.read("etl")).toEqual(sampleRecord({ nonce: "n1" }));
    });

    it("loses the optional parts that the next one has no more", async () => {
      const store = await makeStore();
      await store.write(sampleRecord({ nonce: "n1", problem: PROBLEM }), "none");
      const next = sampleRecord({ nonce: "n2", problem: undefined });
      expect(await store.write(next, { token: AT, nonce: "n1" })).toBe("written");
      expect(await store.read("etl")).not.toHaveProperty("problem");
    });

    it("is won by exactly one of many writers at once, and the others hear that they lost", async () => {
      const store = await makeStore();
      expect(await notWonByOne(store)).toBeUndefined();
    });
  });

  describe("the request on the record", () => {
    it("survives a tick that read the record before it was put", async () => {
      const store = await makeStore();
      await store.write(sampleRecord({ nonce: "n1" }), "none");
      await store.putWish("etl", sampleWish());
      const outcome = await store.write(sampleRecord({ nonce: "n2" }), { token: AT, nonce: "n1" });
      expect(outcome).toBe("written");
      expect((await store.read("etl"))?.request).toEqual(sampleWish());
    });

    it("is moved on by the tick that names it", async () => {
      const store = await makeStore();
      await store.write(sampleRecord({ nonce: "n1" }), "none");
      await store.putWish("etl", sampleWish());
      const request = sampleWish({ phase: "done", sentence: "It runs there." });
      const next = sampleRecord({ nonce: "n2", request });
      expect(await store.write(next, { token: AT, nonce: "n1" }, "wish-1")).toBe("written");
      expect((await store.read("etl"))?.request).toEqual(request);
    });

    it("is not overwritten by a tick that names the wish before it, which loses as a whole", async () => {
      const store = await makeStore();
      await store.write(sampleRecord({ nonce: "n1" }), "none");
      await store.putWish("etl", sampleWish({ phase: "done" }));
      await store.putWish("etl", sampleWish({ id: "wish-2" }));
      const late = sampleRecord({ nonce: "n2", request: sampleWish({ phase: "failed" }) });
      expect(await store.write(late, { token: AT, nonce: "n1" }, "wish-1")).toBe("lost");
      expect(await store.read("etl")).toEqual(
        sampleRecord({ nonce: "n1", request: sampleWish({ id: "wish-2" }) }),
      );
    });
  });

  describe("putWish", () => {
    it("needs a record", async () => {
      const store = await makeStore();
      expect(await store.putWish("etl", sampleWish())).toBe("no-record");
      expect(await store.read("etl")).toBeUndefined();
    });

    it("changes nothing but the request", async () => {
      const store = await makeStore();
      await store.write(sampleRecord(), "none");
      expect(await store.putWish("etl", sampleWish())).toEqual({ outcome: "written", wish: sampleWish() });
      expect(await store.read("etl")).toEqual(sampleRecord({ request: sampleWish() }));
    });

    it.each(["accepted", "stopping", "starting", "verifying"] as const)(
      "answers the wish that is under way: %s",
      async (phase) => {
        const store = await makeStore();
        await store.write(sampleRecord(), "none");
        await store.putWish("etl", sampleWish({ phase }));
        const outcome = await store.putWish("etl", sampleWish({ id: "wish-2", requestId: "request-8" }));
        expect(outcome).toEqual({ outcome: "standing", wish: sampleWish({ phase }) });
      },
    );

    it.each(["done", "failed"] as const)("takes the place of one that has ended: %s", async (phase) => {
      const store = await makeStore();
      await store.write(sampleRecord(), "none");
      await store.putWish("etl", sampleWish({ phase }));
      const next = sampleWish({ id: "wish-2", requestId: "request-8" });
      expect(await store.putWish("etl", next)).toEqual({ outcome: "written", wish: next });
      expect((await store.read("etl"))?.request).toEqual(next);
    });

    it.each([
      [
        "a pause takes the place of a move that waits",
        "failover",
        "accepted",
        { action: "pause" },
        "written",
      ],
      ["a pause waits for a move that has begun", "failover", "stopping", { action: "pause" }, "standing"],
      [
        "a detach takes the place of one that hangs",
        "switchover",
        "starting",
        { action: "detach" },
        "written",
      ],
      ["an override does too", "failover", "going-back", { override: NODE_A }, "written"],
      [
        "nothing does of a pause that no tick has seen",
        "pause",
        "accepted",
        { action: "detach" },
        "standing",
      ],
    ] as const)("by its action and phase: %s", async (_, action, phase, changes, outcome) => {
      const store = await makeStore();
      await store.write(sampleRecord(), "none");
      await store.putWish("etl", sampleWish({ action, phase }));
      const next = sampleWish({ id: "wish-2", requestId: "request-8", ...changes });
      expect(await store.putWish("etl", next)).toMatchObject({ outcome });
      expect((await store.read("etl"))?.request?.id).toBe(outcome === "written" ? "wish-2" : "wish-1");
    });

    it.each(["accepted", "done", "failed"] as const)(
      "answers the same id by how it went, and does not begin it anew: %s",
      async (phase) => {
        const store = await makeStore();
        await store.write(sampleRecord(), "none");
        await store.putWish("etl", sampleWish({ phase }));
        const again = sampleWish({ requestId: "request-8" });
        expect(await store.putWish("etl", again)).toEqual({
          outcome: "standing",
          wish: sampleWish({ phase }),
        });
      },
    );

    it("lets exactly one of many at once through, and tells the others which", async () => {
      const store = await makeStore();
      await store.write(sampleRecord(), "none");
      const answers = await Promise.all(
        ["w1", "w2", "w3", "w4"].map((id) =>
          store.putWish("etl", sampleWish({ id, requestId: `request-${id}` })),
        ),
      );
      const request = (await store.read("etl"))?.request;
      const outcomes = answers.map((answer) => (answer === "no-record" ? answer : answer.outcome));
      expect(outcomes.sort()).toEqual(["standing", "standing", "standing", "written"]);
      for (const answer of answers) expect(answer).toHaveProperty("wish", request);
    });
  });

  describe("the history", () => {
    it("is empty before the first entry", async () => {
      const store = await makeStore();
      expect(await store.readHistory("etl", 10)).toEqual([]);
    });

    it("is read newest first, as it was written, up to the limit", async () => {
      const store = await makeStore();
      const entries = [3, 1, 4, 2, 5].map((n) => sampleEntry({ at: AT + n, sentence: `entry ${n}` }));
      for (const entry of entries) await store.appendHistory("etl", entry);
      const read = await store.readHistory("etl", 3);
      expect(read).toEqual([5, 4, 3].map((n) => sampleEntry({ at: AT + n, sentence: `entry ${n}` })));
    });

    it("holds an entry once, however often it is told", async () => {
      const store = await makeStore();
      for (let times = 0; times < 3; times += 1) await store.appendHistory("etl", sampleEntry());
      expect(await store.readHistory("etl", 10)).toEqual([sampleEntry()]);
    });

    it("keeps an entry as it was first told", async () => {
      const store = await makeStore();
      await store.appendHistory("etl", sampleEntry({ sentence: "first" }));
      await store.appendHistory("etl", sampleEntry({ sentence: "second" }));
      expect(await store.readHistory("etl", 10)).toEqual([sampleEntry({ sentence: "first" })]);
    });

    it("holds two entries of one instant under two tokens", async () => {
      const store = await makeStore();
      await store.appendHistory("etl", sampleEntry({ token: AT + 1 }));
      await store.appendHistory("etl", sampleEntry({ token: AT + 2 }));
      expect(await store.readHistory("etl", 10)).toHaveLength(2);
    });

    it("belongs to its cluster alone, and is no record", async () => {
      const store = await makeStore();
      await store.appendHistory("etl", sampleEntry({ active: NODE_A }));
      expect(await store.readHistory("etl2", 10)).toEqual([]);
      expect(await store.read("etl")).toBeUndefined();
    });
  });

  describe("claimLoop", () => {
    const older = { id: "execution-b", startedAt: AT };
    const newer = { id: "execution-a", startedAt: AT + 1 };

    it("lets the newest execution win, in whatever order they come", async () => {
      const store = await makeStore();
      expect(await store.claimLoop(older)).toEqual(older);
      expect(await store.claimLoop(newer)).toEqual(newer);
      expect(await store.claimLoop(older)).toEqual(newer);
      expect(await store.claimLoop(newer)).toEqual(newer);
    });

    it("lets one of two executions of the same instant win, whichever comes first", async () => {
      const lesser = { id: "execution-a", startedAt: AT };
      const greater = { id: "execution-b", startedAt: AT };
      for (const order of [
        [lesser, greater],
        [greater, lesser],
      ]) {
        const store = await makeStore();
        for (const execution of order) await store.claimLoop(execution);
        expect(await store.claimLoop(lesser)).toEqual(greater);
      }
    });

    it("answers all of many at once so that only the newest goes on, whatever their names", async () => {
      const store = await makeStore();
      const executions = [2, 5, 1, 4, 3].map((n) => ({ id: `execution-${9 - n}`, startedAt: AT + n }));
      await Promise.all(executions.map((execution) => store.claimLoop(execution)));
      const answers = await Promise.all(executions.map((execution) => store.claimLoop(execution)));
      for (const answer of answers) expect(answer).toEqual({ id: "execution-4", startedAt: AT + 5 });
    });
  });
}
