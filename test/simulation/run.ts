/** One run: a world made from a seed, storms and calms in turn, and what the judges found. */
import { DEFAULTS, LIMITS } from "../../lib/core/settings.ts";
import type { AlertSettings, ClusterSettings } from "../../lib/core/settings.ts";
import { Cluster } from "./cluster.ts";
import type { World } from "./cluster.ts";
import { happenings, heal, wake } from "./events.ts";
import type { Loss } from "./events.ts";
import { Faults } from "./faults.ts";
import { Judge } from "./judge.ts";
import { BEAT_SECONDS, startLoop } from "./loop.ts";
import type { Kind, NodeModel } from "./node.ts";
import { Random } from "./random.ts";
import { Timeline } from "./timeline.ts";

export interface RunOptions {
  readonly seed: number;
  /** At most so many nodes in a cluster, 1 to 5. */
  readonly nodes: number;
  readonly clusters: number;
  readonly rounds: number;
  readonly kind: Kind | "both";
  readonly story: boolean;
  readonly leftOut: ReadonlySet<number>;
  /** Happenings in storms; undefined: all. */
  readonly only: readonly string[] | undefined;
  /** Of every storm; undefined: drawn. */
  readonly strength: number | undefined;
}

export interface RunResult {
  readonly violation: string | undefined;
  readonly story: readonly string[];
  readonly virtualMilliseconds: number;
  readonly calls: number;
  readonly ticks: number;
  readonly transitions: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly codes: ReadonlyMap<string, number>;
  /** Numbers of the injected faults, of the cluster in which the violation is. */
  readonly injected: readonly { readonly number: number; readonly kind: string }[];
  /** The longest time from the end of a storm to one scheduler that stays, in seconds. */
  readonly recoverySeconds: number;
  /** How often the loop did not wait for a slow invocation. */
  readonly turnedAway: number;
}

const BEGIN = Date.UTC(2027, 0, 15, 8, 0, 0);
const CALM = 20 * 60_000;

const alerts: AlertSettings = { ...DEFAULTS.alerts, from: "from@example.org", to: ["ops@example.org"] };

/**
 * Within so many seconds after the last fault one scheduler runs: the longest wait between attempts; a grant, kill grace
 * and skew of a node that is lost; then a lease of a dead tick, a hiccup, a stop and a start with its settle time.
 */
export function recoveryBound({
  grantSeconds,
  killGraceSeconds,
  skewSeconds,
  settleSeconds,
}: ClusterSettings["timers"]) {
  return (
    LIMITS.backoffSeconds +
    grantSeconds +
    2 * killGraceSeconds +
    skewSeconds +
    LIMITS.leaseSeconds +
    30 +
    settleSeconds
  );
}

export async function run(options: RunOptions): Promise<RunResult> {
  const random = new Random(options.seed);
  const timeline = new Timeline(BEGIN);
  const story: string[] = [];
  const world: World = {
    timeline,
    down: { DynamoDB: 0, SSM: 0, EC2: 0, SES: 0, EventBridge: 0 },
    ticksAwayUntil: 0,
    tell: options.story ? (line) => story.push(`${instant(timeline.now)}  ${line}`) : undefined,
    calls: 0,
  };
  const clusters = Array.from({ length: options.clusters }, (_, n) => build(world, n, options, random));
  const loop = startLoop(clusters);
  let recovery = 0;
  for (let round = 0; round < options.rounds && !violationOf(clusters); round += 1) {
    await storm(world, clusters, random, options);
    if (!violationOf(clusters)) recovery = Math.max(recovery, await calm(world, clusters, random));
  }
  return result(clusters, world, story, recovery, loop.turnedAway);
}

function build(world: World, n: number, options: RunOptions, parent: Random): Cluster {
  const name = `c${n + 1}`;
  const random = parent.fork(name);
  const kind = options.kind === "both" ? random.pick<Kind>(["bare", "guarded"]) : options.kind;
  const size = 1 + Math.floor(random.between(0, options.nodes));
  const faults = new Faults(parent.fork(`${name} faults`), options.leftOut);
  const cluster = new Cluster(world, name, kind, settingsOf(random, kind), alerts, random, faults);
  for (let made = 0; made < Math.max(size, Math.min(2, options.nodes)); made += 1) cluster.addNode();
  const nodes = [...cluster.nodes.values()];
  const first = random.pick([0, 0, 1, 1, 1, 2]);
  for (const node of nodes.slice(0, first)) {
    const began = { invocation: `${node.id}-before`, startedAt: world.timeline.now - 3_600_000, byToken: 0 };
    node.scheduler = { ...began, sick: false, stopMilliseconds: 2000, endsAt: undefined };
  }
  cluster.judge = new Judge(cluster);
  cluster.wake = () => wake(cluster);
  return cluster;
}

/** With the guard off only the fence stands behind a node that is silent. */
function settingsOf(random: Random, kind: Kind): ClusterSettings {
  const fence = random.pick(["none", "none", "ec2-stop"] as const);
  const guard = fence === "ec2-stop" && kind === "bare" && random.chance(0.5) ? "off" : "on";
  return {
    nodes: { tag: { key: "cluster", value: "etl" }, prefer: [], exclude: [] },
    scheduler: { unit: "airflow-scheduler.service" },
    health: { kind: "command", command: "check", timeoutSeconds: 3, failures: random.pick([2, 3]) },
    timers: { ...DEFAULTS.timers, restartLimit: random.pick([0, 1, 1, 3]) },
    guard,
    fence,
    startIn: "run",
  };
}

async function storm(
  world: World,
  clusters: readonly Cluster[],
  random: Random,
  { only, strength }: RunOptions,
): Promise<void> {
  const end = world.timeline.now + random.seconds(240, 2400);
  for (const cluster of clusters) {
    cluster.faults.storm = true;
    cluster.faults.strength = strength ?? random.pick([0.3, 1, 1, 3]);
    happenings(cluster, end, only);
  }
  outages(world, clusters, random, end);
  await world.timeline.run(end, () => looks(clusters));
  for (const cluster of clusters) cluster.faults.storm = false;
}

/** A service is down for a time, or no tick runs at all: also for longer than a grant. */
function outages(world: World, clusters: readonly Cluster[], random: Random, end: number): void {
  const at = world.timeline.now + random.seconds(60, 900);
  if (at > end) return;
  world.timeline.at(at, () => {
    const what = random.pick(["DynamoDB", "SSM", "EC2", "SES", "EventBridge", "ticks"] as const);
    const until = Math.min(end, world.timeline.now + random.seconds(5, 600));
    const faults = clusters[0]?.faults;
    if (faults?.happens(`${what} away`, 1) === true) {
      world.tell?.(`${what} away for ${Math.round((until - world.timeline.now) / 1000)} s`);
      if (what === "ticks") world.ticksAwayUntil = until;
      else world.down[what] = until;
    }
    outages(world, clusters, random, end);
  });
}

/** Answers after how many seconds every cluster had its one scheduler for good. */
async function calm(world: World, clusters: readonly Cluster[], random: Random): Promise<number> {
  world.tell?.("the storm is over");
  const { timeline } = world;
  const begun = timeline.now;
  for (const cluster of clusters) heal(cluster, lost(cluster, random));
  let last = begun;
  const watch = (): boolean => {
    for (const cluster of clusters) {
      if (cluster.judge.running().length === 1) continue;
      const bound = recoveryBound(cluster.settings.timers) * 1000;
      last = timeline.now;
      if (timeline.now - begun > bound) cluster.judge.judgeCalm();
    }
    return looks(clusters);
  };
  await timeline.run(begun + CALM, watch);
  if (!violationOf(clusters)) for (const cluster of clusters) cluster.judge.judgeTold();
  return (last - begun) / 1000;
}

/**
 * One node may stay lost where that leads to a proof: time proves that a guarded scheduler has ended, if its grant is
 * known to have an end, whether its node is silent or only refuses; the fence proves it of any that is silent.
 */
function lost(
  cluster: Cluster,
  random: Random,
): { readonly node: NodeModel; readonly how: Loss } | undefined {
  const { settings, store, now } = cluster;
  const how = random.pick(["cut off", "cut off", "refuses"] as const);
  const living = [...cluster.nodes.values()].filter((node) => node.up);
  const isBounded = ({ id, guard }: NodeModel) =>
    guard === "armed" &&
    store.record?.nodes[id]?.guard === "armed" &&
    store.record.nodes[id].stopBy !== "ever";
  const isFenced = settings.fence === "ec2-stop" && how === "cut off";
  const provable = isFenced ? living : living.filter(isBounded);
  // After a pause in the ticks time is believed of no node; the next tick may come a beat later.
  const isFresh = store.record !== undefined && now - store.record.savedAt < 2 * BEAT_SECONDS * 1000;
  const mayLose = random.chance(0.3) && isFresh && living.length > 1 && provable.length > 0;
  return mayLose ? { node: random.pick(provable), how } : undefined;
}

function looks(clusters: readonly Cluster[]): boolean {
  for (const cluster of clusters) cluster.judge.look();
  return !violationOf(clusters);
}

function violationOf(clusters: readonly Cluster[]): Cluster | undefined {
  return clusters.find((cluster) => cluster.judge.violation);
}

function result(
  clusters: readonly Cluster[],
  world: World,
  story: string[],
  recovery: number,
  turnedAway: number,
): RunResult {
  const bad = violationOf(clusters);
  const total = (of: (cluster: Cluster) => number) => clusters.reduce((sum, cluster) => sum + of(cluster), 0);
  return {
    violation: bad?.judge.violation?.message,
    story,
    virtualMilliseconds: world.timeline.now - BEGIN,
    calls: world.calls,
    ticks: total((cluster) => cluster.ticksBegun),
    transitions: total((cluster) => cluster.judge.transitions),
    faults: merged(clusters.map((cluster) => cluster.faults.counts)),
    codes: merged(clusters.map((cluster) => cluster.judge.codes)),
    injected: bad?.faults.injected ?? [],
    recoverySeconds: recovery,
    turnedAway,
  };
}

export function merged(maps: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const sum = new Map<string, number>();
  for (const map of maps) for (const [key, count] of map) sum.set(key, (sum.get(key) ?? 0) + count);
  return sum;
}

function instant(at: number): string {
  const passed = at - BEGIN;
  const pad = (value: number, width: number) => String(Math.floor(value)).padStart(width, "0");
  return `+${pad(passed / 3_600_000, 2)}:${pad((passed / 60_000) % 60, 2)}:${pad((passed / 1000) % 60, 2)}.${pad(passed % 1000, 3)}`;
}
