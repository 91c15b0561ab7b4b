import { describe, it, vi } from "vitest";
import type { Plan } from "../../lib/core/model.ts";
import {
  TestNode,
  alive,
  ask,
  begin,
  clusterSettings,
  commandLine,
  killQuietly,
  plan,
  run,
  stop,
  stopFully,
  until,
} from "./support.ts";

// Most of the time they wait for each other's grace periods.
vi.setConfig({ maxConcurrency: 10 });

/** Notes each start in a file; slow to stop where the test says so. */
const COUNTED = 'echo "$$" >>"$SCHEDULER_FAILOVER_ROOT/starts"; exec sleep 1000';
const STUBBORN = 'echo "$$" >>"$SCHEDULER_FAILOVER_ROOT/starts"; trap "" TERM; while :; do sleep 0.2; done';
const starts = (node: TestNode) => node.read("starts").split("\n").length - 1;

/** Sends all at once; the tokens are in the order of the list. */
const together = (node: TestNode, changes: readonly Partial<Plan>[]) =>
  Promise.all(changes.map((change) => plan(node, change)).map((each) => node.converge(each)));

const workers = (node: TestNode) =>
  node.processes().filter((pid) => commandLine(pid).includes("/program work "));

describe.concurrent("a plan that comes", () => {
  it("late, with a lower token than the highest seen, has no effect and is told that token", async ({
    expect,
    onTestFinished,
  }) => {
    const node = new TestNode(clusterSettings({ start: COUNTED }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const late = { ...plan(node, { mode: "run", life }), others: "stop" } as const;
    const newest = await stop(node);
    const before = node.state();
    const { report } = await node.converge(late);
    expect(report).toMatchObject({ state: "refused", seen: newest.token, reason: `token ${newest.token}` });
    expect(node.state()).toEqual(before);
    expect(starts(node)).toBe(0);
  });

  it("late as a stop leaves the newer run alone", async ({ expect, onTestFinished }) => {
    const node = new TestNode(clusterSettings({ start: COUNTED }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const late = plan(node, { active: "none" });
    const { invocation } = await run(node, life);
    expect((await node.converge(late)).report).toMatchObject({ state: "refused", invocation });
    expect(await ask(node, {})).toMatchObject({ state: "running", invocation });
  });

  it("twice starts one scheduler", async ({ expect, onTestFinished }) => {
    const node = new TestNode(clusterSettings({ start: COUNTED }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const going = plan(node, { mode: "run", life });
    const answers = await Promise.all([node.converge(going), node.converge(going), node.converge(going)]);
    expect(answers.map(({ code, errors }) => [code, errors])).toEqual(answers.map(() => [0, ""]));
    await node.converge(going);
    expect(starts(node)).toBe(1);
  });

  it("twice restarts once", async ({ expect, onTestFinished }) => {
    const node = new TestNode(clusterSettings({ start: COUNTED }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const { invocation } = await run(node, life);
    const restart = plan(node, { mode: "restart", life, invocation });
    await Promise.all([node.converge(restart), node.converge(restart)]);
    await node.converge(restart);
    expect(starts(node)).toBe(2);
  });
});

describe.concurrent("two plans at once", () => {
  it.for(Array.from({ length: 6 }, (_, round) => round))(
    "end as the newer one says: stop after run (round %i)",
    async (round, { expect, onTestFinished }) => {
      const node = new TestNode(clusterSettings({ start: COUNTED }));
      onTestFinished(() => node.dispose());
      const life = await begin(node);
      const going = plan(node, { mode: "run", life });
      const halt = plan(node, { active: "none" });
      const first = node.converge(going);
      // Later by a little more in each round: before the operation is written, before the starter, after the start.
      await new Promise((resolve) => setTimeout(resolve, round * 40));
      const { report } = await node.converge(halt);
      const alive = node.schedulers();
      if (report?.state === "stopped") expect(alive).toEqual([]);
      await first;
      expect((await stopFully(node)).state).toBe("stopped");
      const count = starts(node);
      await until("no process of any kind is left", () => node.unguarded().length === 0);
      expect(starts(node)).toBe(count);
    },
  );

  it.for(Array.from({ length: 3 }, (_, round) => round))(
    "end as the newer one says: run after stop (round %i)",
    async (round, { expect, onTestFinished }) => {
      const node = new TestNode(clusterSettings({ start: COUNTED }));
      onTestFinished(() => node.dispose());
      const life = await begin(node);
      const first = await run(node, life);
      const halt = plan(node, { active: "none" });
      const going = plan(node, { mode: "run", life });
      const stopping = node.converge(halt);
      await new Promise((resolve) => setTimeout(resolve, 60 + round * 60));
      await node.converge(going);
      const { report } = await stopping;
      // It may have stopped before the newer plan came; if that one has started again, it must not say so.
      if (report?.state === "stopped") expect(report.seen).toBe(halt.token);
      const settled = await until("it runs", async () => {
        const each = await run(node, life);
        return each.state === "running" ? each : undefined;
      });
      expect(starts(node)).toBe(settled.invocation === first.invocation ? 1 : 2);
    },
  );

  it("of all kinds leave one scheduler or none, and always an answer", async ({ expect, onTestFinished }) => {
    const node = new TestNode(clusterSettings({ start: COUNTED }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const answers = await together(node, [
      { mode: "run", life },
      { active: "none" },
      { mode: "run", life },
      { mode: "hold", life },
      { active: "none" },
      { mode: "run", life },
    ]);
    expect(answers.map(({ report }) => report?.token ?? 0)).not.toContain(0);
    const mains = await until("it settles", async () => {
      const report = await ask(node, { mode: "run", life });
      return report.state === "running" ? node.schedulers() : undefined;
    });
    // The scheduler and the starter beside it.
    expect(mains).toHaveLength(2);
  });
});

describe.concurrent("a slow stop", () => {
  it("that a newer run overtakes is carried to its end before the start", async ({
    expect,
    onTestFinished,
  }) => {
    const node = new TestNode(clusterSettings({ start: STUBBORN }, { timers: { killGraceSeconds: 2 } }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const first = await run(node, life);
    const halting = stop(node);
    await until("TERM is being sent", () => workers(node).length > 0);
    const overtaking = ask(node, { mode: "run", life });
    const reports = await Promise.all([halting, overtaking]);
    expect(reports.map(({ state }) => state)).not.toContain("stopped");
    const second = await until("it runs again", async () => {
      const report = await ask(node, { mode: "run", life });
      return report.state === "running" ? report : undefined;
    });
    expect(second.invocation).not.toBe(first.invocation);
    expect(starts(node)).toBe(2);
  });

  it("keeps the instant of its KILL however often it is repeated", async ({ expect, onTestFinished }) => {
    const node = new TestNode(clusterSettings({ start: STUBBORN }, { timers: { killGraceSeconds: 2 } }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    await run(node, life);
    const began = Date.now();
    await stopFully(node);
    expect(Date.now() - began).toBeLessThan(6000);
  });

  it("whose process is killed is taken up again", async ({ expect, onTestFinished }) => {
    const node = new TestNode(clusterSettings({ start: STUBBORN }, { timers: { killGraceSeconds: 4 } }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    await run(node, life);
    const began = Date.now();
    const halting = stop(node);
    await until("the worker is there", () => workers(node).length > 0);
    for (const pid of workers(node)) killQuietly(pid);
    await halting;
    await stopFully(node);
    expect(node.schedulers()).toEqual([]);
    // The grace counts from the first stop, not from the last.
    expect(Date.now() - began).toBeLessThan(8500);
  });
});

describe.concurrent("a start", () => {
  it("whose starter is frozen is ended by a newer stop and never comes back", async ({
    expect,
    onTestFinished,
  }) => {
    // The start hangs in the activate file: the starter is there, the scheduler is not yet.
    const node = new TestNode(clusterSettings({ start: COUNTED, activate: "/activate" }));
    onTestFinished(() => node.dispose());
    node.write("activate", 'while [ ! -e "$SCHEDULER_FAILOVER_ROOT/go" ]; do sleep 0.1; done\n');
    const life = await begin(node);
    await run(node, life);
    for (const pid of node.schedulers()) killQuietly(pid, "SIGSTOP");
    expect((await stop(node)).state).not.toBe("running");
    await stopFully(node);
    node.write("go", "");
    await until("no process of any kind is left", () => node.unguarded().length === 0);
    expect(starts(node)).toBe(0);
  });

  it.for(["start", "work"])(
    "that wakes after a newer operation began does nothing (as %s)",
    async (role, { expect, onTestFinished }) => {
      const node = new TestNode(clusterSettings({ start: COUNTED }));
      onTestFinished(() => node.dispose());
      const life = await begin(node);
      const { invocation } = await run(node, life);
      const [old] = (node.state()["op"] ?? "").split(" ");
      await ask(node, { mode: "restart", life, invocation });
      const again = await run(node, life);
      // Nothing runs, the grant holds: only the operation's name is in its way.
      for (const pid of again.pids) killQuietly(pid);
      await until("all have ended", () => node.schedulers().length === 0);
      const late = node.spawn(
        `exec sh "$SCHEDULER_FAILOVER_ROOT/run/scheduler-failover/etl/program" ${role} ${old}`,
      );
      await until("it has ended", () => !alive(late));
      await until("no process of any kind is left", () => node.unguarded().length === 0);
      expect(starts(node)).toBe(2);
    },
  );

  it("whose grant is over before the last check does not happen", async ({ expect, onTestFinished }) => {
    const node = new TestNode(clusterSettings({ start: COUNTED }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    // A scheduler that takes its time to stop: the restart's start comes after the grant.
    const stubborn = new TestNode(
      clusterSettings({ start: STUBBORN }, { timers: { killGraceSeconds: 3 } }),
      "dash",
      node.id,
    );
    onTestFinished(() => stubborn.dispose());
    const its = await begin(stubborn);
    const { invocation } = await run(stubborn, its);
    await ask(stubborn, { mode: "restart", life: its, invocation, until: Date.now() + 1500 });
    const report = await until("it is over", async () => {
      const each = await ask(stubborn, {});
      return each.state === "stopped" ? each : undefined;
    });
    expect(report.reason).toBe("grant-over");
    expect(starts(stubborn)).toBe(1);
    expect(life).not.toBe(its);
  });

  it("under way when the node crashes does not go on after the boot", async ({ expect, onTestFinished }) => {
    const node = new TestNode(clusterSettings({ start: COUNTED }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const running = node.converge(plan(node, { mode: "run", life }));
    node.crash();
    await running;
    const count = starts(node);
    expect((await stopFully(node)).life).not.toBe(life);
    await until("no process of any kind is left", () => node.unguarded().length === 0);
    expect(starts(node)).toBe(count);
  });
});

describe.concurrent("the lock", () => {
  it("held by somebody for too long makes a node busy, and busy has no effect", async ({
    expect,
    onTestFinished,
  }) => {
    const node = new TestNode(clusterSettings({ start: COUNTED }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const holder = node.spawn(
      'exec flock "$SCHEDULER_FAILOVER_ROOT/run/scheduler-failover/etl/lock" sleep 1000',
    );
    await until("the lock is held", async () => (await stop(node)).state === "busy");
    const before = node.state();
    const report = await ask(node, { mode: "run", life });
    expect(report).toMatchObject({ state: "busy", reason: "locked" });
    expect(node.state()).toEqual(before);
    killQuietly(holder);
  });

  it("of whoever is at work on guard and gate lets no stop prove anything: an older detach may take them off yet", async ({
    expect,
    onTestFinished,
  }) => {
    const node = new TestNode(clusterSettings({ start: COUNTED }));
    onTestFinished(() => node.dispose());
    await begin(node);
    const holder = node.spawn(
      'exec flock -o "$SCHEDULER_FAILOVER_ROOT/run/scheduler-failover/etl/arm.lock" sleep 1000',
    );
    const held = await until("the lock is held", async () => {
      const report = await stop(node);
      return report.state === "stopped" ? undefined : report;
    });
    expect(held).toMatchObject({ state: "busy", reason: "arming" });
    killQuietly(holder);
    await stopFully(node);
  });
});
