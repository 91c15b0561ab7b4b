/**
 * A tour for who sees this for the first time: what can go wrong with a scheduler, and what becomes of it. Everything is
 * real but AWS itself: `npm run tour`, three minutes at the most, a sandbox of its own. What takes as long as a grant
 * happens in a cluster of its own, while the others are shown.
 */
import type { SandboxEvent } from "../../lib/sandbox/events.ts";
import { textOf } from "../../lib/sandbox/values.ts";
import { INCIDENTS, type IncidentName, measure, type Measured, STAGED } from "../bench/incidents.ts";
import { Assemblies, BEAT_SECONDS, CLUSTER, DEPLOYMENTS, SLOW_CLUSTER } from "../scenarios/deployments.ts";
import { Stage } from "../scenarios/stage.ts";

/** Apart from those of other suites. */
const PORT = 4821;
const DEPLOYMENT = "two-clusters";
const { grantSeconds, killGraceSeconds, skewSeconds } =
  DEPLOYMENTS[DEPLOYMENT].settings.clusters[SLOW_CLUSTER].timers;
/** Until a silent node is proven to have stopped; then a beat, and a start. */
const CUT_OFF_SECONDS = grantSeconds + killGraceSeconds + skewSeconds + 40;
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
    title: "A node is cut off, and this is the one that matters",
    text: `In the other cluster nobody reaches the node, but its scheduler works on. Whoever starts a second one now hands every task out twice. The controller does not guess: it waits until the node's grant of ${grantSeconds} s is over, by which time the guard on the node has stopped the scheduler, with nobody above it alive. Meanwhile, in the first cluster:`,
  },
};

interface CutOff {
  /** Instance id. */
  readonly node: string;
  readonly at: number;
}

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
  say("A tour of the scheduler failover controller, in three minutes.", "");
  say(
    "Two nodes share one scheduler, which must never run twice: it hands out numbered tasks, and a second one would hand the same numbers out again. There are two such pairs. What is deployed to AWS runs here, on this machine, with local processes for the nodes.",
    "",
  );
  tell("synthesizing and bundling what would be deployed");
  const assembly = (await assemblies.make(new Set([DEPLOYMENT]))).get(DEPLOYMENT) ?? "";
  const staged = { ...STAGED, deployment: DEPLOYMENT } as const;
  stage = await Stage.open(staged, { port: PORT, assembly, onProgress: () => undefined });
  stage.sandbox.events.listen(tellNews);
  tell(`watch it in a browser, if you like: ${stage.sandbox.endpoint}/`);
  tell(`the nodes are up; the controller looks every ${BEAT_SECONDS} s`);
  await stage.begun();
  tell(
    `one scheduler runs on ${nameOf(stage, stage.active())}, one on ${nameOf(stage, stage.active(SLOW_CLUSTER))}`,
  );
  const measured: Measured[] = [];
  announce(1, "cut off");
  const cutOff = await cutOffNode(stage);
  const others = INCIDENTS.filter(({ name }) => name !== "cut off");
  for (const [index, incident] of others.entries()) {
    announce(index + 2, incident.name);
    await visit(stage, incident, measured);
  }
  say("", "And the node that is cut off?", "");
  measured.push(await cutOffEnds(stage, cutOff));
  return close(stage, measured);
}

function announce(number: number, name: IncidentName): void {
  const { title, text } = STATIONS[name];
  say("", `${number}. ${title}`);
  say(text, INDENT);
}

async function visit(open: Stage, incident: (typeof INCIDENTS)[number], measured: Measured[]): Promise<void> {
  const before = open.active();
  await incident.happen(open);
  const figures = await measure(open, incident.name);
  measured.push(figures);
  const after = open.active();
  const where = after === before ? `on ${nameOf(open, after)} again` : `on ${nameOf(open, after)}`;
  tell(
    `=> ${figures.total.toFixed(1)} s later one scheduler works, ${where}; two schedulers: ${seconds(figures.withTwo)}`,
  );
  await incident.repair(open);
}

/** In the cluster beside the tour's: its active node is not heard from now on. */
async function cutOffNode(open: Stage): Promise<CutOff> {
  const [node, at] = [open.active(SLOW_CLUSTER), Date.now()];
  await open.fault("cut-off", { node });
  return { node, at };
}

async function cutOffEnds(open: Stage, { node, at }: CutOff): Promise<Measured> {
  const ledger = open.ledgers.get(SLOW_CLUSTER);
  const firstTask = (): number | undefined => {
    ledger?.read();
    return ledger?.entries.find((entry) => entry.node !== node && entry.at >= at)?.at;
  };
  tell(waiting(open, at));
  const countdown = setInterval(() => tell(waiting(open, at)), COUNTDOWN_SECONDS * 1000);
  try {
    await open.until("the other node hands out tasks", () => firstTask() !== undefined, CUT_OFF_SECONDS);
  } finally {
    clearInterval(countdown);
  }
  const restored = firstTask() ?? Date.now();
  const seen = open.events.find(
    ({ kind, at: when, data }) =>
      kind === "tick" && when >= at && data?.["cluster"] === SLOW_CLUSTER && data["code"] === "ACTIVE_SILENT",
  );
  const detection = ((seen?.at ?? restored) - at) / 1000;
  const { two, none } = open.watcher.between(SLOW_CLUSTER, at, Infinity);
  const total = (restored - at) / 1000;
  tell(
    `=> ${total.toFixed(1)} s later one scheduler works, on ${nameOf(open, open.active(SLOW_CLUSTER))}; two schedulers: ${seconds(two)}`,
  );
  return {
    name: "cut off",
    detection,
    action: total - detection,
    total,
    withoutScheduler: none,
    withTwo: two,
  };
}

function waiting(open: Stage, at: number): string {
  const since = Math.round((Date.now() - at) / 1000);
  if (open.runs(SLOW_CLUSTER).length === 0)
    return `${since} s: the grant is over and the guard has stopped it: nobody runs`;
  return `${since} s: the scheduler over there still works, and no second one is started`;
}

function close(open: Stage, measured: readonly Measured[]): number {
  const two = [CLUSTER, SLOW_CLUSTER].reduce(
    (sum, cluster) => sum + open.watcher.between(cluster, 0, Infinity).two,
    0,
  );
  const ledgers = [...open.ledgers.values()].map((ledger) => ledger.read());
  const tasks = ledgers.reduce((sum, one) => sum + one.tasks, 0);
  const twice = ledgers.reduce((sum, one) => sum + one.doubleHandOuts, 0);
  const { mailbox } = open.sandbox.state();
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
  const isGood = two === 0 && twice === 0;
  say(
    "",
    `two schedulers: ${seconds(two)}`,
    `tasks handed out: ${tasks}, handed out twice: ${twice}`,
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
  if (kind === "fault" && data?.["fault"] !== "bring-back") tell(`!! ${text}`);
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
