/**
 * A node of a contention run: the node protocol of test/simulation/node.ts, in real time. What it obeys and what runs on
 * it is written down where it happens.
 */
import type { NodeReport, Plan } from "../../lib/core/model.ts";
import {
  accept,
  askToEnd,
  beginStart,
  guardFires,
  isCurrent,
  lastCheck,
  look,
  newNode,
  report,
  type NodeModel,
  type NodeTimers,
} from "../simulation/node.ts";
import type { Random } from "../simulation/random.ts";
import { type Fact, planText } from "./facts.ts";

export interface FencedNodeOptions {
  readonly id: string;
  readonly timers: NodeTimers;
  readonly random: Random;
  readonly note: (fact: Fact) => void;
  /** The mutation: it obeys whatever comes. */
  readonly obeysAll: boolean;
}

/** The script waits so long at the most. */
const BUDGET_MILLISECONDS = 3000;
const LOOK_MILLISECONDS = 50;
/** A scheduler that runs by itself ends so often, in seconds. */
const LIVES = [10, 60] as const;

export class FencedNode {
  readonly id: string;
  readonly #options: FencedNodeOptions;
  readonly #model: NodeModel;

  constructor(options: FencedNodeOptions) {
    this.id = options.id;
    this.#options = options;
    this.#model = newNode(options.id, "guarded", 0);
    setInterval(() => {
      if (guardFires(this.#model, Date.now())) this.#note("ended");
    }, 500).unref();
  }

  /** The report that its script would print. */
  async converge(plan: Plan, worker: string): Promise<NodeReport> {
    const model = this.#model;
    if (this.#options.obeysAll) model.seen = 0;
    const accepted = accept(model, plan, Date.now(), this.#options.timers);
    const { token, until } = plan;
    if (accepted.mode !== "look") {
      this.#options.note({
        kind: "effect",
        at: Date.now(),
        worker,
        node: this.id,
        token,
        plan: planText({ ...plan, token: String(token), until: String(until) }),
        accepted: accepted.refusal === undefined,
      });
    }
    if (accepted.refusal === undefined) await this.#carryOut(plan, accepted.mode);
    return report(model, plan, accepted, Date.now(), 0);
  }

  async #carryOut(plan: Plan, mode: string): Promise<void> {
    const model = this.#model;
    const { random, timers } = this.#options;
    if (mode === "stop") {
      const { nonce } = model.operation;
      void this.#stop(nonce);
      await this.#until(() => look(model) === "stopped" || !isCurrent(model, nonce));
    } else if (mode === "run" || mode === "restart") {
      await pause(random.seconds(0.02, 0.2));
      if (beginStart(model, plan, Date.now(), timers)) void this.#start(model.operation.nonce);
      await this.#until(() => look(model) === "running" || look(model) === "stopped");
    }
  }

  async #stop(nonce: number): Promise<void> {
    await this.#end();
    if (isCurrent(this.#model, nonce)) this.#model.operation.open = false;
  }

  async #start(nonce: number): Promise<void> {
    const model = this.#model;
    const { random } = this.#options;
    await pause(random.seconds(0.02, 0.3));
    if (model.operation.stopFirst && isCurrent(model, nonce)) await this.#end();
    await pause(random.seconds(0.02, 0.2));
    if (!lastCheck(model, nonce, Date.now(), random.seconds(0.05, 0.8))) return;
    this.#note("started");
    const { scheduler } = model;
    await pause(random.seconds(...LIVES));
    if (model.scheduler !== scheduler) return;
    model.scheduler = undefined;
    this.#note("ended");
  }

  /** TERM, and the end that follows. */
  async #end(): Promise<void> {
    const model = this.#model;
    askToEnd(model, Date.now());
    const { scheduler } = model;
    if (scheduler?.endsAt === undefined) return;
    await pause(scheduler.endsAt - Date.now());
    if (model.scheduler !== scheduler) return;
    model.scheduler = undefined;
    this.#note("ended");
  }

  async #until(holds: () => boolean): Promise<void> {
    const end = Date.now() + BUDGET_MILLISECONDS;
    while (!holds() && Date.now() < end) await pause(LOOK_MILLISECONDS);
  }

  #note(kind: "started" | "ended"): void {
    this.#options.note({ kind, at: Date.now(), node: this.id });
  }
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, milliseconds)).unref();
  });
