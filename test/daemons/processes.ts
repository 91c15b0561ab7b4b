/** Processes of a unit, told apart from outside. */
import { readFileSync } from "node:fs";
import type { ProcessInfo } from "../../lib/sandbox/nodes/processes.ts";
import type { RealNode } from "../real-nodes/real-node.ts";

/**
 * Whether it leads its session, as what systemd has started does. A helper may have the title of the one that it helps,
 * and outlive it.
 */
export function leadsSession(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3]) === pid;
  } catch {
    return false; // It has gone meanwhile.
  }
}

/** What is of the daemon by the kernel's word, whatever it calls itself: all that is in its unit's control group. */
export function ofUnit(node: RealNode): readonly ProcessInfo[] {
  return node.unitProcesses().filter((one) => !isOfSystemd(one));
}

/** The gate, and a process that is about to become the daemon or the gate, are in the group for some milliseconds. */
function isOfSystemd({ argv }: ProcessInfo): boolean {
  return argv[0] === undefined || argv[0].startsWith("(") || argv.join(" ").includes("exit 113");
}
