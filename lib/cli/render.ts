/** Replies as text of at most 80 columns, with colours only where they help and are wanted. */
import type { Refusal, Reply } from "../../lambda/actions/reply.ts";
import type { Instant } from "../core/model.ts";
import { MOVES } from "../core/steering.ts";
import type { Io } from "./io.ts";
import {
  type EntryView,
  instantOf,
  type NodeView,
  type Status,
  type WhyView,
  type WishView,
} from "./replies.ts";
import { clockTime, dateTime, span } from "./times.ts";
import { answers, verdictOf } from "./verdict.ts";

export const WIDTH = 80;

export type Colour = "red" | "green" | "yellow" | "bold" | "dim";
const CODES: Readonly<Record<Colour, number>> = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 };

/** Paints, or does not: no colours where the output is no terminal, or NO_COLOR is set. */
export function painter(
  io: Pick<Io, "outputIsTerminal" | "environment">,
): (colour: Colour, text: string) => string {
  const wanted = io.outputIsTerminal && (io.environment["NO_COLOR"] ?? "") === "";
  return wanted ? (colour, text) => `\u001B[${CODES[colour]}m${text}\u001B[0m` : (_, text) => text;
}

/** Breaks a text into lines of at most `width`; a longer word stands alone. All lines but the first are indented. */
export function wrap(text: string, indent = "", width = WIDTH): string {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let [line = ""] = /^ */.exec(paragraph) ?? [];
    let isFresh = true;
    for (const word of paragraph.trimStart().split(" ")) {
      const longer = isFresh ? `${line}${word}` : `${line} ${word}`;
      const room = lines.length === 0 ? width : width - indent.length;
      if (isFresh || longer.length <= room) line = longer;
      else {
        lines.push(line);
        line = word;
      }
      isFresh = false;
    }
    lines.push(line);
  }
  return lines.join(`\n${indent}`);
}

/** Rows as columns of their widest cell, two spaces apart, without blanks at the ends of lines. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function fields(pairs: readonly (readonly [label: string, value: string])[]): string {
  const width = Math.max(...pairs.map(([label]) => label.length)) + 2;
  return pairs.map(([label, value]) => wrap(`${label.padEnd(width)}${value}`, " ".repeat(width))).join("\n");
}

/** With what would have been valid, where the sentence does not say it already. */
export function renderRefusal({ error: { code, sentence, valid = [] } }: Refusal): string {
  const choice = valid.length === 0 || sentence.includes("; valid: ") ? "" : ` Valid: ${valid.join(", ")}.`;
  return wrap(`refused: ${code}: ${sentence}${choice}`);
}

export function json(reply: Reply): string {
  return JSON.stringify(reply, undefined, 2);
}

export function renderStatus(
  status: Status,
  now: Instant,
  paint: (colour: Colour, text: string) => string,
): string {
  const { view } = status;
  const verdict = verdictOf(status, now);
  const colour = ({ yes: "green", no: "red", unknown: "yellow" } as const)[verdict.answer];
  const head = `${status.cluster}: ${paint(verdict.words.startsWith("RUNNING") ? "red" : colour, verdict.words)}`;
  const says = wrap(`${status.code}: ${status.sentence}`);
  if (!view.recorded) return [head, says].join("\n");
  return [head, says, "", renderNodes(view.nodes), "", fields(facts(status, now))].join("\n");
}

export function renderNodes(nodes: readonly NodeView[]): string {
  const rows = nodes.map((node) => [
    node.id,
    node.role,
    node.state,
    node.guard,
    node.gate,
    node.instance,
    answered(node),
  ]);
  return table([["node", "role", "state", "guard", "gate", "EC2", "answered"], ...rows]);
}

function answered(node: NodeView): string {
  if (node.reportAgeSeconds === null) return "never";
  const age = span(node.reportAgeSeconds * 1_000);
  return answers(node) ? `${age} ago` : `SILENT ${age.split(" ", 2).join(" ")}`;
}

function facts({ view }: Status, now: Instant): readonly (readonly [string, string])[] {
  const { problem, request, steering, lastTransition: last } = view;
  const list: (readonly [string, string])[] = [["phase", `${view.phase} since ${dateTime(view.since)} UTC`]];
  if (steering)
    list.push([
      "steered",
      `${steering.kind} since ${dateTime(steering.since)} by ${steering.by}: ${steering.reason}`,
    ]);
  if (view.excluded.length > 0) list.push(["excluded", view.excluded.join(", ")]);
  if (problem)
    list.push(["PROBLEM", `${problem.code} since ${dateTime(problem.since)}: ${problem.sentence}`]);
  for (const warning of view.warnings) list.push(["warning", warning]);
  if (request) list.push(["wish", wishLine(request)]);
  if (last) list.push(["last", `${dateTime(last.at)} ${last.code}: ${last.sentence}`]);
  if (view.newsWaiting > 0) list.push(["untold", `${view.newsWaiting} pieces of news wait to be mailed`]);
  list.push(["ticked", ticked(view.tickedAt, view.dueAt, now)]);
  return list;
}

export function wishLine({ action, to, by, phase, sentence, notBefore, drill }: WishView): string {
  const name = drill === undefined ? action : `drill, way ${drill.leg}`;
  const begins = notBefore !== null && phase === "accepted" ? `, begins at ${dateTime(notBefore)} UTC` : "";
  const what = `${name}${to === undefined ? "" : `${MOVES.has(action) ? " to" : ""} ${to}`} by ${by}: ${phase}${begins}`;
  return sentence === undefined ? what : `${what}. ${sentence}`;
}

function ticked(tickedAt: string | null, dueAt: string | null, now: Instant): string {
  const [at, due] = [instantOf(tickedAt), instantOf(dueAt)];
  if (at === undefined) return "never";
  const next =
    due === undefined
      ? ""
      : due >= now
        ? `, next in ${span(due - now)}`
        : `, next due ${span(now - due)} ago`;
  return `${span(now - at)} ago${next}`;
}

/** Oldest last, as the Lambda answers. */
export function renderEntry(entry: EntryView): string {
  const lines = [wrap(`${dateTime(entry.at)}  ${entry.code}: ${entry.sentence}`, "  ")];
  if (entry.by !== undefined)
    lines.push(wrap(`  asked by ${entry.by}: ${entry.reason ?? "no reason given"}`, "  "));
  if (entry.gapSeconds !== undefined) lines.push(`  ${entry.gapSeconds} s without a scheduler`);
  for (const { words, kind } of Object.values(entry.proofs))
    lines.push(wrap(`  proof: ${words || kind}`, "    "));
  return lines.join("\n");
}

/** One line, as it is followed. */
export function entryLine(entry: EntryView): string {
  return wrap(`${clockTime(entry.at)}  ${entry.code}: ${entry.sentence}`, "          ");
}

export function renderWhy({ waitsFor, steering, nodes, limits }: WhyView): string {
  const list: (readonly [string, string])[] = waitsFor.map((words) => ["waits for", words] as const);
  if (steering) list.push(["steered", `${steering.kind} by ${steering.by}: ${steering.reason}`]);
  for (const { id, role, proof, missing, whyNot } of nodes) {
    list.push([role, `${proof?.words ?? missing ?? `${id} is not proven to run none`}.`]);
    if (role === "active") continue;
    list.push(["", whyNot === null ? `${id} could take over.` : `It could not take over: ${whyNot}.`]);
  }
  const { restarts, restartLimit, attempts, retryAt, movesWithinHour, failoversPerHour } = limits;
  const cooldown =
    limits.cooldownSecondsLeft > 0 ? `; the next not before ${limits.cooldownSecondsLeft} s` : "";
  list.push(["restarts", `${restarts} of ${restartLimit} in place`]);
  list.push(["moves", `${movesWithinHour} of ${failoversPerHour} within the hour${cooldown}`]);
  if (attempts > 0)
    list.push([
      "attempts",
      `${attempts} ${attempts === 1 ? "start that has" : "starts that have"} not settled${retryAt === null || attempts < 3 ? "" : `; the next not before ${dateTime(retryAt)} UTC`}`,
    ]);
  return fields(list);
}

/** Data of a shape that the program does not know: names and values, nested ones indented. */
export function renderData(data: unknown, indent = ""): string {
  if (typeof data !== "object" || data === null) return `${indent}${String(data)}`;
  const list = Array.isArray(data);
  return Object.entries(data)
    .map(([name, value]) => {
      const label = list ? "-" : `${name}:`;
      if (typeof value !== "object" || value === null)
        return wrap(`${indent}${label} ${String(value)}`, `${indent}  `);
      if (Object.keys(value).length === 0) return `${indent}${label} none`;
      return `${indent}${label}\n${renderData(value, `${indent}  `)}`;
    })
    .join("\n");
}
