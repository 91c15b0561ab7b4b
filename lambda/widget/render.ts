/** A cluster's record as the HTML of a CloudWatch custom widget: markup and style alone, for scripts are taken out. */
import { formatForPeople } from "../../lib/core/instants.ts";
import type { ClusterRecord, Instant, NodeId, NodeRecord, Proof, StopBy } from "../../lib/core/model.ts";
import { markup, type Html } from "./html.ts";

export interface Surroundings {
  readonly now: Instant;
  /** The function's alias that operators' actions come through: what the buttons call. */
  readonly operateArn: string;
  /** The dashboard's. */
  readonly theme: "light" | "dark";
}

/** Is it running, where, since when; the nodes; and what an operator may do about it. */
export function renderRecord(record: ClusterRecord, surroundings: Surroundings): string {
  const { now, theme } = surroundings;
  const { word, tone } = verdict(record, now);
  const { code, sentence, at } = record.last;
  const rows = Object.entries(record.nodes).map(([id, node]) => row(id, node, record, now));
  return markup`<style>${STYLE}</style><div class="sf ${theme}">
<p class="verdict"><i class="${tone}"></i><b>${word}</b> ${sentence} <span>${code}, ${ago(at, now)}</span></p>
${notes(record, now)}
<table><thead><tr>${COLUMNS.map((name) => markup`<th>${name}</th>`)}</tr></thead><tbody>${rows}</tbody></table>
<p>${buttons(record, surroundings)}</p></div>`.html;
}

const COLUMNS = ["node", "role", "says", "grant", "guard", "may run until", "heard"];

/** What was answered to a button. */
export function renderAnswer(sentence: string, isDone: boolean): string {
  return markup`<p><b>${isDone ? "Done." : "Not done."}</b> ${sentence}</p>`.html;
}

/** What a record says that no tick has touched for so long may be over. */
const STALE_MILLISECONDS = 60_000;

interface Verdict {
  readonly word: string;
  readonly tone: "good" | "warn" | "bad";
}

function verdict({ phase, problem, steering, last }: ClusterRecord, now: Instant): Verdict {
  const where = phase.active ?? "no node";
  if (now - last.at > STALE_MILLISECONDS)
    return { word: `No tick for ${lasting(now - last.at)}:`, tone: "bad" };
  if (problem) return { word: `${problem.code}:`, tone: "bad" };
  if (steering) return { word: `${steering.kind}, on ${where}:`, tone: "warn" };
  if (phase.name === "steady") return { word: `Runs on ${where}.`, tone: "good" };
  if (phase.name === "verifying") return { word: `Runs on ${where}, settling.`, tone: "good" };
  return { word: `${phase.name}:`, tone: "warn" };
}

function notes(
  { problem, steering, request, outbox, last: { sentence } }: ClusterRecord,
  now: Instant,
): readonly Html[] {
  const lines: string[] = [];
  if (problem) {
    const more = problem.sentence === sentence ? "" : ` ${problem.sentence}`;
    lines.push(`The problem stands since ${formatForPeople(problem.since)}.${more}`);
  }
  if (steering) {
    const since = formatForPeople(steering.since);
    lines.push(`${steering.kind} since ${since} by ${steering.by}: ${steering.reason}`);
  }
  if (request) {
    const words = request.sentence ?? request.reason;
    lines.push(
      `Asked by ${request.by} ${ago(request.at, now)}: ${request.action}, ${request.phase}. ${words}`,
    );
  }
  if (outbox.length > 0) lines.push(`News that is still to be told: ${outbox.length}.`);
  return lines.map((line) => markup`<p>${line}</p>`);
}

function row(id: NodeId, node: NodeRecord, { phase }: ClusterRecord, now: Instant): Html {
  const { report, silentSince, stopBy, guard, reportedAt, proof } = node;
  const left = (report?.grantUntil ?? 0) - now;
  const cells = [
    id,
    phase.active === id ? "active" : "standby",
    silentSince === undefined ? (report?.state ?? "nothing yet") : `silent for ${lasting(now - silentSince)}`,
    left > 0 ? `${lasting(left)} left` : "none",
    guard,
    mayRun(stopBy, proof),
    reportedAt === 0 ? "never" : ago(reportedAt, now),
  ];
  return markup`<tr>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>`;
}

function mayRun(stopBy: StopBy, proof: Proof | undefined): string {
  if (stopBy === "ever") return "not known";
  return stopBy === "never" ? (proof?.kind ?? "proven stopped") : formatForPeople(stopBy);
}

function buttons({ cluster, steering, phase }: ClusterRecord, { operateArn }: Surroundings): readonly Html[] {
  const make = (label: string, action: string, question: string): Html =>
    button(operateArn, label, { action, cluster }, question);
  const move = make(
    "Fail over",
    "failover",
    `Move the scheduler of ${cluster} away from ${phase.active ?? "where it was"}? It is stopped there, proven stopped, and started on the node that the cluster prefers.`,
  );
  const pause = make(
    "Pause",
    "pause",
    `Pause ${cluster}? Nothing is started or stopped until you resume: a scheduler that ends stays ended.`,
  );
  const resume = make("Resume", "resume", `Let the controller steer ${cluster} again?`);
  return steering ? [move, resume] : [move, pause];
}

/** The element after a link says what the link does. `by` is a claim; CloudTrail has who really called. */
function button(
  endpoint: string,
  label: string,
  request: { readonly action: string; readonly cluster: string },
  question: string,
): Html {
  const payload = JSON.stringify({ ...request, by: "dashboard", reason: "a button of the dashboard" });
  const call = markup`<cwdb-action action="call" display="popup" confirmation="${question}" endpoint="${endpoint}">${payload}</cwdb-action>`;
  return markup`<a class="btn">${label}</a>${call} `;
}

function ago(at: Instant, now: Instant): string {
  return `${lasting(now - at)} ago`;
}

/** The dashboard is looked at every now and then: seconds are enough up to some minutes, minutes beyond. */
function lasting(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  return seconds < 180 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

/** Neither theme's colours are known to the widget otherwise. */
const STYLE: Html = {
  html: [
    ".sf{font-size:14px;line-height:1.5}",
    ".sf p{margin:0 0 8px}",
    ".sf .verdict b{font-size:16px}",
    ".sf .verdict span{opacity:.7;font-size:12px}",
    ".sf i{display:inline-block;width:12px;height:12px;border-radius:50%;margin-right:8px}",
    ".sf .good{background:#0f766e}.sf .warn{background:#b45309}.sf .bad{background:#c81e1e}",
    ".sf.dark .good{background:#2dd4bf}.sf.dark .warn{background:#fbbf24}.sf.dark .bad{background:#f87171}",
    ".sf table{border-collapse:collapse;width:100%;margin-bottom:10px}",
    ".sf th,.sf td{text-align:left;padding:3px 12px 3px 0}",
  ].join(""),
};
