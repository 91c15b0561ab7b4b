import { utimesSync } from "node:fs";
import { userInfo } from "node:os";
import { describe, it, vi } from "vitest";
import {
  TestNode,
  alive,
  ask,
  begin,
  clusterSettings,
  findProgram,
  killQuietly,
  run,
  sayMissing,
  stop,
  stopFully,
  until,
} from "./support.ts";

// Most of the time they wait for each other's grace periods.
vi.setConfig({ maxConcurrency: 10 });

const isRoot = userInfo().uid === 0;
if (!isRoot) sayMissing("a scheduler that runs as another user: these tests do not run as root");

describe.concurrent("a stop leaves nothing behind:", () => {
  it.for([
    ["a child in a session of its own", "setsid sleep 1000 & exec sleep 1000"],
    ["a child that forked twice", "(setsid sh -c 'sleep 1000 & exit' &) ; exec sleep 1000"],
    [
      "a child that ignores TERM",
      "setsid sh -c 'trap \"\" TERM; while :; do sleep 0.3; done' & exec sleep 1000",
    ],
    ["a stopped child", "sh -c 'kill -STOP $$' & exec sleep 1000"],
    [
      "an orphan in a group of its own, without the marker",
      "env -u SCHEDULER_FAILOVER_MARK sh -c 'timeout 1000 sleep 1000 & exit'; exec sleep 1000",
    ],
  ] as const)("%s", async ([, start], { expect, onTestFinished }) => {
    const node = new TestNode(clusterSettings({ start }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    await run(node, life);
    // With a root set, a process that does not carry it is nobody's business; what does carry it is all found.
    const all = node.unguarded();
    expect(all.length).toBeGreaterThan(1);
    await stopFully(node);
    expect(node.schedulers()).toEqual([]);
    expect(all.filter(alive)).toEqual([]);
  });

  it("the children of a scheduler whose main process was killed", async ({ expect, onTestFinished }) => {
    const node = new TestNode(clusterSettings({ start: "setsid sleep 1000 & exec sleep 1001" }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const first = await run(node, life);
    killQuietly(first.pids[0] ?? 0);
    const seen = await until("the end is noted", async () => {
      const report = await ask(node, {});
      return report.reason === "leftovers" ? report : undefined;
    });
    expect(seen.state).toBe("stopping");
    await until("it runs again", async () => (await ask(node, { mode: "run", life })).state === "running");
    expect(first.pids.filter(alive)).toEqual([]);
    await stopFully(node);
    expect(node.schedulers()).toEqual([]);
  });

  it("a child that an adopted scheduler's session still holds", async ({ expect, onTestFinished }) => {
    const node = new TestNode(clusterSettings({ start: "false", pidFile: "/run/demo.pid" }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    node.spawn(
      `sh -c 'sleep 1000' & echo $$ >"$SCHEDULER_FAILOVER_ROOT/run/demo.pid"; while :; do sleep 0.1; done`,
    );
    const adopted = await until("it is found", async () => {
      const report = await ask(node, { mode: "run", life });
      return report.state === "running" && report.pids.length > 1 ? report : undefined;
    });
    killQuietly(adopted.pids[0] ?? 0);
    await until("the children are found", async () => (await ask(node, {})).reason === "leftovers");
    await stopFully(node);
    await until("the children have ended", () => node.unguarded().length === 0);
    expect(adopted.pids.filter(alive)).toEqual([]);
  });
});

describe.concurrent("a scheduler with a pid file", () => {
  const DAEMON =
    "setsid sh -c 'echo $$ >\"$SCHEDULER_FAILOVER_ROOT/run/demo.pid\"; exec sleep 1000' & sleep 0.2";
  const settings = clusterSettings({ start: DAEMON, pidFile: "/run/demo.pid" });

  it("is started, found by it, and adopted untouched by another controller", async ({
    expect,
    onTestFinished,
  }) => {
    const node = new TestNode(settings);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const report = await ask(node, { mode: "run", life });
    expect(report).toMatchObject({ state: "running", pids: [Number(node.read("run/demo.pid"))] });
    await stopFully(node);
    expect(node.schedulers()).toEqual([]);
  });

  it("that was started by hand is named by pid and start, and left alone", async ({
    expect,
    onTestFinished,
  }) => {
    const node = new TestNode(settings);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    node.spawn(DAEMON);
    await until("it has written its file", () => node.read("run/demo.pid") !== "");
    const report = await ask(node, { mode: "run", life });
    expect(report).toMatchObject({ state: "running", guard: "none" });
    expect(report.reason).toMatch(/^unguarded process \d+ was not started by us$/);
    expect(report.invocation).toMatch(new RegExp(`^${node.read("run/demo.pid").trim()}-\\d+$`));
  });

  it("is not taken for the process that has got its number since", async ({ expect, onTestFinished }) => {
    const node = new TestNode(settings);
    onTestFinished(() => node.dispose());
    await begin(node);
    const stranger = node.spawn("exec sleep 1000");
    const file = node.write("run/demo.pid", `${stranger}\n`);
    const hourAgo = Date.now() / 1000 - 3600;
    utimesSync(file, hourAgo, hourAgo);
    expect(await stop(node)).toMatchObject({ state: "stopped", pids: [] });
    expect(alive(stranger)).toBe(true);
  });

  it.for([[""], ["abc\n"], ["-1\n"], ["99999999999\n"]] as const)(
    "is not running where the file says %j",
    async ([text], { expect, onTestFinished }) => {
      const node = new TestNode(settings);
      onTestFinished(() => node.dispose());
      node.write("run/demo.pid", text);
      expect((await stop(node)).state).toBe("stopped");
    },
  );
});

describe.concurrent("a scheduler with a pattern", () => {
  const settings = (word: string, end = "") =>
    clusterSettings({
      start: `sh -c 'while :; do sleep 0.2; done' ${word} scheduler`,
      pattern: `${word} scheduler${end}`,
    });

  it.for([
    ["by its command line", "demo-one", ""],
    ["by how its command line ends", "demo-four", "$"],
  ] as const)("is found %s", async ([, word, end], { expect, onTestFinished }) => {
    const node = new TestNode(settings(word, end));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    node.spawn(`sh -c 'while :; do sleep 0.2; done' ${word} scheduler; :`);
    const found = await until("it is found", async () => {
      const report = await ask(node, {});
      return report.state === "running" ? report : undefined;
    });
    const report = await ask(node, { mode: "run", life });
    expect(report).toMatchObject({ state: "running", invocation: found.invocation, guard: "none" });
    await stopFully(node);
    await until("nothing is left", () => node.unguarded().length === 0);
  });

  it("is not the script, its shell, an editor, who looks for it, or another cluster's guard", async ({
    expect,
    onTestFinished,
  }) => {
    const node = new TestNode(
      clusterSettings({ start: "exec sleep 1000", pattern: "_script.sh|program|demo-two" }),
    );
    onTestFinished(() => node.dispose());
    node.write("demo-two.txt", "");
    node.write("etc/scheduler-failover/demo-two/guard", "while :; do sleep 0.2; done");
    const watchers = [
      "tail -f demo-two.txt",
      "grep demo-two",
      "less demo-two.txt",
      "sh ./etc/scheduler-failover/demo-two/guard guard",
    ].map((command) =>
      node.spawn(`cd "$SCHEDULER_FAILOVER_ROOT" && exec ${command} <"/dev/zero" >/dev/null`),
    );
    const reports = await Promise.all([ask(node, {}), ask(node, {}), stop(node)]);
    expect(reports.map(({ state, pids }) => [state, pids])).toEqual(reports.map(() => ["stopped", []]));
    for (const pid of watchers) killQuietly(pid);
  });

  it("with a bad expression is unknown, never stopped", async ({ expect, onTestFinished }) => {
    const node = new TestNode(clusterSettings({ start: "exec sleep 1000", pattern: "a[" }));
    onTestFinished(() => node.dispose());
    expect(await stop(node)).toMatchObject({ state: "refused", reason: "bad-pattern" });
  });

  it("on the same machine but not below this root does not count", async ({ expect, onTestFinished }) => {
    const mine = new TestNode(settings("demo-three"));
    const other = new TestNode(settings("demo-three"), "dash", "i-0bbbbbbb");
    onTestFinished(() => mine.dispose());
    onTestFinished(() => other.dispose());
    const life = await begin(other);
    const report = await ask(other, { mode: "run", life });
    expect(report.state).toBe("running");
    expect(await stop(mine)).toMatchObject({ state: "stopped", pids: [] });
    expect(alive(report.pids[0] ?? 0)).toBe(true);
  });
});

describe.concurrent("a start command", () => {
  it("that puts itself into the background runs as long as anything of it does", async ({
    expect,
    onTestFinished,
  }) => {
    const node = new TestNode(clusterSettings({ start: "setsid sleep 1000 </dev/null >/dev/null 2>&1 &" }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const report = await until("it runs", async () => {
      const each = await run(node, life);
      return each.state === "running" ? each : undefined;
    });
    const later = await run(node, life);
    expect(later).toMatchObject({ state: "running", invocation: report.invocation, pids: report.pids });
    for (const pid of report.pids) killQuietly(pid);
    expect(await ask(node, {})).toMatchObject({ state: "stopped", reason: "exited 0" });
  });

  it("reads the virtual environment's activate file first", async ({ expect, onTestFinished }) => {
    const node = new TestNode(
      clusterSettings({ start: 'echo "in $VIRTUAL_ENV"; exec sleep 1000', activate: "/venv/bin/activate" }),
    );
    onTestFinished(() => node.dispose());
    node.write("venv/bin/activate", "VIRTUAL_ENV=/venv; export VIRTUAL_ENV\n");
    const life = await begin(node);
    await run(node, life);
    expect(node.read("var/log/scheduler-failover/etl.log")).toContain("in /venv");
  });

  it("whose activate file is missing does not start", async ({ expect, onTestFinished }) => {
    const node = new TestNode(clusterSettings({ start: "exec sleep 1000", activate: "/venv/bin/activate" }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const report = await ask(node, { mode: "run", life });
    expect(report.state).toBe("stopped");
    expect(report.reason).toMatch(/^exited [1-9]/);
  });

  it.runIf(isRoot)("runs as its user, children included", async ({ expect, onTestFinished }) => {
    const start = 'id -un; echo "home $HOME"; setsid sleep 1000 & exec sleep 1000';
    const node = new TestNode(clusterSettings({ start, user: "nobody" }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const report = await ask(node, { mode: "run", life });
    expect(report.state).toBe("running");
    expect(node.read("var/log/scheduler-failover/etl.log")).toMatch(/^nobody\nhome \//);
    await stopFully(node);
    expect(node.schedulers()).toEqual([]);
  });

  it.runIf(isRoot && findProgram("setpriv"))(
    "for root is refused to anybody else",
    async ({ expect, onTestFinished }) => {
      const node = new TestNode(clusterSettings({ start: "exec sleep 1000", user: "root" }));
      onTestFinished(() => node.dispose());
      node.runAs("nobody");
      expect(await stop(node)).toMatchObject({ state: "refused", reason: "not-root" });
    },
  );

  it("of a user who is not there is refused", async ({ expect, onTestFinished }) => {
    const node = new TestNode(clusterSettings({ start: "exec sleep 1000", user: "no-such-user" }));
    onTestFinished(() => node.dispose());
    expect((await stop(node)).reason).toMatch(/^(no-user|not-root)$/);
  });

  it("that talks too much has its log cut, and goes on writing to it", async ({ expect, onTestFinished }) => {
    const node = new TestNode(
      clusterSettings({
        start: "head -c 5000000 /dev/zero; echo said; while :; do echo more; sleep 0.1; done",
      }),
    );
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    await run(node, life);
    await run(node, life);
    await until("it writes on", () => node.read("var/log/scheduler-failover/etl.log").includes("more"));
    expect(node.read("var/log/scheduler-failover/etl.log").length).toBeLessThan(100_000);
    expect(node.read("var/log/scheduler-failover/etl.log.1")).toContain("said");
  });
});
