import { describe, expect, it } from "vitest";
import { RULES } from "../../lib/core/decide.ts";
import { ruleTable } from "../../lib/core/rule-table.ts";
import { WORDS } from "../../lib/core/sentences.ts";
import { asks } from "./support/situation.ts";
import { SITUATIONS } from "./support/situations.ts";

const ALL = Object.values(SITUATIONS).flat();

describe.each(Object.entries(SITUATIONS))("decide, %s", (_, situations) => {
  it.each(situations)("$code: $says", ({ decision, code, phase, asks: expected }) => {
    const made = decision();
    expect({ code: made.code, phase: made.record.phase.name, asks: asks(made) }).toEqual({
      code,
      phase,
      asks: expected,
    });
  });

  it.each(situations)("$code: fills every word of its sentence in ($says)", ({ decision }) => {
    expect(decision().sentence).not.toMatch(/[{}]|undefined|NaN/);
  });
});

describe("the rule tables", () => {
  const rules = [...RULES.before, ...RULES.after];

  it("are reached by the situations above, every rule", () => {
    const reached = new Set(ALL.map(({ decision }) => decision().code));
    expect(rules.map((rule) => rule.code).filter((code) => !reached.has(code))).toEqual([]);
  });

  it("have a rule of last resort for every phase before the nodes are asked", () => {
    expect(RULES.before.at(-1)?.code).toBe("ASKING");
  });

  it("leave no words open that sentences do not know", () => {
    const words = rules.flatMap((rule) =>
      [...rule.sentence.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ""),
    );
    expect(words.filter((word) => !Object.hasOwn(WORDS, word))).toEqual([]);
  });

  it("have every code once", () => {
    const codes = rules.map((rule) => rule.code);
    expect(codes).toEqual([...new Set(codes)]);
  });

  it("begin every sentence with a word and end it with a full stop", () => {
    expect(rules.filter((rule) => !/^[A-Z{].*\.$/.test(rule.sentence)).map((rule) => rule.code)).toEqual([]);
  });

  it("are as the golden file says (run with -u to accept a change)", async () => {
    await expect(ruleTable()).toMatchFileSnapshot("rules.golden.md");
  });
});

describe("a decision", () => {
  it("is the same for the same facts", () => {
    for (const { decision } of ALL) expect(decision()).toEqual(decision());
  });

  it("starts a scheduler only where every other node is proven to run none", () => {
    const starts = ALL.map(({ decision }) => decision()).filter(
      ({ draft }) => draft.mode === "run" || draft.mode === "restart",
    );
    expect(starts.length).toBeGreaterThan(10);
    for (const { draft, record } of starts) {
      const owing = Object.entries(record.nodes).filter(
        ([id, { stopBy }]) => id !== draft.active && stopBy !== "never",
      );
      expect(owing).toEqual([]);
    }
  });

  it("asks for a sooner tick only while a transition is under way", () => {
    const sooner = ALL.map(({ decision }) => decision()).filter(({ soon }) => soon);
    expect([...new Set(sooner.map(({ record }) => record.phase.name))].sort()).toEqual([
      "starting",
      "stopping",
    ]);
  });
});
