/** What the faults do that concern one node. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Fleet } from "../nodes/fleet.ts";
import type { LocalNode } from "../nodes/node.ts";
import { signal } from "../nodes/processes.ts";
import { schedulersOf } from "../nodes/schedulers.ts";
import type { NodeFaultName } from "./catalogue.ts";
import { Refusal } from "./refusal.ts";

export interface NodeFaultParts {
  readonly fleet: Fleet;
  readonly startByHand: (node: LocalNode) => void;
}

export async function applyToNode(
  name: NodeFaultName,
  node: LocalNode,
  parameters: Readonly<Record<string, unknown>>,
  { fleet, startByHand }: NodeFaultParts,
): Promise<void> {
  switch (name) {
    case "kill":
      return signalSchedulers(node, "SIGKILL");
    case "hang":
      return signalSchedulers(node, "SIGSTOP");
    case "resume":
      return signalSchedulers(node, "SIGCONT");
    case "crash":
      return await fleet.crash(node, Number(parameters["seconds"]) * 1000);
    case "bring-back":
      if (node.agentRuns) throw new Refusal(`${node.name} runs already`, "node");
      return fleet.bringBack(node);
    case "cut-off":
      return fleet.cutOff(node);
    case "reconnect":
      return fleet.reconnect(node);
    case "start-by-hand":
      if (node.state !== "running") throw new Refusal(`${node.name} does not run`, "node");
      return startByHand(node);
    case "start-fails":
      return breakStarts(node, true);
    case "ssm-slow":
    case "ssm-late":
    case "ssm-duplicate":
      // They act on calls and deliveries while they stand.
      return undefined;
  }
}

function signalSchedulers(node: LocalNode, name: NodeJS.Signals): void {
  const found = schedulersOf(node);
  if (found.length === 0) throw new Refusal(`no scheduler runs on ${node.name}`, "node");
  for (const { pid } of found) signal(pid, name);
}

/** The demo scheduler looks for this file when it starts. */
export function breakStarts(node: LocalNode, broken: boolean): void {
  const file = join(node.root, "etc/demo-scheduler/broken");
  if (!broken) {
    rmSync(file, { force: true });
    return;
  }
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, "");
}
