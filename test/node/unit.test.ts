import { describe, it, vi } from "vitest";
import { UNKNOWN_NODE, stopByAfter } from "../../lib/core/proof.ts";
import { documentContent } from "../../lib/node-document.ts";
import {
  CLUSTER,
  TestNode,
  alive,
  ask,
  begin,
  clusterSettings,
  killQuietly,
  plan,
  run,
  stop,
  stopFully,
  until,
} from "./support.ts";
import { nodeWithSystemd } from "./systemd.ts";

// Most of the time they wait for each other's grace periods.
vi.setConfig({ maxConcurrency: 10 });

const SETTINGS = clusterSettings({ unit: "demo.service" });

const dropInOf = (node: TestNode) =>
  node.read("etc/systemd/system/demo.service.d/zz-scheduler-failover.conf");

const unitNode = () => nodeWithSystemd(SETTINGS);

describe.concurrent("a scheduler that is a systemd unit", () => {
  it("has a pattern beside it, by which a standby finds and stops what was started past the unit", async ({
    expect,
    onTestFinished,
  }) => {
    const node = nodeWithSystemd(clusterSettings({ unit: "demo.service", pattern: "past-the-unit [0-9]" }));
    onTestFinished(() => node.dispose());
    await begin(node);
    const stray = node.spawn("bash -c 'exec -a past-the-unit sleep 1000'");
    const found = await stop(node);
    expect(`${found.state} ${found.reason}`).toMatch(/^(stopping|stopped ended)/);
    await stopFully(node);
    expect(alive(stray)).toBe(false);
  });

  it("is stopped in the settings' kill mode, which takes effect while it runs", async ({
    expect,
    onTestFinished,
  }) => {
    const node = unitNode();
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const begun = await run(node, life);
    expect(dropInOf(node)).toContain("KillMode=control-group\n");
    node.content = documentContent(CLUSTER, clusterSettings({ unit: "demo.service", killMode: "mixed" }));
    const later = await run(node, life);
    expect(later).toMatchObject({ guard: "armed", gate: "installed", invocation: begun.invocation });
    expect(node.read("fake/loaded")).toContain("KillMode=mixed\n");
    await stopFully(node);
  });

  it("is started, named by its invocation, restarted and stopped", async ({ expect, onTestFinished }) => {
    const node = unitNode();
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const begun = await run(node, life);
    expect(begun).toMatchObject({ state: "running", restarts: 3, guard: "armed", gate: "installed" });
    expect(begun.pids[0]).toBe(Number(node.read("fake/pid")));
    expect(begun.invocation).toBe(node.read("fake/inv").trim());
    await ask(node, { mode: "restart", life, invocation: begun.invocation });
    const restarted = await run(node, life);
    expect(restarted.invocation).not.toBe(begun.invocation);
    await stopFully(node);
    expect(alive(restarted.pids[0] ?? 0)).toBe(false);
  });

  it("is judged by its state, not by the exit status of the start", async ({ expect, onTestFinished }) => {
    const node = unitNode();
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    node.write("fake/refuse", "");
    expect(await ask(node, { mode: "run", life })).toMatchObject({
      state: "stopped",
      reason: "exited exit-code",
    });
  });

  it.for([
    ["activating", "", "starting"],
    ["deactivating", "", "stopping"],
    ["inactive", "4711", "starting"],
    ["maintenance", "", "starting"],
  ] as const)(
    "that is %s with job %j is not stopped",
    async ([state, job, expected], { expect, onTestFinished }) => {
      const node = unitNode();
      onTestFinished(() => node.dispose());
      node.write("fake/state", state);
      node.write("fake/job", job);
      expect(await ask(node, {})).toMatchObject({ state: expected });
    },
  );

  it("that is inactive but has left a process in its control group is not stopped before that is gone", async ({
    expect,
    onTestFinished,
  }) => {
    const node = unitNode();
    onTestFinished(() => node.dispose());
    await begin(node);
    const left = node.spawn("trap '' TERM; while :; do sleep 0.1; done");
    node.write("sys/fs/cgroup/system.slice/demo.service/workers/cgroup.procs", `${left}\n`);
    expect(await ask(node, {})).toMatchObject({ state: "stopping", reason: "leftovers" });
    await stopFully(node);
    expect(alive(left)).toBe(false);
  });

  it("whose main process was killed is started again", async ({ expect, onTestFinished }) => {
    const node = unitNode();
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const first = await run(node, life);
    killQuietly(first.pids[0] ?? 0);
    const again = await until("it runs again", async () => {
      const report = await ask(node, { mode: "run", life });
      return report.state === "running" ? report : undefined;
    });
    expect(again.invocation).not.toBe(first.invocation);
  });

  it("is not reported stopped once a newer plan has come", async ({ expect, onTestFinished }) => {
    const node = unitNode();
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    node.write("fake/slow", "");
    const halt = plan(node, { active: "none" });
    const stopping = node.converge(halt);
    await until("the stop is accepted", () => node.state()["seen"] === `${halt.token}\n`);
    await ask(node, { mode: "hold", life });
    expect((await stopping).report).toMatchObject({ state: "busy", reason: "superseded" });
  });

  it("is unknown, never stopped, where systemd does not answer", async ({ expect, onTestFinished }) => {
    const node = new TestNode(SETTINGS);
    onTestFinished(() => node.dispose());
    node.write("usr/bin/systemctl", "#!/bin/sh\nexit 1\n", 0o755);
    expect(await stop(node)).toMatchObject({ state: "refused", reason: "no-systemd" });
    node.write("usr/bin/systemctl", "#!/bin/sh\nexec sleep 1000\n", 0o755);
    expect(await stop(node)).toMatchObject({ state: "refused", reason: "no-systemd" });
  });

  it("below a root never touches the machine's own systemd", async ({ expect, onTestFinished }) => {
    const node = new TestNode(SETTINGS);
    onTestFinished(() => node.dispose());
    const trap = `#!/bin/sh\necho "$0 $*" >>"$SCHEDULER_FAILOVER_ROOT/trapped"\n`;
    for (const name of ["systemctl", "systemd-run", "journalctl"]) node.trap(name, trap);
    for (const mode of ["look", "hold", "run", "restart", "stop", "detach"] as const)
      expect(await ask(node, { mode, life: "none" })).toMatchObject({ state: "refused" });
    expect(node.read("trapped")).toBe("");
  });

  it("on a systemd without gates is refused by name, and is proven by no stop", async ({
    expect,
    onTestFinished,
  }) => {
    const node = unitNode();
    onTestFinished(() => node.dispose());
    node.write("fake/version", "239");
    const life = await begin(node);
    expect(await ask(node, { mode: "run", life })).toMatchObject({
      state: "refused",
      reason: "old-systemd 239",
    });
    const stopping = plan(node, { active: "none" });
    const { report } = await node.converge(stopping);
    expect(report).toMatchObject({ state: "stopped", gate: "failed" });
    if (!report) return;
    const after = stopByAfter(node.id, UNKNOWN_NODE, report, stopping, SETTINGS, Date.now());
    expect(after).toEqual({ stopBy: "ever", proof: undefined });
  });
});
