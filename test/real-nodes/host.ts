/** This machine's side of real nodes: where they live, and that nothing of them is left behind. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, rmdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { readProcess } from "../../lib/sandbox/nodes/processes.ts";
import { cgroupsNamed } from "./cgroup.ts";

const CACHE = join(
  process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
  "scheduler-failover-controller",
);
const RUNS = join(CACHE, "run");
const OWNER = "owner";
/** What our mounts name as their source. */
const SOURCE = "scheduler-failover";
/** systemd-nspawn keeps files of each machine here, and refuses to remove them on a disk. */
const NSPAWN_RUN = "/run/systemd/nspawn";

/** The disks of one run's nodes: a file system in memory, so that a node writes to no disk and leaves nothing on one. */
export class RunFolder {
  readonly path: string;
  readonly prefix: string;
  readonly #onExit = (): void => this.remove();
  #isMounted = true;
  #mountedNspawnRun = false;

  constructor() {
    endLeftovers();
    this.path = join(RUNS, String(process.pid));
    this.prefix = prefixOf(String(process.pid));
    // Whatever way this process ends, short of kill -9: then the next run finds it.
    process.once("exit", this.#onExit);
    mkdirSync(this.path, { recursive: true });
    mount("-t", "tmpfs", "-o", "size=1g,mode=755", SOURCE, this.path);
    writeFileSync(join(this.path, OWNER), readProcess(process.pid)?.startTicks ?? "");
    if (!isMountPoint(NSPAWN_RUN)) {
      mkdirSync(NSPAWN_RUN, { recursive: true });
      mount("-t", "tmpfs", "-o", "mode=755", SOURCE, NSPAWN_RUN);
      this.#mountedNspawnRun = true;
    }
  }

  /** Ends what still runs in it, and takes it away. */
  remove(): void {
    if (!this.#isMounted) return;
    this.#isMounted = false;
    process.off("exit", this.#onExit);
    endRun(String(process.pid));
    // Lazily: another run may use it meanwhile.
    if (this.#mountedNspawnRun) execFileSync("umount", ["--lazy", NSPAWN_RUN]);
  }
}

/** Ends nodes that a killed run has left; another one that lives is left alone. */
function endLeftovers(): void {
  if (!existsSync(RUNS)) return;
  for (const name of readdirSync(RUNS)) {
    const owner = join(RUNS, name, OWNER);
    const ticks = existsSync(owner) ? readFileSync(owner, "utf8") : "";
    if (ticks === "" || readProcess(Number(name))?.startTicks !== ticks) endRun(name);
  }
  if (readdirSync(RUNS).length === 0 && sourceOf(NSPAWN_RUN) === SOURCE) execFileSync("umount", [NSPAWN_RUN]);
}

function endRun(name: string): void {
  for (const cgroup of cgroupsNamed(prefixOf(name))) cgroup.destroy();
  const path = join(RUNS, name);
  // Lazily: functions that a killed run has left, which the next sandbox ends, have their code in it.
  if (isMountPoint(path)) execFileSync("umount", ["--recursive", "--lazy", path]);
  if (existsSync(path)) rmdirSync(path);
}

function prefixOf(run: string): string {
  return `scheduler-failover-${run}-`;
}

export function mount(...args: readonly string[]): void {
  execFileSync("mount", args, { stdio: ["ignore", "ignore", "pipe"] });
}

export function unmount(path: string): void {
  if (isMountPoint(path)) execFileSync("umount", [path]);
}

function isMountPoint(path: string): boolean {
  return sourceOf(path) !== undefined;
}

function sourceOf(mountPoint: string): string | undefined {
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  return mounts.map((line) => line.split(" ")).find(([, path]) => path === mountPoint)?.[0];
}

/** Empties a folder that is there or not. */
export function freshFolder(path: string): string {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  return path;
}
