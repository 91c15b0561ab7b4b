/** `-venv PATH`, where the predecessor took it: before the command. One dash and five letters are no option to commander. */
import type { Command } from "commander";

export interface Taken {
  readonly rest: readonly string[];
  readonly venv?: string;
  readonly fault?: string;
}

export function takeVenv(words: readonly string[], program: Command): Taken {
  const names = new Set(program.commands.map((command) => command.name()));
  const command = words.findIndex((word) => names.has(word));
  const at = words.findIndex((word) => word === "-venv" || word.startsWith("-venv="));
  if (at === -1) return { rest: words };
  if (command !== -1 && command < at) return { rest: words, fault: "-venv PATH comes before the command." };
  const inOne = words[at]?.startsWith("-venv=") === true;
  const venv = inOne ? words[at]?.slice("-venv=".length) : words[at + 1];
  if (venv === undefined || venv === "" || (!inOne && names.has(venv))) {
    return { rest: words, fault: "-venv needs the path of a virtual environment's activate file." };
  }
  return { rest: words.toSpliced(at, inOne ? 1 : 2), venv };
}
