import { readFileSync } from "node:fs";
import { describe, it, vi } from "vitest";
import { DEFAULTS } from "../../lib/core/settings.ts";
import { INSTALLED_SHELLS, TestNode, ask, begin, clusterSettings, run } from "./support.ts";

vi.setConfig({ maxConcurrency: 10 });

const SLEEPER = clusterSettings({ start: "exec sleep 1000" });
const { grantSeconds, skewSeconds } = DEFAULTS.timers;
/** Two readings of a clock that floors to whole seconds, on a busy machine. */
const ROUNDING = 3;

/** From now on the node's wall clock is off by so many seconds. */
function setClock(node: TestNode, seconds: number): void {
  node.trap(
    "date",
    `#!/bin/sh\ncase $* in\n+%s%3N) echo $(($(/bin/date +%s%3N) + ${seconds * 1000})) ;;\n*) exec /bin/date "$@" ;;\nesac\n`,
  );
}

const uptime = () => Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);

/** Seconds that the node's grant lasts by the clock that nobody can set. */
function grantLeft(node: TestNode): number {
  const [, , end = "0"] = (node.state()["grant"] ?? "").trim().split(" ");
  return Number(end) / 1000 - uptime();
}

const untilIn = (seconds: number) => ({ until: Date.now() + seconds * 1000 });

/** Busybox has a date of its own, which no program in front of it replaces. */
const SHELLS = INSTALLED_SHELLS.filter((shell) => shell !== "busybox");

describe.concurrent.each(SHELLS)("under %s, a clock that is set back", (shell) => {
  it("makes no grant longer than it was promised to be", async ({ expect, onTestFinished }) => {
    const node = new TestNode(SLEEPER, shell);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    await run(node, life, untilIn(90));
    setClock(node, -20);
    const report = await ask(node, { mode: "run", life, ...untilIn(95) });
    expect(report).toMatchObject({ state: "running" });
    expect(grantLeft(node)).toBeGreaterThan(60);
    expect(grantLeft(node)).toBeLessThan(95 + ROUNDING);
    expect(Math.abs(report.clock - Date.now() + 20_000)).toBeLessThan(ROUNDING * 1000);
  });
});

describe.concurrent("a clock that is set", () => {
  it("back is believed when every promise that was made before is over", async ({
    expect,
    onTestFinished,
  }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    setClock(node, -20);
    await ask(node, { mode: "run", life, ...untilIn(95) });
    const [believed = ""] = (node.state()["clock"] ?? "").split(" ");
    const over = Math.round((uptime() - grantSeconds - skewSeconds - 61) * 1000);
    node.write("run/scheduler-failover/etl/clock", `${believed} ${over}\n`);
    await ask(node, { mode: "run", life, ...untilIn(80) });
    expect(grantLeft(node)).toBeGreaterThan(80 + 20 - ROUNDING - 15);
    expect(Number((node.state()["clock"] ?? "").split(" ")[0])).toBeLessThan(Number(believed) - 15_000);
  });

  it("forward makes a grant shorter, at once", async ({ expect, onTestFinished }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    setClock(node, 20);
    await ask(node, { mode: "run", life, ...untilIn(90) });
    expect(grantLeft(node)).toBeLessThan(90 - 20 + ROUNDING);
  });
});
