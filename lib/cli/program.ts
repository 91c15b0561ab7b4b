/** The program: every command, and how it ends. `createProgram` needs no process; `bin/cli.ts` gives it one. */
import { Command, CommanderError } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { addDangerous } from "./commands/dangerous.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addHere } from "./commands/here.ts";
import { addLogs } from "./commands/logs.ts";
import { addLooking } from "./commands/looking.ts";
import { addSteering } from "./commands/steering.ts";
import { addWatch } from "./commands/watch.ts";
import { DEFAULT_STACK_NAME } from "../settings/context.ts";
import { FUNCTION_VARIABLE, STACK_VARIABLE } from "./connection.ts";
import { messageOf } from "./failures.ts";
import { CommandError, type ExitCode, type Io } from "./io.ts";
import { wrap } from "./render.ts";
import type { Tool } from "./tool.ts";
import { takeVenv } from "./venv.ts";

export const PROGRAM = "scheduler_failover_controller";

/** `end` is told the exit status of the command that ran. */
export function createProgram(io: Io, end: (code: ExitCode) => void): Command {
  const program = new Command(PROGRAM)
    .description(
      "Sees to it that exactly one scheduler runs, by a deployment of the scheduler failover controller.",
    )
    .option("--stack <name>", `the deployment's stack; else ${STACK_VARIABLE}, else ${DEFAULT_STACK_NAME}`)
    .option(
      "--function <name>",
      `instead of the stack: its function, by name or ARN; else ${FUNCTION_VARIABLE}`,
    )
    .option("--region <region>", "the deployment's region; else as the AWS SDK finds it")
    .option("--profile <name>", "the profile of your AWS configuration; else as the AWS SDK finds it")
    .option("--sandbox", "the sandbox that runs on this machine; never chosen without this")
    .addHelpText("after", PROGRAM_NOTES)
    .configureHelp({ showGlobalOptions: true, helpWidth: 80 })
    .configureOutput({ writeOut: (text) => io.draw(text), writeErr: (text) => io.err(text.trimEnd()) })
    .showHelpAfterError(`(${PROGRAM} --help shows every command)`)
    .helpCommand(false)
    .exitOverride();
  const tool: Tool = { io, program, version: packageJson.version, end };
  addLooking(tool);
  addWatch(tool);
  addLogs(tool);
  addDoctor(tool);
  addSteering(tool);
  addDangerous(tool);
  addHere(tool);
  return program;
}

const PROGRAM_NOTES = `
Exit status:
  0  yes, or done
  1  no, or refused
  2  could not find out: usage, credentials, or nobody answers

-venv PATH is taken before the command, as by the predecessor: \`init\` makes the
setting \`activate\` of it, and no other command needs it.

The first line on standard error says whom the command talks to: account, region
and stack, or SANDBOX. --json prints the Lambda's reply on standard output.`;

/** Runs one command line and answers its exit status. Never throws, never shows a stack trace. */
export async function run(words: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = 2;
  const program = createProgram(io, (ended) => {
    code = ended;
  });
  const { rest, venv, fault } = takeVenv(words, program);
  if (fault !== undefined) {
    io.err(fault);
    return 2;
  }
  if (venv !== undefined) {
    program.setOptionValue("venv", venv);
    if (!rest.includes("init")) io.err("-venv is of no use here: only `init` makes a setting of it.");
  }
  try {
    await program.parseAsync([...rest], { from: "user" });
    return code;
  } catch (error) {
    return failed(error, io);
  }
}

function failed(error: unknown, io: Io): ExitCode {
  // Help that was asked for is no failure; its text and that of a usage error are out already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof CommandError) {
    io.err(wrap(error.message));
    return error.exitCode;
  }
  io.err(wrap(`This is a defect of the program, please report it: ${messageOf(error)}`));
  return 2;
}
