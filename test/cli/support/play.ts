/** Plays the examples of the commands' pages, each command in a world of its own. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readFileSync } from "node:fs";
import { type FormatConfig, format } from "oxfmt";
import { type After, type Example, FORMER_TABLE } from "../../../lib/cli/examples.ts";
import { commandPages } from "../../../lib/cli/pages.ts";
import { createProgram } from "../../../lib/cli/program.ts";
import { ScriptedIo, type } from "./scripted-io.ts";
import { NODES, SmallWorld } from "./world.ts";

const ROOT = new URL("../../../", import.meta.url);

/** Sound settings of the world's deployment, for `doctor`. */
const SETTINGS = `alerts: { from: failover@airline.dev, to: [ops@airline.dev] }
clusters:
  main:
    nodes: { tag: { key: scheduler-failover, value: main } }
    scheduler: { unit: airflow-scheduler.service }
`;

/** The pages as they are to be on disk: played anew, and formatted as the project formats. */
export async function playPages(): Promise<ReadonlyMap<string, string>> {
  const stage = new Stage();
  try {
    const program = createProgram(new ScriptedIo(), () => undefined);
    const drafts = await commandPages(program, (name, example) => stage.play(name, example));
    const options = JSON.parse(readFileSync(new URL(".oxfmtrc.json", ROOT), "utf8")) as FormatConfig;
    const formatted = [...drafts].map(
      async ([path, draft]) => [path, (await format(path, draft, options)).code] as const,
    );
    return new Map(await Promise.all(formatted));
  } finally {
    stage.close();
  }
}

const EVENTS: Readonly<Record<After, (world: SmallWorld) => Promise<void>>> = {
  "the active node was cut off": async (world) => {
    world.cutOffActive();
    await world.go(60_000);
  },
  "the scheduler was killed": (world) => {
    world.killScheduler();
    return Promise.resolve();
  },
  "a failover": (world) => wish(world, { action: "failover", reason: "kernel update" }),
  "a pause": (world) => wish(world, { action: "pause", reason: "database upgrade" }),
  "the standby was excluded": (world) => wish(world, { action: "exclude", node: NODES[1] }),
  "the stack was deleted and deployed anew": async (world) => {
    world.loseStack(FORMER_TABLE);
    await world.go(60_000);
  },
  "a switchover was asked for tonight": (world) =>
    wish(world, { action: "switchover", at: "2027-01-15T23:00:00Z" }),
};

/** With the time that it takes until it is done. */
async function wish(world: SmallWorld, request: Readonly<Record<string, unknown>>): Promise<void> {
  const reply = await world.invoke({ ...request, by: "ana" }, "operate");
  if (!reply.ok) throw new Error(reply.error.sentence);
  await world.go(90_000);
}

/** Sleeps of 2 s after which Ctrl-C is pressed in a command that never ends. */
const WATCHED_SLEEPS = 15;

class Stage {
  private readonly directories = new Map<string, Promise<string>>();
  private readonly played = new Map<string, Promise<unknown>>();

  /** One after the other, since the second `init` finds what the first has written. */
  play(name: string, example: Example): Promise<string> {
    const before = this.played.get(name) ?? Promise.resolve();
    const next = before.then(() => this.perform(name, example));
    this.played.set(name, next);
    return next;
  }

  private async perform(name: string, { words, after, typed }: Example): Promise<string> {
    const world = new SmallWorld();
    await world.settle();
    if (after !== undefined) await EVENTS[after](world);
    const { io } = await type(words.replace(/ \| .*/, ""), {
      invoke: (request, alias) => world.invoke(request, alias),
      now: () => world.timeline.now,
      pass: (milliseconds) => world.go(milliseconds),
      directory: await this.directory(name),
      instanceId: NODES[0],
      ...(typed === undefined ? {} : { typed }),
      ...(name === "watch" ? { sleeps: WATCHED_SLEEPS } : {}),
    });
    return io.screen;
  }

  private directory(name: string): Promise<string> {
    const made = this.directories.get(name) ?? Promise.resolve(makeDirectory(name));
    this.directories.set(name, made);
    return made;
  }

  close(): void {
    for (const made of this.directories.values()) void made.then((path) => rmSync(path, { recursive: true }));
  }
}

function makeDirectory(name: string): string {
  const path = mkdtempSync(join(tmpdir(), "command-page-"));
  cpSync(new URL("airflow.cfg", import.meta.url), join(path, "airflow.cfg"));
  if (name === "doctor") writeFileSync(join(path, "settings.yaml"), SETTINGS);
  return path;
}
