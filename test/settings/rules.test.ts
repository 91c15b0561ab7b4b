import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../lib/core/settings.ts";
import { distance } from "../../lib/settings/faults.ts";
import { settingPaths, settingsPage } from "../../lib/settings/reference.ts";
import { shortestGrant } from "../../lib/settings/rules.ts";
import { referenceFiles } from "../../lib/settings/write-reference.ts";

describe("the controller's own limits", () => {
  it("let a tick end itself before Lambda ends it, and Lambda before its lease is over", () => {
    expect(LIMITS.tickBudgetSeconds).toBeLessThan(LIMITS.lambdaTimeoutSeconds);
    expect(LIMITS.lambdaTimeoutSeconds).toBeLessThan(LIMITS.leaseSeconds);
  });

  it("are what Run Command accepts: 30 s for a delivery, 5 s for a script, at the least", () => {
    expect(LIMITS.deliverySeconds).toBeGreaterThanOrEqual(30);
    expect(LIMITS.executionSeconds).toBeGreaterThanOrEqual(5);
  });

  it("end a loop, with its last tick, before Express does after 300 s", () => {
    expect(LIMITS.loopSeconds + LIMITS.lambdaTimeoutSeconds).toBeLessThan(300);
  });

  it("make a grant that survives a killed tick and a late command", () => {
    expect(shortestGrant(10, 5)).toBe(2 * 25 + 2 * 10 + 30 + 5);
  });
});

describe("the settings' documents", () => {
  it("are up to date: `npm run docs` writes them", async () => {
    for (const [path, text] of await referenceFiles()) {
      expect(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")).toBe(text);
    }
  });

  it("have a row for every setting, each with its meaning", () => {
    const rows = settingsPage()
      .split("\n")
      .filter((line) => line.startsWith("| `"));
    expect(rows).toHaveLength(settingPaths().length);
    for (const row of rows) expect(row).toMatch(/\S[.] \|$/);
  });
});

describe("the distance between two words", () => {
  it.each([
    ["unit", "unit", 0],
    ["unit", "unti", 2],
    ["beat", "beats", 1],
    ["", "abc", 3],
    ["kitten", "sitting", 3],
  ])("of %s and %s is %i", (one, other, expected) => {
    expect(distance(one, other)).toBe(expected);
  });
});
