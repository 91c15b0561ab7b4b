/** The instances and how their states change; each change is told as EC2 tells EventBridge. */
import { AwsError } from "../gateway/aws-error.ts";
import { type InstanceState, LocalNode } from "./node.ts";

export interface FleetTimes {
  /** From a start to `running`. */
  readonly bootMilliseconds: number;
  /** From `running` until the agent is heard. */
  readonly agentMilliseconds: number;
  /** From a crash until EC2 says `stopped`. */
  readonly crashNoticedMilliseconds: number;
  /** What a stop leaves the processes between TERM and KILL. */
  readonly stopMilliseconds: number;
}

/** Short, so that a demonstration does not wait; on EC2 a boot takes half a minute, a crash is noticed within a minute. */
export const FLEET_TIMES: FleetTimes = {
  bootMilliseconds: 500,
  agentMilliseconds: 500,
  crashNoticedMilliseconds: 3_000,
  stopMilliseconds: 2_000,
};

export class Fleet {
  readonly nodes: readonly LocalNode[];
  readonly #times: FleetTimes;
  readonly #onState: (node: LocalNode, state: InstanceState) => void;
  readonly #onReachable: (node: LocalNode) => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #waiting = new Map<LocalNode, () => void>();
  /** Grows with each power change, so that a timer of an earlier one does nothing. */
  readonly #epoch = new Map<LocalNode, number>();

  constructor(
    nodes: readonly LocalNode[],
    listeners: {
      readonly onState: (node: LocalNode, state: InstanceState) => void;
      readonly onReachable: (node: LocalNode) => void;
    },
    times: FleetTimes = FLEET_TIMES,
  ) {
    this.nodes = nodes;
    this.#onState = listeners.onState;
    this.#onReachable = listeners.onReachable;
    this.#times = times;
  }

  byId(id: string): LocalNode | undefined {
    return this.nodes.find((node) => node.id === id);
  }

  /** Starts a stopped instance; does nothing to one that runs. */
  start(node: LocalNode): void {
    if (node.state === "running" || node.state === "pending") return;
    if (node.state !== "stopped") throw incorrectState(node, "started");
    const epoch = this.#begin(node);
    node.prepareBoot();
    this.#to(node, "pending");
    this.#after(node, epoch, this.#times.bootMilliseconds, () => {
      this.#to(node, "running");
      this.#after(node, epoch, this.#times.agentMilliseconds, async () => {
        await node.booted();
        if (this.#epoch.get(node) !== epoch) return;
        node.agentRuns = true;
        node.lastPing = Date.now();
        this.#onReachable(node);
        this.#waiting.get(node)?.();
      });
    });
  }

  /** Starts all, and waits until every agent is heard. */
  async startAll(): Promise<void> {
    const heard = this.nodes.map(
      (node) =>
        new Promise<void>((resolve) => {
          this.#waiting.set(node, resolve);
        }),
    );
    for (const node of this.nodes) this.start(node);
    await Promise.all(heard);
  }

  /** The node is gone without a word; EC2 notices later. */
  async crash(node: LocalNode, noticedAfter = this.#times.crashNoticedMilliseconds): Promise<void> {
    const epoch = this.#begin(node);
    await node.losePower();
    this.#after(node, epoch, noticedAfter, () => this.#to(node, "stopped"));
  }

  /** Starts what crashed; an instance that EC2 has not yet seen stopped is seen stopped first. */
  bringBack(node: LocalNode): void {
    if (node.agentRuns) return;
    this.#begin(node);
    if (node.state !== "stopped") this.#to(node, "stopped");
    this.start(node);
  }

  /** EC2's StopInstances; `force` ends the processes without asking them. */
  stop(node: LocalNode, force: boolean): void {
    if (node.state === "stopped" || node.state === "stopping") return;
    if (node.state === "terminated" || node.state === "shutting-down") throw incorrectState(node, "stopped");
    const epoch = this.#begin(node);
    this.#to(node, "stopping");
    node.agentRuns = false;
    if (!force) node.shutDown();
    this.#after(node, epoch, force ? 0 : this.#times.stopMilliseconds, async () => {
      await node.losePower();
      this.#to(node, "stopped");
    });
  }

  cutOff(node: LocalNode): void {
    if (node.reachable) node.lastPing = Date.now();
    node.cutOff = true;
  }

  reconnect(node: LocalNode): void {
    node.cutOff = false;
    if (node.reachable) this.#onReachable(node);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.nodes.map((node) => node.losePower()));
  }

  #begin(node: LocalNode): number {
    const epoch = (this.#epoch.get(node) ?? 0) + 1;
    this.#epoch.set(node, epoch);
    return epoch;
  }

  #to(node: LocalNode, state: InstanceState): void {
    node.state = state;
    this.#onState(node, state);
  }

  #after(node: LocalNode, epoch: number, milliseconds: number, action: () => void | Promise<void>): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (this.#epoch.get(node) === epoch) void action();
    }, milliseconds);
    this.#timers.add(timer);
  }
}

function incorrectState(node: LocalNode, verb: string): AwsError {
  return new AwsError(
    "IncorrectInstanceState",
    `The instance '${node.id}' is not in a state from which it can be ${verb}: ${node.state}.`,
  );
}
