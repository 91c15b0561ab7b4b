/** What holds at the end of every scenario, whatever the incident was. Each fault is one sentence. */
import { RULES } from "../../lib/core/decide.ts";
import { EVENT_SOURCE } from "../../lib/core/events.ts";
import { eventSchema } from "../../lib/event-schema.ts";
import { recordOf } from "../../lib/sandbox/values.ts";
import { CLUSTER } from "./deployments.ts";
import { matches } from "./history-pattern.ts";
import type { Entry } from "./operator.ts";
import type { Letters, Scenario } from "./scenario.ts";
import { checkPermissions } from "./permissions.ts";
import { codeOf, type Stage } from "./stage.ts";

/** A watcher that was blind for longer might have missed something. */
const LONGEST_BLINK_MILLISECONDS = 2_000;
/** What a process takes between being seen and being gone: two looks of the watcher. */
const TOLERANCE_SECONDS = 0.001;

/** Printed on the page of the scenarios. */
export const INVARIANTS: readonly string[] = [
  "No task is handed out twice by the ledger of either cluster, unless the incident itself begins with two schedulers.",
  "A watcher that shares no code with the controller reads /proc several times a second: seconds with two schedulers are 0. Where the incident begins with two, they end within the stated time, and at the end there is exactly one.",
  "The history, read through the function's own `history`, has each transition once: as many entries as the record counts, in order, under tokens that never fall; and the codes are those that the scenario names.",
  "Every transition whose rule mails was mailed, and nothing was mailed more often than the scenario says.",
  "Every transition is on the event bus too, at least once and nothing else is, in the shape of docs/event.schema.json.",
  "No invocation of the function failed but those that the fault brings about, and everything that it printed is one JSON object a line, without an address of the settings and without a password.",
  "IAM allows the function and the loop every call that they made, by the policies of their synthesized roles, with resource and context.",
  "When the sandbox has stopped, no process of it is left.",
];

/** While the sandbox runs; what is left when it has stopped is looked for afterwards. */
export async function checkInvariants(stage: Stage, scenario: Scenario): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const cluster of stage.ledgers.keys()) {
    const own = cluster === CLUSTER;
    const history = await stage.operator.history(cluster);
    const counters = recordOf((await stage.operator.read("metadata", cluster))["counters"]);
    faults.push(
      ...checkSchedulers(stage, cluster, own ? (scenario.twoAllowed ?? 0) : 0),
      ...checkHistory(cluster, history, Number(counters["transitions"])),
      ...checkMailed(stage, cluster, history),
      ...checkPublished(stage, cluster, history),
    );
    if (own && !matches(scenario.history, history)) {
      const found = history.map(({ code }) => code).join(" ");
      faults.push(`the history is "${found}", expected "${scenario.history.join(" ")}"`);
    }
  }
  return [
    ...faults,
    ...checkLetters(stage, scenario.mails),
    ...checkFunction(stage, scenario.functionErrors),
    ...checkLogs(stage),
    ...(await checkPermissions(stage)),
  ];
}

function checkSchedulers(stage: Stage, cluster: string, allowed: number): readonly string[] {
  const faults: string[] = [];
  const { two } = stage.watcher.between(cluster, 0, Infinity);
  const { doubleHandOuts, overlapSeconds, tasks } = stage.ledgers.get(cluster)?.read() ?? {};
  if (two > allowed + TOLERANCE_SECONDS)
    faults.push(`${cluster}: ${two.toFixed(2)} s of two, at most ${allowed}`);
  if (allowed === 0 && doubleHandOuts !== 0)
    faults.push(`${cluster}: ${doubleHandOuts} tasks handed out twice`);
  if (allowed === 0 && overlapSeconds !== 0)
    faults.push(`${cluster}: hand-outs overlap for ${overlapSeconds} s`);
  if (tasks === 0) faults.push(`${cluster}: nothing was handed out`);
  const last = stage.watcher.latest(cluster);
  if (last.length !== 1) faults.push(`${cluster}: ${last.length} schedulers at the end`);
  const { longestBlink } = stage.watcher;
  if (longestBlink > LONGEST_BLINK_MILLISECONDS) faults.push(`the watcher was blind for ${longestBlink} ms`);
  return faults;
}

function checkHistory(cluster: string, history: readonly Entry[], transitions: number): readonly string[] {
  const faults: string[] = [];
  if (history.length !== transitions) {
    faults.push(`${cluster}: ${history.length} entries in the history, ${transitions} transitions counted`);
  }
  for (const [index, { at, token, code }] of history.entries()) {
    const before = history[index - 1];
    if (before === undefined) continue;
    if (at <= before.at)
      faults.push(`${cluster}: ${code} at ${at} is not after ${before.code} at ${before.at}`);
    if (token < before.token) faults.push(`${cluster}: the token falls from ${before.code} to ${code}`);
  }
  return faults;
}

const MAILING: ReadonlySet<string> = new Set(
  [...RULES.before, ...RULES.after]
    .filter(({ tell }) => tell !== "quiet" && tell !== "history" && tell !== "changes")
    .map(({ code }) => code),
);

/** The mail of a transition says its sentence. */
function checkMailed(stage: Stage, cluster: string, history: readonly Entry[]): readonly string[] {
  const { letters } = stage.sandbox.cloud.mailbox;
  return history
    .filter(({ code }) => MAILING.has(code))
    .filter(
      ({ code, sentence }) =>
        !letters.some((one) => codeOf(one) === code && oneLine(one.text).includes(oneLine(sentence))),
    )
    .map(({ code, at }) => `${cluster}: ${code} at ${at} was not mailed`);
}

function checkPublished(stage: Stage, cluster: string, history: readonly Entry[]): readonly string[] {
  const own = stage.sandbox.cloud.bus.events.filter(({ source }) => source === EVENT_SOURCE);
  const parsed = own.map((event) => eventSchema.safeParse(event));
  const misshapen = parsed.flatMap(({ error }) => (error ? [`an event is not as its schema: ${error}`] : []));
  const newest = history.at(-1)?.at ?? "";
  const details = parsed.flatMap(({ data }) => (data ? [data.detail] : []));
  const known = (one: Entry, entries: readonly Entry[]): boolean =>
    entries.some(({ code, at, token }) => code === one.code && at === one.at && token === one.token);
  const published = details.filter((detail) => detail.cluster === cluster && detail.at <= newest);
  return [
    ...misshapen,
    ...history
      .filter((one) => !known(one, published))
      .map(({ code, at }) => `${cluster}: ${code} at ${at} is not on the bus`),
    ...published
      .filter((one) => !known(one, history))
      .map(({ code, at }) => `${cluster}: ${code} at ${at} is on the bus, and not in the history`),
  ];
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/gu, " ").trim();
}

/**
 * The very same letter comes again where a tick could not note that it had sent it: at least once is what is promised. A
 * machine that stalls does that now and then; what sends every letter twice is found.
 */
const SENT_AGAIN_AT_MOST = 1;

function checkLetters(stage: Stage, expected: Readonly<Record<string, Letters>>): readonly string[] {
  const { letters } = stage.sandbox.cloud.mailbox;
  const different = [...new Map(letters.map((one) => [`${one.subject}\n${one.text}`, one])).values()];
  const again = letters.length - different.length;
  const found = Map.groupBy(different, codeOf);
  const codes = new Set([...found.keys(), ...Object.keys(expected)]);
  const miscounted = [...codes].flatMap((code) => {
    const count = found.get(code)?.length ?? 0;
    const [least, most] = expected[code] ?? [0, 0];
    const between = least === most ? `${least}` : `${least} to ${most}`;
    return count < least || count > most ? [`${count} mails of ${code}, expected ${between}`] : [];
  });
  return again > SENT_AGAIN_AT_MOST
    ? [...miscounted, `${again} letters came again, word for word`]
    : miscounted;
}

function checkFunction(stage: Stage, allowed: RegExp | undefined): readonly string[] {
  return stage.events.flatMap(({ kind, text, data }) => {
    if (kind !== "problem") return [];
    if (/ printed: /u.test(text)) return [`the function printed no JSON: ${text}`];
    // Lambda's own line of a failed invocation; the controller's lines name their service.
    const failed = data?.["level"] === "ERROR" && !Object.hasOwn(data, "service");
    return failed && allowed?.test(text) !== true ? [`an invocation failed: ${text}`] : [];
  });
}

/** What the sandbox's own settings have as `from` and `to`, and what looks like a password in a URL. */
function checkLogs({ sandbox }: Stage): readonly string[] {
  const letters = sandbox.cloud.mailbox.letters.flatMap(({ from, to }) => [from, ...to]);
  const secrets = [...new Set(letters)];
  const tells = (text: string): boolean =>
    secrets.some((secret) => text.includes(secret)) || /:\/\/[^\s/@"]+:[^\s/@"]+@/u.test(text);
  return sandbox.cloud.logs.lines
    .filter(({ text }) => tells(text))
    .map(({ text }) => `the function's log tells an address or a password: ${text}`);
}

/** The calls on record, but not of those that the fault lets nobody answer. */
