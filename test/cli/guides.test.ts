/** The guides speak of commands, options and rules that exist, and forget no problem. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createProgram } from "../../lib/cli/program.ts";
import { RULES } from "../../lib/core/decide.ts";
import { ScriptedIo } from "./support/scripted-io.ts";

const guide = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
const program = createProgram(new ScriptedIo(), () => undefined);
const rules = [...RULES.before, ...RULES.after];
const known = new Set<string>(rules.map(({ code }) => code));

describe("the runbook", () => {
  const runbook = guide("runbook.md");
  const codes = new Set([...runbook.matchAll(/`([A-Z]+_?[A-Z_]+)`/g)].map(([, code = ""]) => code));

  it("has an entry for every rule that opens a problem", () => {
    const problems = rules.filter(({ problem }) => problem === "opens" || problem === "urgent");
    expect(problems.map(({ code }) => code).filter((code) => !codes.has(code))).toEqual([]);
  });

  it("names no rule that is not there", () => {
    expect([...codes].filter((code) => !known.has(code))).toEqual([]);
  });
});

describe.each(["runbook.md", "migration.md"])("%s", (name) => {
  const lines = [
    ...guide(name).matchAll(
      /(?:\bsfc|\bscheduler_failover_controller) ([a-z_]+)((?: --?[a-z-]+(?: [A-Z0-9"][^ `]*)?)*)/g,
    ),
  ];

  it("types only commands that exist, with options that they have", () => {
    expect(lines.length).toBeGreaterThan(5);
    const faults = lines.flatMap(([text, word = "", options = ""]) => {
      const command = program.commands.find((one) => one.name() === word);
      if (!command) return [text];
      const has = new Set([...command.options, ...program.options].map(({ long }) => long));
      return [...options.matchAll(/--[a-z-]+/g)].filter(([option]) => !has.has(option)).map(() => text);
    });
    expect(faults).toEqual([]);
  });
});
