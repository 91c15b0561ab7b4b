/** Runs the whole system on this machine until Ctrl-C; `sandbox fault NAME` sets a fault in the one that runs. */
import { parseArgs } from "node:util";
import { Display } from "../lib/sandbox/display.ts";
import { FAULT_USAGE, setFault } from "../lib/sandbox/fault-command.ts";
import { readCurrent } from "../lib/sandbox/folder.ts";
import { DEFAULT_PORT, startSandbox, type Sandbox } from "../lib/sandbox/sandbox.ts";

const USAGE = `usage: sandbox [--port PORT] [--nodes N]
       sandbox fault NAME [NODE] [--for SECONDS] [--PARAMETER VALUE]
       sandbox state

${FAULT_USAGE}`;

const [verb, ...rest] = process.argv.slice(2);
if (verb === "fault") {
  const { code, text } = await setFault(rest, readCurrent());
  (code === 0 ? console.log : console.error)(text);
  process.exitCode = code;
} else if (verb === "state") {
  process.exitCode = await printState();
} else if (verb === "help" || verb === "--help" || verb === "-h") {
  console.log(USAGE);
} else {
  await run();
}

async function run(): Promise<void> {
  const options = readOptions();
  if (options === undefined) return;
  const display = new Display(process.stdout);
  const asked = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve());
  });
  let sandbox: Sandbox;
  try {
    sandbox = await startSandbox({ ...options, onEvent: (event) => display.show(event) });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
    return;
  }
  introduce(sandbox, display);
  await asked;
  display.end();
  display.line("stopping");
  await sandbox.stop();
  display.line(`stopped; its files are in ${sandbox.folder.path}`);
}

function readOptions(): { port: number; nodes: number } | undefined {
  try {
    const { values } = parseArgs({
      options: { port: { type: "string" }, nodes: { type: "string" } },
      args: process.argv.slice(2),
    });
    return {
      port: wholeNumber("--port", values.port ?? String(DEFAULT_PORT), 1024, 65_000),
      nodes: wholeNumber("--nodes", values.nodes ?? "2", 1, 9),
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new Error(`${name} must be a whole number from ${least} to ${most}, got ${text}`);
}

function introduce(sandbox: Sandbox, display: Display): void {
  const name = sandbox.output("FunctionName");
  display.line("");
  display.line(`console   ${sandbox.endpoint}/   (open it in a browser)`);
  display.line(`endpoint  ${sandbox.endpoint}`);
  display.line(`function  ${name}`);
  for (const { id, name: node } of sandbox.cloud.fleet.nodes) display.line(`${node}    ${id}`);
  display.line("");
  display.line("for the AWS CLI, in another terminal:");
  for (const [key, value] of Object.entries(sandbox.environment)) display.line(`  export ${key}=${value}`);
  // `fileb` is taken as it is by both versions of the AWS CLI.
  display.line(
    `  echo '{"action":"status"}' | aws lambda invoke --function-name ${name}:read --payload fileb:///dev/stdin /dev/stdout`,
  );
  display.line("");
  display.line("faults, in another terminal:  npm run sandbox -- fault kill    (fault alone lists them all)");
  display.line("");
}

async function printState(): Promise<number> {
  const current = readCurrent();
  if (current === undefined) {
    console.error("no sandbox runs here: start one with npm start");
    return 2;
  }
  const response = await fetch(`${current.endpoint}/_sandbox/state`);
  console.log(await response.text());
  return response.ok ? 0 : 2;
}
