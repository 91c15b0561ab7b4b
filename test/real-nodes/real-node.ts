/**
 * A node that is a whole machine: Debian with systemd in namespaces of its own (systemd-nspawn). The agent's scripts run
 * in it as on EC2: by `sh`, as root, in the agent's control group, with the machine's own paths and systemd.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type Launch, LocalNode, type NodeOptions } from "../../lib/sandbox/nodes/node.ts";
import { type ProcessInfo, readProcess, signal } from "../../lib/sandbox/nodes/processes.ts";
import { Cgroup } from "./cgroup.ts";
import type { Daemon } from "./daemon.ts";
import { freshFolder, mount, type RunFolder, unmount } from "./host.ts";

const AGENT = "amazon-ssm-agent.service";
const BUILD_SCRIPT = "/root/node-setup.sh";
const FILES = new URL("node/", import.meta.url);
/** What nspawn exits with when the machine in it has rebooted. */
const REBOOTED = 133;
const BOOT_SECONDS = 30;
/** Writes its own id into each file before `--`, then becomes the rest. */
export const ENTER = 'while [ "$1" != -- ]; do echo $$ >"$1" || exit 125; shift; done; shift; exec "$@"';

export interface RealNodeOptions extends NodeOptions {
  readonly image: string;
  readonly run: RunFolder;
  /** What is to run on one of the cluster's nodes. */
  readonly daemon: Daemon;
  /** Whether the scheduler's unit is started at boot. @default false */
  readonly enabled?: boolean;
  /** What /bin/sh is. @default "dash", Debian's own */
  readonly shell?: "dash" | "busybox" | undefined;
  /** `apart`: the node has no network but its own loopback. @default "apart" */
  readonly network?: "apart" | "host";
}

export class RealNode extends LocalNode {
  readonly daemon: Daemon;
  readonly cgroup: Cgroup;
  readonly #options: RealNodeOptions;
  readonly #disk: string;
  readonly #machine: string;
  #supervisor: ChildProcess | undefined;
  #leader = 0;
  #powered = false;

  constructor(options: RealNodeOptions) {
    super({ ...options, directory: options.run.path });
    this.#options = options;
    this.daemon = options.daemon;
    this.#disk = join(options.run.path, `disk-${options.index}`);
    this.#machine = `${options.run.prefix}${options.index}`;
    this.cgroup = new Cgroup(this.#machine);
    this.newDisk(options.enabled ?? false);
  }

  /** The node as its image has it: what an Auto Scaling group puts in the place of an old one. Only while it is off. */
  newDisk(enabled: boolean): void {
    unmount(this.root);
    const [upper, work] = [freshFolder(join(this.#disk, "upper")), freshFolder(join(this.#disk, "work"))];
    mkdirSync(this.root, { recursive: true });
    const lower = [...(this.daemon.layers ?? []), this.#options.image].join(":");
    const layers = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
    mount("-t", "overlay", "-o", layers, "scheduler-failover", this.root);
    this.install(new URL(AGENT, FILES), join("/etc/systemd/system", AGENT), 0o644);
    this.enable(AGENT);
    this.daemon.install(this);
    if (enabled) this.enable(this.daemon.unit);
    if (this.#options.shell === "busybox") this.#useBusybox();
  }

  override get environment(): Record<string, string> {
    return {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: "/root",
      LANG: "C.UTF-8",
    };
  }

  override processes(): ProcessInfo[] {
    return this.cgroup.pids().flatMap((pid) => readProcess(pid) ?? []);
  }

  /** What is in the unit's control group, by the kernel. */
  unitProcesses(): ProcessInfo[] {
    return this.cgroup.pidsIn(join("system.slice", this.unit)).flatMap((pid) => readProcess(pid) ?? []);
  }

  override isScheduler(one: ProcessInfo): boolean {
    return this.daemon.isMain(one);
  }

  override agentLaunch(directory: string, script: string): Launch {
    return this.#enter(["/bin/sh", "-c", join("/", directory, script)]);
  }

  override prepareBoot(): void {
    this.launchedAt = Date.now();
    this.#powered = true;
    this.#launch();
  }

  override async booted(): Promise<void> {
    const end = Date.now() + BOOT_SECONDS * 1000;
    for (;;) {
      const leader = this.#findLeader();
      if (leader > 0) {
        const { output } = await this.#inside(leader, ["systemctl", "is-system-running"], 5);
        if (/^(?:running|degraded)$/u.test(output.trim())) {
          this.#leader = leader;
          return;
        }
      }
      if (Date.now() > end) throw new Error(`${this.name} does not boot:\n${this.console()}`);
      await pause();
    }
  }

  /** The daemon's unit. */
  get unit(): string {
    return this.daemon.unit;
  }

  get isUp(): boolean {
    return this.#leader > 0;
  }

  override shutDown(): void {
    if (this.#leader > 0) void this.#inside(this.#leader, ["systemctl", "poweroff"], 30);
  }

  override emptyRun(): void {
    // A machine's /run goes with its power.
  }

  override async losePower(): Promise<void> {
    this.agentRuns = false;
    this.boots += 1;
    this.#powered = false;
    this.#leader = 0;
    this.cgroup.kill();
    while (this.#isSupervised() || this.cgroup.pids().length > 0) await pause();
  }

  /** A reboot from inside, by the node's own systemd; resolves when the node is up again. */
  async reboot(): Promise<void> {
    const before = this.#supervisor;
    const down = new Promise((resolve) => before?.once("exit", resolve));
    this.#leader = 0;
    this.boots += 1;
    await this.#inside(this.#findLeader(), ["systemctl", "reboot"], 30);
    await down;
    await this.booted();
  }

  /** Runs a command as a person at the node would; `code` is its exit status, 124 where it took too long. */
  async inside(...command: readonly string[]): Promise<{ code: number; output: string }> {
    if (this.#leader === 0) throw new Error(`${this.name} is not up`);
    return await this.#inside(this.#leader, command, 30);
  }

  /** To pid 1 alone: everything else in the node goes on. */
  signalInit(name: "SIGSTOP" | "SIGCONT"): void {
    signal(this.#leader, name);
  }

  async freeze(): Promise<void> {
    this.cgroup.freeze(true);
    while (!this.cgroup.isFrozen()) await new Promise((resolve) => setImmediate(resolve));
  }

  thaw(): void {
    this.cgroup.freeze(false);
  }

  write(path: string, text: string): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** Puts a copy of a file of this machine on the node's disk. */
  install(file: URL, path: string, mode: number): void {
    const target = join(this.root, path);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(file, target);
    chmodSync(target, mode);
  }

  /** Runs a script on the disk of a node that is off, as a build of an image does: there is no systemd running. */
  buildImage(script: string): void {
    this.write(BUILD_SCRIPT, script);
    execFileSync("chroot", [this.root, "/bin/sh", BUILD_SCRIPT], { env: this.environment, stdio: "pipe" });
    this.remove(BUILD_SCRIPT);
  }

  remove(path: string): void {
    rmSync(join(this.root, path), { recursive: true, force: true });
  }

  /** What the node has written to its console. */
  console(): string {
    return existsSync(this.#console()) ? readFileSync(this.#console(), "utf8").slice(-4_000) : "";
  }

  async dispose(): Promise<void> {
    await this.losePower();
    this.cgroup.destroy();
    unmount(this.root);
  }

  #console(): string {
    return join(this.#disk, "console");
  }

  #launch(): void {
    this.cgroup.destroy();
    const groups = this.cgroup.make();
    const log = openSync(this.#console(), "a");
    const network = this.#options.network === "host" ? [] : ["--private-network"];
    const nspawn = ["systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", ...network];
    const machine = ["-D", this.root, "-M", this.#machine, `--hostname=${this.id}`];
    const binds = this.daemon.binds.map(({ here, there }) => `--bind=${here}:${there}`);
    const files = ["--resolv-conf=off", "--timezone=off", ...binds];
    const supervisor = spawn(
      "/bin/sh",
      ["-c", ENTER, "sh", ...groups, "--", ...nspawn, ...machine, ...files],
      {
        env: { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1" },
        stdio: ["ignore", log, log],
        // Ctrl-C goes to the whole foreground group: the run itself ends its nodes.
        detached: true,
      },
    );
    closeSync(log);
    this.#supervisor = supervisor;
    supervisor.once("exit", (code) => {
      if (this.#supervisor === supervisor && this.#powered && code === REBOOTED) this.#launch();
    });
  }

  #isSupervised(): boolean {
    const supervisor = this.#supervisor;
    return supervisor !== undefined && supervisor.exitCode === null && supervisor.signalCode === null;
  }

  /** The node's pid 1, as this machine numbers it; 0 where there is none. */
  #findLeader(): number {
    const pid = this.#supervisor?.pid ?? 0;
    const file = `/proc/${pid}/task/${pid}/children`;
    const children = existsSync(file) ? readFileSync(file, "utf8") : "";
    const leader = Number(children.split(" ")[0]);
    return readProcess(leader)?.argv[0]?.includes("systemd") ? leader : 0;
  }

  #enter(command: readonly string[], leader = this.#leader): Launch {
    const group = this.cgroup.procsOf(join("system.slice", AGENT));
    const nsenter = ["nsenter", "-t", String(leader), "-a", "--"];
    return { program: "/bin/sh", args: ["-c", ENTER, "sh", group, "--", ...nsenter, ...command], cwd: "/" };
  }

  #inside(
    leader: number,
    command: readonly string[],
    seconds: number,
  ): Promise<{ code: number; output: string }> {
    // Early in a boot the agent's group is not there yet: the node is asked from outside of it.
    const program = ["-t", String(leader), "-a", "--", ...command];
    return new Promise((resolve) => {
      execFile(
        "nsenter",
        program,
        { env: this.environment, timeout: seconds * 1000, killSignal: "SIGKILL" },
        (error, stdout, stderr) => {
          const code = typeof error?.code === "number" ? error.code : error === null ? 0 : 124;
          resolve({ code, output: stdout + stderr });
        },
      );
    });
  }

  /** This machine's busybox is linked statically, so that it runs in any node. */
  #useBusybox(): void {
    const target = join(this.root, "usr/bin/busybox");
    copyFileSync("/bin/busybox", target);
    chmodSync(target, 0o755);
    rmSync(join(this.root, "usr/bin/sh"));
    symlinkSync("busybox", join(this.root, "usr/bin/sh"));
  }

  /** Starts the unit at each boot. */
  enable(unit: string): void {
    const wants = join(this.root, "etc/systemd/system/multi-user.target.wants");
    mkdirSync(wants, { recursive: true });
    symlinkSync(`/etc/systemd/system/${unit}`, join(wants, unit));
  }
}

const pause = () =>
  new Promise((resolve) => {
    setTimeout(resolve, 20);
  });
