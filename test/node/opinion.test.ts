/** The second opinion on a real node: asked beside the beat, told by a later converge, about this run alone. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, vi } from "vitest";
import { TestNode, ask, begin, clusterSettings, killQuietly, plan, run, until } from "./support.ts";

vi.setConfig({ maxConcurrency: 10 });

/** Due with every converge, where a deployment has five minutes at the least. */
const nodeAsking = (command: string, everyMinutes = 0, start = "exec sleep 1000") =>
  new TestNode(clusterSettings({ start, secondOpinion: { command, everyMinutes } }));

const opinionOf = (node: TestNode, life: string) =>
  until("an opinion is told", async () => (await ask(node, { mode: "run", life })).opinion);

describe.concurrent("a second opinion", () => {
  it.for([
    ["exit 0", "echo Found one alive job.", 0, "Found one alive job.\n"],
    [
      "another exit, and what was said last",
      "echo noise; echo Found 2 alive jobs. >&2; exit 1",
      1,
      "noise\nFound 2 alive jobs.\n",
    ],
    [
      "no more than 150 bytes of the end",
      "head -c 5000 /dev/zero | tr '\\0' x; printf end",
      0,
      `${"x".repeat(147)}end`,
    ],
    ["127 for a missing command", "no-such-books 2>/dev/null", 127, ""],
  ] as const)("tells %s", async ([, command, code, body], { expect, onTestFinished }) => {
    const node = nodeAsking(command);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    await run(node, life);
    const before = Date.now();
    const opinion = await opinionOf(node, life);
    expect(opinion).toMatchObject({ code, body });
    expect(Math.abs((opinion?.at ?? 0) - before)).toBeLessThan(10_000);
  });

  it("is not waited for", async ({ expect, onTestFinished }) => {
    const node = nodeAsking("sleep 50");
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    await run(node, life);
    const times: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      const { report, milliseconds } = await node.converge(plan(node, { mode: "run", life }));
      expect(report).toMatchObject({ state: "running" });
      expect(report?.opinion).toBeUndefined();
      times.push(milliseconds);
    }
    expect(Math.min(...times)).toBeLessThan(2000);
  });

  it("is first asked when the scheduler has run for a whole span", async ({ expect, onTestFinished }) => {
    const node = nodeAsking(`touch "$SCHEDULER_FAILOVER_ROOT/asked"`, 5);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    await run(node, life);
    const state = join(node.root, "run/scheduler-failover/etl");
    await until("the span begins", () => existsSync(join(state, "opinion-asked")));
    await ask(node, { mode: "run", life });
    expect(existsSync(join(node.root, "asked"))).toBe(false);
    const [invocation = "", up = ""] = readFileSync(join(state, "opinion-asked"), "utf8").trim().split(" ");
    writeFileSync(join(state, "opinion-asked"), `${invocation} ${Number(up) - 300_000}\n`);
    expect(await opinionOf(node, life)).toMatchObject({ code: 0 });
    expect(existsSync(join(node.root, "asked"))).toBe(true);
  });

  it("about a run that has ended is not told of the next", async ({ expect, onTestFinished }) => {
    const node = nodeAsking(`test -e "$SCHEDULER_FAILOVER_ROOT/second" && sleep 50; exit 1`);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const { pids } = await run(node, life);
    expect(await opinionOf(node, life)).toMatchObject({ code: 1 });
    writeFileSync(join(node.root, "second"), "");
    killQuietly(pids[0] ?? 0);
    const next = await until("another runs", async () => {
      const report = await ask(node, { mode: "run", life });
      return report.state === "running" && report.pids[0] !== pids[0] ? report : undefined;
    });
    expect(next.opinion).toBeUndefined();
    expect((await ask(node, { mode: "run", life })).opinion).toBeUndefined();
  });

  it("is asked of the active node alone, and never with a look", async ({ expect, onTestFinished }) => {
    const node = nodeAsking(`touch "$SCHEDULER_FAILOVER_ROOT/asked"`);
    onTestFinished(() => node.dispose());
    await begin(node);
    for (const mode of ["look", "stop", "look", "stop"] as const) {
      const report = await ask(node, { active: "i-0bbbbbbb", others: mode });
      expect(report.opinion).toBeUndefined();
    }
    expect(existsSync(join(node.root, "asked"))).toBe(false);
  });
});

describe.concurrent("the host's name", () => {
  it.for([
    ["is told", "ip-10-0-0-7\n", "ip-10-0-0-7"],
    ["is not told where it is none", 'a"b\n', ""],
  ] as const)("%s", async ([, text, host], { expect, onTestFinished }) => {
    const node = nodeAsking("true");
    onTestFinished(() => node.dispose());
    mkdirSync(join(node.root, "etc"), { recursive: true });
    writeFileSync(join(node.root, "etc/hostname"), text);
    expect(await ask(node, {})).toMatchObject({ host });
  });
});
