import { describe, it, vi } from "vitest";
import { TestNode, ask, clusterSettings } from "./support.ts";
import { nodeWithSystemd } from "./systemd.ts";

vi.setConfig({ maxConcurrency: 4 });

const UNIT = clusterSettings({ unit: "demo.service" });
const COMMAND = clusterSettings({ start: "sleep 60", pattern: "no-such-scheduler" });

describe.concurrent("the facts of a node", () => {
  it("are systemd's version, and what the unit's own file says", async ({ expect, onTestFinished }) => {
    const node = nodeWithSystemd(UNIT);
    onTestFinished(() => node.dispose());
    node.write("fake/version", "255");
    node.write("fake/restart", "always");
    node.write("fake/enabled", "enabled-runtime");
    expect((await ask(node, {})).facts).toEqual({
      systemd: 255,
      restart: "always",
      enabled: "enabled-runtime",
      predecessor: 0,
    });
  });

  it("say nothing of a unit that there is not", async ({ expect, onTestFinished }) => {
    const node = new TestNode(COMMAND);
    onTestFinished(() => node.dispose());
    expect((await ask(node, {})).facts).toMatchObject({ restart: "", enabled: "", predecessor: 0 });
  });

  it("name the on-node controller that runs beside us", async ({ expect, onTestFinished }) => {
    const node = new TestNode(COMMAND);
    onTestFinished(() => node.dispose());
    const program = node.write("opt/scheduler_failover_controller", "#!/bin/sh\nsleep 60\n:\n", 0o755);
    const pid = node.spawn(`"${program}"`);
    const found = async () => (await ask(node, {})).facts?.predecessor;
    await expect.poll(found, { timeout: 10_000 }).toBeGreaterThanOrEqual(pid);
  });
});
