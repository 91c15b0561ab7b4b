/** One converge on a node, in time: the steps of node.ts, with the waits between them and what may go wrong there. */
import type { NodeReport, Plan } from "../../lib/core/model.ts";
import type { Cluster } from "./cluster.ts";
import {
  accept,
  askToEnd,
  beginStart,
  clockOf,
  goDown,
  guardFires,
  isCurrent,
  lastCheck,
  loseState,
  look,
  report,
  startLocally,
} from "./node.ts";
import type { Accepted, NodeModel } from "./node.ts";

/** The script waits so long at the most. */
const BUDGET = 4500;
/** A scheduler that has been there for so long runs. */
const SETTLED = 1000;

const CHANGES_NO_PROCESS: ReadonlySet<string> = new Set(["look", "hold", "detach"]);

/** Carries the plan out on the node; `reply` is called with its line when the script has ended. */
export function converge(
  cluster: Cluster,
  node: NodeModel,
  plan: Plan,
  reply: (line: NodeReport) => void,
): void {
  const { random, faults, settings } = cluster;
  const begun = cluster.now;
  if (faults.happens("node is busy", 0.005)) {
    const busy = { ...report(node, plan, { mode: "look", active: false }, begun, 0), state: "busy" as const };
    cluster.onNode(node, 600, () => reply(busy));
    return;
  }
  const refused = refusal(cluster, node, plan);
  if (refused) {
    cluster.onNode(node, random.seconds(0.1, 0.4), () => reply(refused()));
    return;
  }
  const accepted = accept(node, plan, begun, settings.timers);
  if (accepted.refusal === undefined && accepted.mode !== "look") cluster.judge.obeyed(node, plan);
  if (node.grantUntil > 0) watchGrant(cluster, node);
  const answer = (milliseconds: number) =>
    cluster.onNode(node, milliseconds, () => reply(line(cluster, node, plan, accepted)));
  const quick = random.seconds(0.1, 0.4);
  if (accepted.refusal !== undefined || CHANGES_NO_PROCESS.has(accepted.mode)) {
    answer(quick);
  } else if (accepted.mode === "stop") {
    stop(cluster, node, () => answer(quick));
  } else {
    cluster.onNode(node, random.seconds(0.05, 0.3), () => {
      const begins = beginStart(node, plan, cluster.now, settings.timers);
      if (begins) work(cluster, node, node.operation.nonce);
      if (!begins && look(node) === "running") answer(quick);
      else awaitStart(cluster, node, begun, () => answer(quick));
    });
  }
}

/** What a node answers that can store nothing, or whose lock somebody holds: it looks, and obeys nothing. */
function refusal(cluster: Cluster, node: NodeModel, plan: Plan): (() => NodeReport) | undefined {
  const { until, how } = cluster.ailmentsOf(node.id).refuses;
  const active = plan.active === node.id;
  const mode = active ? plan.mode : plan.others;
  if (until <= cluster.now || mode === "look") return undefined;
  const reason = how === "busy" ? "locked" : "state-not-stored";
  return () => ({ ...line(cluster, node, plan, { mode, active, refusal: reason }), state: how });
}

function line(cluster: Cluster, node: NodeModel, plan: Plan, accepted: Accepted): NodeReport {
  const { checkBrokenUntil, uncheckedUntil } = cluster.ailmentsOf(node.id);
  const unasked = uncheckedUntil > cluster.now && cluster.random.chance(0.5);
  const sick = node.scheduler?.sick === true ? 1 : 0;
  const code = checkBrokenUntil > cluster.now ? 127 : sick;
  return report(node, plan, accepted, cluster.now, unasked ? undefined : code);
}

function stop(cluster: Cluster, node: NodeModel, done: () => void): void {
  const { nonce } = node.operation;
  const begun = cluster.now;
  if (look(node) === "stopped") {
    if (isCurrent(node, nonce)) node.operation.open = false;
    done();
    return;
  }
  if (node.operation.open) work(cluster, node, nonce);
  const wait = () => {
    if (look(node) === "stopped" || cluster.now - begun > BUDGET - 1200) done();
    else cluster.onNode(node, 200, wait);
  };
  cluster.onNode(node, 200, wait);
}

function awaitStart(cluster: Cluster, node: NodeModel, begun: number, done: () => void): void {
  const wait = () => {
    const found = look(node);
    const { scheduler } = node;
    const settled =
      found === "running" && scheduler !== undefined && cluster.now - scheduler.startedAt >= SETTLED;
    if (settled || found === "stopped" || cluster.now - begun > BUDGET - 1200) done();
    else cluster.onNode(node, 200, wait);
  };
  cluster.onNode(node, 200, wait);
}

/** The detached worker: stops, starts, or both, for as long as the operation is its own. */
function work(cluster: Cluster, node: NodeModel, nonce: number): void {
  const { random, faults } = cluster;
  const ailments = cluster.ailmentsOf(node.id);
  const lag =
    random.seconds(0.05, 0.5) + (faults.happens("worker is slow", 0.03) ? random.seconds(1, 40) : 0);
  cluster.onNode(node, lag, () => {
    if (!isCurrent(node, nonce)) return;
    if (faults.happens("worker is killed", 0.01)) {
      node.operation.manned = false;
      return;
    }
    const { goal, stopFirst } = node.operation;
    if (goal === "start" && !stopFirst) start(cluster, node, nonce);
    else endFirst(cluster, node, nonce, goal);
  });
  if (ailments.slowBy > 0) cluster.tell(`${node.id} is slow by ${ailments.slowBy} ms`);
}

function endFirst(cluster: Cluster, node: NodeModel, nonce: number, goal: "start" | "stop"): void {
  askToEnd(node, cluster.now);
  endsLater(cluster, node);
  const wait = () => {
    if (!isCurrent(node, nonce)) return;
    if (node.scheduler) cluster.onNode(node, 100, wait);
    else if (goal === "start") start(cluster, node, nonce);
    else node.operation.open = false;
  };
  cluster.onNode(node, 100, wait);
}

function endsLater(cluster: Cluster, node: NodeModel): void {
  const { scheduler } = node;
  if (scheduler?.endsAt === undefined) return;
  cluster.onNode(node, scheduler.endsAt - cluster.now, () => {
    if (node.scheduler !== scheduler) return;
    node.scheduler = undefined;
    cluster.tell(`scheduler on ${node.id} has ended`);
  });
}

function start(cluster: Cluster, node: NodeModel, nonce: number): void {
  const ailments = cluster.ailmentsOf(node.id);
  cluster.onNode(node, cluster.random.seconds(0.02, 0.3) + ailments.slowBy, () => {
    if (!lastCheck(node, nonce, cluster.now, ailments.stopMilliseconds)) return;
    cluster.tell(`scheduler STARTS on ${node.id} by plan ${node.operation.token}`);
    cluster.judge.started(node);
    if (ailments.startsFailUntil > cluster.now) endByItself(cluster, node, cluster.random.seconds(0.2, 4));
  });
}

/** The scheduler ends by itself; a supervisor brings it back after 5 s. */
export function endByItself(cluster: Cluster, node: NodeModel, milliseconds: number): void {
  const { scheduler } = node;
  cluster.onNode(node, milliseconds, () => {
    if (!scheduler || node.scheduler !== scheduler) return;
    node.scheduler = undefined;
    cluster.tell(`scheduler on ${node.id} dies`);
    const { supervised, startsFailUntil, stopMilliseconds } = cluster.ailmentsOf(node.id);
    if (!supervised || node.operation.open) return;
    const due = cluster.now + 5000;
    node.respawnAt = due;
    cluster.onNode(node, 5000, () => {
      if (node.respawnAt !== due || !startLocally(node, cluster.now, stopMilliseconds)) return;
      cluster.tell(`scheduler is brought back on ${node.id} by its supervisor`);
      cluster.judge.started(node);
      if (startsFailUntil > cluster.now) endByItself(cluster, node, 1000);
    });
  });
}

/** The guard looks at the grant's end; how late it may be is up to the kill grace. */
function watchGrant(cluster: Cluster, node: NodeModel): void {
  if (node.kind !== "guarded") return;
  const { guardLateBy } = cluster.ailmentsOf(node.id);
  const left = node.grantUntil - clockOf(node, cluster.now);
  cluster.onNode(node, left + guardLateBy, () => {
    if (guardFires(node, cluster.now))
      cluster.tell(`guard on ${node.id} stops the scheduler: its grant is over`);
  });
}

/** /run is emptied. A guard takes a grant that is not there for one that is over. */
export function emptyRun(cluster: Cluster, node: NodeModel): void {
  if (node.guard === "armed" && node.scheduler) {
    node.scheduler = undefined;
    cluster.tell(`guard on ${node.id} stops the scheduler: its grant is gone`);
  }
  loseState(node);
}

/** Power is off; the node comes back after a time, or when it is healed (0). */
export function crash(cluster: Cluster, node: NodeModel, backAfter: number): void {
  goDown(node);
  cluster.tell(`${node.id} goes down`);
  if (backAfter > 0) cluster.world.timeline.after(backAfter, () => boot(cluster, node));
}

export function boot(cluster: Cluster, node: NodeModel): void {
  const word = cluster.instances.get(node.id)?.word;
  if (node.up || word === "terminated" || word === "stopped" || word === "stopping") return;
  node.up = true;
  node.clockAhead = cluster.drawClock();
  cluster.tell(`${node.id} is up again`);
  deliverWaiting(cluster, node);
}

/** The agent is back: what it did not get, it may get now. */
export function deliverWaiting(cluster: Cluster, node: NodeModel): void {
  const ailments = cluster.ailmentsOf(node.id);
  const { waiting } = ailments;
  for (const arrive of waiting.splice(0)) {
    if (cluster.random.chance(0.5)) cluster.world.timeline.after(cluster.random.seconds(0.2, 3), arrive);
  }
}
