import { describe, it, vi, type TestContext } from "vitest";
import { documentContent } from "../../lib/node-document.ts";
import type { SchedulerSettings } from "../../lib/core/settings.ts";
import {
  CLUSTER,
  OWNER,
  TestNode,
  alive,
  ask,
  begin,
  clusterSettings,
  letGo,
  plan,
  run,
  stop,
  stopFully,
  until,
} from "./support.ts";
import { nodeWithSystemd } from "./systemd.ts";

vi.setConfig({ maxConcurrency: 10 });

const DEMO: SchedulerSettings = { unit: "demo.service" };
const RENAMED: SchedulerSettings = { unit: "renamed.service" };
/** Looks like a scheduler that somebody has started by hand. */
const BY_HAND = "exec -a old-scheduler sleep 1000";

const deploy = (node: TestNode, scheduler: SchedulerSettings, guard: "on" | "off" = "on") => {
  node.content = documentContent(CLUSTER, { ...clusterSettings(scheduler), guard });
};

const unitPid = (node: TestNode, folder: string) => Number(node.read(`fake/${folder}pid`));

/** The first unit runs when the settings name the other one. */
async function renamedWhileItRuns(guard: "on" | "off", onTestFinished: TestContext["onTestFinished"]) {
  const node = nodeWithSystemd({ ...clusterSettings(DEMO), guard });
  onTestFinished(() => node.dispose());
  const life = await begin(node);
  const old = await run(node, life);
  deploy(node, RENAMED, guard);
  return { node, life, old };
}

describe.concurrent("settings that name another unit than before", () => {
  for (const guard of ["on", "off"] as const) {
    it(`have the old one stopped before the new one is started, guard ${guard}`, async ({
      expect,
      onTestFinished,
    }) => {
      const { node, life, old } = await renamedWhileItRuns(guard, onTestFinished);
      const renamed = await until("the renamed unit runs", async () => {
        const report = await ask(node, { mode: "run", life });
        const [pid = 0] = report.pids;
        return report.state === "running" && pid === unitPid(node, "renamed.service/") ? report : undefined;
      });
      expect(alive(old.pids[0] ?? 0)).toBe(false);
      expect(renamed).toMatchObject(
        guard === "on" ? { guard: "armed", gate: "installed" } : { guard: "none" },
      );
      expect(renamed.reason).not.toMatch(/^former-unit/);
    });

    it(`are no reason to say that nothing runs while the old one does, guard ${guard}`, async ({
      expect,
      onTestFinished,
    }) => {
      const { node, life, old } = await renamedWhileItRuns(guard, onTestFinished);
      for (const mode of ["look", "hold"] as const)
        expect(await ask(node, { mode, life })).toMatchObject({
          state: "running",
          reason: "former-unit demo.service",
          pids: expect.arrayContaining([old.pids[0]]) as number[],
        });
      const first = await stop(node);
      if (first.state === "stopped") expect(first.reason).toContain("ended");
      await stopFully(node);
      expect(alive(old.pids[0] ?? 0)).toBe(false);
    });
  }

  it("let nobody start the old one: its gate is shut for good, and opens when the settings name it again", async ({
    expect,
    onTestFinished,
  }) => {
    const node = nodeWithSystemd(clusterSettings(DEMO));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    deploy(node, RENAMED);
    await run(node, life);
    node.spawn('"$SCHEDULER_FAILOVER_ROOT/usr/bin/systemctl" start --no-block demo.service', {
      JOURNAL_STREAM: "1:1",
    });
    await until("the gate has refused", () =>
      /start refused: the scheduler of cluster etl is now renamed.service/.test(node.read("fake/gate.log")),
    );
    expect(unitPid(node, "")).toBe(0);
    deploy(node, DEMO);
    const back = await until("the first unit runs", async () => {
      const report = await ask(node, { mode: "run", life });
      return report.state === "running" && report.pids[0] === unitPid(node, "") ? report : undefined;
    });
    expect(back).toMatchObject({ guard: "armed", gate: "installed" });
  });

  it("have the guard kill the old one, too, when the grant is over", async ({ expect, onTestFinished }) => {
    const node = nodeWithSystemd(clusterSettings(DEMO));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const old = await run(node, life);
    deploy(node, RENAMED);
    await ask(node, { mode: "hold", life, until: Date.now() + 3000 });
    await until("the guard has killed it", () => !alive(old.pids[0] ?? 0));
    expect(node.read("fake/guard.log")).toContain("no permission is left");
  });

  it("take the drop-in of one that no longer exists away, and detach takes all", async ({
    expect,
    onTestFinished,
  }) => {
    const node = nodeWithSystemd(clusterSettings(DEMO));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const dropIn = (unit: string) => node.read(`etc/systemd/system/${unit}.d/zz-scheduler-failover.conf`);
    expect(dropIn("demo.service")).toContain("gate");
    deploy(node, RENAMED);
    await run(node, life);
    expect(dropIn("demo.service")).toContain("retired");
    node.write("fake/load", "not-found");
    await run(node, life);
    expect(dropIn("demo.service")).toBe("");
    node.write("fake/load", "loaded");
    deploy(node, DEMO);
    await ask(node, { mode: "hold", life });
    await run(node, life);
    await letGo(node);
    expect([dropIn("demo.service"), dropIn("renamed.service")]).toEqual(["", ""]);
  });
});

const OTHER = OWNER.replace("failover", "restored");

describe.concurrent("a deployment in the place of another", () => {
  for (const [kind, make] of [
    ["a unit", () => nodeWithSystemd(clusterSettings(DEMO))],
    ["a command", () => new TestNode(clusterSettings({ start: "exec sleep 1000" }))],
  ] as const) {
    it(`takes ${kind} over by the other's name alone, without touching what runs`, async ({
      expect,
      onTestFinished,
    }) => {
      const node = make();
      onTestFinished(() => node.dispose());
      const life = await begin(node);
      const { invocation, pids } = await run(node, life);
      const asOther = async (takeOver?: string) => {
        const { report } = await node.converge(
          plan(node, { mode: "run", life, ...(takeOver === undefined ? {} : { takeOver }) }),
          OTHER,
        );
        return report;
      };
      /** Whoever else extends the grant makes that time proves nothing. */
      const refused = {
        state: "refused",
        guard: "none",
        reason: expect.stringContaining(`owned-by ${OWNER}`) as string,
      };
      expect(await asOther()).toMatchObject(refused);
      expect((await node.converge(plan(node), OTHER)).report).toMatchObject({
        state: "running",
        guard: "none",
        reason: `unguarded owned-by ${OWNER}`,
      });
      expect(await asOther(OWNER.replace("failover", "another"))).toMatchObject(refused);
      const taken = await asOther(OWNER);
      expect(taken).toMatchObject({ state: "running", invocation, guard: "armed" });
      expect(taken?.pids[0]).toBe(pids[0]);
      expect(await asOther()).toMatchObject({ state: "running", invocation });
      expect(await stop(node)).toMatchObject({
        state: "refused",
        reason: expect.stringContaining(`owned-by ${OTHER}`) as string,
      });
    });
  }
});

describe.concurrent("settings that name another pattern than before", () => {
  it("have the scheduler that the old one named stopped, not forgotten", async ({
    expect,
    onTestFinished,
  }) => {
    const start = "exec -a new-scheduler sleep 1000";
    const node = new TestNode(clusterSettings({ start, pattern: "old-scheduler" }), "bash");
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const old = node.spawn(`bash -c '${BY_HAND}'`);
    await run(node, life);
    deploy(node, { start, pattern: "new-scheduler" });
    expect(await ask(node, { mode: "hold", life })).not.toMatchObject({ state: "stopped" });
    await stopFully(node);
    expect(alive(old)).toBe(false);
  });
});
