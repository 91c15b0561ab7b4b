import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, it, vi } from "vitest";
import {
  CLUSTER,
  INSTALLED_SHELLS,
  OWNER,
  TestNode,
  alive,
  ask,
  begin,
  clusterSettings,
  killQuietly,
  plan,
  run,
  renderUnchecked,
  stop,
  stopFully,
  until,
} from "./support.ts";
import { convergeParameters } from "../../lib/core/converge.ts";

// Most of the time they wait for each other's grace periods.
vi.setConfig({ maxConcurrency: 10 });

const SLEEPER = clusterSettings({ start: "exec sleep 1000" });

describe.concurrent.each(INSTALLED_SHELLS)("under %s, a node", (shell) => {
  it("looks, begins, starts, restarts and stops, each with one line and no error text", async ({
    expect,
    onTestFinished,
  }) => {
    const node = new TestNode(SLEEPER, shell);
    onTestFinished(() => node.dispose());
    const look = await node.converge(plan(node));
    expect(look).toMatchObject({ code: 0, errors: "", report: { state: "stopped", life: "none", seen: 0 } });
    expect(look.output).toMatch(/^\{.*\}\n$/);
    const life = await begin(node);
    const begun = await run(node, life);
    expect(begun).toMatchObject({ state: "running", life, guard: "armed" });
    expect(begun.pids).not.toHaveLength(0);
    const restart = plan(node, { mode: "restart", life, invocation: begun.invocation });
    const restarted = await until("it runs again", async () => {
      const { report } = await node.converge(restart);
      return report?.state === "running" ? report : undefined;
    });
    expect(restarted.invocation).not.toBe(begun.invocation);
    expect(await stopFully(node)).toMatchObject({
      state: "stopped",
      grantUntil: 0,
      invocation: "none",
      pids: [],
    });
    expect(await stop(node)).toMatchObject({ state: "stopped", reason: "" });
    expect(node.schedulers()).toEqual([]);
  });
});

describe.concurrent("look", () => {
  it("changes and stores nothing, whether there is state or not", async ({ expect, onTestFinished }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    await ask(node, {});
    expect(node.state()).toEqual({});
    const life = await begin(node);
    await run(node, life);
    const before = node.state();
    const report = await ask(node, { others: "look", active: "none" });
    expect(report).toMatchObject({ state: "running", life });
    expect(report.seen).toBeLessThan(report.token);
    expect(node.state()).toEqual(before);
  });
});

describe.concurrent("run", () => {
  it("leaves a running scheduler alone and extends the grant", async ({ expect, onTestFinished }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const first = await run(node, life);
    const until = Date.now() + 110_000;
    const second = await ask(node, { mode: "run", life, until });
    expect(second).toMatchObject({ state: "running", invocation: first.invocation, since: first.since });
    expect(second.grantUntil).toBe(until);
  });

  it.for([
    ["the command is missing", "no-such-command-here", "exited 127", "not found"],
    ["the command fails", "echo broken pipe dream >&2; exit 3", "exited 3", "broken pipe dream"],
  ] as const)(
    "reports exit status and last words when %s",
    async ([, start, reason, log], { expect, onTestFinished }) => {
      const node = new TestNode(clusterSettings({ start }));
      onTestFinished(() => node.dispose());
      const life = await begin(node);
      const report = await ask(node, { mode: "run", life });
      expect(report).toMatchObject({ state: "stopped", reason });
      expect(report.log).toContain(log);
    },
  );

  it("starts again what was killed", async ({ expect, onTestFinished }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const first = await run(node, life);
    killQuietly(first.pids[0] ?? 0);
    const again = await run(node, life);
    expect(again).toMatchObject({ state: "running", reason: "started after exited 137" });
    expect(again.invocation).not.toBe(first.invocation);
  });

  it.for([
    ["another life", () => ({ life: "boot.other" }), "life"],
    ["no life", () => ({ life: "none" }), "life"],
    ["an end in the past", () => ({ until: Date.now() - 1000 }), "until-past"],
    ["an end beyond grant and skew", () => ({ until: Date.now() + 130_000 }), "until-too-far"],
  ] as const)(
    "is refused a grant with %s, and so is hold",
    async ([, change, reason], { expect, onTestFinished }) => {
      const node = new TestNode(SLEEPER);
      onTestFinished(() => node.dispose());
      const life = await begin(node);
      for (const mode of ["run", "hold", "restart"] as const) {
        const report = await ask(node, { mode, life, ...change() });
        expect(report).toMatchObject({ state: "refused", reason, grantUntil: 0 });
      }
      expect(node.schedulers()).toEqual([]);
    },
  );

  it("is refused after a boot, since the life it was meant for is over", async ({
    expect,
    onTestFinished,
  }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    node.crash();
    const report = await ask(node, { mode: "run", life });
    expect(report).toMatchObject({ state: "refused", reason: "life" });
    expect(report.life).not.toBe(life);
  });

  it("does not touch what another deployment's stamp is on", async ({ expect, onTestFinished }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    await run(node, life);
    const other = plan(node, { active: "none" });
    const { report } = await node.converge(other, OWNER.replace("failover", "other"));
    expect(report).toMatchObject({ state: "refused", reason: `owned-by ${OWNER}` });
    expect(report?.seen).toBeLessThan(other.token);
    expect(node.schedulers()).not.toEqual([]);
  });
});

describe.concurrent("restart", () => {
  it("does nothing to another invocation than the one it names", async ({ expect, onTestFinished }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const { invocation } = await run(node, life);
    const report = await ask(node, { mode: "restart", life, invocation: "another" });
    expect(report).toMatchObject({ state: "running", invocation, reason: "other-invocation" });
  });
});

describe.concurrent("hold", () => {
  it("gives no grant where nothing runs: it must not open the gate", async ({ expect, onTestFinished }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    expect(await ask(node, { mode: "hold", life })).toMatchObject({
      state: "stopped",
      grantUntil: 0,
      guard: "armed",
    });
    expect(node.schedulers()).toEqual([]);
  });

  it("extends a grant that is not over, and the scheduler of it, and starts none", async ({
    expect,
    onTestFinished,
  }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const { invocation, pids } = await run(node, life);
    const until = Date.now() + 110_000;
    expect(await ask(node, { mode: "hold", life, until })).toMatchObject({ invocation, grantUntil: until });
    for (const pid of pids) killQuietly(pid);
    const later = await ask(node, { mode: "hold", life, until: until + 1000 });
    expect(later).toMatchObject({ state: "stopped", grantUntil: until + 1000, guard: "armed" });
  });

  it("grants nothing to a node that is not the active one", async ({ expect, onTestFinished }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const report = await ask(node, { active: "i-0bbbbbbb", life, mode: "hold", others: "hold" });
    expect(report.grantUntil).toBe(0);
  });
});

describe.concurrent("stop", () => {
  it("permits nothing past the grant's end and the kill grace, however late it comes and however often", async ({
    expect,
    onTestFinished,
  }) => {
    const node = new TestNode(clusterSettings({ start: "trap '' TERM; while :; do sleep 0.1; done" }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const begun = await run(node, life);
    await run(node, life, { until: Date.now() + 2500 });
    const [, , grantEnd = "0"] = (node.state()["grant"] ?? "").trim().split(" ");
    for (let n = 0; n < 2; n += 1) {
      await stop(node);
      const [permitEnd = "0"] = (node.state()["permit"] ?? "0").split(" ");
      expect(Number(permitEnd)).toBeLessThanOrEqual(Number(grantEnd) + 1000);
    }
    await stopFully(node);
    expect(alive(begun.pids[0] ?? 0)).toBe(false);
  });

  it("tells that something ran until then", async ({ expect, onTestFinished }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    await run(node, life);
    const reports = [await stop(node), await stop(node)];
    expect(reports.map(({ reason }) => reason)).toContain(
      reports[0]?.state === "stopped" ? "ended" : "stop-in-progress",
    );
    expect((await stopFully(node)).reason).toBe("");
  });

  it("is slow where the scheduler is: first TERM, after the grace KILL, and only then stopped", async ({
    expect,
    onTestFinished,
  }) => {
    const node = new TestNode(
      clusterSettings(
        { start: "trap 'echo asked' TERM; while :; do sleep 0.2; done" },
        { timers: { killGraceSeconds: 4 } },
      ),
    );
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    await run(node, life);
    const answer = await node.converge(plan(node, { active: "none" }));
    expect(answer.report).toMatchObject({ state: "stopping", reason: "stop-in-progress", grantUntil: 0 });
    expect(answer.milliseconds).toBeLessThan(5000);
    expect(node.schedulers()).not.toEqual([]);
    await stopFully(node);
    expect(node.schedulers()).toEqual([]);
    expect(node.read(`var/log/scheduler-failover/${CLUSTER}.log`)).toContain("asked");
  });

  it("runs the stop command first, and TERM only when that is over", async ({ expect, onTestFinished }) => {
    const settings = {
      start:
        'trap "echo by TERM; exit" TERM; trap "echo by command; exit" USR1; echo $$ >"$SCHEDULER_FAILOVER_ROOT/pid"; while :; do sleep 0.05; done',
      stop: 'kill -USR1 "$(cat "$SCHEDULER_FAILOVER_ROOT/pid")"; sleep 0.3',
    };
    const node = new TestNode(clusterSettings(settings, { timers: { killGraceSeconds: 4 } }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    await run(node, life);
    await stopFully(node);
    const log = node.read(`var/log/scheduler-failover/${CLUSTER}.log`);
    expect(log).toContain("by command");
    expect(log).not.toContain("by TERM");
    expect(node.schedulers()).toEqual([]);
  });

  it("outlives a stop command that hangs", async ({ expect, onTestFinished }) => {
    const node = new TestNode(clusterSettings({ start: "exec sleep 1000", stop: "sleep 1000" }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    await run(node, life);
    expect(await stopFully(node)).toMatchObject({ state: "stopped", grantUntil: 0 });
    await until("no process of any kind is left, no guard either", () => node.processes().length === 0);
  });
});

describe.concurrent("a converge with garbage", () => {
  it.for([
    ["Cluster", "etl/../x"],
    ["Cluster", ""],
    ["Owner", "arn:aws:dynamodb:x:1:table/a b"],
    ["Active", "i-0aaaaaaa;reboot"],
    ["Life", "$(reboot)"],
    ["Mode", "start"],
    ["Mode", "look stop"],
    ["Others", "run"],
    ["Others", "restart"],
    ["Token", "-1"],
    ["Token", "0"],
    ["Token", "007"],
    ["Token", "1e9"],
    ["Token", "9999999999999999999999"],
    ["Until", ""],
    ["Until", "1 + 1"],
    ["Until", "12\n34"],
    ["Invocation", "a*"],
    ["Invocation", "a\nb"],
  ] as const)(
    "in %s, %j, is refused without an effect",
    async ([name, value], { expect, onTestFinished }) => {
      const node = new TestNode(SLEEPER);
      onTestFinished(() => node.dispose());
      const values = { ...convergeParameters(CLUSTER, OWNER, plan(node, { mode: "run" })), [name]: [value] };
      const { output, code, report } = await node.runScript(
        renderUnchecked(node.content, values),
        plan(node),
      );
      expect(code).toBe(0);
      expect(report).toBeUndefined();
      expect(output).toContain(`"state":"refused"`);
      expect(output).toContain(`"reason":"bad-argument ARG_${name.toUpperCase()}"`);
      expect(node.state()).toEqual({});
      expect(node.processes()).toEqual([]);
    },
  );

  it("from an agent that names no instance is refused", async ({ expect, onTestFinished }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    const asked = plan(node);
    const text = renderUnchecked(node.content, convergeParameters(CLUSTER, OWNER, asked));
    const { output } = await node.runScript(text, asked, { AWS_SSM_INSTANCE_ID: "" });
    expect(output).toContain(`"reason":"no-identity"`);
  });

  it("where the state cannot be kept is refused", async ({ expect, onTestFinished }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    rmSync(join(node.root, "run"), { recursive: true, force: true });
    node.write("run", "a file in the way");
    expect(await ask(node, { active: "none" })).toMatchObject({
      state: "refused",
      reason: "no-state-folder",
    });
  });
});
