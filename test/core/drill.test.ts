import { describe, expect, it } from "vitest";
import { newsMetrics } from "../../lib/core/metrics.ts";
import type { ClusterRecord, Drill } from "../../lib/core/model.ts";
import { Play } from "./support/play.ts";
import { recordWith, steered, wish } from "./support/situation.ts";

const there: Drill = { leg: "there", begunAt: 0, gapSeconds: 0 };
const asked = (): ClusterRecord => recordWith({ request: wish({ action: "switchover", drill: there }) });
/** Ticks until this is told last. */
function until(play: Play, code: string): Play {
  for (let n = 0; n < 60 && play.history.at(-1)?.code !== code; n += 1) play.ticks(1);
  expect(play.history.at(-1)?.code).toBe(code);
  return play;
}

describe("a drill", () => {
  it("goes there and back, and tells what it took", () => {
    const play = until(new Play(asked()), "DRILL_HALFWAY");
    expect(play.running).toEqual(new Set(["b"]));
    until(play, "DRILL_DONE");
    expect(play.running).toEqual(new Set(["a"]));
    expect(play.record.request).toMatchObject({
      phase: "done",
      sentence: expect.stringMatching(/^The drill is done: the scheduler is back on a/) as string,
    });
    const told = play.history.map(({ code }) => code);
    const way = ["DRILL_BEGINS", "STARTS", "FAILED_OVER"];
    expect(told).toEqual([...way, "DRILL_HALFWAY", ...way, "DRILL_DONE"]);
    const { drill, by, requestId } = play.history.at(-1) ?? {};
    expect({ by, requestId }).toEqual({ by: "ops", requestId: "request-1" });
    expect(drill?.seconds).toBeGreaterThan(120);
    const gaps = play.history.reduce((sum, { gapSeconds = 0 }) => sum + gapSeconds, 0);
    expect(drill?.gapSeconds).toBe(gaps);
    expect(newsMetrics(play.record)).toMatchObject({
      Failovers: 2,
      DrillSeconds: drill?.seconds,
      DrillGapSeconds: gaps,
      DrillsFailed: 0,
    });
  });

  it("does nothing more when it is done", () => {
    const play = until(new Play(asked()), "DRILL_DONE").ticks(20);
    expect(play.history.filter(({ code }) => code === "DRILL_BEGINS")).toHaveLength(2);
    expect(play.record.phase).toMatchObject({ name: "steady", active: "a", cause: "none" });
  });

  it("fails where the other node does not bring the scheduler up, which then runs where it was", () => {
    const play = until(new Play(asked(), { a: "works", b: "fails" }), "DRILL_FAILED");
    expect(play.running).toEqual(new Set(["a"]));
    expect(play.record.request).toMatchObject({
      phase: "failed",
      sentence: expect.stringContaining("The drill has failed") as string,
    });
    expect(newsMetrics(play.record)).toMatchObject({ DrillSeconds: 0, DrillsFailed: 1 });
    const mails = play.record.outbox.flatMap(({ mail }) => (mail ? [mail.code] : []));
    expect(mails).toContain("DRILL_FAILED");
  });

  it("fails where home does not bring it up any more, and the scheduler stays there", () => {
    const play = until(new Play(asked()), "DRILL_HALFWAY");
    play.manners["a"] = "fails";
    until(play, "DRILL_FAILED");
    expect(play.running).toEqual(new Set(["b"]));
  });

  it("does not go back where home is silent, once that is no hiccup, and says so", () => {
    const play = until(new Play(asked()), "DRILL_HALFWAY");
    play.manners["a"] = "silent";
    const { a } = play.record.nodes;
    if (a)
      play.record = { ...play.record, nodes: { ...play.record.nodes, a: { ...a, silentSince: play.now } } };
    until(play, "DRILL_REFUSED");
    expect(play.running).toEqual(new Set(["b"]));
    expect(play.history.at(-1)).toMatchObject({
      sentence: expect.stringContaining("does not go back: a does not answer") as string,
    });
    expect(newsMetrics(play.record).DrillsFailed).toBe(1);
  });

  it("does not go back in a pause, which an operator wants more", () => {
    const play = until(new Play(asked()), "DRILL_HALFWAY");
    expect(play.record.request).toMatchObject({ phase: "accepted", to: "a", drill: { leg: "back" } });
    play.record = { ...play.record, steering: steered("paused") };
    play.ticks(1);
    const refused = play.history.find(({ code }) => code === "DRILL_REFUSED");
    expect(refused?.sentence).toContain("paused by ops");
    expect(play.running).toEqual(new Set(["b"]));
  });
});
