/**
 * A time of random faults on the whole deployed system, judged from outside: a watcher of the processes, and what the
 * schedulers themselves leave behind.
 *
 *   npm run soak                                  three minutes, a new seed each time
 *   npm run soak -- --seconds N --seed S          a day: --seconds 86400
 *   npm run soak -- --nodes real                  celery beat, as released, on Debian nodes with systemd
 *   npm run soak -- --nodes real --daemon NAME    airflow-2, airflow-3 or dagster-daemon
 *   npm run soak -- --picture FILE                who ran when, with the faults on it, as SVG, half an hour a strip
 *
 * Exit status 0: every invariant held; 1: one did not; 2: there is no such soak.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { SandboxEvent } from "../../lib/sandbox/events.ts";
import { Refusal } from "../../lib/sandbox/faults/refusal.ts";
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";
import { DAEMON_NAMES } from "../daemons/layers.ts";
import { Random } from "../simulation/random.ts";
import type { Ground, Verdict } from "./ground.ts";
import { drawPicture } from "./picture.ts";
import { realGround } from "./real-ground.ts";
import { sandboxGround } from "./sandbox-ground.ts";
import { nextBlow } from "./storm.ts";

/** A grant, its grace and skew, a few beats, and the longest wait between two attempts to start. */
const RECOVERY_SECONDS = 300;
/** So long it must have been seen to work since the last fault was taken away: no task that was under way then. */
const WORKS_MILLISECONDS = 4000;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "180" },
    seed: { type: "string" },
    nodes: { type: "string", default: "sandbox" },
    daemon: { type: "string", default: "celery-beat" },
    picture: { type: "string" },
  },
});
const seconds = wholeNumber("seconds", values.seconds);
const seed = wholeNumber("seed", values.seed ?? String(Date.now() % 1_000_000));
const nodes = oneOf("nodes", values.nodes, ["sandbox", "real"] as const);
const daemon = oneOf("daemon", values.daemon, DAEMON_NAMES);
process.exitCode = await soak();

async function soak(): Promise<number> {
  const where = nodes === "real" ? ` --nodes real --daemon ${daemon}` : "";
  console.log(`seed ${seed}, ${seconds} s: npm run soak -- --seconds ${seconds} --seed ${seed}${where}`);
  const ground = nodes === "real" ? await realGround(daemon) : await sandboxGround();
  if (typeof ground === "number") return ground;
  // Where it is told to end it ends in order: nodes are machines, and are taken down.
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => void ground.close().finally(() => process.exit(130)));
  }
  try {
    return await storms(ground);
  } finally {
    await ground.close();
  }
}

async function storms(ground: Ground): Promise<number> {
  const { sandbox } = ground;
  sandbox.watch.timeline.keptMilliseconds = Infinity;
  const events: SandboxEvent[] = [];
  sandbox.events.listen((event) => {
    if (event.kind !== "tick") events.push(event);
    if (["fault", "transition", "problem"].includes(event.kind)) console.log(`  ${line(event)}`);
  });
  const from = Date.now();
  await sandbox.waitUntil("a scheduler runs", ground.isOne, RECOVERY_SECONDS);
  const blows = await storm(sandbox, Date.now() + seconds * 1000);
  const stormed = Date.now();
  await sandbox.fault("clear");
  const failures = await recovered(ground, stormed);
  const recovery = (Date.now() - stormed) / 1000;
  await draw(sandbox, events, from);
  const verdict = await ground.judge();
  console.log(
    `${blows} faults; ${verdict.two.toFixed(2)} s of two, ${verdict.none.toFixed(1)} s of none; ${verdict.work}; worked again ${recovery.toFixed(1)} s after the last fault was taken away`,
  );
  return close([...failures, ...faultsOf(verdict)]);
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
async function recovered(ground: Ground, stormed: number): Promise<readonly string[]> {
  const works = (): boolean => ground.isOne() && ground.lastSign() > stormed + WORKS_MILLISECONDS;
  return await ground.sandbox.waitUntil("one scheduler works again", works, RECOVERY_SECONDS).then(
    () => [],
    (error: unknown) => [error instanceof Error ? error.message : String(error)],
  );
}

function faultsOf({ two, faults }: Verdict): readonly string[] {
  return [...(two > 0 ? [`${two.toFixed(2)} s with two schedulers`] : []), ...faults];
}

function close(failures: readonly string[]): number {
  for (const failure of failures) console.log(`FAILED: ${failure}`);
  console.log(failures.length === 0 ? "1 passed, 0 failed" : "0 passed, 1 failed");
  return failures.length === 0 ? 0 : 1;
}

async function draw(sandbox: Sandbox, events: readonly SandboxEvent[], from: number): Promise<void> {
  if (values.picture === undefined) return;
  const named = sandbox.cloud.fleet.nodes.map(({ id, name }) => ({ id, name }));
  const lanes = sandbox.watch.timeline.lanes();
  writeFileSync(values.picture, await drawPicture({ lanes, events, nodes: named }, from, Date.now()));
  console.log(`who ran when: ${values.picture}`);
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

function oneOf<Word extends string>(name: string, text: string, words: readonly Word[]): Word {
  const word = words.find((each) => each === text);
  if (word !== undefined) return word;
  console.error(`--${name} must be one of ${words.join(", ")}, got ${text}`);
  process.exit(2);
}
