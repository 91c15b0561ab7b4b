/**
 * The sandbox's folders: `.sandbox/PORT/` for each, and `.sandbox/current-PID.json` for the command that looks for one.
 * What a killed sandbox left running is found by these paths and ended at the next start.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isRecord } from "./values.ts";
import { killAll, processesUnder, processesWithArgument, readProcess } from "./nodes/processes.ts";

export const PROJECT = fileURLToPath(new URL("../../", import.meta.url));
export const SANDBOXES = join(PROJECT, ".sandbox");
const OWNER = "owner.json";

export interface Current {
  readonly endpoint: string;
  readonly pid: number;
}

export class SandboxFolder {
  readonly path: string;
  /** On the command line of every function's process. */
  readonly mark: string;

  constructor(port: number) {
    this.path = join(SANDBOXES, String(port));
    this.mark = markOf(this.path);
  }

  file(...names: readonly string[]): string {
    return join(this.path, ...names);
  }

  /** Makes it anew; what an earlier sandbox left in it is gone. */
  async claim(): Promise<void> {
    await endProcessesOf(this.path);
    rmSync(this.path, { recursive: true, force: true });
    mkdirSync(this.file("nodes"), { recursive: true });
    writeFileSync(this.file(OWNER), JSON.stringify(ownIdentity()));
  }

  /** The files stay, to be looked at; no process does. */
  async release(): Promise<void> {
    await endProcessesOf(this.path);
    rmSync(this.file(OWNER), { force: true });
  }
}

/** Ends what sandboxes that were killed have left; answers how many processes that were. */
export async function endLeftovers(): Promise<number> {
  if (!existsSync(SANDBOXES)) return 0;
  let ended = 0;
  for (const name of readdirSync(SANDBOXES)) {
    const path = join(SANDBOXES, name);
    if (!/^\d+$/u.test(name)) continue;
    // Asked in each round anew: a sandbox may be starting in that folder at this moment.
    ended += await endProcessesOf(path, () => !ownerLives(path));
  }
  for (const { file, pid } of announced()) if (readProcess(pid) === undefined) rmSync(file, { force: true });
  return ended;
}

export function writeCurrent(endpoint: string): void {
  writeFileSync(
    announcementOf(process.pid),
    `${JSON.stringify({ endpoint, pid: process.pid } satisfies Current)}\n`,
  );
}

export function removeCurrent(): void {
  rmSync(announcementOf(process.pid), { force: true });
}

/** The sandbox that was started last of those that run. */
export function readCurrent(): Current | undefined {
  const [newest] = announced()
    .filter(({ pid }) => readProcess(pid) !== undefined)
    .toSorted((left, right) => right.at - left.at);
  const endpoint = newest && readRecord(newest.file)?.["endpoint"];
  return newest !== undefined && typeof endpoint === "string" ? { endpoint, pid: newest.pid } : undefined;
}

const announcementOf = (pid: number): string => join(SANDBOXES, `current-${pid}.json`);

/** What sandboxes have said of themselves, also those that were killed since. */
function announced(): readonly { readonly file: string; readonly pid: number; readonly at: number }[] {
  if (!existsSync(SANDBOXES)) return [];
  return readdirSync(SANDBOXES).flatMap((name) => {
    const [, pid] = /^current-(\d+)\.json$/u.exec(name) ?? [];
    const file = join(SANDBOXES, name);
    const at = pid === undefined ? undefined : statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    return at === undefined ? [] : [{ file, pid: Number(pid), at }];
  });
}

/** No file: a word that nothing but the functions' processes has on its command line. */
function markOf(path: string): string {
  return join(path, "functions");
}

async function endProcessesOf(path: string, mayEnd: () => boolean = () => true): Promise<number> {
  return await killAll(() => {
    const found = [...processesUnder(path), ...processesWithArgument(markOf(path))];
    return found.length > 0 && mayEnd() ? found : [];
  });
}

/** Pids are used again: the start time tells whether it is the same process. */
function ownIdentity(): { pid: number; startTicks: string } {
  return { pid: process.pid, startTicks: readProcess(process.pid)?.startTicks ?? "" };
}

function ownerLives(path: string): boolean {
  const owner = readRecord(join(path, OWNER));
  if (typeof owner?.["pid"] !== "number") return false;
  return readProcess(owner["pid"])?.startTicks === owner["startTicks"];
}

function readRecord(file: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
