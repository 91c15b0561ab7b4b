/** The process of MiniStack, with all that it writes in one folder. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../free-port.ts";
import type { PythonEnvironment } from "../python.ts";

export const PROJECT = fileURLToPath(new URL("../../../", import.meta.url));

export interface MiniStackProcess {
  readonly child: ChildProcess;
  readonly port: number;
  /** What its environment and that of its callers have in common. */
  readonly base: Readonly<Record<"PATH" | "HOME" | "TMPDIR", string>>;
  readonly log: string;
}

/** Spawned; it answers a second later. */
export async function spawnMiniStack(folder: string, python: PythonEnvironment): Promise<MiniStackProcess> {
  const port = await freePort();
  const base = {
    /** The project's Node first: a function runs on the version that is deployed. */
    PATH: `${join(PROJECT, "node_modules/.bin")}:${process.env["PATH"]}`,
    HOME: join(folder, "home"),
    TMPDIR: join(folder, "tmp"),
  };
  for (const path of [base.HOME, base.TMPDIR]) mkdirSync(path);
  const log = join(folder, "ministack.log");
  const output = openSync(log, "w");
  const child = spawn(python.program("ministack"), [], {
    cwd: base.TMPDIR,
    env: {
      ...base,
      GATEWAY_PORT: String(port),
      BIND_HOST: "127.0.0.1",
      MINISTACK_HOST: "127.0.0.1",
      STATE_DIR: join(folder, "state"),
      S3_DATA_DIR: join(folder, "s3"),
      /** It would listen on every address of the machine. */
      IOT_MTLS_ENABLED: "0",
    },
    stdio: ["ignore", output, output],
    /** A process group: the functions that it runs end with it. */
    detached: true,
  });
  closeSync(output);
  return { child, port, base, log };
}
