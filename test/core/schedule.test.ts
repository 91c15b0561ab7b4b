import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LONGEST_PATIENCE_SECONDS, nextBeat, nextTick, patienceSeconds } from "../../lib/core/schedule.ts";

const ORIGIN = 1_800_000_000_000;

describe("the grid of the beats", () => {
  it.each([
    { says: "at the origin the first beat is a beat away", passed: 0, next: 10_000 },
    { says: "a slow tick does not shift the beat", passed: 13_400, next: 20_000 },
    { says: "a tick that ends on a beat waits for the next one", passed: 20_000, next: 30_000 },
    { says: "a clock that is behind the origin waits for the first beat", passed: -4000, next: 10_000 },
  ])("$says", ({ passed, next }) => {
    expect(nextBeat(ORIGIN, 10, ORIGIN + passed)).toBe(ORIGIN + next);
  });

  it("is of whole seconds, whenever the execution began: Step Functions waits for no part of one", () => {
    expect(nextBeat(ORIGIN + 999, 10, ORIGIN + 1000)).toBe(ORIGIN + 10_000);
    expect(nextBeat(ORIGIN + 999, 10, ORIGIN + 10_000)).toBe(ORIGIN + 20_000);
  });

  it("is never left, and its next beat lies ahead by a beat at the most", () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 60 }), fc.integer({ min: 0, max: 400_000 }), (beat, passed) => {
        const next = nextBeat(ORIGIN, beat, ORIGIN + passed) - ORIGIN;
        expect(next % (beat * 1000)).toBe(0);
        expect(next - passed).toBeGreaterThan(0);
        expect(next - passed).toBeLessThanOrEqual(beat * 1000);
      }),
    );
  });
});

describe("the next tick", () => {
  it("comes after 2 s while a transition is under way", () => {
    expect(nextTick(ORIGIN, 10, true, ORIGIN + 1000)).toBe(ORIGIN + 3000);
  });

  it("comes with the beat if that is sooner", () => {
    expect(nextTick(ORIGIN, 10, true, ORIGIN + 9000)).toBe(ORIGIN + 10_000);
  });
});

describe("the patience with a tick", () => {
  it.each([
    { says: "that begins on a beat lasts to the next one", beat: 10, begins: 20_000, seconds: 10 },
    { says: "that begins between two beats lasts to the beat", beat: 10, begins: 24_000, seconds: 6 },
    {
      says: "is whole seconds, and ends before the beat rather than after",
      beat: 10,
      begins: 23_100,
      seconds: 6,
    },
    { says: "is a second at the least, as Step Functions wants it", beat: 10, begins: 29_400, seconds: 1 },
    { says: "ends when the function has", beat: 60, begins: 60_000, seconds: LONGEST_PATIENCE_SECONDS },
  ])("$says", ({ beat, begins, seconds }) => {
    expect(patienceSeconds(ORIGIN, beat, ORIGIN + begins)).toBe(seconds);
  });
});
