/** How Systems Manager words what became of a command on one node. */
import type { Invocation } from "../nodes/run-command.ts";
import type { ScriptResult } from "../nodes/run-script.ts";

export interface InvocationStatus {
  readonly status: string;
  readonly statusDetails: string;
  /** -1: not started, or nothing was heard of it. */
  readonly responseCode: number;
}

/** The exit status by which the agent says that it ended the script itself. */
const ENDED_BY_AGENT = 137;

export function statusOf(invocation: Invocation, now: number): InvocationStatus {
  const { phase, result } = invocation;
  if (phase === "cancelled") return { status: "Cancelled", statusDetails: "Cancelled", responseCode: -1 };
  if (result !== undefined) return statusOfResult(result);
  if (now > invocation.expiresAt) {
    return { status: "TimedOut", statusDetails: "DeliveryTimedOut", responseCode: -1 };
  }
  // An agent that is away looks like one that works: both are in progress.
  if (now < invocation.requestedAt + PENDING_MILLISECONDS) {
    return { status: "Pending", statusDetails: "Pending", responseCode: -1 };
  }
  return { status: "InProgress", statusDetails: "InProgress", responseCode: -1 };
}

const PENDING_MILLISECONDS = 150;

function statusOfResult({ exitCode }: ScriptResult): InvocationStatus {
  if (exitCode === 0) return { status: "Success", statusDetails: "Success", responseCode: 0 };
  // The agent does not look further: a script that itself exits so looks timed out.
  if (exitCode === ENDED_BY_AGENT) {
    return { status: "TimedOut", statusDetails: "ExecutionTimedOut", responseCode: exitCode };
  }
  return { status: "Failed", statusDetails: "Failed", responseCode: exitCode };
}

/** What a list shows of both outputs together. */
const OUTPUT_CHARACTERS = 2_500;
const CUT = "\n---Output truncated---";
const ERROR_HEADING = "\n----------ERROR-------\n";

export function combinedOutput({ stdout, stderr }: ScriptResult): string {
  if (stderr === "") return truncate(stdout, OUTPUT_CHARACTERS);
  const room = OUTPUT_CHARACTERS - ERROR_HEADING.length;
  const half = Math.floor(room / 2);
  const forError = stdout.length < half ? room - stdout.length : half;
  const error = truncate(stderr, forError);
  return truncate(stdout, room - error.length) + ERROR_HEADING + error;
}

export function truncate(text: string, most: number): string {
  return text.length <= most ? text : text.slice(0, most - CUT.length) + CUT;
}
