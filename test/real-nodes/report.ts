/** The results as a table. */
import type { Result } from "./case.ts";

export function report(results: readonly Result[]): string {
  const rows = results.map(({ failure, secondsOfTwo, secondsOfNone, seconds, sentence, figures }) => [
    failure === undefined ? "ok" : "FAILED",
    secondsOfTwo.toFixed(2),
    secondsOfNone.toFixed(1),
    seconds.toFixed(0),
    [sentence, ...Object.entries(figures).map(([name, value]) => `${name} ${value}`)].join("; "),
  ]);
  const head = ["", "s of two", "s of none", "took s", "case"];
  const widths = head.map((_, column) =>
    Math.max(
      ...[head, ...rows].slice(0).map((row) => (column === head.length - 1 ? 0 : (row[column] ?? "").length)),
    ),
  );
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  "),
    )
    .join("\n");
}
