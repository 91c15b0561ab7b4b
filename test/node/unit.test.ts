import { describe, it, vi } from "vitest";
import {
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

// Most of the time they wait for each other's grace periods.
vi.setConfig({ maxConcurrency: 10 });

/**
 * Stands in for systemd below the node's root, as far as the script asks it: one unit, whose state is in files. What
 * it does not know it refuses by name. The real one is tried on nodes with systemd.
 */
const SYSTEMCTL = `#!/bin/sh
s=$SCHEDULER_FAILOVER_ROOT/fake; cg=$SCHEDULER_FAILOVER_ROOT/sys/fs/cgroup/system.slice/demo.service
etc=$SCHEDULER_FAILOVER_ROOT/etc/scheduler-failover/etl guard=scheduler-failover-guard-etl.service
conf=$SCHEDULER_FAILOVER_ROOT/etc/systemd/system/demo.service.d/zz-scheduler-failover.conf
mkdir -p "$s" "$cg"; echo "$*" >>"$s/calls"
state() { cat "$s/state" 2>/dev/null || echo inactive; }
pid() { cat "$s/pid" 2>/dev/null || echo 0; }
guarded() { [ "$(cat "$s/guard" 2>/dev/null)" ] && kill -0 "$(cat "$s/guard")" 2>/dev/null; }
start_guard() {
  guarded && return
  env -u SCHEDULER_FAILOVER_MARK setsid sh "$etc/guard" guard </dev/null >>"$s/guard.log" 2>&1 8>&- 9>&- &
  echo $! >"$s/guard"
}
case "$1 $2" in
"show demo.service")
  [ -e "$s/slow" ] && sleep 0.4
  st=$(state); p=$(pid); sub=dead; inv=
  if [ "$st" = active ] && { [ ! -e /proc/$p/stat ] || grep -q ') [ZX] ' /proc/$p/stat; }; then st=failed; echo failed >"$s/state"; fi
  [ "$st" = active ] && sub=running inv=$(cat "$s/inv") || p=0
  echo "Result=$(cat "$s/result" 2>/dev/null || echo success)"; echo "MainPID=$p"; echo "NRestarts=3"
  echo "ControlGroup="; echo "Slice=system.slice"; echo "LoadState=loaded"; echo "ActiveState=$st"
  echo "SubState=$sub"; echo "InvocationID=$inv"; echo "Job=$(cat "$s/job" 2>/dev/null)"
  # What counts is what was there at the last reload.
  cat "$s/loaded" 2>/dev/null; echo; guarded && echo ActiveState=active || echo ActiveState=inactive ;;
"--version ") echo "systemd $(cat "$s/version" 2>/dev/null || echo 252) (a stand-in)" ;;
"daemon-reload ")
  : >"$s/loaded"; [ -e "$conf" ] || exit 0
  sed -n -e 's/^\\(KillMode\\|BindsTo\\|After\\|SendSIGKILL\\)=/&/p' -e 's/^TimeoutStopSec=\\(.*\\)/TimeoutStopUSec=\\1s/p' "$conf" >"$s/loaded"
  sed -n "s|^ExecCondition=+\\(.*\\)|ExecCondition={ path=/bin/sh ; argv[]=\\1 ; ignore_errors=no ; pid=0 }|p" "$conf" | tr -d "'" >>"$s/loaded" ;;
"start $guard") start_guard ;;
"stop $guard") kill "$(cat "$s/guard")" ;;
"start --no-block")
  if grep -q BindsTo "$s/loaded" 2>/dev/null; then
    start_guard; sh -c ". '$etc/guard'; exit 113" gate 2>>"$s/gate.log" || exit 0
  fi
  [ -e "$s/refuse" ] && { echo failed >"$s/state"; echo exit-code >"$s/result"; exit 0; }
  if [ "$(state)" != active ]; then
    env -u SCHEDULER_FAILOVER_MARK setsid sh -c 'trap "" HUP; while :; do sleep 0.1; done' </dev/null >/dev/null 2>&1 &
    echo $! >"$s/pid"; echo $! >>"$cg/cgroup.procs"; cat /proc/sys/kernel/random/uuid | tr -d - >"$s/inv"; echo active >"$s/state"
  fi ;;
"stop --no-block") kill "$(pid)" 2>/dev/null; echo inactive >"$s/state"; rm -f "$s/job" ;;
"reset-failed demo.service") [ "$(state)" != failed ] || echo inactive >"$s/state" ;;
"kill -s")
  for p in $(cat "$cg/cgroup.procs"); do
    grep -q -z -x -F "SCHEDULER_FAILOVER_ROOT=$SCHEDULER_FAILOVER_ROOT" /proc/$p/environ && kill -KILL "$p"
  done ;;
*) echo "stand-in systemctl does not know: $*" >&2; exit 64 ;;
esac
`;

const SETTINGS = clusterSettings({ unit: "demo.service" });

function unitNode(): TestNode {
  const node = new TestNode(SETTINGS);
  node.write("usr/bin/systemctl", SYSTEMCTL, 0o755);
  return node;
}

describe.concurrent("a scheduler that is a systemd unit", () => {
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
});
