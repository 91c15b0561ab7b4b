/** The program's surroundings as they are: terminal, clock, files, AWS. */
import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { createInterface } from "node:readline/promises";
import { connect } from "./connect.ts";
import { instanceId } from "./instance-metadata.ts";
import type { Io } from "./io.ts";

const DEFAULT_COLUMNS = 80;

/** Listens for Ctrl-C: the first one asks the command to end, the second one ends the process. */
export function realIo(): Io {
  const stopped = new AbortController();
  process.once("SIGINT", () => stopped.abort());
  return {
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => process.stderr.write(`${text}\n`),
    draw: (text) => process.stdout.write(text),
    outputIsTerminal: process.stdout.isTTY,
    columns: process.stdout.columns ?? DEFAULT_COLUMNS,
    inputIsTerminal: process.stdin.isTTY,
    ask,
    environment: process.env,
    directory: process.cwd(),
    user: userName(),
    hostName: hostname(),
    now: () => Date.now(),
    sleep: (milliseconds) => sleep(milliseconds, stopped.signal),
    interrupted: () => stopped.signal.aborted,
    newKey: () => randomUUID(),
    connect: (options) => connect(options, process.env),
    instanceId: () => instanceId(process.env),
  };
}

/** A process may run under a number that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await new Promise((resolve) => {
      lines.once("close", () => resolve(""));
      lines.question(question).then(resolve, () => resolve(""));
    });
  } finally {
    lines.close();
  }
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
  });
}
