/** Runs definitions of state machines, by name, in each of the two interpreters, all at once. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { StateMachineRunner } from "../../../lib/sandbox/state-machine.ts";

export interface Ended {
  readonly status: string;
  readonly states?: readonly string[];
}

const INTERPRETER = fileURLToPath(new URL("interpreter.py", import.meta.url));
const PLACE = { account: "000000000000", region: "us-east-1", stackName: "Loop" };
/** An execution that has not ended by then has lost its way. */
const PATIENCE_SECONDS = 60;

export async function inSandbox(
  definitions: ReadonlyMap<string, string>,
  port: number,
): Promise<ReadonlyMap<string, Ended>> {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = new LambdaClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: PLACE.region,
    credentials,
    maxAttempts: 1,
  });
  const running = [...definitions].map(([name, definition]) => {
    const arn = `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`;
    const model = { name, arn, type: "EXPRESS", definition } as const;
    const runner = new StateMachineRunner(model, client, PLACE);
    return { name, runner, execution: runner.start({}) };
  });
  const end = Date.now() + PATIENCE_SECONDS * 1000;
  while (running.some(({ execution }) => execution.endedAt === undefined) && Date.now() < end) await soon();
  await Promise.all(running.map(({ runner }) => runner.close()));
  client.destroy();
  return new Map(running.map(({ name, execution }) => [name, execution]));
}

export async function inMoto(
  program: string,
  definitions: ReadonlyMap<string, string>,
  port: number,
): Promise<ReadonlyMap<string, Ended>> {
  const child = spawn(program, [INTERPRETER, String(port), String(PATIENCE_SECONDS)], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const told = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].on("data", (chunk) => (told[name] += String(chunk)));
  child.stdin.end(JSON.stringify(Object.fromEntries(definitions)));
  const status = await new Promise((resolve) => {
    child.once("close", resolve);
  });
  if (status !== 0) throw new Error(`moto's interpreter failed: ${told.stderr}`);
  return new Map(Object.entries(JSON.parse(told.stdout) as Record<string, Ended>));
}

const soon = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
