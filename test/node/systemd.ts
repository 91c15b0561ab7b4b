/**
 * Stands in for systemd below a test node's root, as far as the node's script asks it. What it does not know it refuses by
 * name. The real one is tried on nodes with systemd.
 */
import type { ClusterSettings } from "../../lib/core/settings.ts";
import { TestNode } from "./support.ts";

/**
 * The scheduler is one process: a child of it would be in its control group on a real node, and is not in this one's file.
 * Each unit's state is in files of the folder `fake`, those of any other unit than `demo.service` below its name.
 */
const SYSTEMCTL = String.raw`#!/bin/sh
etc=$SCHEDULER_FAILOVER_ROOT/etc/scheduler-failover/etl guard=scheduler-failover-guard-etl.service
fake=$SCHEDULER_FAILOVER_ROOT/fake; mkdir -p "$fake"; echo "$*" >>"$fake/calls"
of() {
  unit=$1; s=$fake/$1; [ "$1" != demo.service ] || s=$fake
  cg=$SCHEDULER_FAILOVER_ROOT/sys/fs/cgroup/system.slice/$1
  conf=$SCHEDULER_FAILOVER_ROOT/etc/systemd/system/$1.d/zz-scheduler-failover.conf
  mkdir -p "$s" "$cg"
}
state() { cat "$s/state" 2>/dev/null || echo inactive; }
pid() { cat "$s/pid" 2>/dev/null || echo 0; }
guarded() { [ "$(cat "$fake/guard" 2>/dev/null)" ] && kill -0 "$(cat "$fake/guard")" 2>/dev/null; }
start_guard() {
  guarded && return
  env -u SCHEDULER_FAILOVER_MARK setsid sh "$etc/guard" guard </dev/null >>"$fake/guard.log" 2>&1 8>&- 9>&- &
  echo $! >"$fake/guard"
}
show() {
  [ -e "$s/slow" ] && sleep 0.4
  st=$(state); p=$(pid); sub=dead; inv=
  if [ "$st" = active ] && { [ ! -e /proc/$p/stat ] || grep -q ') [ZX] ' /proc/$p/stat; }; then st=failed; echo failed >"$s/state"; fi
  [ "$st" = active ] && sub=running inv=$(cat "$s/inv") || p=0
  echo "Result=$(cat "$s/result" 2>/dev/null || echo success)"; echo "MainPID=$p"; echo "NRestarts=3"
  echo "Restart=$(cat "$s/restart" 2>/dev/null || echo on-failure)"; echo "UnitFileState=$(cat "$s/enabled" 2>/dev/null || echo disabled)"
  echo "ControlGroup="; echo "Slice=system.slice"; echo "LoadState=$(cat "$s/load" 2>/dev/null || echo loaded)"; echo "ActiveState=$st"
  echo "SubState=$sub"; echo "InvocationID=$inv"; echo "Job=$(cat "$s/job" 2>/dev/null)"
  # What counts is what was there at the last reload.
  cat "$s/loaded" 2>/dev/null
}
reload() {
  : >"$s/loaded"; [ -e "$conf" ] || return
  sed -n -e 's/^\(KillMode\|BindsTo\|After\|SendSIGKILL\)=/&/p' -e 's/^TimeoutStopSec=\(.*\)/TimeoutStopUSec=\1s/p' "$conf" >"$s/loaded"
  sed -n "s|^ExecCondition=+\(.*\)|ExecCondition={ path=/bin/sh ; argv[]=\1 ; ignore_errors=no ; pid=0 }|p" "$conf" | tr -d "'" >>"$s/loaded"
}
start() {
  if grep -q BindsTo "$s/loaded" 2>/dev/null; then
    role=gate; grep -q retired "$s/loaded" && role=retired
    start_guard; sh -c ". '$etc/guard'; exit 113" $role 2>>"$s/gate.log" || return 0
  fi
  [ -e "$s/refuse" ] && { echo failed >"$s/state"; echo exit-code >"$s/result"; return 0; }
  [ "$(state)" != active ] || return 0
  env -u SCHEDULER_FAILOVER_MARK setsid sh -c 'trap "" HUP; exec sleep 1000000' </dev/null >/dev/null 2>&1 &
  echo $! >"$s/pid"; echo $! >>"$cg/cgroup.procs"; cat /proc/sys/kernel/random/uuid | tr -d - >"$s/inv"; echo active >"$s/state"
}
kill_all() {
  for p in $(cat "$cg/cgroup.procs"); do
    grep -q -z -x -F "SCHEDULER_FAILOVER_ROOT=$SCHEDULER_FAILOVER_ROOT" /proc/$p/environ && kill -KILL "$p"
  done
}
case "$1 $2" in
"show "*) of "$2"; show; [ "$3" != "$guard" ] || { echo; guarded && echo ActiveState=active || echo ActiveState=inactive; } ;;
"--version ") echo "systemd $(cat "$fake/version" 2>/dev/null || echo 252) (a stand-in)" ;;
"daemon-reload ") for f in "$SCHEDULER_FAILOVER_ROOT"/sys/fs/cgroup/system.slice/*; do of "$(basename "$f")"; reload; done ;;
"start $guard") start_guard ;;
"stop $guard") kill "$(cat "$fake/guard")" ;;
"start --no-block") of "$3"; start ;;
"stop --no-block")
  shift 2
  for f in "$@"; do of "$f"; kill "$(pid)" 2>/dev/null; echo inactive >"$s/state"; rm -f "$s/job"; done ;;
"reset-failed "*) of "$2"; [ "$(state)" != failed ] || echo inactive >"$s/state" ;;
"kill -s")
  shift 3
  for f in "$@"; do of "$f"; kill_all; done ;;
*) echo "stand-in systemctl does not know: $*" >&2; exit 64 ;;
esac
`;

export function nodeWithSystemd(settings: ClusterSettings): TestNode {
  const node = new TestNode(settings);
  node.write("usr/bin/systemctl", SYSTEMCTL, 0o755);
  return node;
}
