/**
 * A time of random faults on the whole deployed system in the sandbox, judged from outside: a watcher that reads /proc, and
 * the ledger of what the schedulers handed out.
 *
 *   npm run soak                                  three minutes, a new seed each time
 *   npm run soak -- --seconds N --seed S          a day: --seconds 86400
 *   npm run soak -- --picture FILE                who ran when in the last half hour, with the faults on it, as SVG
 *
 * Exit status 0: every invariant held; 1: one did not.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { SandboxEvent } from "../../lib/sandbox/events.ts";
import { Refusal } from "../../lib/sandbox/faults/refusal.ts";
import { type Sandbox, startSandbox } from "../../lib/sandbox/sandbox.ts";
import { Watcher } from "../scenarios/watcher.ts";
import { Random } from "../simulation/random.ts";
import { drawPicture } from "./picture.ts";
import { nextBlow } from "./storm.ts";

const CLUSTER = "demo";
const PORT = 5066;
/** The shortest timers that the settings allow, so that a short run has grants that run out in it. */
const SETTINGS = {
  beatSeconds: 5,
  clusters: {
    [CLUSTER]: {
      timers: {
        grantSeconds: 92,
        killGraceSeconds: 3,
        skewSeconds: 1,
        settleSeconds: 10,
        cooldownSeconds: 10,
        failoversPerHour: 60,
      },
    },
  },
};
/** A grant, its grace and skew, a few beats, and the longest wait between two attempts to start. */
const RECOVERY_SECONDS = 300;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "180" },
    seed: { type: "string" },
    picture: { type: "string" },
  },
});
const seconds = wholeNumber("seconds", values.seconds);
const seed = wholeNumber("seed", values.seed ?? String(Date.now() % 1_000_000));
process.exitCode = await soak();

async function soak(): Promise<number> {
  console.log(`seed ${seed}, ${seconds} s: npm run soak -- --seconds ${seconds} --seed ${seed}`);
  const events: SandboxEvent[] = [];
  const sandbox = await startSandbox({
    port: PORT,
    settings: SETTINGS,
    onEvent: (event) => {
      if (event.kind !== "tick") events.push(event);
      if (["fault", "transition", "problem"].includes(event.kind)) console.log(`  ${line(event)}`);
    },
  });
  const watcher = new Watcher(sandbox.folder.file("nodes"), [CLUSTER], () => CLUSTER);
  try {
    const from = Date.now();
    const one = (): boolean => isOne(watcher);
    await sandbox.waitUntil("a scheduler runs", one, RECOVERY_SECONDS);
    const blows = await storm(sandbox, Date.now() + seconds * 1000);
    const stormed = Date.now();
    await sandbox.fault("clear");
    const failures = await recovered(sandbox, watcher);
    const recovery = (Date.now() - stormed) / 1000;
    watcher.close();
    await draw(sandbox, events, from);
    return close([...failures, ...judge(sandbox, watcher)], { blows, recovery, sandbox, watcher });
  } finally {
    watcher.close();
    await sandbox.stop();
  }
}

/** Answers how many faults were set. */
async function storm(sandbox: Sandbox, until: number): Promise<number> {
  const random = new Random(seed);
  let blows = 0;
  while (Date.now() < until) {
    const { fault, request, pause } = nextBlow(random);
    try {
      await sandbox.fault(fault, request);
      blows += 1;
    } catch (error) {
      // Where nothing runs, nothing can be killed.
      if (!(error instanceof Refusal)) throw error;
    }
    const wanted = Math.min(pause * 1000, Math.max(0, until - Date.now()));
    await new Promise((resolve) => {
      setTimeout(resolve, wanted);
    });
  }
  return blows;
}

/** What is wrong with how it came back. */
async function recovered(sandbox: Sandbox, watcher: Watcher): Promise<readonly string[]> {
  const handedOut = sandbox.ledger.read().tasks;
  const works = (): boolean => isOne(watcher) && sandbox.ledger.read().tasks > handedOut + 20;
  return await sandbox.waitUntil("one scheduler works again", works, RECOVERY_SECONDS).then(
    () => [],
    (error: unknown) => [error instanceof Error ? error.message : String(error)],
  );
}

function judge(sandbox: Sandbox, watcher: Watcher): readonly string[] {
  const { two } = watcher.between(CLUSTER, 0, Infinity);
  const { doubleHandOuts, overlapSeconds, tasks } = sandbox.ledger.read();
  return [
    ...(two > 0 ? [`${two.toFixed(2)} s with two schedulers`] : []),
    ...(doubleHandOuts > 0 ? [`${doubleHandOuts} tasks handed out twice`] : []),
    ...(overlapSeconds > 0 ? [`hand-outs overlap for ${overlapSeconds} s`] : []),
    ...(tasks === 0 ? ["nothing was handed out"] : []),
  ];
}

interface Told {
  readonly blows: number;
  readonly recovery: number;
  readonly sandbox: Sandbox;
  readonly watcher: Watcher;
}

function close(failures: readonly string[], { blows, recovery, sandbox, watcher }: Told): number {
  const { two, none } = watcher.between(CLUSTER, 0, Infinity);
  const { tasks, doubleHandOuts } = sandbox.ledger.read();
  console.log(
    `${blows} faults; ${two.toFixed(2)} s of two, ${none.toFixed(1)} s of none; ${tasks} tasks handed out, ${doubleHandOuts} twice; worked again ${recovery.toFixed(1)} s after the last fault was taken away`,
  );
  for (const failure of failures) console.log(`FAILED: ${failure}`);
  console.log(failures.length === 0 ? "1 passed, 0 failed" : "0 passed, 1 failed");
  return failures.length === 0 ? 0 : 1;
}

async function draw(sandbox: Sandbox, events: readonly SandboxEvent[], from: number): Promise<void> {
  if (values.picture === undefined) return;
  const nodes = sandbox.cloud.fleet.nodes.map(({ id, name }) => ({ id, name }));
  const lanes = sandbox.watch.timeline.lanes();
  writeFileSync(values.picture, await drawPicture({ lanes, events, nodes }, from, Date.now()));
  console.log(`who ran when: ${values.picture}`);
}

function isOne(watcher: Watcher): boolean {
  const [only, ...others] = watcher.latest(CLUSTER);
  return only !== undefined && others.length === 0 && !only.hangs;
}

function line({ at, text }: SandboxEvent): string {
  return `${new Date(at).toISOString().slice(11, 19)} ${text}`;
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  console.error(`--${name} must be a whole number above 0, got ${text}`);
  process.exit(2);
}
