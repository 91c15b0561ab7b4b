/** Runs one script as the SSM agent does: its own process group, `sh`, a limit in time, both outputs kept. */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Script } from "./document.ts";
import type { LocalNode } from "./node.ts";

export interface ScriptResult {
  readonly exitCode: number;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
}

export interface RunningScript {
  readonly result: Promise<ScriptResult>;
  /** Ends the script's process group; what has left the group lives on. */
  cancel(): void;
}

/** The agent's own name for the file. */
const SCRIPT = "_script.sh";
/** The status that the agent gives a script that it ended. */
const STOPPED_BY_AGENT = 137;
/** The agent keeps no more of each output. */
const MOST_OUTPUT = 24_000;

export function runScript(node: LocalNode, commandId: string, region: string, script: Script): RunningScript {
  const directory = join("var/lib/amazon/ssm", node.id, "document/orchestration", commandId);
  mkdirSync(join(node.root, directory), { recursive: true });
  writeFileSync(join(node.root, directory, SCRIPT), script.text, { mode: 0o700 });
  const startedAt = Date.now();
  const { program, args, cwd } = node.agentLaunch(directory, SCRIPT);
  const child = spawn(program, args, {
    cwd,
    detached: true,
    env: {
      ...node.environment,
      ...script.environment,
      AWS_SSM_INSTANCE_ID: node.id,
      AWS_SSM_REGION_NAME: region,
      SSM_COMMAND_ID: commandId,
      PWD: cwd,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout = (output.stdout + text).slice(0, MOST_OUTPUT);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr = (output.stderr + text).slice(0, MOST_OUTPUT);
  });
  let timedOut = false;
  const end = (): void => {
    if (child.pid !== undefined) killGroup(child.pid);
    // A process that left the group may hold the outputs open: the agent does not wait for it any longer.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, script.timeoutSeconds * 1000);
  const result = new Promise<ScriptResult>((resolve) => {
    const done = (exitCode: number): void => {
      clearTimeout(timer);
      resolve({ exitCode, timedOut, ...output, startedAt, endedAt: Date.now() });
    };
    child.once("error", (error) => {
      output.stderr += error.message;
      done(1);
    });
    // `close`, not `exit`: like the agent, it waits until nobody holds the outputs open.
    child.once("close", (code) => done(timedOut ? STOPPED_BY_AGENT : (code ?? STOPPED_BY_AGENT)));
  });
  return { result, cancel: end };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing of the group is left.
  }
}
