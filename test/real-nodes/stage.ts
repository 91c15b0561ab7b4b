/**
 * The stage of the cases: the whole deployed system of the sandbox, driving pairs of nodes with systemd, one pair for
 * each cluster. Clusters do not touch each other, so that long cases pass side by side.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ClusterSettings, Settings } from "../../lib/core/settings.ts";
import { type Sandbox, startSandbox } from "../../lib/sandbox/sandbox.ts";
import type { SettingsOverride } from "../../lib/sandbox/sandbox-settings.ts";
import { isRecord } from "../../lib/sandbox/values.ts";
import type { Daemon, Testimony } from "./daemon.ts";
import { demoDaemon } from "./demo-daemon.ts";
import { type Shortened, StageDeployment } from "./deployment.ts";
import { RunFolder } from "./host.ts";
import { RealNode } from "./real-node.ts";
import { Watcher } from "./watcher.ts";

export const BEAT_SECONDS = 5;
/**
 * The shortest timers that the settings allow: more than 2 leases of 25 s, 2 beats, a delivery of 30 s and the skew make
 * the grant; the others only have to be shorter than what they bound.
 */
export const TIMERS = {
  grantSeconds: 92,
  killGraceSeconds: 3,
  skewSeconds: 1,
  settleSeconds: 5,
  cooldownSeconds: 5,
  restartLimit: 1,
  failoversPerHour: 60,
};
const TAG = "scheduler-failover";
const PORT = 4866;
const LOOK_MILLISECONDS = 50;

export interface ClusterOptions {
  readonly name: string;
  /** Whether the first node's unit is started at its boot, before any tick. */
  readonly enabled: boolean;
  /** The demo scheduler, as the settings say that it is started, or another daemon. */
  readonly by: "unit" | "command" | Daemon;
  /** What /bin/sh is on its nodes. @default "dash" */
  readonly shell?: "dash" | "busybox";
  /** Timers other than those of all. */
  readonly timers?: Readonly<Partial<typeof TIMERS>>;
  /** Times below what settings may have. @default none: all is as a user can deploy it */
  readonly shortened?: Shortened;
}

export interface StageOptions {
  readonly image: string;
  readonly clusters: readonly ClusterOptions[];
  /** The folder of the run, where something lives in it already. @default one is made */
  readonly run?: RunFolder;
}

export class Stage {
  readonly sandbox: Sandbox;
  readonly watcher: Watcher;
  readonly clusters: readonly ClusterStage[];
  readonly #run: RunFolder;

  private constructor(sandbox: Sandbox, watcher: Watcher, clusters: readonly ClusterStage[], run: RunFolder) {
    this.sandbox = sandbox;
    this.watcher = watcher;
    this.clusters = clusters;
    this.#run = run;
  }

  static async open({ image, clusters, run = new RunFolder() }: StageOptions): Promise<Stage> {
    const nodes: RealNode[] = [];
    try {
      const daemons = new Map(clusters.map((each) => [each.name, daemonOf(each, run)]));
      const deployment = new StageDeployment(settingsOf(clusters, daemons), shortenedOf(clusters), run);
      const sandbox = await startSandbox({
        port: PORT,
        nodes: 2 * clusters.length,
        ...(await deployment.first()),
        makeNode: (options) => {
          const cluster = options.tags[TAG] ?? "";
          const first = !nodes.some(({ tags }) => tags[TAG] === cluster);
          const own = clusters.find(({ name }) => name === cluster);
          const daemon = daemons.get(cluster);
          if (own === undefined || daemon === undefined) throw new Error(`no cluster ${cluster}`);
          const enabled = first && own.enabled;
          const node = new RealNode({ ...options, image, run, daemon, enabled, shell: own.shell });
          nodes.push(node);
          return node;
        },
      });
      const pairs = new Map(
        clusters.map(({ name }) => [name, nodes.filter(({ tags }) => tags[TAG] === name)]),
      );
      const watcher = new Watcher(pairs);
      const stages = clusters.map(
        ({ name }) => new ClusterStage(name, pairs.get(name) ?? [], sandbox, watcher, deployment),
      );
      return new Stage(sandbox, watcher, stages, run);
    } catch (error) {
      await dispose(nodes, run);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.watcher.close();
    const nodes = this.clusters.flatMap((cluster) => cluster.nodes);
    try {
      await this.sandbox.stop();
    } finally {
      await dispose(nodes, this.#run);
    }
  }
}

async function dispose(nodes: readonly RealNode[], run: RunFolder): Promise<void> {
  await Promise.allSettled(nodes.map((node) => node.dispose()));
  run.remove();
}

function daemonOf({ name, by }: ClusterOptions, run: RunFolder): Daemon {
  if (typeof by === "object") return by;
  const ledger = join(run.path, `ledger-${name}.jsonl`);
  writeFileSync(ledger, "");
  return demoDaemon(ledger, by);
}

function shortenedOf(clusters: readonly ClusterOptions[]): ReadonlyMap<string, Shortened> {
  return new Map(clusters.flatMap(({ name, shortened }) => (shortened ? [[name, shortened] as const] : [])));
}

function settingsOf(
  clusters: readonly ClusterOptions[],
  daemons: ReadonlyMap<string, Daemon>,
): Record<string, unknown> {
  const settings = ({ name, timers }: ClusterOptions) => ({
    nodes: { tag: { key: TAG, value: name } },
    ...daemons.get(name)?.settings,
    timers: { ...TIMERS, ...timers },
  });
  return {
    beatSeconds: BEAT_SECONDS,
    clusters: { demo: null, ...Object.fromEntries(clusters.map((each) => [each.name, settings(each)])) },
  };
}

/** One cluster: its two nodes, and what the controller says of it. */
export class ClusterStage {
  readonly name: string;
  readonly nodes: readonly RealNode[];
  readonly sandbox: Sandbox;
  readonly watcher: Watcher;
  readonly #deployment: StageDeployment;

  constructor(
    name: string,
    nodes: readonly RealNode[],
    sandbox: Sandbox,
    watcher: Watcher,
    deployment: StageDeployment,
  ) {
    this.name = name;
    this.nodes = nodes;
    this.sandbox = sandbox;
    this.watcher = watcher;
    this.#deployment = deployment;
  }

  /** Deploys the stack anew; these settings of the cluster are others than at the start. */
  async deploy(changed: SettingsOverride): Promise<void> {
    await this.#deployment.next(this.sandbox, { clusters: { [this.name]: changed } });
  }

  /** As they were deployed: from the function's code. */
  settings(): ClusterSettings {
    const [controller] = this.sandbox.cloud.deployment.functions;
    const file = join(controller?.codeDirectory ?? "", "settings.json");
    const { clusters } = JSON.parse(readFileSync(file, "utf8")) as Settings;
    const own = clusters[this.name];
    if (own === undefined) throw new Error(`${file} has no cluster ${this.name}`);
    return own;
  }

  /** So far, by the daemon's own traces. */
  doubleHandOuts(): number {
    return this.nodes[0]?.daemon.doubleHandOuts() ?? 0;
  }

  /** By the daemon's own traces since an instant. */
  async testimony(since: number): Promise<Testimony> {
    return (await this.nodes[0]?.daemon.witness?.(since)) ?? { figures: {} };
  }

  /** The node on which the one scheduler really runs. */
  active(): RealNode {
    const { mains } = this.watcher.latest(this.name);
    const [only] = mains;
    const node = this.nodes.find(({ name }) => only?.startsWith(`${name} `));
    if (node === undefined || mains.length > 1) throw new Error(`not one scheduler: ${mains.join("; ")}`);
    return node;
  }

  other(than: RealNode): RealNode {
    const node = this.nodes.find((each) => each !== than);
    if (node === undefined) throw new Error(`${this.name} has one node`);
    return node;
  }

  /** Exactly one main process, on the node if one is given. */
  runsOn(node?: RealNode): boolean {
    const { mains } = this.watcher.latest(this.name);
    return mains.length === 1 && (node === undefined || mains[0]?.startsWith(`${node.name} `) === true);
  }

  /** Whether a main process or a helper is on the node. */
  hasAny(node: RealNode): boolean {
    return this.watcher.latest(this.name).nodes.includes(node.name);
  }

  /** The one main process, as "node pid ticks"; empty where there is not one. */
  main(): string {
    const { mains } = this.watcher.latest(this.name);
    return mains.length === 1 ? (mains[0] ?? "") : "";
  }

  /** Another process than `main` is the one scheduler, on the node if one is given. */
  isReplaced(main: string, node?: RealNode): boolean {
    return this.runsOn(node) && this.main() !== main;
  }

  async until(what: string, holds: () => boolean | Promise<boolean>, within: number): Promise<void> {
    const end = Date.now() + within * 1000;
    while (!(await holds())) {
      if (Date.now() > end) throw new Error(`not within ${within} s: ${what}\n${await this.account()}`);
      await new Promise((resolve) => {
        setTimeout(resolve, LOOK_MILLISECONDS);
      });
    }
  }

  /** Waits until one scheduler runs, has settled, and every start in place is forgiven; the standby is proven stopped. */
  async settled(within = 90): Promise<void> {
    await this.until(
      "one settled scheduler and a standby that is proven stopped",
      async () => this.runsOn() && isCalm(await this.read("metadata"), await this.read("status")),
      within,
    );
  }

  /** The codes in the history since an instant, the newest first. */
  async codesSince(instant: number): Promise<readonly string[]> {
    const { entries } = await this.read("history");
    return (Array.isArray(entries) ? entries.filter(isRecord) : [])
      .filter(({ at }) => Date.parse(String(at)) >= instant - 1000)
      .map(({ code }) => String(code));
  }

  async read(action: string): Promise<Record<string, unknown>> {
    const { payload } = await this.sandbox.invoke({ action, cluster: this.name }, "read");
    return isRecord(payload) && isRecord(payload["data"]) ? payload["data"] : {};
  }

  async operate(action: Readonly<Record<string, unknown>>): Promise<void> {
    const { payload } = await this.sandbox.invoke({ ...action, cluster: this.name, by: "the suite" });
    if (!isRecord(payload) || payload["ok"] !== true) throw new Error(`refused: ${JSON.stringify(payload)}`);
  }

  /** The node's agent is not heard until `reconnect`. */
  cutOff(node: RealNode): void {
    this.sandbox.cloud.fleet.cutOff(node);
  }

  reconnect(node: RealNode): void {
    this.sandbox.cloud.fleet.reconnect(node);
  }

  /** From inside, by the node's systemd; EC2 says running all the while. */
  async reboot(node: RealNode): Promise<void> {
    const { fleet, runCommand } = this.sandbox.cloud;
    fleet.cutOff(node);
    runCommand.forget(node);
    await node.reboot();
    fleet.reconnect(node);
  }

  /** What a failed wait is told with. */
  async account(): Promise<string> {
    const { mains, nodes } = this.watcher.latest(this.name);
    const status = await this.read("status");
    return [
      `cluster ${this.name}: mains [${mains.join("; ")}], processes on [${nodes.join(", ")}]`,
      JSON.stringify(status),
      `codes: ${(await this.codesSince(Date.now() - 120_000)).join(" ")}`,
      ...(await Promise.all(this.nodes.map((node) => journal(node)))),
    ].join("\n");
  }
}

/** The newest lines, where the node is up. */
async function journal(node: RealNode): Promise<string> {
  if (!node.isUp) return `${node.name} is down`;
  const { output } = await node.inside("journalctl", "-n", "25", "-o", "short-iso-precise", "--no-pager");
  return `journal of ${node.name}:\n${output.trimEnd()}`;
}

function isCalm(metadata: Record<string, unknown>, status: Record<string, unknown>): boolean {
  const { counters } = metadata;
  const nodes = Array.isArray(status["nodes"]) ? status["nodes"].filter(isRecord) : [];
  return (
    isRecord(counters) &&
    counters["restarts"] === 0 &&
    status["phase"] === "steady" &&
    status["problem"] === null &&
    nodes.every(({ silentSince }) => silentSince === null) &&
    nodes.every(({ id, stopBy }) => (id === status["active"] ? stopBy !== "never" : stopBy === "never"))
  );
}
