import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PROJECT } from "../../lib/sandbox/folder.ts";

interface System {
  readonly node: string;
  readonly platform: string;
  readonly glibc: string | undefined;
}
interface First {
  platformFault(system?: System): string | undefined;
  isInstalled(project: string): boolean;
  wantedStamp(project: string): string;
  tryLock(file: string): string | undefined;
  shellCommand(script: string): string;
}
const FILE = join(PROJECT, "bin/first.mjs");
const first = (await import(pathToFileURL(FILE).href)) as First;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "first-test-"));
  mkdirSync(join(folder, "node_modules"));
  writeFileSync(join(folder, "package-lock.json"), "{}");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the platform", () => {
  const good = { node: "20.1.0", platform: "linux", glibc: "2.36" };
  it.each([[{}], [{ node: "24.0.0" }]])("with %j is good", (change) => {
    expect(first.platformFault({ ...good, ...change })).toBeUndefined();
  });

  it.each([
    [{ node: "18.20.0" }, "Node 18.20.0"],
    [{ platform: "darwin" }, "this is darwin"],
    [{ glibc: undefined }, "glibc"],
  ])("with %j is refused: %s", (change, words) => {
    expect(first.platformFault({ ...good, ...change })).toContain(words);
  });
});

describe("the packages", () => {
  it("are installed where the stamp is the lock file's, and not after it changed", () => {
    expect(first.isInstalled(folder)).toBe(false);
    writeFileSync(join(folder, "node_modules/.installed"), `${first.wantedStamp(folder)}\n`);
    expect(first.isInstalled(folder)).toBe(true);
    writeFileSync(join(folder, "package-lock.json"), '{"other":1}');
    expect(first.isInstalled(folder)).toBe(false);
  });
});

describe("the lock of the installation", () => {
  it("is held by one, and the other hears by whom", () => {
    const file = join(folder, "lock");
    expect(first.tryLock(file)).toBeUndefined();
    expect(first.tryLock(file)).toBe(String(process.pid));
  });

  it.each([
    ["a process that has ended", async () => `${await endedPid()} 1`],
    ["another process that has got the same id", () => Promise.resolve(`${process.pid} 1`)],
    ["nothing readable", () => Promise.resolve("")],
  ])("is taken over from %s", async (_name, text) => {
    const file = join(folder, "lock");
    writeFileSync(file, await text());
    expect(first.tryLock(file)).toBe("nobody");
    expect(first.tryLock(file)).toBeUndefined();
    expect(readFileSync(file, "utf8")).toMatch(new RegExp(`^${process.pid} `, "u"));
  });
});

async function endedPid(): Promise<number> {
  const child = spawn("true");
  await new Promise((resolve) => {
    child.once("exit", resolve);
  });
  return child.pid ?? 0;
}

describe("a script", () => {
  it.each([
    ["tsx bin/sandbox.ts", 'exec tsx bin/sandbox.ts "$@"'],
    ["a --x && b", 'a --x && b "$@"'],
  ])("%j is run as %j", (script, command) => {
    expect(first.shellCommand(script)).toBe(command);
  });

  it("that is not there is refused with those that are", async () => {
    const child = spawn(process.execPath, [FILE, "nonsense"]);
    let said = "";
    child.stderr.on("data", (text: Buffer) => {
      said += text.toString();
    });
    const code = await new Promise((resolve) => {
      child.once("close", resolve);
    });
    expect(code).toBe(2);
    expect(said).toContain("sandbox");
  });
});
