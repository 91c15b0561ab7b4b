/**
 * A tour for who sees this for the first time: what can go wrong with a scheduler, and what becomes of it. Everything is
 * real but AWS itself: `npm run tour`, three to four minutes, a sandbox of its own.
 */
import type { SandboxEvent } from "../../lib/sandbox/events.ts";
import { textOf } from "../../lib/sandbox/values.ts";
import { INCIDENTS, type IncidentName, measure, type Measured, STAGED } from "../bench/incidents.ts";
import { Assemblies, BEAT_SECONDS, CLUSTER, DEPLOYMENTS } from "../scenarios/deployments.ts";
import { Stage } from "../scenarios/stage.ts";

/** Apart from those of other suites. */
const PORT = 4821;
const { grantSeconds } = DEPLOYMENTS.quick.settings.clusters[CLUSTER].timers;
const WIDTH = 100;
const INDENT = " ".repeat(7);
const COUNTDOWN_SECONDS = 20;

/** What a subject says first, after prefix and cluster; the sentence behind it was told already. */
const SUBJECT = /\] [^:]+: ([^:]+)/u;

const STATIONS: Readonly<Record<IncidentName, { readonly title: string; readonly text: string }>> = {
  killed: {
    title: "The scheduler is killed",
    text: "kill -9, as the kernel's out-of-memory killer does it. The process is gone, its node is fine: it is started again in place.",
  },
  hung: {
    title: "The scheduler hangs",
    text: "The process is there and does nothing, as with a dead connection to its database. Looking for a process would find nothing wrong: the health check does. It must fail twice, so that one slow answer moves nothing.",
  },
  "node stopped": {
    title: "The whole node is lost",
    text: "Its power is gone. EC2 says so after a few seconds; the controller asks EC2 again itself, and that word is the proof on which the other node starts.",
  },
  switchover: {
    title: "You move it yourself",
    text: "For a kernel update, by one call. The target must answer first; then it is stopped here, proven stopped, and started there.",
  },
  "cut off": {
    title: "The node is cut off, and this is the one that matters",
    text: `Nobody reaches the node, but its scheduler works on. Whoever starts a second one now hands every task out twice. The controller does not guess: it waits until the node's grant of ${grantSeconds} s is over, by which time the guard on the node has stopped the scheduler, with nobody above it alive.`,
  },
};

const began = Date.now();
let stage: Stage | undefined;
const assemblies = new Assemblies();
let isEnding = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (isEnding) return;
    isEnding = true;
    void end().then(() => process.exit(130));
  });
}
try {
  process.exitCode = await tour();
} catch (error) {
  console.error(`\nThe tour has failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await end();
}

async function tour(): Promise<number> {
  say("A tour of the scheduler failover controller, in three to four minutes.", "");
  say(
    "Two nodes share one scheduler, which must never run twice: it hands out numbered tasks, and a second one would hand the same numbers out again. What is deployed to AWS runs here, on this machine, with local processes for the nodes.",
    "",
  );
  tell("synthesizing and bundling what would be deployed");
  const assembly = (await assemblies.make(new Set(["quick"]))).get("quick") ?? "";
  stage = await Stage.open(STAGED, { port: PORT, assembly, onProgress: () => undefined });
  stage.sandbox.events.listen(tellNews);
  tell(`watch it in a browser, if you like: ${stage.sandbox.endpoint}/`);
  tell(`both nodes are up; the controller looks every ${BEAT_SECONDS} s`);
  await stage.begun();
  tell(`the scheduler runs on ${nameOf(stage, stage.active())} and has settled`);
  const measured: Measured[] = [];
  for (const [index, incident] of INCIDENTS.entries()) {
    const { title, text } = STATIONS[incident.name];
    say("", `${index + 1}. ${title}`);
    say(text, INDENT);
    await visit(stage, incident, measured);
  }
  return close(stage, measured);
}

async function visit(open: Stage, incident: (typeof INCIDENTS)[number], measured: Measured[]): Promise<void> {
  const before = open.active();
  const isLong = incident.name === "cut off";
  const countdown = setInterval(() => isLong && tell(waiting(open)), COUNTDOWN_SECONDS * 1000);
  try {
    await incident.happen(open);
  } finally {
    clearInterval(countdown);
  }
  const figures = await measure(open, incident.name);
  measured.push(figures);
  const after = open.active();
  const where = after === before ? `on ${nameOf(open, after)} again` : `on ${nameOf(open, after)}`;
  tell(
    `=> ${figures.total.toFixed(1)} s later one scheduler works, ${where}; two schedulers: ${seconds(figures.withTwo)}`,
  );
  await incident.repair(open);
}

function waiting(open: Stage): string {
  const since = Math.round((Date.now() - open.incidentAt) / 1000);
  const runs = open.runs().length;
  if (open.restoredAt > open.incidentAt) return `${since} s: one scheduler works again, and settles`;
  if (runs === 0) return `${since} s: the grant is over and the guard has stopped it: nobody runs`;
  return `${since} s: the scheduler over there still works, and no second one is started`;
}

function close(open: Stage, measured: readonly Measured[]): number {
  const { two } = open.watcher.between(CLUSTER, 0, Infinity);
  const { ledger, mailbox } = open.sandbox.state();
  say("", "What it took, in seconds:", "");
  console.log(
    `${INDENT}${"".padEnd(14)}${"seen".padStart(8)}${"back".padStart(8)}${"without".padStart(10)}${"two".padStart(6)}`,
  );
  for (const { name, detection, total, withoutScheduler, withTwo } of measured) {
    const cells = [
      detection.toFixed(1).padStart(8),
      total.toFixed(1).padStart(8),
      withoutScheduler.toFixed(1).padStart(10),
    ];
    console.log(`${INDENT}${name.padEnd(14)}${cells.join("")}${withTwo.toFixed(0).padStart(6)}`);
  }
  const isGood = two === 0 && ledger.doubleHandOuts === 0;
  say(
    "",
    `two schedulers: ${seconds(two)}`,
    `tasks handed out: ${ledger.tasks}, handed out twice: ${ledger.doubleHandOuts}`,
    `mails that an operator got: ${mailbox.length}`,
    "",
    "Go on yourself: npm start, and open its console in a browser.",
  );
  return isGood ? 0 : 1;
}

async function end(): Promise<void> {
  const open = stage;
  stage = undefined;
  await open?.close();
  assemblies.remove();
}

// Words.

function tellNews({ kind, text, data }: SandboxEvent): void {
  if (kind === "fault" && data?.["fault"] !== "clear") tell(`!! ${text}`);
  else if (kind === "transition") tell(`controller: ${textOf(data?.["sentence"], text)}`);
  else if (kind === "mail") tell(`mail to the operator: ${SUBJECT.exec(text)?.[1] ?? text}`);
}

/** One line with the time of the tour before it. */
function tell(text: string): void {
  const passed = Math.round((Date.now() - began) / 1000);
  const time = `${Math.floor(passed / 60)}:${String(passed % 60).padStart(2, "0")}`;
  console.log(wrap(withNames(text), " ".repeat(9)).replace(/^ {9}/u, `  ${time.padStart(5)}  `));
}

/** Paragraphs; an indent alone in front of one indents it. */
function say(...lines: readonly string[]): void {
  const [text = "", indent = ""] = lines;
  if (lines.length === 2 && indent === INDENT) console.log(`${wrap(text, indent)}\n`);
  else for (const line of lines) console.log(wrap(line, ""));
}

function wrap(text: string, indent: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && indent.length + line.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.map((line) => `${indent}${line}`).join("\n");
}

/** Nodes by their names: instance ids tell a newcomer nothing. */
function withNames(text: string): string {
  const nodes = stage?.sandbox.cloud.fleet.nodes ?? [];
  return nodes.reduce(
    (told, { id, name }) => told.replaceAll(`${name} (${id})`, name).replaceAll(id, name),
    text,
  );
}

function nameOf(open: Stage, id: string): string {
  return open.sandbox.cloud.fleet.byId(id)?.name ?? id;
}

function seconds(value: number): string {
  return `${value === 0 ? "0" : value.toFixed(1)} s`;
}
