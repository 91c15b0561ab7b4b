/** Processes of this machine, read from /proc, by what their environment or command line says of the sandbox. */
import { readdirSync, readFileSync } from "node:fs";

export interface ProcessInfo {
  readonly pid: number;
  readonly argv: readonly string[];
  /** The kernel's state letter: `T` is stopped. */
  readonly state: string;
  /** Clock ticks from boot to its start: with the pid, names one process for ever. */
  readonly startTicks: string;
}

/** Carried by everything that a local node runs: the folder that is the node's root. */
export const ROOT_VARIABLE = "SCHEDULER_FAILOVER_ROOT";

/** The processes whose environment names this root, or one below it. Zombies have no environment and are not found. */
export function processesUnder(root: string): ProcessInfo[] {
  const own = `${ROOT_VARIABLE}=${root}`;
  return findProcesses((pid) =>
    readWords(`/proc/${pid}/environ`).some((word) => word === own || word.startsWith(`${own}/`)),
  );
}

/** The processes that have exactly this word on their command line. */
export function processesWithArgument(argument: string): ProcessInfo[] {
  return findProcesses((pid) => readWords(`/proc/${pid}/cmdline`).includes(argument));
}

/** The process, unless it has ended; a zombie has. */
export function readProcess(pid: number): ProcessInfo | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  // The name in parentheses may hold anything: the fields begin after the last one closes.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  if (stat === "" || state === undefined || state === "Z") return undefined;
  return { pid, argv: readWords(`/proc/${pid}/cmdline`), state, startTicks: fields[19] ?? "" };
}

/** Ends the processes that `find` gives until it gives none: one of them may have started another. */
export async function killAll(find: () => readonly ProcessInfo[]): Promise<number> {
  const killed = new Set<number>();
  for (let round = 0; round < ROUNDS; round++) {
    const found = find();
    if (found.length === 0) return killed.size;
    for (const { pid } of found) {
      killed.add(pid);
      signal(pid, "SIGKILL");
    }
    await new Promise((resolve) => {
      setTimeout(resolve, PAUSE_MILLISECONDS);
    });
  }
  throw new Error(
    `processes outlived SIGKILL: ${find()
      .map((one) => `${one.pid} ${one.argv.join(" ")}`)
      .join("; ")}`,
  );
}

/** Sends a signal; false: the process is gone. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

const ROUNDS = 200;
const PAUSE_MILLISECONDS = 25;

function findProcesses(matches: (pid: number) => boolean): ProcessInfo[] {
  const found: ProcessInfo[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || !matches(pid)) continue;
    const info = readProcess(pid);
    if (info !== undefined) found.push(info);
  }
  return found;
}

function readWords(file: string): string[] {
  return readText(file)
    .split("\0")
    .filter((word) => word !== "");
}

/** Empty where the process is gone or another user's. */
function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
