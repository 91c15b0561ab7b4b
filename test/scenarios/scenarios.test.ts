import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PAGE, page } from "./at-a-glance.ts";
import { SCENARIOS } from "./catalogue.ts";
import { RULES } from "../../lib/core/decide.ts";
import { matches } from "./history-pattern.ts";

const CODES = new Set([...RULES.before, ...RULES.after].map(({ code }) => code));

describe("the scenarios", () => {
  it("have a file each, named after the incident, and are all in the catalogue", () => {
    const files = readdirSync(new URL("incidents/", import.meta.url)).map((file) =>
      file.replace(/\.ts$/u, ""),
    );
    expect(SCENARIOS.map(({ name }) => name).toSorted()).toEqual(files.toSorted());
  });

  it("are on the page as their headers have them: npm run scenario -- --write-docs", () => {
    expect(readFileSync(PAGE, "utf8")).toBe(page());
  });

  it.each(SCENARIOS)("name only codes that rules have: $name", ({ history, mails }) => {
    const named = [
      ...history.map((code) => code.replace(/[?*]$/u, "")),
      ...Object.keys(mails).map((key) => key.replace(/ resolved$/u, "")),
    ];
    expect(named.filter((code) => !CODES.has(code))).toEqual([]);
  });
});

describe("a history", () => {
  const history = (...codes: string[]) => codes.map((code) => ({ code }));

  it.each([
    ["as named", ["A", "B"], ["A", "B"], true],
    ["with one more", ["A", "B"], ["A", "B", "B"], false],
    ["with one fewer", ["A", "B"], ["A"], false],
    ["in another order", ["A", "B"], ["B", "A"], false],
    ["without what may be missing", ["A", "B?"], ["A"], true],
    ["with what may repeat", ["A*", "B"], ["A", "A", "B"], true],
    ["with a code that only begins alike", ["A"], ["AB"], false],
  ])("%s", (_name, pattern, codes, expected) => {
    expect(matches(pattern, history(...codes))).toBe(expected);
  });
});
