/** What the controller itself costs: processor time of a steady tick, size and import of its bundle, its API calls. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LambdaRuntime } from "../../lib/sandbox/lambda/runtime.ts";
import { processesWithArgument } from "../../lib/sandbox/nodes/processes.ts";
import type { CallRecord } from "../../lib/sandbox/gateway/call-log.ts";
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";
import type { FunctionModel } from "../../lib/sandbox/template/deployment.ts";
import type { Stage } from "../scenarios/stage.ts";

const STEADY_TICKS = 12;
const IMPORTS = 9;
const SETTLED_MILLISECONDS = 300;
const DAY_SECONDS = 86_400;
/** Between two beats nothing is called for longer than this, within a tick never. */
const PAUSE_MILLISECONDS = 2_000;

type Calls = Readonly<Record<string, number>>;

export interface ControllerFigures {
  readonly ticks: number;
  /** Processor time of a steady tick, in milliseconds. */
  readonly tickMilliseconds: number;
  /** The same of a handler that does nothing, invoked in the same way. */
  readonly emptyMilliseconds: number;
  readonly bundleBytes: number;
  /** Median time of importing the bundle, and an empty module, in a process of its own. */
  readonly importMilliseconds: number;
  readonly emptyImportMilliseconds: number;
  /** AWS API calls of one steady tick, by `service:Operation`. */
  readonly calls: Calls;
  /** What each minute adds, when a new execution of the loop takes over from the old one. */
  readonly turnCalls: Calls;
}

export async function measureController(stage: Stage): Promise<ControllerFigures> {
  const { sandbox } = stage;
  const [model] = sandbox.cloud.deployment.functions;
  if (model === undefined) throw new Error("nothing is deployed");
  const steady = await steadyTicks(stage);
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    writeFileSync(join(folder, "index.mjs"), "export const handler = async () => ({ done: true });\n");
    return {
      ...steady,
      emptyMilliseconds: await emptyHandler(sandbox, { ...model, codeDirectory: folder }),
      bundleBytes: statSync(join(model.codeDirectory, "index.mjs")).size,
      importMilliseconds: importTime(model, model.codeDirectory),
      emptyImportMilliseconds: importTime(model, folder),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Calls a day that CloudTrail records as management events; of DynamoDB's items and mails it has data events only. */
export function callsPerDay(
  { calls, turnCalls }: Pick<ControllerFigures, "calls" | "turnCalls">,
  beatSeconds: number,
): { readonly all: number; readonly cloudTrail: number } {
  const minutes = DAY_SECONDS / 60;
  const sum = (counted: (call: string) => boolean): number =>
    total(calls, counted) * (DAY_SECONDS / beatSeconds) + total(turnCalls, counted) * minutes;
  return {
    all: Math.round(sum(() => true)),
    // Each minute's StartExecution is one, too.
    cloudTrail: Math.round(sum((call) => !/^(?:dynamodb|ses):/u.test(call)) + minutes),
  };
}

function total(calls: Calls, counted: (call: string) => boolean): number {
  return Object.entries(calls).reduce((sum, [call, count]) => sum + (counted(call) ? count : 0), 0);
}

/**
 * What a tick calls, and what a minute's turn does beside it. A beat with one invocation is a tick; in one with several
 * the loop's executions change over.
 */
export function callsByKind(
  records: readonly Pick<CallRecord, "at" | "caller" | "service" | "operation">[],
): Pick<ControllerFigures, "calls" | "turnCalls"> {
  const beats: (typeof records)[number][][] = [];
  for (const record of records.toSorted((left, right) => left.at - right.at)) {
    const last = beats.at(-1);
    const before = last?.at(-1)?.at ?? 0;
    if (last === undefined || record.at - before > PAUSE_MILLISECONDS) beats.push([record]);
    else last.push(record);
  }
  const isTurn = (beat: typeof records): boolean =>
    beat.filter(({ caller }) => caller === "states").length > 1;
  const calls = mean(beats.filter((beat) => !isTurn(beat)));
  const turn = mean(beats.filter(isTurn));
  const more = Object.entries(turn).map(([call, count]) => [call, Math.max(0, count - (calls[call] ?? 0))]);
  return { calls, turnCalls: Object.fromEntries(more.filter(([, count]) => count !== 0)) };
}

/** The function's own calls in one beat, on average. */
function mean(beats: readonly (readonly Pick<CallRecord, "caller" | "service" | "operation">[])[]): Calls {
  const calls: Record<string, number> = {};
  for (const { service, operation, caller } of beats.flat()) {
    if (!caller.startsWith("function:")) continue;
    const name = `${service}:${operation}`;
    calls[name] = (calls[name] ?? 0) + 1 / beats.length;
  }
  return calls;
}

/** Between two ticks: a tick counts as a whole or not at all. */
async function steadyTicks(
  stage: Stage,
): Promise<Pick<ControllerFigures, "ticks" | "tickMilliseconds" | "calls" | "turnCalls">> {
  const { sandbox, events } = stage;
  const ticks = (): number => events.filter(({ kind }) => kind === "tick").length;
  const next = async (count: number): Promise<void> => {
    await stage.until(`${count} ticks`, () => ticks() >= count, 120);
    await new Promise((resolve) => {
      setTimeout(resolve, SETTLED_MILLISECONDS);
    });
  };
  await next(ticks() + 1);
  const [before, at, first] = [processorTime(sandbox.folder.mark), Date.now(), ticks()];
  await next(first + STEADY_TICKS);
  const done = ticks() - first;
  const made = sandbox.recordedCalls().filter((call) => call.at >= at);
  const tickMilliseconds = (processorTime(sandbox.folder.mark) - before) / done;
  return { ticks: done, tickMilliseconds, ...callsByKind(made) };
}

async function emptyHandler(sandbox: Sandbox, model: FunctionModel): Promise<number> {
  const mark = `${sandbox.folder.mark}-empty`;
  const runtime = new LambdaRuntime([model], {
    endpoint: sandbox.endpoint,
    region: "us-east-1",
    mark,
    onLine: () => undefined,
  });
  const invoke = async (): Promise<void> => {
    await runtime.invoke(model.name, undefined, "{}");
    await new Promise((resolve) => {
      setTimeout(resolve, SETTLED_MILLISECONDS);
    });
  };
  try {
    for (let warm = 0; warm < STEADY_TICKS; warm++) await invoke();
    const before = processorTime(mark);
    for (let count = 0; count < STEADY_TICKS; count++) await invoke();
    return (processorTime(mark) - before) / STEADY_TICKS;
  } finally {
    await runtime.close();
  }
}

/** Milliseconds that all threads of the functions' processes have been on a processor, as the kernel counts them. */
function processorTime(mark: string): number {
  return processesWithArgument(mark)
    .flatMap(({ pid }) =>
      readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}/schedstat`),
    )
    .reduce((sum, file) => sum + Number(readFileSync(file, "utf8").split(" ")[0]) / 1e6, 0);
}

function importTime(model: FunctionModel, folder: string): number {
  const script = `const began = performance.now(); await import(${JSON.stringify(join(folder, "index.mjs"))}); console.log(performance.now() - began);`;
  const times = Array.from({ length: IMPORTS }, () => {
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
      env: { ...model.environment, AWS_REGION: "us-east-1", AWS_LAMBDA_FUNCTION_NAME: model.name },
    });
    if (stdout === "") throw new Error(`the bundle cannot be imported: ${stderr}`);
    return Number(stdout);
  });
  return times.toSorted((left, right) => left - right)[Math.floor(IMPORTS / 2)] ?? 0;
}
