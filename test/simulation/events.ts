/** What happens to a cluster in a storm, beside the small faults of each call; and how all is healed. */
import type { Wish } from "../../lib/core/model.ts";
import { OBEYS } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { boot, crash, deliverWaiting, emptyRun, endByItself } from "./converge.ts";
import { startInstance, stopInstance } from "./instances.ts";
import { wokenTick } from "./loop.ts";
import { startLocally } from "./node.ts";
import type { NodeModel } from "./node.ts";

type Happening = (cluster: Cluster, node: NodeModel) => void;

const HAPPENINGS: Readonly<Record<string, Happening>> = {
  "scheduler killed": (cluster, node) => endByItself(cluster, node, 0),
  "scheduler hangs": (_, node) => {
    if (node.scheduler) node.scheduler.sick = true;
  },
  "crash loop": (cluster, node) => {
    cluster.ailmentsOf(node.id).startsFailUntil = cluster.now + cluster.random.seconds(20, 300);
    endByItself(cluster, node, 0);
  },
  "starts are slow": (cluster, node) => {
    cluster.ailmentsOf(node.id).slowBy = cluster.random.seconds(5, 90);
  },
  "stops are slow": (cluster, node) => {
    const ailments = cluster.ailmentsOf(node.id);
    ailments.stopMilliseconds = cluster.random.chance(0.5) ? 1e9 : cluster.random.seconds(10, 60);
  },
  "check broken": (cluster, node) => {
    cluster.ailmentsOf(node.id).checkBrokenUntil = cluster.now + cluster.random.seconds(20, 300);
  },
  "no time for the check": (cluster, node) => {
    cluster.ailmentsOf(node.id).uncheckedUntil = cluster.now + cluster.random.seconds(20, 300);
  },
  "node reboots": (cluster, node) => crash(cluster, node, cluster.random.seconds(8, 60)),
  "node dies, EC2 says running": (cluster, node) => crash(cluster, node, cluster.random.seconds(120, 900)),
  "instance stopped and started": (cluster, node) => stopInstance(cluster, node, true),
  "instance terminated and replaced": (cluster, node) => {
    if (cluster.nodes.size < 8) stopInstance(cluster, node, false);
  },
  "node joins": (cluster) => {
    const alive = [...cluster.instances.values()].filter((each) => each.word !== "terminated");
    if (alive.length < 5) cluster.tell(`${cluster.addNode().id} joins`);
  },
  "node cut off": (cluster, node) => cutOff(cluster, node, cluster.random.seconds(5, 500)),
  "node only refuses": (cluster, node) => {
    refuse(cluster, node, cluster.now + cluster.random.seconds(20, 500));
  },
  "/run emptied": (cluster, node) => {
    cluster.tell(`/run of ${node.id} is emptied`);
    emptyRun(cluster, node);
  },
  "operator asks for a move": move,
  "operator overrides": override,
  "operator steers": steer,
  "woken tick": (cluster) => wake(cluster),
  "somebody starts it by hand": (cluster, node) => {
    // Without a gate nothing refuses it: people do so only where the nodes are left to themselves, none runs, and none is
    // about to be brought back.
    const isQuiet = [...cluster.nodes.values()].every(
      (each) => !each.scheduler && each.respawnAt === undefined,
    );
    const isTheirs = cluster.store.record?.steering?.kind === "detached" && isQuiet;
    if (!(node.gate || isTheirs) || !startLocally(node, cluster.now, 2000)) return;
    cluster.tell(`scheduler is started by hand on ${node.id}`);
    cluster.judge.started(node);
  },
  "record deleted": (cluster) => {
    cluster.store.record = undefined;
    cluster.judge.forgets();
  },
  "record restored": (cluster) => {
    const old = cluster.judge.recordBefore(
      cluster.now - (2 * cluster.settings.timers.grantSeconds + 10) * 1000,
    );
    if (!old) return;
    cluster.store.record = old;
    cluster.judge.forgets();
  },
};

/** One happening after the other while the storm lasts. */
export function happenings(cluster: Cluster, end: number, only: readonly string[] | undefined): void {
  const { world, random, faults } = cluster;
  const next = random.seconds(5, 120 / faults.strength);
  if (cluster.now + next > end) return;
  world.timeline.after(next, () => {
    const kind = random.pick(only ?? Object.keys(HAPPENINGS));
    const living = [...cluster.nodes.values()].filter((node) => node.up);
    const active = cluster.judge.running()[0];
    const node = active && random.chance(0.5) ? active : living.length > 0 ? random.pick(living) : undefined;
    if (node && faults.happens(kind, 1)) {
      cluster.tell(`${kind}: ${node.id}`);
      HAPPENINGS[kind]?.(cluster, node);
    }
    happenings(cluster, end, only);
  });
}

function refuse(cluster: Cluster, node: NodeModel, until: number): void {
  cluster.ailmentsOf(node.id).refuses = { until, how: cluster.random.pick(["refused", "busy"] as const) };
}

function cutOff(cluster: Cluster, node: NodeModel, milliseconds: number): void {
  const ailments = cluster.ailmentsOf(node.id);
  ailments.cutOffUntil = cluster.now + milliseconds;
  cluster.world.timeline.after(milliseconds, () => {
    if (ailments.cutOffUntil <= cluster.now && node.up) deliverWaiting(cluster, node);
  });
}

/** An event is a reason to look now: its tick takes over. It may come twice. */
export function wake(cluster: Cluster): void {
  const times = cluster.random.chance(0.2) ? 2 : 1;
  for (let n = 0; n < times; n += 1) {
    cluster.world.timeline.after(cluster.random.seconds(0.2, 5), () => {
      if (cluster.world.ticksAwayUntil <= cluster.now) wokenTick(cluster);
    });
  }
}

/** What an operator may ask for beside moves: what he takes back at the end, too. */
const ASIDE = ["pause", "resume", "observe", "detach", "exclude", "include", "clear_metadata"] as const;

function wish(cluster: Cluster, changes: Pick<Wish, "action"> & Partial<Wish>): boolean {
  if (cluster.world.down.DynamoDB > cluster.now) return false;
  cluster.made += 1;
  const put = cluster.store.putWish({
    id: `wish-${cluster.made}`,
    by: "an operator",
    reason: "maintenance",
    requestId: `request-${cluster.made}`,
    at: cluster.now,
    phase: "accepted",
    ...changes,
  });
  if (put) wake(cluster);
  return put;
}

function move(cluster: Cluster, node: NodeModel): void {
  const action = cluster.random.pick(["failover", "switchover"] as const);
  const to = cluster.random.chance(0.7) ? { to: node.id } : {};
  const notBefore = cluster.random.chance(0.1) ? { notBefore: cluster.now + 60_000 } : {};
  const isDrill = action === "switchover" && cluster.random.chance(0.4);
  const drill = isDrill ? { drill: { leg: "there", begunAt: 0, gapSeconds: 0 } as const } : {};
  wish(cluster, { action, ...to, ...(isDrill ? drill : notBefore) });
}

/** An operator who knows: the node is off, and has no scheduler. */
function override(cluster: Cluster): void {
  const off = [...cluster.nodes.values()].find((node) => !node.up);
  if (off) wish(cluster, { action: "failover", override: off.id });
}

function steer(cluster: Cluster, node: NodeModel): void {
  const action = cluster.random.pick(ASIDE);
  cluster.tell(`an operator asks for ${action}`);
  const until = action === "pause" ? { until: cluster.now + cluster.random.seconds(10, 300) } : {};
  wish(cluster, {
    action,
    ...until,
    ...(action === "exclude" || action === "include" ? { to: node.id } : {}),
  });
}

/** Every operator has gone home: nothing is paused, observed, detached or excluded. */
function steerAgain(cluster: Cluster): void {
  const { record } = cluster.store;
  const excluded = record?.excluded?.[0];
  if (record?.steering) wish(cluster, { action: "resume" });
  else if (excluded !== undefined) wish(cluster, { action: "include", to: excluded });
  else if (!isUnderWay(record?.request)) return;
  cluster.world.timeline.after(2000, () => steerAgain(cluster));
}

function isUnderWay(request: Wish | undefined): boolean {
  return request?.phase === "accepted";
}

/** How a node is lost for good: it is not reached any more, or answers and only refuses. */
export type Loss = "cut off" | "refuses";

/** The storm is over. Where `lost` is given, that node is of no more use: the others must do. */
export function heal(
  cluster: Cluster,
  lost: { readonly node: NodeModel; readonly how: Loss } | undefined,
): void {
  steerAgain(cluster);
  for (const node of cluster.nodes.values()) {
    const ailments = cluster.ailmentsOf(node.id);
    const well = {
      startsFailUntil: 0,
      checkBrokenUntil: 0,
      uncheckedUntil: 0,
      slowBy: 0,
      stopMilliseconds: 2000,
      refuses: OBEYS,
    };
    Object.assign(ailments, well);
    if (node.scheduler) node.scheduler.sick = false;
    if (node === lost?.node) {
      cluster.tell(`${node.id} is lost: ${lost.how}`);
      if (lost.how === "refuses") refuse(cluster, node, Infinity);
      ailments.cutOffUntil = lost.how === "cut off" ? Infinity : 0;
      continue;
    }
    ailments.cutOffUntil = 0;
    if (cluster.instances.get(node.id)?.word === "stopped") startInstance(cluster, node);
    else if (!node.up) boot(cluster, node);
    else deliverWaiting(cluster, node);
  }
}
