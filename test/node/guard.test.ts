import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { userInfo } from "node:os";
import { describe, it, vi } from "vitest";
import {
  INSTALLED_SHELLS,
  TestNode,
  alive,
  ask,
  begin,
  clusterSettings,
  commandLine,
  killQuietly,
  letGo,
  run,
  sayMissing,
  stop,
  stopFully,
  until,
} from "./support.ts";

// Most of the time they wait for grants to end.
vi.setConfig({ maxConcurrency: 10 });

const isRoot = userInfo().uid === 0;
if (!isRoot) sayMissing("break-glass by hand: these tests do not run as root");

const SLEEPER = clusterSettings({ start: "exec sleep 1000" });
/** Hears no TERM, so that only KILL ends it. */
const DEAF = "trap '' TERM; while :; do sleep 0.2; done";
const guards = (node: TestNode) =>
  node.processes().filter((pid) => commandLine(pid).includes("guard-program guard"));
const STATE = "run/scheduler-failover/etl";

/** Runs, under a grant that ends soon. */
async function underShortGrant(node: TestNode, milliseconds = 6000): Promise<string> {
  const life = await begin(node);
  await run(node, life);
  await ask(node, { mode: "hold", life, until: Date.now() + milliseconds });
  return life;
}

describe.concurrent.each(INSTALLED_SHELLS)("where no systemd runs, under %s,", (shell) => {
  it("the guard kills what it guards when the grant is over, and then ends", async ({
    expect,
    onTestFinished,
  }) => {
    const node = new TestNode(clusterSettings({ start: `setsid sh -c "${DEAF}" & ${DEAF}` }), shell);
    onTestFinished(() => node.dispose());
    const life = await underShortGrant(node);
    await until("all of the scheduler has ended", () => node.schedulers().length === 0);
    await until("the guard has ended", () => guards(node).length === 0);
    expect(await ask(node, {})).toMatchObject({ state: "stopped", grantUntil: 0, guard: "armed", life });
  });
});

describe.concurrent("the guard", () => {
  it("is there before the scheduler, and the one that is reported", async ({ expect, onTestFinished }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    expect(guards(node)).toEqual([]);
    expect(await run(node, life)).toMatchObject({ guard: "armed", gate: "none" });
    expect(guards(node)).toHaveLength(1);
  });

  it("that was killed is reported as failed, and replaced by the next plan that grants", async ({
    expect,
    onTestFinished,
  }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const { invocation } = await run(node, life);
    for (const pid of guards(node)) killQuietly(pid);
    expect(await ask(node, { others: "look", active: "none" })).toMatchObject({
      state: "running",
      guard: "failed",
    });
    expect(await ask(node, { mode: "hold", life })).toMatchObject({
      state: "running",
      guard: "armed",
      invocation,
    });
    expect(guards(node)).toHaveLength(1);
  });

  it.for([
    ["the grant is removed", "grant", undefined],
    ["the grant cannot be read", "grant", "nonsense\n"],
    ["the grant is of another life", "grant", "99999999999999 another.life 99999999999999\n"],
    ["the life is of another boot", "life", "another-boot.life\n"],
  ] as const)("kills when %s", async ([, file, text], { expect, onTestFinished }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    await run(node, life);
    if (text === undefined) node.remove(join(STATE, file));
    else node.write(join(STATE, file), text);
    await until("the scheduler has ended", () => node.schedulers().length === 0);
    expect(await ask(node, {})).toMatchObject({ state: "stopped" });
  });

  it.for([
    ["the time since boot, whatever the wall clock says", 1],
    ["the wall clock, whatever the time since boot says", 0],
  ] as const)("counts a grant by %s", async ([, limit], { expect, onTestFinished }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    await run(node, life);
    const [wall = "", own = "", up = ""] = node.read(join(STATE, "grant")).trim().split(" ");
    expect(own).toBe(life);
    // What a step of the clock makes of a grant: one of its two ends has come, the other has not.
    const ends = limit === 1 ? [wall, own, "1000"] : ["1000", own, up];
    node.write(join(STATE, "grant"), `${ends.join(" ")}\n`);
    await until("the scheduler has ended", () => node.schedulers().length === 0);
  });

  it("leaves a stop its grace, and completes it if the stop's own process is gone", async ({
    expect,
    onTestFinished,
  }) => {
    const node = new TestNode(clusterSettings({ start: DEAF }, { timers: { killGraceSeconds: 3 } }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    await run(node, life);
    const began = Date.now();
    const stopping = stop(node);
    await until("TERM is being sent", () => workers(node).length > 0);
    for (const pid of workers(node)) killQuietly(pid);
    expect(node.read(join(STATE, "grant"))).toBe("");
    expect(node.schedulers()).not.toEqual([]);
    await stopping;
    await until("the scheduler has ended", () => node.schedulers().length === 0);
    expect(Date.now() - began).toBeGreaterThan(2500);
  });

  it("does nothing to a scheduler that was detached", async ({ expect, onTestFinished }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const { pids } = await run(node, life);
    const report = await letGo(node);
    expect(report).toMatchObject({ state: "running", guard: "none", gate: "none" });
    await until("the guard has ended", () => guards(node).length === 0);
    expect(alive(pids[0] ?? 0)).toBe(true);
    // And back: the next plan that grants arms it again, and the scheduler is the same.
    const again = await ask(node, { mode: "hold", life });
    expect(again).toMatchObject({ state: "running", guard: "armed", pids });
  });

  it("is not there where the settings say off", async ({ expect, onTestFinished }) => {
    const node = new TestNode({ ...SLEEPER, guard: "off" });
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    expect(await run(node, life)).toMatchObject({ guard: "none", gate: "none" });
    expect(guards(node)).toEqual([]);
  });
});

const workers = (node: TestNode) =>
  node.processes().filter((pid) => commandLine(pid).includes("/program work "));

describe.runIf(isRoot).concurrent("break-glass", () => {
  const override = (node: TestNode, ...args: readonly string[]) =>
    spawnSync("sh", [join(node.root, "usr/local/sbin/scheduler-failover-override"), ...args], {
      env: node.environment(),
      encoding: "utf8",
    });

  it.for([
    [["--minutes", "0", "--reason", "x"], "--minutes must be a whole number from 1 to 1440"],
    [["--minutes", "1441", "--reason", "x"], "--minutes must be a whole number from 1 to 1440"],
    [["--minutes", "5"], "--reason must say why"],
    [["--minutes", "5", "--reason"], "--reason lacks its value"],
    [["--cluster", "other", "--minutes", "5", "--reason", "x"], "no cluster other"],
    [["--end"], "no override"],
    [["now"], "unknown argument now"],
  ] as const)("refuses %j", async ([args, words], { expect, onTestFinished }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    await begin(node);
    const { status, stderr } = override(node, ...args);
    expect(stderr).toContain(words);
    expect(status).toBe(1);
    expect(node.read(join(STATE, "override"))).toBe("");
  });

  it("makes the node answer overridden, whatever it is asked, until it is ended", async ({
    expect,
    onTestFinished,
  }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    expect(override(node, "--minutes", "5", "--reason", "AWS is away").status).toBe(0);
    expect(node.read(join(STATE, "override"))).toMatch(/ \S+: AWS is away\n$/);
    for (const change of [{}, { active: "none" }, { mode: "run", life }] as const)
      expect((await ask(node, change)).state).toBe("overridden");
    expect(node.schedulers()).toEqual([]);
    expect(override(node, "--end").status).toBe(0);
    expect((await stopFully(node)).state).toBe("stopped");
  });

  it("keeps a scheduler alive beyond its grant, until it is over", async ({ expect, onTestFinished }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    await run(node, life);
    override(node, "--minutes", "1", "--reason", "a test");
    await ask(node, { mode: "hold", life, until: Date.now() + 4000 });
    const text = node.read(join(STATE, "override"));
    const end = Number(node.read(join(STATE, "grant")).split(" ")[0]);
    await until("the grant has been over for a while", () => Date.now() > end + 1500);
    expect(node.schedulers()).not.toEqual([]);
    node.write(join(STATE, "override"), text.replace(/^\d+/, "1000"));
    await until("the scheduler has ended", () => node.schedulers().length === 0);
  });
});
