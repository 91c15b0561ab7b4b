/** The results as a table. */
import type { Result } from "./case.ts";

export function report(results: readonly Result[]): string {
  const head = ["      ", "s of two", "twice", "s of none", "took s", "case"];
  const rows = [head, ...results.map(rowOf)];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const last = head.length - 1;
  return rows
    .map((row) =>
      row.map((cell, column) => (column === last ? cell : cell.padStart(widths[column] ?? 0))).join("  "),
    )
    .join("\n");
}

function rowOf(result: Result): readonly string[] {
  const { failure, secondsOfTwo, doubleHandOuts, secondsOfNone, seconds, sentence, figures } = result;
  const told = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
  return [
    failure === undefined ? "ok    " : "FAILED",
    secondsOfTwo.toFixed(2),
    String(doubleHandOuts),
    secondsOfNone.toFixed(1),
    seconds.toFixed(0),
    [sentence, ...told].join("; "),
  ];
}
