/**
 * DynamoDB as others wrote it, each as a process of its own on a loopback port: dynalite, which the sandbox embeds too,
 * and two from PyPI that share no line with it. All of them keep their tables in memory.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { clientFor } from "../../lambda/support/tables.ts";
import { spawnMiniStack } from "../ministack/process.ts";
import { freePort } from "../free-port.ts";
import { pythonEnvironment } from "../python.ts";

export const SERVERS = ["dynalite", "ministack", "moto"] as const;
export type ServerName = (typeof SERVERS)[number];

export interface DynamoServer {
  readonly url: string;
  stop(): void;
}

const PROJECT = fileURLToPath(new URL("../../../", import.meta.url));
/** The Python ones load for some seconds; on a busy machine longer. */
const START_MILLISECONDS = 60_000;

/** Writes below `folder` only. Undefined, said aloud, where there is no Python for it. @throws where it does not start */
export async function startServer(name: ServerName, folder: string): Promise<DynamoServer | undefined> {
  const started = await spawnServer(name, folder);
  if (started === undefined) return undefined;
  const { child, port } = started;
  const url = `http://127.0.0.1:${port}`;
  const stop = (): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid);
  };
  try {
    await answers(url, () => child.exitCode !== null || child.signalCode !== null);
  } catch (error) {
    stop();
    throw new Error(`${name} does not answer: ${readFileSync(join(folder, `${name}.log`), "utf8")}`, {
      cause: error,
    });
  }
  return { url, stop };
}

interface Started {
  readonly child: ChildProcess;
  readonly port: number;
}

async function spawnServer(name: ServerName, folder: string): Promise<Started | undefined> {
  mkdirSync(folder, { recursive: true });
  if (name === "dynalite") {
    const port = await freePort();
    const program = join(PROJECT, "node_modules/dynalite/cli.js");
    const args = ["--host", "127.0.0.1", "--port", String(port), "--createTableMs", "0"];
    return { child: spawnLogged(folder, name, process.execPath, [program, ...args]), port };
  }
  const python = pythonEnvironment(name);
  if (python === undefined) return undefined;
  if (name === "ministack") return spawnMiniStack(folder, python);
  const port = await freePort();
  const args = ["--host", "127.0.0.1", "--port", String(port)];
  return { child: spawnLogged(folder, name, python.program("moto_server"), args), port };
}

/** A process group of its own, so that what it starts ends with it. */
function spawnLogged(folder: string, name: string, program: string, args: readonly string[]): ChildProcess {
  const log = openSync(join(folder, `${name}.log`), "w");
  const env = { PATH: process.env["PATH"], HOME: folder, AWS_EC2_METADATA_DISABLED: "true" };
  const child = spawn(program, args, { cwd: folder, env, stdio: ["ignore", log, log], detached: true });
  closeSync(log);
  return child;
}

async function answers(url: string, hasEnded: () => boolean): Promise<void> {
  const client = clientFor(url);
  const end = Date.now() + START_MILLISECONDS;
  try {
    for (;;) {
      try {
        await client.send(new ListTablesCommand({}));
        return;
      } catch (error) {
        if (Date.now() > end || hasEnded()) throw error;
        await new Promise((resolve) => {
          setTimeout(resolve, 100);
        });
      }
    }
  } finally {
    client.destroy();
  }
}
