/** The sandbox's state as one object: what really runs, what was mailed, measured, recorded. */
import type { BusEvent } from "./event-bus.ts";
import type { SandboxEvent } from "./events.ts";
import type { StandingFault } from "./faults/faults.ts";
import type { Letter } from "./emulators/ses.ts";
import type { LedgerCounts } from "./ledger.ts";
import type { LocalNode } from "./nodes/node.ts";
import { schedulersOf } from "./nodes/schedulers.ts";
import type { Sandbox } from "./sandbox.ts";
import type { Execution } from "./state-machine.ts";

export interface NodeState {
  readonly id: string;
  readonly name: string;
  readonly root: string;
  /** As EC2 says it. */
  readonly instance: string;
  readonly agent: "reachable" | "cut-off" | "down";
  readonly tags: Readonly<Record<string, string>>;
  /** The scheduler processes that really run; `stopped` ones hang by SIGSTOP. */
  readonly schedulers: readonly { readonly pid: number; readonly stopped: boolean }[];
  /** All processes of the node. */
  readonly processes: number;
}

export interface SandboxState {
  readonly endpoint: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly nodes: readonly NodeState[];
  readonly ledger: LedgerCounts;
  readonly secondsOfTwo: number;
  readonly mailbox: readonly Letter[];
  /** The last events on the event bus, of EC2 and of the controller; all are in `events.jsonl`. */
  readonly bus: readonly BusEvent[];
  /** The newest value of each metric. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly faults: readonly StandingFault[];
  readonly executions: readonly Execution[];
  readonly events: readonly SandboxEvent[];
}

const SHOWN_EXECUTIONS = 20;
const SHOWN_EVENTS = 200;

export function readState(sandbox: Sandbox): SandboxState {
  const { cloud } = sandbox;
  return {
    endpoint: sandbox.endpoint,
    outputs: Object.fromEntries(cloud.deployment.outputs.map(({ key, value }) => [key, value])),
    nodes: cloud.fleet.nodes.map(readNode),
    ledger: sandbox.ledger.read(),
    secondsOfTwo: sandbox.watch.secondsOfTwo,
    mailbox: cloud.mailbox.letters,
    bus: cloud.bus.events.slice(-SHOWN_EVENTS),
    metrics: cloud.logs.latest(),
    faults: [...cloud.faults.standing.values()],
    executions: cloud.machines.flatMap(({ executions }) => executions).slice(-SHOWN_EXECUTIONS),
    events: sandbox.events.recent.slice(-SHOWN_EVENTS),
  };
}

function readNode(node: LocalNode): NodeState {
  return {
    id: node.id,
    name: node.name,
    root: node.root,
    instance: node.state,
    agent: node.reachable ? "reachable" : node.agentRuns ? "cut-off" : "down",
    tags: node.tags,
    schedulers: schedulersOf(node).map(({ pid, state }) => ({ pid, stopped: state === "T" })),
    processes: node.processes().length,
  };
}
