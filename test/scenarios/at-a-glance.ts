/** The page of the scenarios, made from their headers. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SCENARIOS } from "./catalogue.ts";
import { BEAT_SECONDS } from "./deployments.ts";
import { INVARIANTS } from "./invariants.ts";

export const PAGE = fileURLToPath(new URL("../../docs/scenarios.md", import.meta.url));

export function writePage(): void {
  writeFileSync(PAGE, page());
}

export function page(): string {
  const rows = SCENARIOS.map(({ name, imitates, expects }) =>
    [`[\`${name}\`](../test/scenarios/incidents/${name}.ts)`, imitates, expects].map((cell) =>
      cell.replaceAll("|", "\\|"),
    ),
  );
  return `${HEAD}
${table([["scenario", "imitates", "expected"], ...rows])}

## What holds in every scenario

${INVARIANTS.map((one, index) => `${index + 1}. ${one}`).join("\n")}
`;
}

/** With padded cells, as the formatter has them. */
function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...others] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const rule = widths.map((width) => "-".repeat(width));
  return [head, rule, ...others]
    .map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`)
    .join("\n");
}

const HEAD = `# Scenarios

Incidents of real life, played on this machine against what would be deployed: the synthesized template, the bundled
function, the node script, through the AWS wire protocols. Each has a sandbox of its own, and each ends in the same check.

\`\`\`
npm run scenario -- --list
npm run scenario -- node-crashes
npm run scenario -- --all
\`\`\`

The table that a run prints has, in seconds: \`detection\` until the controller says what it has seen, \`action\` from then
until it is put right, \`total\`, \`without\` a scheduler, with \`two\`. The scenarios run with a beat of ${BEAT_SECONDS} s and the
shortest timers that the settings allow; a deployment with a beat of 10 s detects a little later.

This page is made from the scenarios' own headers by \`npm run scenario -- --write-docs\`; a test keeps it up to date.
`;
