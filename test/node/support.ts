/**
 * A node for tests: a scratch root, and the agent's part of running a document on it. The text that runs is the
 * deployed document's, with the agent's substitution; the shell, the processes and /proc are real.
 */
import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { convergeParameters } from "../../lib/core/converge.ts";
import type { Plan } from "../../lib/core/model.ts";
import { parseNodeLine } from "../../lib/core/reports.ts";
import type { NodeReport } from "../../lib/core/model.ts";
import { DEFAULTS } from "../../lib/core/settings.ts";
import type {
  ClusterSettings,
  HealthSettings,
  SchedulerSettings,
  TimerSettings,
} from "../../lib/core/settings.ts";
import { documentContent } from "../../lib/node-document.ts";
import type { DocumentContent } from "../../lib/node-document.ts";

export const CLUSTER = "etl";
export const OWNER = "arn:aws:dynamodb:eu-central-1:123456789012:table/failover";

/** Whatever `sh` may be on a node, as far as it is installed here. */
export const SHELLS = ["dash", "busybox", "bash"].map((name) => ({ name, path: findProgram(name) }));
export const INSTALLED_SHELLS = SHELLS.filter((shell) => shell.path !== undefined).map(({ name }) => name);

export function findProgram(name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Says on the terminal, in colour, what this machine could not check. */
export function sayMissing(what: string): void {
  process.stderr.write(`\u001b[33mNOT CHECKED on this machine: ${what}\u001b[39m\n`);
}

export function clusterSettings(
  scheduler: SchedulerSettings,
  more: { readonly health?: HealthSettings; readonly timers?: Partial<TimerSettings> } = {},
): ClusterSettings {
  return {
    nodes: { instanceIds: ["i-0aaaaaaa"], prefer: [], exclude: [] },
    scheduler,
    ...(more.health ? { health: more.health } : {}),
    timers: { ...DEFAULTS.timers, killGraceSeconds: 1, settleSeconds: 5, ...more.timers },
    guard: "on",
    fence: "none",
    startIn: "run",
  };
}

/**
 * What the service and the agent make of a document: parameters checked, each `{{ Name }}` replaced by the plain
 * value, and, harsher than any agent's version, two dollar signs anywhere made one.
 */
export function renderDocument(
  content: DocumentContent,
  values: Readonly<Record<string, readonly string[]>>,
): string {
  for (const [name, { allowedPattern, allowedValues }] of Object.entries(content.parameters)) {
    const value = values[name]?.[0];
    if (value === undefined) throw new Error(`parameter ${name} is missing`);
    if (allowedPattern !== undefined && !new RegExp(allowedPattern).test(value))
      throw new Error(`parameter ${name} does not match: ${value}`);
    if (allowedValues && !allowedValues.includes(value))
      throw new Error(`parameter ${name} is not allowed: ${value}`);
  }
  return renderUnchecked(content, values);
}

export function renderUnchecked(
  content: DocumentContent,
  values: Readonly<Record<string, readonly string[]>>,
): string {
  const text = content.mainSteps[0].inputs.runCommand.join("\n");
  return text
    .replaceAll(/\{\{\s*([A-Za-z0-9]+)\s*\}\}/g, (whole, name: string) => values[name]?.[0] ?? whole)
    .replaceAll("$$", () => "$");
}

export interface Answer {
  readonly output: string;
  readonly errors: string;
  readonly code: number | null;
  readonly milliseconds: number;
  /** Absent where the output is no answer to the plan. */
  readonly report: NodeReport | undefined;
}

export class TestNode {
  readonly id: string;
  readonly root: string;
  content: DocumentContent;
  private readonly folder: string;
  private commands = 0;
  private user: string | undefined;

  constructor(settings: ClusterSettings, shell = "dash", id = "i-0aaaaaaa") {
    this.id = id;
    this.content = documentContent(CLUSTER, settings);
    this.folder = mkdtempSync(join(tmpdir(), "node "));
    this.root = join(this.folder, "root");
    mkdirSync(this.root);
    mkdirSync(join(this.folder, "bin"));
    symlinkSync(findProgram(shell) ?? shell, join(this.folder, "bin", "sh"));
  }

  /** From now on the agent runs scripts as this user; only root can arrange it. */
  runAs(user: string): void {
    this.user = user;
    chmodSync(this.folder, 0o755);
  }

  /** Puts a program in front of the machine's own of that name. */
  trap(name: string, text: string): void {
    writeFileSync(join(this.folder, "bin", name), text, { mode: 0o755 });
  }

  /** Text in a file of the node. */
  write(path: string, text: string, mode = 0o644): string {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
    return file;
  }

  remove(path: string): void {
    rmSync(join(this.root, path), { recursive: true, force: true });
  }

  read(path: string): string {
    const file = join(this.root, path);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  /** Names and contents of the protocol's state, to compare, but the guard's word that it lives. */
  state(): Readonly<Record<string, string>> {
    const folder = join(this.root, "run/scheduler-failover", CLUSTER);
    const names = existsSync(folder) ? readdirSync(folder).sort() : [];
    const told = names.filter((name) => name !== "guard");
    return Object.fromEntries(told.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
  }

  environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    return {
      PATH: `${join(this.folder, "bin")}${delimiter}${process.env["PATH"] ?? ""}`,
      HOME: this.root,
      AWS_SSM_INSTANCE_ID: this.id,
      SCHEDULER_FAILOVER_ROOT: this.root,
      ...more,
    };
  }

  /** Starts something on the node, in a session of its own, that is none of the product's doing. Answers its pid. */
  spawn(command: string, more: NodeJS.ProcessEnv = {}): number {
    const child = spawn("sh", ["-c", command], {
      env: this.environment(more),
      stdio: "ignore",
      detached: true,
    });
    child.unref();
    return child.pid ?? 0;
  }

  async converge(plan: Plan, owner = OWNER): Promise<Answer> {
    const text = renderDocument(this.content, convergeParameters(CLUSTER, owner, plan));
    return this.runScript(text, plan);
  }

  async runScript(text: string, plan: Plan, environment: NodeJS.ProcessEnv = {}): Promise<Answer> {
    this.commands += 1;
    const folder = join(this.folder, "commands", String(this.commands));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "_script.sh"), text, { mode: 0o755 });
    const began = Date.now();
    const command = [...(this.user === undefined ? [] : asUser(this.user)), "sh", join(folder, "_script.sh")];
    const child = spawn("env", command, {
      env: this.environment(environment),
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk) => (output += String(chunk)));
    child.stderr.on("data", (chunk) => (errors += String(chunk)));
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
    const report = parseNodeLine(output, { cluster: CLUSTER, node: this.id, token: plan.token });
    return { output, errors, code, milliseconds: Date.now() - began, report };
  }

  /** Processes of this node. */
  processes(): readonly number[] {
    return processesWith(`SCHEDULER_FAILOVER_ROOT=${this.root}`);
  }

  /** Processes of this node but its guard, which stays as long as there is a grant, and some seconds longer. */
  unguarded(): readonly number[] {
    return this.processes().filter((pid) => !/guard(-program)? guard/.test(commandLine(pid)) && !isNap(pid));
  }

  /** Processes that belong to a scheduler which the node started, the starter included. */
  schedulers(): readonly number[] {
    return processesWith(`SCHEDULER_FAILOVER_MARK=${this.id}/${CLUSTER}`).filter((pid) =>
      this.processes().includes(pid),
    );
  }

  /** A boot: every process ends at once, and /run is empty. */
  crash(): void {
    for (let left = this.processes(); left.length > 0; left = this.processes()) {
      for (const pid of left) killQuietly(pid);
    }
    rmSync(join(this.root, "run"), { recursive: true, force: true });
  }

  dispose(): void {
    this.crash();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What a guard waits with between two looks. */
const isNap = (pid: number) => commandLine(pid) === "sleep 0.5 ";

const asUser = (user: string) => ["setpriv", `--reuid=${user}`, "--regid=nogroup", "--clear-groups", "--"];

export function killQuietly(pid: number, signal: NodeJS.Signals = "SIGKILL"): void {
  // 0 would be the tests' own process group.
  if (pid <= 1) throw new Error(`no process of a node: ${pid}`);
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

export function processesWith(variable: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && alive(Number(name)))
    .filter((name) => readOr(`/proc/${name}/environ`).split("\0").includes(variable))
    .map(Number);
}

export function alive(pid: number): boolean {
  const stat = readOr(`/proc/${pid}/stat`);
  return stat !== "" && !/\) [ZX] /.test(stat);
}

export const commandLine = (pid: number) => readOr(`/proc/${pid}/cmdline`).replaceAll("\0", " ");

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Waits until the condition holds; fails with what was awaited. */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  milliseconds = 8000,
): Promise<NonNullable<T>> {
  const end = Date.now() + milliseconds;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${milliseconds} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

let lastToken = 0;

/** Plans with growing tokens. */
export function plan(node: TestNode, change: Partial<Plan> = {}): Plan {
  lastToken = Math.max(lastToken + 1, Date.now());
  return {
    token: lastToken,
    active: node.id,
    life: "none",
    mode: "look",
    others: "stop",
    until: Date.now() + 100_000,
    invocation: "none",
    ...change,
  };
}

/** Gives the node its life and proves that nothing runs: what a first round does. Answers the life. */
export async function begin(node: TestNode): Promise<string> {
  const { report, output } = await node.converge(plan(node, { active: "none" }));
  if (report?.state !== "stopped") throw new Error(`the node does not begin: ${output}`);
  return report.life;
}

/** Converges that must be answered. */
export async function ask(node: TestNode, change: Partial<Plan>): Promise<NodeReport> {
  const { report, output, errors } = await node.converge(plan(node, change));
  if (!report) throw new Error(`no report: ${output}${errors}`);
  return report;
}

/** Asks for a scheduler until it runs, as the ticks do: on a busy machine one converge may not see that. */
export const run = (node: TestNode, life: string, change: Partial<Plan> = {}): Promise<NodeReport> =>
  until("the scheduler runs", async () => {
    const report = await ask(node, { mode: "run", life, ...change });
    return report.state === "running" ? report : undefined;
  });

export const stop = (node: TestNode) => ask(node, { active: "none" });

/** Detaches until it is obeyed, as the ticks do: a life that has just begun knows a late detach by its token alone. */
export const letGo = (node: TestNode): Promise<NodeReport> =>
  until(
    "the node lets go",
    async () => {
      const report = await ask(node, { active: "none", others: "detach" });
      return report.state === "refused" ? undefined : report;
    },
    15_000,
  );

/** Stops until it is proven, as the ticks do. */
export async function stopFully(node: TestNode): Promise<NodeReport> {
  return until("the node reports stopped", async () => {
    const report = await stop(node);
    return report.state === "stopped" ? report : undefined;
  });
}
