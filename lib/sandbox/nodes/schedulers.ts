/** Which demo schedulers really run, by the processes themselves: what the controller believes does not count. */
import { spawn } from "node:child_process";
import { DEMO_SCHEDULER } from "./demo-scheduler.ts";
import type { LocalNode } from "./node.ts";
import type { ProcessInfo } from "./processes.ts";

/** Starts a scheduler as a person would who knows nothing of a controller. */
export function startScheduler(node: LocalNode, ledger: string): void {
  spawn(process.execPath, [DEMO_SCHEDULER, "run", "--ledger", ledger], {
    cwd: node.root,
    env: node.environment,
    detached: true,
    stdio: "ignore",
  }).unref();
}

/** The main processes of schedulers on the node; a stopped one (state `T`) is there, too. */
export function schedulersOf(node: LocalNode): ProcessInfo[] {
  return node.processes().filter((one) => node.isScheduler(one));
}
