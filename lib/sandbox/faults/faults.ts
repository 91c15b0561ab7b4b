/** Faults on demand: sets, ends and lists them. What a standing one does to calls is in `interception.ts`. */
import type { EventStream } from "../events.ts";
import type { Fleet } from "../nodes/fleet.ts";
import type { LocalNode } from "../nodes/node.ts";
import { signal } from "../nodes/processes.ts";
import type { Disturbance } from "../nodes/run-command.ts";
import { schedulersOf } from "../nodes/schedulers.ts";
import { FAULTS, type FaultName, isFaultName, isNodeFault, type NodeFaultName } from "./catalogue.ts";
import { applyToNode, breakStarts } from "./on-nodes.ts";
import { Refusal } from "./refusal.ts";
import { textOf } from "../values.ts";

export interface StandingFault {
  readonly name: FaultName;
  /** Instance id; absent: all nodes, or none concerned. */
  readonly node?: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly since: number;
  /** Unix milliseconds; absent: until it is cleared. */
  readonly until?: number;
}

export interface FaultRequest {
  readonly node?: string;
  /** Seconds after which it ends by itself. */
  readonly for?: number;
  readonly [parameter: string]: unknown;
}

/** What ends a fault that was done at once, where `for` is given. */
const UNDONE_BY: Partial<Record<FaultName, NodeFaultName>> = { hang: "resume", crash: "bring-back" };
const LONGEST_SECONDS = 3_600;

export class Faults {
  readonly standing = new Map<string, StandingFault>();
  readonly #fleet: Fleet;
  readonly #events: EventStream;
  readonly #startByHand: (node: LocalNode) => void;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(fleet: Fleet, events: EventStream, startByHand: (node: LocalNode) => void) {
    this.#fleet = fleet;
    this.#startByHand = startByHand;
    this.#events = events;
  }

  /** Sets a fault; refuses an unknown one, an unknown node and a wrong parameter, and says what would be right. */
  async set(name: string, request: FaultRequest = {}): Promise<string> {
    if (!isFaultName(name)) throw new Refusal(`there is no fault "${name}"`, "fault", Object.keys(FAULTS));
    const kind = FAULTS[name];
    const { node: wanted, for: duration, ...rest } = request;
    if (kind.node === "none" && wanted !== undefined) {
      throw new Refusal(`the fault ${name} takes no node`, "node");
    }
    const parsed = kind.parameters.safeParse(rest);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new Refusal(
        `the fault ${name}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
        "parameters",
      );
    }
    const seconds = checkedSeconds(duration);
    const node = this.#nodeFor(name, wanted);
    const sentence = await this.#carryOut(name, node, parsed.data, seconds);
    this.#events.tell("fault", sentence, { fault: name, node: node?.id });
    if (seconds !== undefined) this.#endLater(name, node, seconds);
    return sentence;
  }

  find(name: FaultName): StandingFault | undefined {
    return [...this.standing.values()].find((fault) => fault.name === name);
  }

  /** Takes a fault away that has had its effect. */
  spend(fault: StandingFault, sentence: string): void {
    this.standing.delete(keyOf(fault.name, fault.node));
    this.#events.tell("fault", sentence, { fault: fault.name });
  }

  disturbance(node: LocalNode): Disturbance {
    const own = (name: FaultName): StandingFault | undefined =>
      this.standing.get(keyOf(name, node.id)) ?? this.standing.get(keyOf(name, undefined));
    const milliseconds = (name: FaultName): number => Number(own(name)?.parameters["seconds"] ?? 0) * 1000;
    return {
      lateMilliseconds: milliseconds("ssm-late"),
      slowMilliseconds: milliseconds("ssm-slow"),
      twice: own("ssm-duplicate") !== undefined,
    };
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #nodeFor(name: FaultName, wanted: string | undefined): LocalNode | undefined {
    const kind = FAULTS[name];
    if (kind.node === "none" || (kind.node === "any" && wanted === undefined)) return undefined;
    return this.node(wanted ?? "active");
  }

  /** By instance id, by name, `active` (where a scheduler really runs) or `standby` (a running node without one). */
  node(wanted: string): LocalNode {
    const { nodes } = this.#fleet;
    const valid = [...nodes.flatMap(({ id, name }) => [id, name]), "active", "standby"];
    const busy = nodes.filter((node) => schedulersOf(node).length > 0);
    if (wanted === "active") {
      const [only, ...others] = busy;
      if (only !== undefined && others.length === 0) return only;
      const found = busy.length === 0 ? "no node runs" : `${busy.map(({ name }) => name).join(" and ")} run`;
      throw new Refusal(`there is no one active node: ${found} a scheduler`, "node", valid);
    }
    if (wanted === "standby") {
      const found = nodes.find((node) => node.state === "running" && !busy.includes(node));
      if (found !== undefined) return found;
      throw new Refusal("there is no standby", "node", valid);
    }
    const found = nodes.find(({ id, name }) => id === wanted || name === wanted);
    if (found === undefined) throw new Refusal(`there is no node "${wanted}"`, "node", valid);
    return found;
  }

  async #carryOut(
    name: FaultName,
    node: LocalNode | undefined,
    parameters: Readonly<Record<string, unknown>>,
    seconds: number | undefined,
  ): Promise<string> {
    const where = node === undefined ? "" : ` on ${node.name} (${node.id})`;
    const long = seconds === undefined ? "" : ` for ${seconds} s`;
    if (name === "clear") return this.#clear();
    if (isNodeFault(name)) {
      for (const one of node === undefined ? this.#fleet.nodes : [node])
        await this.#toNode(name, one, parameters);
    }
    if (FAULTS[name].lasts) {
      const key = keyOf(name, node?.id);
      this.standing.set(key, {
        name,
        ...(node === undefined ? {} : { node: node.id }),
        parameters,
        since: Date.now(),
        ...(seconds === undefined ? {} : { until: Date.now() + seconds * 1000 }),
      });
    }
    const details = Object.entries(parameters).map(([key, value]) => ` ${key}=${String(value)}`);
    return `${name}${where}${details.join("")}${long}`;
  }

  async #toNode(
    name: NodeFaultName,
    node: LocalNode,
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    if (name === "reconnect") this.standing.delete(keyOf("cut-off", node.id));
    await applyToNode(name, node, parameters, { fleet: this.#fleet, startByHand: this.#startByHand });
  }

  #endLater(name: FaultName, node: LocalNode | undefined, seconds: number): void {
    const key = keyOf(name, node?.id);
    clearTimeout(this.#timers.get(key));
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      void this.#end(name, node);
    }, seconds * 1000);
    this.#timers.set(key, timer);
  }

  async #end(name: FaultName, node: LocalNode | undefined): Promise<void> {
    const undo = UNDONE_BY[name];
    try {
      if (undo !== undefined && node !== undefined) await this.#toNode(undo, node, {});
      this.#take(name, node?.id);
      this.#events.tell("fault", `${name} is over${node === undefined ? "" : ` on ${node.name}`}`, {
        fault: name,
      });
    } catch (error) {
      // What hung has ended meanwhile, or what crashed was brought back: nothing is left to undo.
      if (!(error instanceof Refusal)) throw error;
    }
  }

  #take(name: FaultName, nodeId: string | undefined): void {
    this.standing.delete(keyOf(name, nodeId));
    const nodes =
      nodeId === undefined ? this.#fleet.nodes : this.#fleet.nodes.filter(({ id }) => id === nodeId);
    for (const node of nodes) {
      if (name === "cut-off") this.#fleet.reconnect(node);
      if (name === "start-fails") breakStarts(node, false);
    }
  }

  #clear(): string {
    this.close();
    this.#timers.clear();
    for (const { name, node } of Array.from(this.standing.values())) this.#take(name, node);
    for (const node of this.#fleet.nodes) {
      for (const { pid } of schedulersOf(node)) signal(pid, "SIGCONT");
      if (!node.agentRuns) this.#fleet.bringBack(node);
    }
    return "every fault is over";
  }
}

function keyOf(name: FaultName, node: string | undefined): string {
  return `${name} ${node ?? "*"}`;
}

function checkedSeconds(duration: unknown): number | undefined {
  if (duration === undefined) return undefined;
  if (typeof duration !== "number" || !(duration > 0) || duration > LONGEST_SECONDS) {
    throw new Refusal(
      `for must be a number of seconds up to ${LONGEST_SECONDS}, got ${textOf(duration)}`,
      "for",
    );
  }
  return duration;
}
