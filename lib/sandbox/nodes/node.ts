/**
 * A local node: an EC2 instance played by a folder and the processes that carry the folder in their environment. The
 * folder is the root of all paths that the node script uses, so that the machine's own services are never touched.
 */
import { createHash } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DEMO_SCHEDULER } from "./demo-scheduler.ts";
import { killAll, processesUnder, ROOT_VARIABLE, signal, type ProcessInfo } from "./processes.ts";

export type InstanceState = "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated";

/** The numbers that EC2 gives with the states. */
export const STATE_CODES: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export interface NodeOptions {
  readonly index: number;
  /** The folder that holds all nodes' folders. */
  readonly directory: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** A program with its arguments and the folder that it starts in, as this machine runs it. */
export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

export class LocalNode {
  readonly id: string;
  readonly name: string;
  /** Where this machine finds the node's files. */
  readonly root: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly privateIp: string;
  state: InstanceState = "stopped";
  launchedAt = 0;
  /** Whether the instance's agent runs and reaches Systems Manager. */
  agentRuns = false;
  cutOff = false;
  /** Grows with every end of the power: what an earlier boot began is nobody's any more. */
  boots = 0;
  /** When Systems Manager last heard of the agent; 0: never. */
  lastPing = 0;

  constructor({ index, directory, tags }: NodeOptions) {
    this.id = instanceId(index);
    this.name = `node-${index}`;
    this.root = join(directory, this.id);
    this.tags = { Name: this.name, ...tags };
    this.privateIp = `10.0.0.${index + 10}`;
  }

  get reachable(): boolean {
    return this.agentRuns && !this.cutOff;
  }

  /** The environment of everything that the node's agent runs: an agent's own, and the node's root. */
  get environment(): Record<string, string> {
    return {
      PATH: ["/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", process.env["PATH"] ?? ""].join(
        ":",
      ),
      HOME: process.env["HOME"] ?? "/root",
      LANG: "C.UTF-8",
      [ROOT_VARIABLE]: this.root,
    };
  }

  processes(): ProcessInfo[] {
    return processesUnder(this.root);
  }

  /** Whether this is a scheduler's main process. */
  isScheduler({ argv }: ProcessInfo): boolean {
    return argv[1] === DEMO_SCHEDULER && argv[2] === "run";
  }

  /** How the node's agent runs the script at this path below the root. */
  agentLaunch(directory: string, script: string): Launch {
    const file = join(this.root, directory, script);
    const quoted = `'${file.replaceAll("'", String.raw`'\''`)}'`;
    return { program: "sh", args: ["-c", quoted], cwd: join(this.root, directory) };
  }

  /** Resolves when what boots with the node is up; nothing boots with a folder. */
  booted(): Promise<void> {
    return Promise.resolve();
  }

  /** Asks everything to end, as a shutdown does. */
  shutDown(): void {
    for (const { pid } of this.processes()) signal(pid, "SIGTERM");
  }

  /** An instance that boots finds its disk as it was, and /run empty. */
  prepareBoot(): void {
    this.emptyRun();
    for (const path of ["etc", "run", "tmp", "var/lib", "var/log"]) {
      mkdirSync(join(this.root, path), { recursive: true });
    }
    this.launchedAt = Date.now();
  }

  emptyRun(): void {
    rmSync(join(this.root, "run"), { recursive: true, force: true });
  }

  /** Every process ends at once, without a word. */
  async losePower(): Promise<void> {
    this.agentRuns = false;
    this.boots += 1;
    await killAll(() => this.processes());
    this.emptyRun();
  }
}

/** Ids look like EC2's, sort by number up to 15, and are the same in every sandbox, so that settings may list them. */
export function instanceId(index: number): string {
  const digest = createHash("sha256").update(`sandbox node ${index}`).digest("hex");
  return `i-0${`${index.toString(16)}${digest}`.slice(0, 16)}`;
}
