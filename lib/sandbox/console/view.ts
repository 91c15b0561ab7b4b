/** Everything that the console shows, as one object: what really is, and beside it what the controller says of it. */
import type { SandboxEvent } from "../events.ts";
import type { LedgerEntry } from "../ledger.ts";
import type { Sandbox } from "../sandbox.ts";
import { readState, type SandboxState } from "../state.ts";
import type { Lane } from "./timeline.ts";
import type { ClusterStatus } from "./statuses.ts";

export interface ConsoleView extends Pick<
  SandboxState,
  "endpoint" | "nodes" | "ledger" | "secondsOfTwo" | "faults" | "outputs"
> {
  /** This machine's clock, Unix milliseconds: the browser may run on another one. */
  readonly now: number;
  readonly region: string;
  /** The access key as which the console calls the function. */
  readonly accessKey: string;
  /** The controller's version; empty until the function has answered. */
  readonly version: string;
  /** What the action `status` answered last, for each cluster. */
  readonly clusters: readonly ClusterStatus[];
  readonly lanes: readonly Lane[];
  /** The newest events but the ticks, oldest first. */
  readonly events: readonly SandboxEvent[];
  /** The newest hand-outs, oldest first. */
  readonly handOuts: readonly LedgerEntry[];
  /** The numbers that were handed out more than once, newest last. */
  readonly doubles: readonly number[];
  /** Newest last. */
  readonly mailbox: SandboxState["mailbox"];
  /** The newest on the event bus, of EC2 and of the controller, newest last. */
  readonly bus: SandboxState["bus"];
}

const SHOWN_EVENTS = 250;
const SHOWN_HAND_OUTS = 40;
const SHOWN_DOUBLES = 20;
const SHOWN_LETTERS = 30;
const SHOWN_BUS_EVENTS = 30;

export function readView(
  sandbox: Sandbox,
  { version, clusters }: Pick<ConsoleView, "version" | "clusters">,
): ConsoleView {
  const { endpoint, nodes, ledger, secondsOfTwo, faults, outputs, mailbox, bus } = readState(sandbox);
  const { AWS_REGION, AWS_ACCESS_KEY_ID } = sandbox.environment;
  return {
    now: Date.now(),
    endpoint,
    region: AWS_REGION ?? "",
    accessKey: AWS_ACCESS_KEY_ID ?? "",
    version,
    outputs,
    nodes,
    clusters,
    lanes: sandbox.watch.timeline.lanes(),
    events: sandbox.events.recent.filter(({ kind }) => kind !== "tick").slice(-SHOWN_EVENTS),
    ledger,
    handOuts: sandbox.ledger.entries.slice(-SHOWN_HAND_OUTS),
    doubles: doubled(sandbox.ledger.entries),
    secondsOfTwo,
    faults,
    mailbox: mailbox.slice(-SHOWN_LETTERS),
    bus: bus.slice(-SHOWN_BUS_EVENTS),
  };
}

function doubled(entries: readonly LedgerEntry[]): readonly number[] {
  const seen = new Set<number>();
  const again = new Set<number>();
  for (const { task } of entries) (seen.has(task) ? again : seen).add(task);
  return [...again].slice(-SHOWN_DOUBLES);
}
