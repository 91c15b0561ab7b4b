import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextBeat, nextTick } from "../../lib/core/schedule.ts";

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
