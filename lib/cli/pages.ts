/** The commands' pages, made from the same definitions as the help. What the examples print is handed in. */
import type { Command, Option } from "commander";
import { EXAMPLES, type Example } from "./examples.ts";
import { PROGRAM } from "./program.ts";
import { GROUPS } from "./tool.ts";

/** Runs an example in a deployment and answers what a terminal shows. */
export type Play = (command: string, example: Example) => Promise<string>;

/** The text of each page by its path in the project. */
export async function commandPages(program: Command, play: Play): Promise<ReadonlyMap<string, string>> {
  const pages = new Map<string, string>([["docs/commands/README.md", indexPage(program)]]);
  for (const command of program.commands) {
    pages.set(`docs/commands/${command.name()}.md`, await commandPage(command, play));
  }
  return pages;
}

function indexPage(program: Command): string {
  const groups = Object.values(GROUPS).map((heading) => {
    const commands = program.commands.filter((command) => command.helpGroup() === heading);
    const lines = commands.map(
      (command) => `- [\`${command.name()}\`](${command.name()}.md): ${command.summary()}`,
    );
    return `## ${heading.replace(/:$/, "")}\n\n${lines.join("\n")}`;
  });
  return `# Commands

\`bin/${PROGRAM} COMMAND\` in the project's folder; its path from anywhere, also through a link in your
path. The first line on standard error says whom a command talks to: account, region and stack, or SANDBOX.

${groups.join("\n\n")}

## Options of every command that talks to a deployment

${optionTable(program.options)}

${MADE}
`;
}

const MADE = `These pages are made from \`lib/cli\` by \`npm run docs\`; a test keeps them up to date. The examples were run against the
real actions and ticks, in the virtual time of the simulation.`;

async function commandPage(command: Command, play: Play): Promise<string> {
  const name = command.name();
  const parts = [
    `# ${name}`,
    command.description(),
    fenced(`${PROGRAM} ${name} ${command.usage()}`),
    ...(command.options.length === 0 ? [] : ["## Options", optionTable(command.options)]),
    ...(needsDeployment(command)
      ? [`Also those [of every command](README.md#options-of-every-command-that-talks-to-a-deployment).`]
      : []),
    "## Exit status",
    exitTable(command),
  ];
  const examples = await Promise.all(
    (EXAMPLES[name] ?? []).map(async (example) => exampleText(example, await play(name, example))),
  );
  if (examples.length > 0) parts.push("## Examples", ...examples);
  return `${parts.join("\n\n")}\n`;
}

function needsDeployment(command: Command): boolean {
  return command.helpGroup() !== GROUPS.here;
}

function exampleText({ words, says, after }: Example, printed: string): string {
  const event = after === undefined ? "" : `After ${after}. `;
  const head = `${event}${says ?? ""}`.trim();
  // An action that the deployed function does not have yet shows nothing of the command.
  const shown = printed.includes("UNKNOWN_ACTION") ? "" : `\n${printed.trimEnd()}`;
  return `${head === "" ? "" : `${capital(head)}\n\n`}${fenced(`$ ${PROGRAM} ${words}${shown}`)}`;
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function fenced(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\``;
}

function optionTable(options: readonly Option[]): string {
  const rows = options.map(({ flags, description, defaultValue }) => {
    const byDefault = defaultValue === undefined ? "" : ` (${String(defaultValue)} without it)`;
    return `| \`${flags}\` | ${description.replaceAll("|", "\\|")}${byDefault} |`;
  });
  return ["| option | meaning |", "|---|---|", ...rows].join("\n");
}

/** The lines that the help shows. */
function exitTable(command: Command): string {
  const lines = helpOf(command).split("\n");
  const from = lines.indexOf("Exit status:") + 1;
  const rows = lines.slice(from, from + 3).map((line) => `| ${line.trim().replace(/\s{2}/, " | ")} |`);
  return ["| status | meaning |", "|---|---|", ...rows].join("\n");
}

/** With what is added after it, which `helpInformation` leaves out. */
export function helpOf(command: Command): string {
  let text = "";
  const before = command.configureOutput();
  command.configureOutput({ writeOut: (more) => (text += more) });
  command.outputHelp();
  command.configureOutput(before);
  return text;
}
