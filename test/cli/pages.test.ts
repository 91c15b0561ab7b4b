import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EXAMPLES } from "../../lib/cli/examples.ts";
import { createProgram } from "../../lib/cli/program.ts";
import { playPages } from "./support/play.ts";
import { ScriptedIo } from "./support/scripted-io.ts";

const ROOT = new URL("../../", import.meta.url);

describe("the pages of docs/commands", () => {
  it("are what the definitions and the played examples make of them; npm run docs writes them anew", async () => {
    const pages = await playPages();
    const onDisk = readdirSync(new URL("docs/commands/", ROOT)).map((name) => `docs/commands/${name}`);
    expect(onDisk.toSorted()).toEqual([...pages.keys()].toSorted());
    const found = [...pages.keys()].map((path) => [path, readFileSync(new URL(path, ROOT), "utf8")]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(pages));
  });

  it("have an example of every command but those that read a log of AWS", () => {
    const names = createProgram(new ScriptedIo(), () => undefined).commands.map((command) => command.name());
    expect(names.filter((name) => !Object.hasOwn(EXAMPLES, name))).toEqual(["logs"]);
    expect(Object.keys(EXAMPLES).filter((name) => !names.includes(name))).toEqual([]);
  });
});
