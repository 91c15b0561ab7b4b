/** What the definitions of all commands share: groups, common options, how a command runs and ends. */
import { Option, type Command } from "commander";
import { EXAMPLES } from "./examples.ts";
import type { ExitCode, Io } from "./io.ts";
import { Session, type CommonOptions } from "./session.ts";

export interface Tool {
  readonly io: Io;
  readonly program: Command;
  /** Of the package. */
  readonly version: string;
  readonly end: (code: ExitCode) => void;
}

export const GROUPS = {
  look: "Commands that only look:",
  steer: "Commands that change something:",
  danger: "DANGEROUS commands: they show what will happen, and ask",
  here: "Commands that need no deployment:",
} as const;

export interface Definition {
  readonly name: string;
  /** Arguments as commander writes them, such as `<node>`. */
  readonly usage?: string;
  readonly group: keyof typeof GROUPS;
  readonly summary: string;
  /** What it does, in sentences; begins where the summary ends. */
  readonly description: string;
  /** What exit status 0 and 1 mean here. */
  readonly exits: readonly [zero: string, one: string];
}

export function define({ program }: Tool, definition: Definition): Command {
  const { name, usage, group, summary, description, exits } = definition;
  const command = program
    .command(usage === undefined ? name : `${name} ${usage}`)
    .summary(summary)
    .description(`${summary}.\n\n${description}`)
    .helpGroup(GROUPS[group]);
  const examples = EXAMPLES[name] ?? [];
  const lines = [
    "",
    "Exit status:",
    `  0  ${exits[0]}`,
    `  1  ${exits[1]}`,
    "  2  could not find out: usage, credentials, or nobody answers",
    ...(examples.length === 0 ? [] : ["", "Examples:"]),
    ...examples.map(({ words }) => `  scheduler_failover_controller ${words}`),
  ];
  return command.addHelpText("after", lines.join("\n"));
}

export function withCluster(command: Command): Command {
  return command.option("--cluster <name>", "the cluster; may be left out where the deployment has one");
}

export function withJson(command: Command, says = "print the Lambda's reply as it is"): Command {
  return command.option("--json", says);
}

/** The options of every wish: who asks, why, and the key that makes a repetition harmless. */
export function withWish(command: Command): Command {
  return withJson(withCluster(command))
    .option("--reason <text>", "why: it is kept in the history and told in mails")
    .option("--by <name>", "who asks; without it, whom AWS takes you for")
    .option("--key <key>", "idempotency key: the same key again is the same wish; a new one without it")
    .option("--wait", "follow the wish until it is done or has failed")
    .addOption(
      new Option("--timeout <seconds>", "with --wait: how long to follow it").default(600).argParser(Number),
    );
}

export function withYes(command: Command): Command {
  return command.option("--yes", "do not ask; needed where there is no terminal");
}

export interface WishOptions extends CommonOptions {
  readonly reason?: string;
  readonly by?: string;
  readonly key?: string;
  readonly wait?: boolean;
  readonly timeout: number;
  readonly yes?: boolean;
}

/** Runs the command with a session of its own. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as commander types them: by whoever defined the options
export function runs<O extends CommonOptions>(
  { io, end }: Tool,
  command: Command,
  work: (session: Session, options: O, words: readonly string[]) => Promise<ExitCode>,
): Command {
  return command.action(async () => {
    const options = command.optsWithGlobals<O>();
    end(await work(await Session.open(io, options), options, command.args));
  });
}

/** Runs a command that needs no deployment. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as commander types them: by whoever defined the options
export function runsHere<O extends object>(
  { end }: Tool,
  command: Command,
  work: (options: O, words: readonly string[]) => Promise<ExitCode>,
): Command {
  return command.action(async () => {
    end(await work(command.optsWithGlobals<O>(), command.args));
  });
}
