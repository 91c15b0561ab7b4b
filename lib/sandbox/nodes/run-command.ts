/**
 * Run Command between the API and the agents: what was sent, what has arrived, what the agents answered. Behaves as
 * Systems Manager does where it hurts: a list is empty right after the send, a command to an agent that is away stays
 * in progress, a result that comes after the total timeout is never seen.
 */
import { randomUUID } from "node:crypto";
import { runScript, type RunningScript, type ScriptResult } from "./run-script.ts";
import type { LocalNode } from "./node.ts";
import type { Script } from "./document.ts";

export interface RunCommandTimes {
  /** From the send until the invocation is listed. */
  readonly visibleMilliseconds: number;
  /** From the send until an agent begins. */
  readonly deliveryMilliseconds: number;
  /** From the script's end until its result is listed. */
  readonly replyMilliseconds: number;
}

/** The order of what users report of Run Command within one region. */
export const RUN_COMMAND_TIMES: RunCommandTimes = {
  visibleMilliseconds: 200,
  deliveryMilliseconds: 250,
  replyMilliseconds: 150,
};

/** What faults do to one delivery. */
export interface Disturbance {
  /** Added before the delivery. */
  readonly lateMilliseconds: number;
  /** Added to both ways. */
  readonly slowMilliseconds: number;
  readonly twice: boolean;
}

export interface Invocation {
  readonly commandId: string;
  readonly node: LocalNode;
  readonly documentName: string;
  readonly script: Script;
  readonly comment: string;
  readonly requestedAt: number;
  readonly visibleAt: number;
  /** An agent that hears of the command after this does not run it. */
  readonly deliveryEndsAt: number;
  /** Past this, what has no result has none for ever. */
  readonly expiresAt: number;
  phase: "sent" | "running" | "done" | "cancelled";
  result?: ScriptResult;
  running?: RunningScript;
  /** Scripts that this command ran: two where it was delivered twice. */
  runs: number;
}

/** An agent runs so many commands at a time; the others wait. */
const AGENT_WORKERS = 5;
/** A second delivery of the same command comes so much later. */
const SECOND_DELIVERY_MILLISECONDS = 1_500;

/** Systems Manager keeps them for 30 days; here nobody looks back further than some minutes, and each holds its script. */
const KEPT_MILLISECONDS = 3_600_000;

export class RunCommand {
  invocations: readonly Invocation[] = [];
  readonly #region: string;
  readonly #times: RunCommandTimes;
  readonly #disturbance: (node: LocalNode) => Disturbance;
  readonly #queues = new Map<LocalNode, (() => Promise<void>)[]>();
  readonly #working = new Map<LocalNode, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #unreported = new Map<LocalNode, (() => void)[]>();

  constructor(
    region: string,
    disturbance: (node: LocalNode) => Disturbance,
    times: RunCommandTimes = RUN_COMMAND_TIMES,
  ) {
    this.#region = region;
    this.#disturbance = disturbance;
    this.#times = times;
  }

  send(
    nodes: readonly LocalNode[],
    order: { documentName: string; scripts: readonly Script[]; timeoutSeconds: number; comment: string },
  ): string {
    const commandId = randomUUID();
    const now = Date.now();
    const [script] = order.scripts;
    if (script === undefined) throw new Error("a command without a script");
    const kept = this.invocations.filter(({ requestedAt }) => now - requestedAt < KEPT_MILLISECONDS);
    const sent: Invocation[] = [];
    for (const node of nodes) {
      const deliveryEndsAt = now + order.timeoutSeconds * 1000;
      const invocation: Invocation = {
        commandId,
        node,
        documentName: order.documentName,
        script,
        comment: order.comment,
        requestedAt: now,
        visibleAt: now + this.#times.visibleMilliseconds,
        deliveryEndsAt,
        expiresAt: deliveryEndsAt + script.timeoutSeconds * 1000,
        phase: "sent",
        runs: 0,
      };
      sent.push(invocation);
      this.#deliver(invocation);
    }
    this.invocations = [...kept, ...sent];
    return commandId;
  }

  /** What the API shows by now. */
  visible(): Invocation[] {
    const now = Date.now();
    return this.invocations.filter((one) => now >= one.visibleAt);
  }

  /** Asks the agents to end a command; one that is away does not hear of it. */
  cancel(commandId: string, instanceIds: readonly string[]): void {
    for (const invocation of this.invocations) {
      const meant = instanceIds.length === 0 || instanceIds.includes(invocation.node.id);
      if (invocation.commandId !== commandId || !meant || invocation.phase === "done") continue;
      if (invocation.phase === "running" && !invocation.node.reachable) continue;
      invocation.phase = "cancelled";
      invocation.running?.cancel();
    }
  }

  /** The agent is heard again: it gets what waits for it, and tells what it could not tell. */
  reconnected(node: LocalNode): void {
    const unreported = this.#unreported.get(node) ?? [];
    this.#unreported.delete(node);
    for (const report of unreported) report();
    for (const invocation of this.invocations) {
      if (invocation.node === node && invocation.phase === "sent" && invocation.runs === 0) {
        this.#after(this.#times.deliveryMilliseconds, () => this.#arrive(invocation));
      }
    }
  }

  /** A node lost its power: its agent's memory is gone. */
  forget(node: LocalNode): void {
    this.#queues.delete(node);
    this.#working.delete(node);
    this.#unreported.delete(node);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #deliver(invocation: Invocation): void {
    const { lateMilliseconds, slowMilliseconds, twice } = this.#disturbance(invocation.node);
    const late = lateMilliseconds > 0;
    const wait = this.#times.deliveryMilliseconds + slowMilliseconds + lateMilliseconds;
    this.#after(wait, () => this.#arrive(invocation, late));
    if (twice) this.#after(wait + SECOND_DELIVERY_MILLISECONDS, () => this.#arrive(invocation, true));
  }

  /** `regardless`: by a fault, also after the delivery's end, and though it ran already. */
  #arrive(invocation: Invocation, regardless = false): void {
    const { node } = invocation;
    if (!node.reachable) return;
    if (!regardless && (Date.now() > invocation.deliveryEndsAt || invocation.runs > 0)) return;
    if (invocation.phase === "cancelled") return;
    invocation.runs += 1;
    const queue = this.#queues.get(node) ?? [];
    this.#queues.set(node, queue);
    queue.push(() => this.#run(invocation));
    this.#work(node);
  }

  #work(node: LocalNode): void {
    const working = this.#working.get(node) ?? 0;
    const next = working < AGENT_WORKERS ? this.#queues.get(node)?.shift() : undefined;
    if (next === undefined) return;
    this.#working.set(node, working + 1);
    const { boots } = node;
    void next().finally(() => {
      if (node.boots !== boots) return;
      this.#working.set(node, (this.#working.get(node) ?? 1) - 1);
      this.#work(node);
    });
  }

  async #run(invocation: Invocation): Promise<void> {
    const { node } = invocation;
    const { boots } = node;
    const running = runScript(node, invocation.commandId, this.#region, invocation.script);
    if (invocation.phase === "sent") {
      invocation.phase = "running";
      invocation.running = running;
    }
    const result = await running.result;
    // The agent died with its node: nobody is there to tell the result.
    if (node.boots !== boots) return;
    const report = (): void => {
      if (invocation.phase !== "running" || Date.now() > invocation.expiresAt) return;
      invocation.phase = "done";
      invocation.result = result;
    };
    this.#after(this.#times.replyMilliseconds + this.#disturbance(node).slowMilliseconds, () => {
      if (node.boots !== boots) return;
      if (node.reachable) report();
      else this.#unreported.set(node, [...(this.#unreported.get(node) ?? []), report]);
    });
  }

  #after(milliseconds: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, milliseconds);
    this.#timers.add(timer);
  }
}
