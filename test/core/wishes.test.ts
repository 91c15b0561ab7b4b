import { describe, expect, it } from "vitest";
import { takesPlaceOf } from "../../lib/core/wishes.ts";
import { whyOf } from "../../lib/core/why.ts";
import type { Drill, Wish, WishAction, WishPhase } from "../../lib/core/model.ts";
import { stopping } from "./support/known.ts";
import { Play } from "./support/play.ts";
import { NOW, SECOND, node, proven, recordWith, settingsWith, steered, wish } from "./support/situation.ts";

const asked = (changes: Partial<Wish>) => recordWith({ request: wish(changes) });
const switchover = { action: "switchover", to: "b" } as const;
const preferring = (...prefer: readonly string[]) =>
  settingsWith({ nodes: { tag: { key: "k", value: "v" }, prefer, exclude: [] } });
/** The settle time in beats, and one for the tick that finds it over. */
const SETTLES = 8;

describe("a switchover", () => {
  it("is done when the scheduler has settled where it was asked to be", () => {
    const play = new Play(asked(switchover)).ticks(1);
    expect(play.record.request).toMatchObject({ phase: "verifying", from: "a" });
    play.ticks(SETTLES);
    expect(play.running).toEqual(new Set(["b"]));
    expect(play.record.request).toMatchObject({
      phase: "done",
      sentence: "The scheduler on b has settled.",
    });
  });

  it.each([{ to: "b" }, {}])(
    "goes back where its target %j does not come up, and ends failed with the words why",
    (target) => {
      const play = new Play(asked({ action: "switchover", ...target }), { a: "works", b: "fails" }).ticks(1);
      expect(play.running).toEqual(new Set(["a"]));
      expect(play.record.request).toMatchObject({ phase: "going-back" });
      play.ticks(SETTLES);
      expect(play.running).toEqual(new Set(["a"]));
      expect(play.record.request).toMatchObject({
        phase: "failed",
        sentence:
          "The scheduler does not come up on b (exited 3): the switchover goes back to a. The scheduler on a has settled.",
      });
    },
  );

  it("goes back to where it came from, whichever other node is preferred", () => {
    const record = {
      ...asked(switchover),
      nodes: { a: node("a", "running"), b: proven("b"), c: proven("c") },
    };
    const play = new Play(record, { a: "works", b: "fails", c: "works" });
    play.settings = preferring("c");
    expect(play.ticks(1).running).toEqual(new Set(["a"]));
  });

  it("leaves the scheduler in the pause in which it was asked for, where it brought it", () => {
    const record = { ...asked(switchover), steering: steered("paused") };
    const play = new Play(record).ticks(1 + SETTLES);
    expect(play.running).toEqual(new Set(["b"]));
    expect(play.record).toMatchObject({ request: { phase: "done" }, steering: { kind: "paused" } });
    play.ticks(1);
    expect(play.record.plan).toMatchObject({ mode: "hold", active: "b", others: "look" });
  });

  it("tells in the history who asked, why, by which request, and what it took the place of", () => {
    const play = new Play(
      asked({ ...switchover, replaces: "the failover k1, accepted, asked by eve" }),
    ).ticks(1);
    expect(play.history.find(({ code }) => code === "FAILOVER_BEGINS")).toMatchObject({
      by: "ops",
      reason: "maintenance; in place of the failover k1, accepted, asked by eve",
      requestId: "request-1",
    });
  });
});

describe("a failover", () => {
  it("goes on to a third node where the one that it found does not come up, and is done there", () => {
    const record = {
      ...asked({ action: "failover" }),
      nodes: { a: node("a", "running"), b: proven("b"), c: proven("c") },
    };
    const play = new Play(record, { a: "works", b: "fails", c: "works" });
    play.settings = preferring("b", "c");
    play.ticks(1 + SETTLES);
    expect(play.running).toEqual(new Set(["c"]));
    expect(play.record.request).toMatchObject({ phase: "done" });
  });

  it("ends failed where the scheduler came back to the node that it should leave", () => {
    const play = new Play(asked({ to: "b" }), { a: "works", b: "fails" }).ticks(1 + SETTLES);
    expect(play.running).toEqual(new Set(["a"]));
    expect(play.record.request).toMatchObject({ phase: "failed" });
    expect(play.record.request?.sentence).toMatch(/does not come up on b.*on a has settled/);
  });

  it("whose target falls silent once everything is stopped starts where it can, and ends failed with the words", () => {
    const play = new Play(asked({ to: "b" }), { a: "works", b: "silent" }).ticks(4 + SETTLES);
    expect(play.running).toEqual(new Set(["a"]));
    expect(play.record.request).toMatchObject({ phase: "failed" });
    expect(play.record.request?.sentence).toMatch(/started on a, since b does not answer: .* a has settled/);
  });

  it("with an override starts elsewhere while the overridden node is silent", () => {
    const silent = node("a", "running", { silentSince: NOW - 300 * SECOND });
    const record = { ...asked({ override: "a" }), nodes: { a: silent, b: proven("b") } };
    const play = new Play(record, { a: "silent", b: "works" }).ticks(1);
    expect(play.running).toContain("b");
    expect(play.history.find(({ code }) => code === "STARTS")?.proofs).toMatchObject({
      a: { kind: "operator-override" },
    });
  });

  it("without one starts nothing while a node is silent", () => {
    const silent = node("a", "running", { silentSince: NOW - 300 * SECOND });
    const record = { ...asked({ to: "b" }), nodes: { a: silent, b: proven("b") } };
    const play = new Play(record, { a: "silent", b: "works" }).ticks(20);
    expect(play.running).not.toContain("b");
    expect(play.record.last.code).toBe("NO_PROOF");
  });

  it("begins in the tick in which its time has come", () => {
    const play = new Play(asked({ to: "b", notBefore: NOW + 25 * SECOND })).ticks(2);
    expect(play.record.request).toMatchObject({ phase: "accepted" });
    play.ticks(1);
    expect(play.running).toEqual(new Set(["b"]));
  });

  it("does not stay under way where the scheduler came up after the start was given up", () => {
    const record = recordWith({ request: wish({ to: "b", phase: "starting", from: "a" }) });
    expect(new Play(record).ticks(1).record.request).toMatchObject({ phase: "failed" });
  });
});

describe("a wish about how the ticks steer", () => {
  it("is not taken for done by a tick that first takes proofs back", () => {
    const record = {
      ...recordWith({ phase: { name: "verifying" }, request: wish({ action: "pause" }) }),
      savedAt: NOW - 3600 * SECOND,
    };
    const play = new Play(record).ticks(1);
    expect(play.codes[0]).toBe("TICKS_RESUMED");
    expect(play.record).toMatchObject({ request: { phase: "accepted" } });
    play.ticks(1);
    expect(play.record).toMatchObject({ request: { phase: "done" }, steering: { kind: "paused" } });
  });

  it("lets a scheduler run on through a pause and a clearing of the metadata", () => {
    const record = {
      ...recordWith({ request: wish({ action: "clear_metadata" }) }),
      steering: steered("paused"),
    };
    const play = new Play(record).ticks(3);
    expect(play.codes).toContain("PAUSED_ADOPTS");
    expect(play.record).toMatchObject({ phase: { name: "steady", active: "a" }, plan: { mode: "hold" } });
    expect(play.running).toEqual(new Set(["a"]));
  });

  it("stops a failover half-way when it is a pause, and goes on when it is resumed", () => {
    const record = recordWith({
      phase: stopping,
      nodes: { a: proven("a"), b: proven("b") },
      request: wish({ action: "pause" }),
    });
    const play = new Play(record).ticks(3);
    expect(play.running).toEqual(new Set());
    expect(play.record).toMatchObject({ last: { code: "PAUSED_DOWN" }, problem: { code: "PAUSED_DOWN" } });
    play.record = { ...play.record, request: wish({ id: "wish-2", action: "resume" }) };
    play.ticks(1);
    expect(play.running).toEqual(new Set(["b"]));
  });

  it("adopts what it finds when it resumes from observing, and trusts no proof from before", () => {
    const play = new Play(recordWith({ request: wish({ action: "observe" }) })).ticks(2);
    expect(play.record.nodes["b"]?.stopBy).toBe("ever");
    play.running.clear();
    play.running.add("b");
    play.record = { ...play.record, request: wish({ id: "wish-2", action: "resume" }) };
    play.ticks(1);
    expect(play.codes).toContain("ADOPTED");
    expect(play.running).toEqual(new Set(["b"]));
    expect(play.record.phase).toMatchObject({ name: "steady", active: "b" });
  });

  it("gives an excluded node no scheduler when the active one's ends", () => {
    const play = new Play(recordWith({ request: wish({ action: "exclude", to: "a" }) })).ticks(1);
    expect(play.running).toEqual(new Set(["a"]));
    play.running.delete("a");
    play.ticks(1);
    expect(play.running).toEqual(new Set(["b"]));
  });

  it("takes a fence's order back when it is a pause: nothing is stopped", () => {
    const silent = node("a", "running", { silentSince: NOW - 300 * SECOND });
    const record = recordWith({
      phase: { fence: "a" },
      nodes: { a: silent, b: proven("b") },
      request: wish({ action: "pause" }),
    });
    const play = new Play(record, { a: "silent", b: "works" }).ticks(1);
    expect(play.record.phase.fence).toBeUndefined();
  });
});

describe("a node that is included again", () => {
  it("ends a move that hangs because every node is excluded", () => {
    const record = recordWith({
      phase: stopping,
      nodes: { a: proven("a"), b: proven("b") },
      excluded: ["a", "b"],
      request: wish({ action: "include", to: "b" }),
    });
    const play = new Play(record).ticks(2);
    expect(play.running).toEqual(new Set(["b"]));
  });
});

const DRILLS: Readonly<Record<"there" | "back", Drill>> = {
  there: { leg: "there", begunAt: 0, gapSeconds: 0 },
  back: { leg: "back", begunAt: NOW - 90 * SECOND, gapSeconds: 2 },
};

describe("a wish that stands in the way of another one", () => {
  const standing = (action: WishAction, phase: WishPhase) => wish({ action, phase });

  it.each<[WishAction, WishPhase, Pick<Wish, "action" | "override">, boolean]>([
    ["failover", "accepted", { action: "pause" }, true],
    ["switchover", "accepted", { action: "cancel" }, true],
    ["switchover", "accepted", { action: "failover" }, false],
    ["switchover", "accepted", { action: "failover", override: "a" }, true],
    ["failover", "stopping", { action: "pause" }, false],
    ["failover", "stopping", { action: "cancel" }, false],
    ["failover", "stopping", { action: "failover" }, false],
    ["failover", "stopping", { action: "failover", override: "a" }, true],
    ["failover", "stopping", { action: "include" }, true],
    ["failover", "starting", { action: "include" }, false],
    ["failover", "stopping", { action: "exclude" }, false],
    ["failover", "starting", { action: "detach" }, true],
    ["failover", "going-back", { action: "observe" }, true],
    ["failover", "done", { action: "switchover" }, true],
    ["switchover", "failed", { action: "exclude" }, true],
    ["pause", "accepted", { action: "resume" }, false],
    ["detach", "accepted", { action: "failover", override: "a" }, false],
  ])("%s, %s, and then %j: makes room %j", (action, phase, next, makesRoom) => {
    expect(takesPlaceOf(next, standing(action, phase))).toBe(makesRoom);
  });

  it.each<["there" | "back", WishPhase, Pick<Wish, "action" | "override">, boolean]>([
    ["there", "accepted", { action: "cancel" }, true],
    ["there", "accepted", { action: "pause" }, true],
    ["there", "accepted", { action: "failover" }, false],
    ["there", "stopping", { action: "pause" }, false],
    ["there", "verifying", { action: "switchover" }, false],
    ["there", "verifying", { action: "failover" }, false],
    ["there", "verifying", { action: "failover", override: "b" }, true],
    ["there", "going-back", { action: "cancel" }, false],
    ["there", "starting", { action: "detach" }, true],
    // Half-way it waits again: whoever takes its place then leaves the scheduler where the drill has brought it.
    ["back", "accepted", { action: "cancel" }, true],
    ["back", "accepted", { action: "exclude" }, true],
    ["back", "accepted", { action: "switchover" }, false],
    ["back", "stopping", { action: "cancel" }, false],
    ["back", "verifying", { action: "observe" }, true],
    ["back", "done", { action: "switchover" }, true],
    ["there", "failed", { action: "failover" }, true],
  ])("a drill on its way %s, %s, and then %j: makes room %j", (leg, phase, next, makesRoom) => {
    const drill = { ...standing("switchover", phase), drill: DRILLS[leg] };
    expect(takesPlaceOf(next, drill)).toBe(makesRoom);
  });

  it.each<WishPhase>(["accepted", "stopping", "verifying"])(
    "a drill asked for beside a move that is %s has to wait as any other move",
    (phase) => {
      const next = { action: "switchover", drill: DRILLS.there } as const;
      expect(takesPlaceOf(next, standing("failover", phase))).toBe(false);
    },
  );
});

describe("why", () => {
  const why = (record: Parameters<typeof whyOf>[0], settings = settingsWith()) =>
    whyOf(record, settings, NOW);

  it("says of each node what proves it stopped, or what would", () => {
    const silent = node("a", "running", { silentSince: NOW - 60 * SECOND, stopBy: NOW + 30 * SECOND });
    const { nodes, waitsFor } = why(recordWith({ phase: stopping, nodes: { a: silent, b: proven("b") } }));
    expect(nodes).toMatchObject([
      { id: "a", missing: expect.stringContaining("at 2027-01-15 08:00:35 UTC") as string },
      { id: "b", proof: { kind: "reported-stopped" }, missing: undefined },
    ]);
    expect(nodes[0]?.missing).toContain("by an operator's override");
    expect(waitsFor).toEqual(["A start owes the proof that a runs no scheduler."]);
  });

  it.each([
    ["it is the active node", "a", {}, "a is the active node already"],
    ["an operator excluded it", "b", { excluded: ["b"] }, "b is excluded"],
    [
      "it is silent",
      "b",
      { nodes: { a: node("a", "running"), b: proven("b", { silentSince: NOW - SECOND }) } },
      "b does not answer",
    ],
    [
      "another node owes a proof",
      "b",
      { nodes: { a: node("a", "running"), b: proven("b"), c: node("c", "stopped") } },
      "c is not proven to run no scheduler",
    ],
    ["nothing is against it", "b", {}, undefined],
  ])("says why a node is no candidate: %s", (_, id, known, words) => {
    expect(why(recordWith(known)).nodes.find((each) => each.id === id)?.obstacle).toBe(words);
  });

  it("says how long cooldown and budget bound the next move", () => {
    const counters = { moves: [NOW - 4000 * SECOND, NOW - 100 * SECOND], restarts: 1 };
    expect(why(recordWith({ counters })).limits).toMatchObject({
      movesWithinHour: 1,
      failoversPerHour: 3,
      cooldownSecondsLeft: 200,
      restarts: 1,
    });
  });

  it("says until when it is paused, and which move waits", () => {
    const record = recordWith({
      steering: steered("paused", NOW + 60 * SECOND),
      request: wish({ ...switchover, notBefore: NOW + 30 * SECOND }),
    });
    expect(why(record).waitsFor).toEqual([
      "It is paused since 2027-01-15 07:59:00 UTC by ops: until `resume` or 2027-01-15 08:01:00 UTC.",
      "The switchover wish-1 that ops asked for begins at 2027-01-15 08:00:30 UTC.",
    ]);
  });
});
