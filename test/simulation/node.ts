/**
 * The node protocol as plain state and steps: what lambda/node/converge.sh does on a machine, without the machine.
 *
 * Mirrors: life, token, grant, operation (one line under a nonce, taken over by a newer plan), the starter's last check,
 * the modes, refusals, what is reported. Each function is what the script does under its lock: one step.
 * Abstracts: processes (one scheduler is one value), the finding of processes (it finds what is there), health checks
 * (an exit code), the agent (world.ts), two deployments on one node.
 * Goes beyond the script in one point: a node of kind `guarded` has guard and gate as designed.
 */
import type { Instant, Mode, NodeReport, NodeState as ReportedState, Plan } from "../../lib/core/model.ts";

/** `bare`: as the script is without guard; a scheduler ends by a stop only. `guarded`: guard armed, gate installed. */
export type Kind = "bare" | "guarded";

export interface Scheduler {
  readonly invocation: string;
  readonly startedAt: Instant;
  /** The plan that started it; 0: the world began with it, or the node brought it back by itself. */
  readonly byToken: number;
  /** Its check fails. */
  sick: boolean;
  /** How long it goes on after TERM, in milliseconds. */
  readonly stopMilliseconds: number;
  /** When it will be gone; undefined: it was not asked to end. */
  endsAt: Instant | undefined;
}

export interface Operation {
  nonce: number;
  goal: "start" | "stop";
  stopFirst: boolean;
  killAt: Instant;
  open: boolean;
  /** The plan that asked for it. */
  token: number;
  /** Somebody carries it out. */
  manned: boolean;
}

export interface NodeModel {
  readonly id: string;
  readonly kind: Kind;
  up: boolean;
  boot: number;
  /** How far its clock is ahead of true time, in milliseconds. */
  clockAhead: number;
  life: string;
  /** When that life had begun for certain, by its clock: older plans to detach are not obeyed in it. */
  born: Instant;
  /** Another deployment's; `none`: this one's, or nobody's. */
  stamp: string;
  seen: number;
  grantUntil: Instant;
  guard: "armed" | "none";
  /** In /etc: it outlives a boot. */
  gate: boolean;
  operation: Operation;
  scheduler: Scheduler | undefined;
  /** When the node's own supervisor brings an ended scheduler back; undefined: it does not. */
  respawnAt: Instant | undefined;
  /** For the names of lives, operations and invocations. */
  made: number;
}

export interface NodeTimers {
  readonly grantSeconds: number;
  readonly killGraceSeconds: number;
  readonly skewSeconds: number;
}

const NO_OPERATION: Operation = {
  nonce: 0,
  goal: "stop",
  stopFirst: false,
  killAt: 0,
  open: false,
  token: 0,
  manned: false,
};

export function newNode(id: string, kind: Kind, clockAhead: number): NodeModel {
  return {
    id,
    kind,
    up: true,
    boot: 1,
    clockAhead,
    life: "none",
    born: 0,
    stamp: "none",
    seen: 0,
    grantUntil: 0,
    guard: "none",
    gate: false,
    operation: { ...NO_OPERATION },
    scheduler: undefined,
    respawnAt: undefined,
    made: 0,
  };
}

export function clockOf(node: NodeModel, now: Instant): Instant {
  return now + node.clockAhead;
}

/** All that the node knows of the protocol is on tmpfs. */
export function loseState(node: NodeModel): void {
  node.life = "none";
  node.seen = 0;
  node.grantUntil = 0;
  node.guard = "none";
  node.operation = { ...NO_OPERATION };
}

/** Power loss, or a reboot's first half. */
export function goDown(node: NodeModel): void {
  node.up = false;
  node.boot += 1;
  node.scheduler = undefined;
  node.respawnAt = undefined;
  loseState(node);
}

export interface Accepted {
  readonly mode: Mode;
  readonly active: boolean;
  /** Why the plan is refused; absent: it is obeyed. */
  readonly refusal?: string;
}

/** Under the lock: whether the plan is obeyed; if so, all that it says is written down, a stop is begun. */
export function accept(node: NodeModel, plan: Plan, now: Instant, timers: NodeTimers): Accepted {
  const active = plan.active === node.id;
  const mode = active ? plan.mode : plan.others;
  if (mode === "look") return { mode, active };
  const hadLife = node.life !== "none";
  if (!hadLife) {
    node.made += 1;
    node.life = `boot${node.boot}.${node.made}`;
    node.born = clockOf(node, now) + timers.skewSeconds * 1000;
  }
  if (node.stamp !== (plan.takeOver ?? "none") && node.stamp !== "none")
    return { mode, active, refusal: `owned-by ${node.stamp}` };
  if (plan.token < node.seen) return { mode, active, refusal: `token ${node.seen}` };
  node.stamp = "none";
  node.seen = plan.token;
  if (mode === "detach") {
    if (!hadLife || plan.token <= node.born) return { mode, active, refusal: "life" };
    Object.assign(node, { grantUntil: 0, guard: "none", gate: false, operation: { ...NO_OPERATION } });
    return { mode, active };
  }
  if (active && (mode === "run" || mode === "restart" || mode === "hold")) {
    const refusal = acceptGrant(node, plan, now, timers);
    return refusal === undefined ? { mode, active } : { mode, active, refusal };
  }
  if (mode === "stop") {
    node.grantUntil = 0;
    if (!(node.operation.open && node.operation.goal === "stop" && node.operation.manned)) {
      begin(node, "stop", false, killAt(node, now, timers));
    }
  }
  return { mode, active };
}

function acceptGrant(node: NodeModel, plan: Plan, now: Instant, timers: NodeTimers): string | undefined {
  const clock = clockOf(node, now);
  if (plan.life !== node.life) return "life";
  if (plan.until <= clock) return "until-past";
  if (plan.until - clock > (timers.grantSeconds + timers.skewSeconds) * 1000) return "until-too-far";
  if (node.kind === "guarded") Object.assign(node, { guard: "armed", gate: true });
  node.grantUntil = plan.until;
  return undefined;
}

/** A stop that is under way keeps its own instant. */
function killAt(node: NodeModel, now: Instant, timers: NodeTimers): Instant {
  const { open, killAt: due } = node.operation;
  return open && due > 0 ? due : now + timers.killGraceSeconds * 1000;
}

function begin(node: NodeModel, goal: "start" | "stop", stopFirst: boolean, due: Instant): void {
  node.made += 1;
  node.operation = {
    nonce: node.made,
    goal,
    stopFirst,
    killAt: due,
    open: true,
    token: node.seen,
    manned: true,
  };
}

export function isCurrent(node: NodeModel, nonce: number): boolean {
  return node.operation.nonce === nonce && node.operation.open;
}

/** What a look finds. */
export function look(node: NodeModel): "running" | "stopped" | "starting" | "stopping" {
  const { operation, scheduler } = node;
  if (operation.open && operation.goal === "start") return "starting";
  if (scheduler && operation.open) return "stopping";
  if (scheduler) return "running";
  return node.respawnAt === undefined ? "stopped" : "starting";
}

/**
 * Between the look and this step another plan may have come: then its word counts. Returns whether an operation was
 * begun; it is then carried out by stopping (where asked) and `lastCheck`.
 */
export function beginStart(node: NodeModel, plan: Plan, now: Instant, timers: NodeTimers): boolean {
  const { operation, scheduler } = node;
  if (node.seen !== plan.token) return false;
  let stopFirst = false;
  switch (look(node)) {
    case "running":
      if (plan.mode !== "restart" || scheduler?.invocation !== plan.invocation) return false;
      stopFirst = true;
      break;
    case "starting":
      if (!operation.open || operation.manned) return false;
      stopFirst = operation.stopFirst;
      break;
    case "stopping":
      stopFirst = true;
      break;
    case "stopped":
      break;
  }
  begin(node, "start", stopFirst, stopFirst ? killAt(node, now, timers) : 0);
  return true;
}

/** TERM, once: says when the scheduler will be gone. */
export function askToEnd(node: NodeModel, now: Instant): void {
  node.respawnAt = undefined;
  const { scheduler, operation } = node;
  if (!scheduler) return;
  scheduler.endsAt ??= Math.max(now, Math.min(now + scheduler.stopMilliseconds, operation.killAt));
}

/** The starter's last check, and the start: in one step, and visible to every stop from then on. */
export function lastCheck(node: NodeModel, nonce: number, now: Instant, stopMilliseconds: number): boolean {
  if (!isCurrent(node, nonce)) return false;
  node.operation.open = false;
  if (node.scheduler || node.respawnAt !== undefined || node.grantUntil <= clockOf(node, now)) return false;
  node.made += 1;
  node.scheduler = {
    invocation: `${node.id}-${node.boot}-${node.made}`,
    startedAt: now,
    byToken: node.operation.token,
    sick: false,
    stopMilliseconds,
    endsAt: undefined,
  };
  return true;
}

/** The node's own supervisor, a person's start: the gate, where there is one, asks for a valid grant and a guard. */
export function startLocally(node: NodeModel, now: Instant, stopMilliseconds: number): boolean {
  node.respawnAt = undefined;
  if (node.scheduler) return false;
  if (node.gate && (node.guard !== "armed" || node.grantUntil <= clockOf(node, now))) return false;
  node.made += 1;
  node.scheduler = {
    invocation: `${node.id}-${node.boot}-${node.made}`,
    startedAt: now,
    byToken: 0,
    sick: false,
    stopMilliseconds,
    endsAt: undefined,
  };
  return true;
}

/** The guard: the grant is over by the node's clock. Called at the latest a kill grace after that. */
export function guardFires(node: NodeModel, now: Instant): boolean {
  if (node.guard !== "armed" || node.grantUntil > clockOf(node, now)) return false;
  node.respawnAt = undefined;
  const killed = node.scheduler !== undefined;
  node.scheduler = undefined;
  return killed;
}

/** The node's JSON line, decoded. `healthCode`: what the check's command ended with, unless it was not asked. */
export function report(
  node: NodeModel,
  plan: Plan,
  accepted: Accepted,
  now: Instant,
  healthCode: number | undefined,
): NodeReport {
  const found = look(node);
  const superseded = accepted.mode !== "look" && found === "stopped" && node.seen !== plan.token;
  const state: ReportedState = accepted.refusal === undefined ? (superseded ? "busy" : found) : "refused";
  const { scheduler } = node;
  return {
    token: plan.token,
    seen: node.seen,
    life: node.life,
    clock: clockOf(node, now),
    state,
    pids: scheduler ? [1] : [],
    since: scheduler?.startedAt ?? 0,
    restarts: 0,
    invocation: scheduler?.invocation ?? "none",
    guard: node.stamp === "none" ? node.guard : "none",
    gate: node.gate ? "installed" : "none",
    grantUntil: node.grantUntil,
    ...(accepted.active && state === "running" && healthCode !== undefined
      ? { health: { code: healthCode, body: "" } }
      : {}),
    log: "",
    reason: accepted.refusal ?? (superseded ? "superseded" : ""),
  };
}
