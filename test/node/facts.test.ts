import { copyFileSync, existsSync, rmSync, symlinkSync } from "node:fs";
import { describe, it, vi } from "vitest";
import { TestNode, ask, clusterSettings } from "./support.ts";
import { nodeWithSystemd } from "./systemd.ts";

vi.setConfig({ maxConcurrency: 4 });

const UNIT = clusterSettings({ unit: "demo.service" });
const COMMAND = clusterSettings({ start: "sleep 60", pattern: "no-such-scheduler" });

/** The on-node controller as a script that its interpreter is given: `up` is there once it runs. */
function predecessorOf(node: TestNode): { readonly command: string; readonly up: string } {
  const program = node.write("opt/scheduler_failover_controller", ': >"$0.up"\nsleep 60\n:\n');
  const python = node.write("opt/python3.11", "", 0o755);
  copyFileSync("/bin/sh", python);
  return { command: `"${python}" "${program}"`, up: `${program}.up` };
}

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

  it.for(["start", "-venv /opt/airflow/bin/activate start"])(
    "name it too where only its interpreter's name is to be seen: %s",
    async (words, { expect, onTestFinished }) => {
      const node = new TestNode(COMMAND);
      onTestFinished(() => node.dispose());
      const { command } = predecessorOf(node);
      const pid = node.spawn(`${command} ${words}`);
      const found = async () => (await ask(node, {})).facts?.predecessor;
      await expect.poll(found, { timeout: 10_000 }).toBeGreaterThanOrEqual(pid);
    },
  );

  it("take nobody who only asks the on-node controller for it", async ({ expect, onTestFinished }) => {
    const node = new TestNode(COMMAND);
    onTestFinished(() => node.dispose());
    const { command, up } = predecessorOf(node);
    node.spawn(`${command} metadata`);
    await expect.poll(() => existsSync(up), { timeout: 10_000 }).toBe(true);
    expect((await ask(node, {})).facts?.predecessor).toBe(0);
  });

  it.for(["scheduler_failover_controller", "scheduler-failover-controller"])(
    "say that a boot starts it, by its unit %s",
    async (unit, { expect, onTestFinished }) => {
      const node = nodeWithSystemd(UNIT);
      onTestFinished(() => node.dispose());
      expect((await ask(node, {})).facts?.predecessorAtBoot).toBeUndefined();
      const link = node.write(`etc/systemd/system/multi-user.target.wants/${unit}.service`, "");
      rmSync(link);
      symlinkSync(`/usr/lib/systemd/system/${unit}.service`, link);
      expect((await ask(node, {})).facts).toMatchObject({ predecessorAtBoot: true, restart: "on-failure" });
    },
  );

  it("count the folders that the agent keeps of commands that are over", async ({
    expect,
    onTestFinished,
  }) => {
    const node = new TestNode(COMMAND);
    onTestFinished(() => node.dispose());
    const kept = (await ask(node, {})).facts?.agentFolders ?? 0;
    for (const id of ["one", "two", "three"])
      node.write(`var/lib/amazon/ssm/${node.id}/document/orchestration/${id}/file`, "");
    expect((await ask(node, {})).facts?.agentFolders).toBe(kept + 3);
  });
});
