/** Results for people: a table of figures, and the story of each failure. */
import { BEAT_SECONDS } from "./deployments.ts";
import type { Result } from "./scenario.ts";

const HEAD = ["", "scenario", "detection", "action", "total", "without", "two", "took"] as const;

export function table(results: readonly Result[]): string {
  const rows = results.map(({ name, failures, figures, seconds }) => [
    failures.length === 0 ? "ok" : "FAILED",
    name,
    inSeconds(figures.detection),
    inSeconds(figures.action),
    inSeconds(figures.total),
    inSeconds(figures.withoutScheduler),
    inSeconds(figures.withTwo),
    seconds.toFixed(0),
  ]);
  const widths = HEAD.map((_, column) =>
    Math.max(...[HEAD, ...rows].map((row) => (row[column] ?? "").length)),
  );
  const lines = [HEAD, ...rows].map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column < 2 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
  return [...lines, "", `Seconds, with a beat of ${BEAT_SECONDS} s: ${LEGEND}`].join("\n");
}

const LEGEND =
  "detection until the controller says it, action from then until it is put right, without a scheduler, with two.";

function inSeconds(value: number | undefined): string {
  return value === undefined ? "-" : value.toFixed(1);
}

/** What went wrong, what happened when, and where to look. */
export function story({ name, failures, story: lines, folder }: Result): string {
  return [
    `${name}:`,
    ...failures.map((one) => `  - ${one.replaceAll("\n", "\n    ")}`),
    "  what happened, in seconds from the incident:",
    ...lines.map((line) => `  ${line}`),
    `  look at ${folder}: calls.jsonl (every AWS call), nodes/ (each node's /run and /var/log), ledger.jsonl`,
    `  again alone: npm run scenario -- ${name}`,
  ].join("\n");
}
