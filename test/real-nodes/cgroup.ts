/**
 * A node's own control group. Without one of its own for each, nodes share the group of whoever started them, and what
 * kills or freezes one would kill or freeze all.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A pure cgroup v2 machine has one hierarchy; a hybrid one has v2 beside systemd's own, and nspawn uses both. */
const HYBRID = "/sys/fs/cgroup/unified";
const UNIFIED = existsSync(join(HYBRID, "cgroup.procs")) ? HYBRID : "/sys/fs/cgroup";
const HIERARCHIES =
  UNIFIED === HYBRID
    ? [UNIFIED, "/sys/fs/cgroup/systemd"].filter((path) => existsSync(join(path, "cgroup.procs")))
    : [UNIFIED];
/** Below the node's group nspawn makes one for itself and this one, which the node sees as the root. */
const PAYLOAD = "payload";
const ROUNDS = 200;
const PAUSE_MILLISECONDS = 25;

export class Cgroup {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  /** Answers the files into which a process writes its id to be in the node's group. */
  make(): readonly string[] {
    for (const hierarchy of HIERARCHIES) mkdirSync(join(hierarchy, this.#name), { recursive: true });
    return HIERARCHIES.map((hierarchy) => join(hierarchy, this.#name, "cgroup.procs"));
  }

  /** The file of a group that the node itself has made, as `system.slice/NAME.service`. */
  procsOf(group: string): string {
    return join(this.#payload(), group, "cgroup.procs");
  }

  /** Every process of the node, nspawn itself left out; a node that is down has none. */
  pids(): number[] {
    return pidsBelow(this.#payload());
  }

  /** The processes of a group that the node itself has made, and of those below it. */
  pidsIn(group: string): number[] {
    return pidsBelow(join(this.#payload(), group));
  }

  isFrozen(): boolean {
    return read(join(this.#payload(), "cgroup.events")).includes("frozen 1");
  }

  /** Stops the node as a hypervisor stops a virtual machine: nothing in it notices. */
  freeze(frozen: boolean): void {
    writeFileSync(join(this.#payload(), "cgroup.freeze"), frozen ? "1" : "0");
  }

  /** Everything in it ends at once, nspawn included. */
  kill(): void {
    const file = join(UNIFIED, this.#name, "cgroup.kill");
    if (existsSync(file)) writeFileSync(file, "1");
  }

  /** Kills what is in it and takes it away, which works when the last process is gone. */
  destroy(): void {
    for (let round = 1; HIERARCHIES.some((each) => existsSync(join(each, this.#name))); round++) {
      this.kill();
      try {
        for (const hierarchy of HIERARCHIES) removeBelow(join(hierarchy, this.#name));
      } catch (error) {
        if (round === ROUNDS) throw error;
        pause();
      }
    }
  }

  #payload(): string {
    return join(UNIFIED, this.#name, PAYLOAD);
  }
}

export function cgroupsNamed(prefix: string): readonly Cgroup[] {
  const names = HIERARCHIES.flatMap((hierarchy) => readdirSync(hierarchy)).filter((name) =>
    name.startsWith(prefix),
  );
  return [...new Set(names)].map((name) => new Cgroup(name));
}

function pidsBelow(path: string): number[] {
  const own = read(join(path, "cgroup.procs")).split("\n").filter(Boolean).map(Number);
  return [...own, ...foldersIn(path).flatMap((name) => pidsBelow(join(path, name)))];
}

function removeBelow(path: string): void {
  for (const name of foldersIn(path)) removeBelow(join(path, name));
  if (existsSync(path)) rmdirSync(path);
}

function foldersIn(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return []; // It has gone meanwhile.
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Blocks: at the end of a run nothing else is to be done. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MILLISECONDS);
}
