/** One contention run, from the bundle to the observer's verdict. */
import { type ChildProcess, execFile, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bundleController } from "../../lib/bundle-controller.ts";
import { type ServerName, startServer } from "../deploy/dynamodb/servers.ts";
import { clientFor, makeTable } from "../lambda/support/tables.ts";
import { Random } from "../simulation/random.ts";
import type { CloudOptions, Mutation, WorkerWord } from "./words.ts";
import { settings } from "./deployed.ts";
import type { Verdict } from "./judge.ts";
import { Workers } from "./workers.ts";

export interface Run {
  readonly server: ServerName;
  readonly workers: number;
  readonly seed: number;
  /** Of the whole run; a mutation's ends as soon as it is found. */
  readonly seconds: number;
  /** It goes on for so long where the machine was too busy to show what it is for. */
  readonly patience: number;
  readonly mutation: Mutation;
  /** Ends the run early, and all that it started. */
  readonly interruption: AbortSignal;
  /** Everything is written below it. */
  readonly folder: string;
}

export interface Outcome {
  readonly verdict: Verdict;
  readonly invocations: number;
  readonly processes: number;
  readonly wishes: number;
  readonly failures: ReadonlyMap<string, number>;
  readonly seconds: number;
}

const CLOUD = fileURLToPath(new URL("cloud.ts", import.meta.url));
const OBSERVER = fileURLToPath(new URL("observer.ts", import.meta.url));

/** In a run of some minutes some processes are frozen past their lease of 25 s. */
const LONG_RUN_SECONDS = 60;
const LONGEST_FREEZE = { short: 4, long: 32 } as const;

/** Undefined, said aloud, where the server needs a Python that is not there. */
export async function contend(run: Run): Promise<Outcome | undefined> {
  const { folder, seed, mutation, seconds } = run;
  const codeDirectory = join(folder, "code");
  mkdirSync(codeDirectory, { recursive: true });
  await bundleController(codeDirectory, settings);
  const server = await startServer(run.server, join(folder, "dynamodb"));
  if (server === undefined) return undefined;
  let cloud: ChildProcess | undefined;
  try {
    const log = join(folder, "facts.jsonl");
    const table = await emptyTable(server.url);
    const longestFreeze = seconds < LONG_RUN_SECONDS ? LONGEST_FREEZE.short : LONGEST_FREEZE.long;
    const options: CloudOptions = { dynamo: server.url, log, seed, mutation, longestFreeze };
    cloud = fork(CLOUD, [JSON.stringify(options)]);
    const { endpoint } = await endpointOf(cloud);
    const counted = await work(run, { cloud, endpoint, table, codeDirectory, log });
    cloud.disconnect();
    await once(cloud, "exit");
    return { ...counted, verdict: await observe(log) };
  } finally {
    cloud?.kill("SIGKILL");
    server.stop();
  }
}

interface Place {
  readonly cloud: ChildProcess;
  readonly endpoint: string;
  readonly table: string;
  readonly codeDirectory: string;
  readonly log: string;
}

async function work(run: Run, { cloud, log, ...place }: Place) {
  const say = (word: WorkerWord): unknown => cloud.send(word);
  const born = (worker: string, pid: number) => void say({ worker, pid });
  const ended = (worker: string) => void say({ worker });
  const random = new Random(run.seed);
  const workers = new Workers({ ...place, count: run.workers, random, born, ended });
  const begun = performance.now();
  let seconds: number;
  do {
    await sleep(LOOK_SECONDS * 1000);
    seconds = (performance.now() - begun) / 1000;
  } while (!isOver(run, seconds, await observe(log)));
  await workers.end();
  const { invocations, processes, wishes, failures } = workers;
  return { invocations, processes, wishes, failures, seconds };
}

function isOver(
  { seconds, patience, mutation, interruption }: Run,
  elapsed: number,
  verdict: Verdict,
): boolean {
  if (elapsed >= patience || interruption.aborted) return true;
  if (mutation !== "none" && isBroken(verdict)) return true;
  return elapsed >= seconds && mutation === "none" && hasShown(verdict);
}

export const isBroken = ({ violations }: Verdict): boolean =>
  Object.values(violations).some((times) => times > 0);

/** Writers lost, plans were obeyed and fenced off, processes were killed: else a run without overlap says nothing. */
export const hasShown = ({ lost, tokens, fenced, faults }: Verdict): boolean =>
  Math.min(lost, tokens, fenced, faults.kill) >= ENOUGH;

const ENOUGH = 3;
const LOOK_SECONDS = 1;
const sleep = promisify(setTimeout);

/** The log so far, as the observer sees it; the line that is being written is left out. */
async function observe(log: string): Promise<Verdict> {
  const { stdout } = await promisify(execFile)(process.execPath, [OBSERVER, log], { maxBuffer: 1e8 });
  return JSON.parse(stdout) as Verdict;
}

async function emptyTable(url: string): Promise<string> {
  const client = clientFor(url);
  const table = await makeTable(client);
  client.destroy();
  return table;
}

async function endpointOf(cloud: ChildProcess): Promise<{ readonly endpoint: string }> {
  const [word] = (await once(cloud, "message")) as [{ readonly endpoint: string }];
  return word;
}
