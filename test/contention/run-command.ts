/** Run Command over the fenced nodes: a command comes at once, late or twice, and its line when the node has answered. */
import { randomUUID } from "node:crypto";
import type { Mode, NodeReport, Plan } from "../../lib/core/model.ts";
import { CLUSTER } from "./deployed.ts";
import { type FencedNode, pause } from "./fenced-node.ts";
import type { Random } from "../simulation/random.ts";

/** In seconds: what a delivery takes, and what a late one takes. */
const DELIVERY = [0.02, 0.3] as const;
const LATE = [1, 8] as const;
const LATE_CHANCE = 0.15;
const TWICE_CHANCE = 0.04;

export class FencedCommands {
  readonly #nodes: readonly FencedNode[];
  readonly #random: Random;
  readonly #lines = new Map<string, Map<string, string>>();

  constructor(nodes: readonly FencedNode[], random: Random) {
    this.#nodes = nodes;
    this.#random = random;
  }

  send(params: Readonly<Record<string, unknown>>, worker: string): object {
    const id = randomUUID();
    const plan = planOf(params["Parameters"] as Parameters);
    this.#lines.set(id, new Map());
    for (const node of this.#nodes.filter((one) => (params["InstanceIds"] as string[]).includes(one.id))) {
      void this.#deliver(id, node, plan, worker);
      if (this.#random.chance(TWICE_CHANCE)) void this.#deliver(id, node, plan, worker);
    }
    return { Command: { CommandId: id, Status: "Pending" } };
  }

  list(params: Readonly<Record<string, unknown>>): object {
    const lines = [...(this.#lines.get(String(params["CommandId"])) ?? [])];
    return {
      CommandInvocations: lines.map(([InstanceId, Output]) => ({
        CommandId: params["CommandId"],
        InstanceId,
        Status: "Success",
        CommandPlugins: [{ Name: "converge", Status: "Success", ResponseCode: 0, Output }],
      })),
    };
  }

  async #deliver(id: string, node: FencedNode, plan: Plan, worker: string): Promise<void> {
    const random = this.#random;
    const [least, most] = random.chance(LATE_CHANCE) ? LATE : DELIVERY;
    await pause(random.seconds(least, most));
    const report = await node.converge(plan, worker);
    this.#lines.get(id)?.set(node.id, lineOf(CLUSTER, node.id, report));
  }
}

export type Parameters = Readonly<Record<string, readonly string[]>>;

export function planOf(parameters: Parameters): Plan {
  const one = (name: string): string => parameters[name]?.[0] ?? "";
  return {
    token: Number(one("Token")),
    active: one("Active"),
    life: one("Life"),
    mode: one("Mode") as Mode,
    others: one("Others") as Mode,
    until: Number(one("Until")),
    invocation: one("Invocation"),
  };
}

/** As lambda/node prints it. */
export function lineOf(cluster: string, node: string, { health, log, ...report }: NodeReport): string {
  const encoded = (text: string): string => Buffer.from(text).toString("base64");
  const checked = health === undefined ? {} : { health: { code: health.code, body64: encoded(health.body) } };
  return JSON.stringify({ v: 1, cluster, node, ...report, ...checked, log64: encoded(log) });
}
