/** The rules as one table for people: README and command line print it, and a golden file makes every change visible. */
import { RULES } from "./decide.ts";
import type { Rule } from "./rule.ts";
import { ANY_PHASE } from "./rule.ts";

const COLUMNS = ["code", "stage", "phases", "condition", "sentence", "next", "tells"] as const;

/** Markdown, in the order in which the rules are tried: the first one whose condition holds decides. */
export function ruleTable(): string {
  const rows = (["before", "after"] as const).flatMap((stage) =>
    RULES[stage].map((rule) => [
      rule.code,
      stage,
      phasesOf(rule),
      rule.when,
      rule.sentence,
      rule.next,
      tellsOf(rule),
    ]),
  );
  return [row(COLUMNS), row(COLUMNS.map(() => "---")), ...rows.map(row), ""].join("\n");
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function phasesOf({ phases }: Rule): string {
  return ANY_PHASE.every((phase) => phases.includes(phase)) ? "any" : phases.join(", ");
}

const PROBLEM = {
  opens: ["problem"],
  urgent: ["problem, mailed at once"],
  keeps: [],
  ends: ["ends the problem"],
} as const;

/** What the rule leads to beside the next phase: history, mail, the standing problem, a further round. */
function tellsOf(rule: Rule): string {
  const told = toldOf(rule.tell);
  const words = [...told, ...PROBLEM[rule.problem], ...(rule.again === true ? ["again at once"] : [])];
  return words.length === 0 ? "-" : words.join(", ");
}

function toldOf(tell: Rule["tell"]): readonly string[] {
  if (tell === "quiet") return [];
  if (tell === "history") return ["history"];
  return tell === "changes" ? ["history when it begins"] : ["history", `mail ${tell}`];
}
