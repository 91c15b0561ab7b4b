/** The README shows scripts, commands, faults, scenarios, rules and files that exist. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createProgram } from "../lib/cli/program.ts";
import { RULES } from "../lib/core/decide.ts";
import packageJson from "../package.json" with { type: "json" };
import { SCENARIOS } from "./scenarios/catalogue.ts";
import { ScriptedIo } from "./cli/support/scripted-io.ts";

const root = new URL("../", import.meta.url);
const readme = readFileSync(new URL("README.md", root), "utf8");
const all = (pattern: RegExp): readonly string[] =>
  [...readme.matchAll(pattern)].map(([, found = ""]) => found);

describe("the README", () => {
  it("names npm scripts that exist", () => {
    const named = all(/npm run (?:-s )?([a-z:-]+)/g);
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((name) => !Object.hasOwn(packageJson.scripts, name))).toEqual([]);
  });

  it("types commands that exist, with options that they have", () => {
    const program = createProgram(new ScriptedIo(), () => undefined);
    const lines = [...readme.matchAll(/bin\/scheduler_failover_controller ([a-z_]+)([^\n`]*)/g)];
    expect(lines.length).toBeGreaterThan(3);
    const faults = lines.flatMap(([line, word = "", rest = ""]) => {
      const command = program.commands.find((one) => one.name() === word);
      const has = new Set([...(command?.options ?? []), ...program.options].map(({ long }) => long));
      const options = [...rest.matchAll(/--[a-z-]+/g)].map(([option]) => option);
      return command && options.every((option) => has.has(option)) ? [] : [line];
    });
    expect(faults).toEqual([]);
  });

  it("links to files that are there", () => {
    const links = all(/\]\(([^)#:]+)(?:#[^)]*)?\)/g);
    expect(links.length).toBeGreaterThan(8);
    expect(links.filter((link) => !existsSync(new URL(link, root)))).toEqual([]);
  });

  it("tells a failover in the words of the rules", () => {
    const codes = all(/^([A-Z_]{5,}) {2,}\S/gm);
    const known = new Set([...RULES.before, ...RULES.after].map(({ code }) => code));
    expect(codes.length).toBeGreaterThan(3);
    expect(codes.filter((code) => !known.has(code))).toEqual([]);
  });

  it("plays scenarios that exist", () => {
    const named = all(/npm run scenario -- ([a-z][a-z-]+)/g);
    expect(named).not.toEqual([]);
    expect(named.filter((name) => !SCENARIOS.some((one) => one.name === name))).toEqual([]);
  });
});
