import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FIRST_INSTANT,
  formatForPeople,
  formatInstant,
  LAST_INSTANT,
  parseInstant,
} from "../../lib/core/instants.ts";

const instants = fc.integer({ min: FIRST_INSTANT, max: LAST_INSTANT });

describe("formatInstant", () => {
  it("writes every instant of the years 0000 to 9999 as the platform's own calendar does", () => {
    fc.assert(
      fc.property(instants, (instant) => {
        expect(formatInstant(instant)).toBe(new Date(instant).toISOString());
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["the epoch", 0, "1970-01-01T00:00:00.000Z"],
    ["the millisecond before it", -1, "1969-12-31T23:59:59.999Z"],
    ["a leap day", 1_709_164_800_000, "2024-02-29T00:00:00.000Z"],
    ["a century that is no leap year", 4_107_542_400_000, "2100-03-01T00:00:00.000Z"],
    ["the first instant", FIRST_INSTANT, "0000-01-01T00:00:00.000Z"],
    ["the last instant", LAST_INSTANT, "9999-12-31T23:59:59.999Z"],
    ["a fraction of a millisecond, cut off", 1.9, "1970-01-01T00:00:00.001Z"],
  ])("writes %s", (_name, instant, text) => {
    expect(formatInstant(instant)).toBe(text);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, FIRST_INSTANT - 1, LAST_INSTANT + 1])(
    "refuses %d, naming it",
    (instant) => {
      expect(() => formatInstant(instant)).toThrow(`${instant} is not an instant`);
    },
  );
});

describe("formatForPeople", () => {
  it("says that it speaks of UTC", () => {
    expect(formatForPeople(1_795_545_483_042)).toBe("2026-11-24 18:38:03 UTC");
  });
});

describe("parseInstant", () => {
  it("reads back what formatInstant wrote", () => {
    fc.assert(
      fc.property(instants, (instant) => {
        expect(parseInstant(formatInstant(instant))).toBe(instant);
      }),
    );
  });

  it.each([
    ["no fraction", "2026-11-24T18:38:03Z", 1_795_545_483_000],
    ["one digit of a fraction", "2026-11-24T18:38:03.5Z", 1_795_545_483_500],
    ["nanoseconds, cut to milliseconds", "2026-11-24T18:38:03.042999999Z", 1_795_545_483_042],
    ["an offset to the east", "2026-11-24T20:38:03+02:00", 1_795_545_483_000],
    ["an offset to the west over midnight", "2026-11-23T23:38:03-19:00", 1_795_545_483_000],
    ["lower-case letters", "2026-11-24t18:38:03z", 1_795_545_483_000],
  ])("reads %s", (_name, text, instant) => {
    expect(parseInstant(text)).toBe(instant);
  });

  it.each([
    "",
    "now",
    "1795545483000",
    "2026-11-24",
    "2026-11-24T18:38:03",
    "2026-11-24 18:38:03Z",
    "2026-00-24T18:38:03Z",
    "2026-13-24T18:38:03Z",
    "2026-11-00T18:38:03Z",
    "2026-11-31T18:38:03Z",
    "2023-02-29T18:38:03Z",
    "2100-02-29T18:38:03Z",
    "2026-11-24T24:00:00Z",
    "2026-11-24T18:60:03Z",
    "2026-12-31T23:59:60Z",
    "2026-11-24T18:38:03+24:00",
    "2026-11-24T18:38:03.Z",
    " 2026-11-24T18:38:03Z",
    "2026-11-24T18:38:03Z\n",
  ])("does not take %j for an instant", (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });
});
