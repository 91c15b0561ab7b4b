#!/bin/sh
# converge: "this is the desired state of the cluster; report what you found and did".
#
# The one command that is sent to nodes. It is the text of an SSM Command document: the document puts assignments of
# ARG_* (the plan) and SET_* (the settings, baked in at synth) in front of it; lib/node-document.ts says how. It prints
# ONE line of JSON (docs/contracts.md) and exits 0. Without that line nothing is proven.
#
# The file is read by dash, busybox ash and bash, and needs coreutils, grep, util-linux and /proc. It contains no pair
# of dollar signs and no pair of opening braces: the agent's substitution might touch them.
#
# What it promises
#   stopped    nothing that belongs to the scheduler was found in two looks in a row, and nothing of ours will start it.
#   token      a plan older than the newest one seen is refused, and has no effect.
#   grant      a start needs one, made out to this life of the node and not over. The last check is made by the starter
#              itself, under the lock, when it is already visible to every later stop. No grant is stored before guard
#              and gate were seen in force (arm.sh); when it is over, the guard kills what runs (guard.sh).
# How
#   State is in /run (tmpfs): a boot wipes it, and with it the life that grants are made out to.
#   The lock is held for milliseconds, never across a sleep. What takes longer is an "operation": one line in the file
#   `op`, under a nonce. A newer plan replaces the line; a process that carries out an operation asks, before each step,
#   whether the line is still its own, and ends if it is not. So late, duplicate and killed processes are harmless.
#   A start runs under an environment marker from before its last check on. Whoever looks for the scheduler finds the
#   marker, the starter included, in whatever process group or session it is.
#
# All machine paths are below SCHEDULER_FAILOVER_ROOT, which only the sandbox sets. With it set, only processes that
# carry the same value in their environment count or get signals, and systemctl is looked up below it alone.
set -u

root=${SCHEDULER_FAILOVER_ROOT:-}
dir=$root/run/scheduler-failover/$ARG_CLUSTER
log_dir=$root/var/log/scheduler-failover
log=$log_dir/$ARG_CLUSTER.log
newline='
'
# The longest that one converge waits, health check included, in milliseconds: the Lambda's tick waits for it.
BUDGET=4500
# An operation without a living process is given up after so long: it was killed, or is about to be launched.
LAUNCH=3000
# The scheduler's output is cut when it is larger than this, in bytes.
LOG_LIMIT=4194304

# The parts, put in at synth: what is installed, and how guard and gate are put in force and verified.
# include: install.sh
# include: arm.sh

# --- time ---------------------------------------------------------------------------------------------------------

# Milliseconds since boot in $up. Deadlines are counted by this clock: nobody can set it.
read_up() {
  read -r up_text _ <"/proc/uptime"
  up_fraction=${up_text#*.}
  up=$((${up_text%.*} * 1000 + (1$up_fraction - 100) * 10))
}

# Unix milliseconds in $now; busybox's date has no %N and gives whole seconds.
read_now() {
  now=$(date +%s%3N)
  case $now in
  '' | *[!0-9]*) now=$(date +%s)000 ;;
  esac
}

# Whether this converge may still wait for $1 milliseconds.
time_left() {
  read_up
  [ $((up - began + $1)) -le "$BUDGET" ]
}

# Runs the rest for at most $1 seconds. Without our marks: busybox's timeout leaves a watchdog behind for all that time,
# which would be found by them.
limited() {
  (
    unset SCHEDULER_FAILOVER_MARK SCHEDULER_FAILOVER_STOP SCHEDULER_FAILOVER_INVOCATION
    exec timeout -s KILL "$@"
  )
}

# --- processes ----------------------------------------------------------------------------------------------------

# Reads /proc/$1/stat into p_ppid, p_pgrp, p_sid, p_start (clock ticks since boot) and p_comm. Fails if the process is
# gone. A zombie is gone, unless it is the first thread of a process whose other threads live on.
read_stat() {
  p_line=
  read -r p_line <"/proc/$1/stat" || [ -n "$p_line" ] || return 1
  case $p_line in
  *')'*) ;;
  *) p_line=$(cat "/proc/$1/stat") ;; # a name with a line break in it
  esac
  p_comm=${p_line#*\(}
  p_comm=${p_comm%\)*}
  # shellcheck disable=SC2086 # the fields are numbers
  set -- ${p_line##*)}
  [ $# -ge 20 ] || return 1
  p_ppid=$2 p_pgrp=$3 p_sid=$4 p_start=${20}
  case $1 in
  Z | X | x) [ "${18}" -gt 1 ] ;;
  esac
}

# Whether process $1 lives and is the one that started at $2: process ids are used again.
is_alive() {
  case $1:$2 in
  *[!0-9:]* | :* | *:) return 1 ;;
  esac
  read_stat "$1" && [ "$p_start" = "$2" ]
}

# The processes whose environment holds exactly $1, as words.
with_environment() {
  grep -l -z -x -F -e "$1" /proc/[0-9]*/environ | while IFS=/ read -r _ _ pid _; do printf '%s ' "$pid"; done
}

# $ancestors: this process and all above it. They are never taken for a scheduler.
read_ancestors() {
  ancestors=' '
  read -r p_self _ <"/proc/self/stat"
  while [ "$p_self" -gt 1 ] && read_stat "$p_self"; do
    ancestors="$ancestors$p_self "
    p_self=$p_ppid
  done
  return 0
}

# All living processes: $table has lines "pid ppid pgrp sid", $living the pids.
take_snapshot() {
  table='' living=' '
  for f in /proc/[0-9]*; do
    f=${f#/proc/}
    read_stat "$f" || continue
    table="$table$f $p_ppid $p_pgrp $p_sid$newline"
    living="$living$f "
  done
  sandboxed=
  [ -z "$root" ] || sandboxed=" $(with_environment "SCHEDULER_FAILOVER_ROOT=$root")"
}

# Whether process $1 may count at all.
is_eligible() {
  case $ancestors in
  *" $1 "*) return 1 ;;
  esac
  [ -z "$root" ] && return 0
  case $sandboxed in
  *" $1 "*) return 0 ;;
  esac
  return 1
}

# Programs that show text or look for it: they have a pattern in their command line and are no scheduler.
is_viewer() {
  case ${1##*/} in
  vi | vim* | nvim | view | nano | emacs* | less | more | most | tail | head | cat | grep | egrep | fgrep | sed) ;;
  awk | gawk | mawk | pgrep | pkill | ps | top | watch | journalctl | man | ssh | scp | tmux* | screen) ;;
  *) return 1 ;;
  esac
}

# Whether the command line of process $1 matches the pattern, and the process is neither this script nor a viewer.
is_match() {
  read_stat "$1" || return 1
  p_command=$(tr '\000' ' ' <"/proc/$1/cmdline")
  case $p_command in
  *sh\ */_script.sh\ * | *sh\ "$dir/program "* | *sh\ "$etc/program "*) return 1 ;;
  # Guard, gate and break-glass have the cluster's name in their paths.
  *sh\ *"/scheduler-failover/$ARG_CLUSTER/guard"*) return 1 ;;
  esac
  is_viewer "$p_comm" && return 1
  is_viewer "${p_command%% *}" && return 1
  printf '%s\n' "$p_command" | grep -a -q -E -e "$SET_PATTERN"
}

# The pids whose command lines match the pattern. One pass over all of them first, since a process for each is slow.
matching() {
  [ -n "$SET_PATTERN" ] || return 0
  head -c 32768 /proc/[0-9]*/cmdline | tr '\000' ' ' |
    grep -a -E -e '^==> /proc/[0-9]+/cmdline <==$' -e "$SET_PATTERN" | {
    this='' last=''
    while IFS= read -r line; do
      case $line in
      '==> /proc/'*'/cmdline <==')
        this=${line#==> /proc/}
        this=${this%%/*}
        ;;
      *) [ "$this" = "$last" ] || ! is_match "$this" || printf '%s ' "$this" && last=$this ;;
      esac
    done
  }
}

# The process that the pid file names, unless it began after the file was written: then the id is another's by now.
from_pid_file() {
  [ -n "$SET_PID_FILE" ] && [ -e "$root$SET_PID_FILE" ] || return 0
  pid=''
  read -r pid _ <"$root$SET_PID_FILE" || [ -n "$pid" ] || return 0
  case $pid in
  '' | *[!0-9]* | ??????????*) return 0 ;;
  esac
  read_stat "$pid" || return 0
  written=$(stat -c %Y "$root$SET_PID_FILE") || return 0
  read_up
  seconds=$(date +%s)
  # Ticks are hundredths of a second on every Linux. Two clocks may differ by the configured skew; 2 s are rounding.
  [ $((seconds - up / 1000 + p_start / 100)) -gt $((written + SET_SKEW_SECONDS + 2)) ] && return 0
  printf '%s ' "$pid"
}

# --- what belongs to the scheduler --------------------------------------------------------------------------------

# Finds in $found all that belongs to the scheduler, in $named_main the process that pid file or pattern name.
# Children in other groups and sessions are found by the marker, by descent, by the group or session that the
# scheduler leads or has left without a leader, and, for one that we did not start, by the session it was last seen in.
find_processes() {
  # The snapshot comes last: what was found before is in it, or has ended.
  named=$(from_pid_file)$(matching)
  marked=$(with_environment "SCHEDULER_FAILOVER_MARK=$mark")$(unit_processes)
  stopping=$(with_environment "SCHEDULER_FAILOVER_STOP=$mark")
  take_snapshot
  found=' ' named_main='' in_stop_command=
  for f in $named; do
    add "$f" && is_older "$f" "$named_main" && named_main=$f
  done
  for f in $marked; do add "$f"; done
  add_session_of_known
  while add_relatives; do :; done
  for f in $stopping; do
    is_eligible "$f" && in_stop_command="$in_stop_command$f "
  done
}

add() {
  case $found in
  *" $1 "*) return 1 ;;
  esac
  case $living in
  *" $1 "*) is_eligible "$1" && found="$found$1 " ;;
  *) return 1 ;;
  esac
}

is_older() {
  [ -n "$2" ] || return 0
  read_stat "$2" || return 0
  than=$p_start
  read_stat "$1" && [ "$p_start" -lt "$than" ]
}

# One step of descent, groups and sessions; fails when nothing was added.
add_relatives() {
  groups=' ' sessions=' ' added=1
  while read -r pid ppid pgrp sid; do
    case $found in
    *" $pid "*)
      is_own "$pgrp" && groups="$groups$pgrp "
      is_own "$sid" && sessions="$sessions$sid "
      ;;
    esac
  done <<EOF
$table
EOF
  while read -r pid ppid pgrp sid; do
    case "$found|$groups|$sessions" in
    *" $ppid "*'|'*'|'* | *'|'*" $pgrp "*'|'* | *'|'*'|'*" $sid "*) [ -z "$pid" ] || ! add "$pid" || added=0 ;;
    esac
  done <<EOF
$table
EOF
  return "$added"
}

# Whether group or session $1 is led by a process of the scheduler, or by nobody any more. A group or session with
# another leader (the shell of somebody who started the scheduler by hand) is not all the scheduler's.
is_own() {
  [ -n "$1" ] && [ "$1" -gt 1 ] || return 1
  case $found in
  *" $1 "*) return 0 ;;
  esac
  case $living in
  *" $1 "*) return 1 ;;
  esac
}

add_session_of_known() {
  known_sid=
  read -r known_sid <"$dir/known" || return 0
  while read -r pid ppid pgrp sid; do
    [ "$sid" = "$known_sid" ] && is_own "$sid" && add "$pid"
  done <<EOF
$table
EOF
}

# Remembers the session of a scheduler that we did not start: when its main process is killed, its children stay.
remember_session() {
  [ "$main" != none ] && read_stat "$main" && is_own "$p_sid" && put known "$p_sid"
}

# --- the systemd unit ---------------------------------------------------------------------------------------------

# systemctl in $systemctl; in the sandbox only the sandbox's own.
find_systemctl() {
  systemctl=
  if [ -n "$root" ]; then
    for f in "$root/usr/bin/systemctl" "$root/bin/systemctl"; do
      [ -z "$systemctl" ] && [ -x "$f" ] && systemctl=$f
    done
  else
    systemctl=$(command -v systemctl)
  fi
  [ -n "$systemctl" ]
}

# Reads the unit's properties into u_*, the guard's state into g_active. Fails if systemd does not answer: then nothing
# is known.
read_unit() {
  u_load='' u_active='' u_sub='' u_pid=0 u_invocation='' u_restarts=0 u_cgroup='' u_slice='' u_job=0 u_result=''
  u_binds='' u_after='' u_condition='' u_kill_mode='' u_send_kill='' u_stop_span='' g_active=''
  [ -n "$unit" ] || return 0
  find_systemctl || return 1
  shown=$(limited 2 "$systemctl" show "$unit" "$guard_unit" -p LoadState -p ActiveState -p SubState \
    -p MainPID -p InvocationID -p NRestarts -p ControlGroup -p Slice -p Job -p Result -p BindsTo -p After \
    -p ExecCondition -p KillMode -p SendSIGKILL -p TimeoutStopUSec)
  of=unit
  while IFS='=' read -r key value; do
    case $of:$key in
    *:) of=guard ;;
    guard:ActiveState) g_active=$value ;;
    guard:*) ;;
    *:LoadState) u_load=$value ;;
    *:ActiveState) u_active=$value ;;
    *:SubState) u_sub=$value ;;
    *:MainPID) u_pid=${value:-0} ;;
    *:InvocationID) u_invocation=$value ;;
    *:NRestarts) u_restarts=${value:-0} ;;
    *:ControlGroup) u_cgroup=$value ;;
    *:Slice) u_slice=$value ;;
    *:Job) u_job=${value:-0} ;;
    *:Result) u_result=$value ;;
    *:BindsTo) u_binds=$value ;;
    *:After) u_after=$value ;;
    *:ExecCondition) u_condition="$u_condition$value " ;;
    *:KillMode) u_kill_mode=$value ;;
    *:SendSIGKILL) u_send_kill=$value ;;
    *:TimeoutStopUSec) u_stop_span=$value ;;
    esac
  done <<EOF
$shown
EOF
  [ -n "$u_load" ] && [ -n "$u_active" ]
}

# An inactive unit has no control group to tell, but processes may be left in it (KillMode=process): its place follows
# from the slice, a-b.slice being below a.slice.
unit_cgroup() {
  [ -z "$u_cgroup" ] || { printf '%s' "$u_cgroup" && return; }
  path='' prefix='' rest=${u_slice%.slice}
  while [ -n "$rest" ] && [ "$rest" != - ]; do
    prefix=$prefix${prefix:+-}${rest%%-*}
    path=$path/$prefix.slice
    case $rest in
    *-*) rest=${rest#*-} ;;
    *) rest= ;;
    esac
  done
  printf '%s/%s' "$path" "$unit"
}

unit_processes() {
  group_processes
  [ -n "$unit" ] && [ "$u_pid" -gt 0 ] && printf '%s ' "$u_pid"
  return 0
}

# What is in the unit's control group. The main process may be elsewhere: su opens a session of its own.
group_processes() {
  [ -n "$unit" ] || return 0
  cgroup=$(unit_cgroup)
  for base in "$root/sys/fs/cgroup" "$root/sys/fs/cgroup/unified" "$root/sys/fs/cgroup/systemd"; do
    [ -d "$base$cgroup" ] && walk_cgroup "$base$cgroup"
  done
  return 0
}

walk_cgroup() {
  while read -r pid; do printf '%s ' "$pid"; done <"$1/cgroup.procs"
  for sub in "$1"/*/; do
    [ -d "$sub" ] && walk_cgroup "${sub%/}"
  done
}

# Whether systemd itself may still have, or bring up, a process of the unit.
is_unit_busy() {
  [ -n "$unit" ] || return 1
  case $u_active:$u_job in
  inactive:0 | failed:0) return 1 ;;
  esac
}

# --- state in /run ------------------------------------------------------------------------------------------------

# The lock is descriptor 9; every process that is launched closes it. Fails if somebody holds it for too long.
lock() {
  exec 9>"$dir/lock"
  tries=0
  until flock -n 9; do
    tries=$((tries + 1))
    [ "$tries" -ge "$1" ] && unlock && return 1
    sleep 0.05
  done
}

unlock() {
  exec 9>&-
}

# Writes file $1 of the state at once: a reader finds the old text or the new one.
put() {
  printf '%s\n' "$2" >"$dir/$1.new" && mv -f "$dir/$1.new" "$dir/$1"
}

new_id() {
  cat /proc/sys/kernel/random/uuid
}

# Reads the state; of another boot's nothing is believed.
read_state() {
  life=none seen=0 stamp='' grant_until=0 grant_life=none grant_up=0 boot=$(cat /proc/sys/kernel/random/boot_id)
  [ -e "$dir/life" ] && read -r life <"$dir/life"
  case $life in
  "$boot".*) ;;
  *)
    life=none
    return 0
    ;;
  esac
  [ -e "$dir/seen" ] && read -r seen <"$dir/seen"
  [ -e "$dir/owner" ] && read -r stamp <"$dir/owner"
  [ -e "$dir/grant" ] && read -r grant_until grant_life grant_up <"$dir/grant"
  [ "$grant_life" = "$life" ] && [ -n "$grant_up" ] || grant_until=0 grant_up=0
}

# A life begins with the first plan that is not just a look.
begin_life() {
  [ "$life" = none ] || return 0
  rm -f "$dir/seen" "$dir/owner" "$dir/grant" "$dir/permit" "$dir/detach" "$dir/op" "$dir/worker" "$dir/started" \
    "$dir/exit" "$dir/known" "$dir/stop-command"
  life=$boot.$(new_id)
  put life "$life"
}

# The operation: op_nonce, op_goal (start or stop), op_first (yes: stop what runs before the start), op_kill (when
# KILL is due, in milliseconds since boot), op_state (open, or how it ended), op_at (when it began).
read_op() {
  op_nonce=none op_goal=stop op_first=no op_kill=0 op_state='done' op_at=0
  [ -e "$dir/op" ] || return 0
  read -r op_nonce op_goal op_first op_kill op_state op_at <"$dir/op" || :
}

# Begins an operation in place of whatever was under way: goal $1, stop first $2, KILL at $3. Called under the lock.
begin_op() {
  read_up
  op_nonce=$(new_id) op_goal=$1 op_first=$2 op_kill=$3 op_state=open op_at=$up
  put op "$op_nonce $1 $2 $3 open $up"
}

# Ends the operation with the word $1. Called under the lock.
end_op() {
  op_state=$1
  put op "$op_nonce $op_goal $op_first $op_kill $1 $op_at"
}

# Whether somebody carries the operation out, or is about to.
is_op_manned() {
  worker_nonce='' worker_pid='' worker_start=''
  [ -e "$dir/worker" ] && read -r worker_nonce worker_pid worker_start <"$dir/worker"
  if [ "$worker_nonce" = "$op_nonce" ]; then
    is_alive "$worker_pid" "$worker_start"
  else
    read_up
    [ $((up - op_at)) -lt "$LAUNCH" ]
  fi
}

# What we started last: s_invocation, s_main and s_start (its process), s_at (when), e_code (how it ended, or empty).
read_started() {
  s_invocation=none s_main=0 s_start=0 s_at=0 s_up=0 e_invocation='' e_code=''
  [ -e "$dir/started" ] && read -r s_invocation s_main s_start s_at s_up <"$dir/started"
  [ -e "$dir/exit" ] && read -r e_invocation e_code <"$dir/exit"
  [ "$e_invocation" = "$s_invocation" ] || e_code=
}

# --- running commands of the settings -----------------------------------------------------------------------------

# Becomes the shell command $1, as the user of the settings and with the virtual environment's activate file read.
become() {
  umask 022
  file=
  [ -z "$SET_ACTIVATE" ] || file=$root$SET_ACTIVATE
  cd "${root:-/}" || exit 126
  # shellcheck disable=SC2016 # the inner shell expands it
  set -- sh -c 'test -z "$1" || . "$1" || exit 126; eval "$2"' sh "$file" "$1"
  if [ -n "$SET_USER" ] && [ "$(id -un)" != "$SET_USER" ]; then
    while IFS=: read -r name _ _ _ _ home login_shell; do
      [ "$name" = "$SET_USER" ] && break
    done </etc/passwd
    [ "$name" = "$SET_USER" ] || { home=/ && login_shell=/bin/sh; }
    export HOME="$home" USER="$SET_USER" LOGNAME="$SET_USER" SHELL="$login_shell"
    [ -n "$root" ] || cd "$home" || cd /
    # Not su, not runuser: they open a session, and what runs in a session of its own leaves our control group.
    set -- setpriv "--reuid=$SET_USER" "--regid=$(id -g "$SET_USER")" --init-groups -- "$@"
  fi
  exec "$@"
}

# --- operations, carried out by detached processes ----------------------------------------------------------------

# Launches "$0 $@" in a session of its own: the agent kills its own process group when the command's time is over.
launch() {
  setsid sh "$dir/program" "$@" </dev/null >/dev/null 2>&1 9>&- &
}

# Takes operation $1 over, if it is still the one. Returns with the lock held.
claim() {
  lock 100 || return 1
  read_state
  read_op
  if [ "$op_nonce" != "$1" ] || [ "$op_state" != open ]; then
    unlock
    return 1
  fi
  read -r p_self _ <"/proc/self/stat"
  read_stat "$p_self"
  put worker "$1 $p_self $p_start"
}

# Whether operation $1 is still the one. It is asked between a look and the signals that follow from it: what a newer
# operation starts is not among what was seen before.
is_current() {
  lock 100 || return 1
  read_op
  unlock
  [ "$op_nonce" = "$1" ] && [ "$op_state" = open ]
}

# Carries out operation $1: stop, or stop and start, or start.
work() {
  claim "$1" || return 0
  unlock
  if [ "$op_goal" = stop ] || [ "$op_first" = yes ]; then stop_all "$1" || return 0; fi
  if [ "$op_goal" = start ]; then
    # The same process goes on as the starter, under the marker: from here on every look finds it.
    export SCHEDULER_FAILOVER_MARK="$mark"
    # Or Python's setproctitle, which Airflow and Celery use, writes over the environment in which we find the marker.
    export SPT_NOENV=1
    exec sh "$dir/program" start "$1"
  fi
  # Killed by us is not failed.
  [ -z "$unit" ] || limited 2 "$systemctl" reset-failed "$unit"
  claim "$1" || return 0
  rm -f "$dir/started" "$dir/exit" "$dir/known" "$dir/permit"
  end_op 'done'
  unlock
}

# Until two looks in a row find nothing: the stop command or TERM, and KILL from op_kill on. Fails if superseded.
stop_all() {
  quiet=0 termed=' ' rounds=0 asked=0
  while :; do
    read_unit || u_active=unknown
    find_processes
    is_current "$1" || return 1
    if [ "$found" = ' ' ] && [ -z "$in_stop_command" ] && ! is_unit_busy; then
      quiet=$((quiet + 1))
      [ "$quiet" -ge 2 ] && return 0
    else
      quiet=0
      read_up
      # What does not even end by KILL is left to the next converge, which launches this again.
      [ "$up" -gt $((op_kill + 60000)) ] && return 1
      if [ "$up" -ge "$op_kill" ]; then kill_found; else ask_to_end; fi
    fi
    rounds=$((rounds + 1))
    if [ "$rounds" -lt 30 ]; then sleep 0.1; else sleep 0.5; fi
  done
}

kill_found() {
  ask_unit_to_end
  is_unit_busy && limited 2 "$systemctl" kill -s KILL "$unit"
  for f in $found $in_stop_command; do kill -KILL "$f"; done
}

ask_to_end() {
  if run_stop_command; then return; fi
  if is_unit_busy; then
    # systemd sends the signals while it is stopping the unit, in the order that the unit asks for.
    ask_unit_to_end
    return
  fi
  for f in $found; do
    case $termed in
    *" $f "*) ;;
    *)
      termed="$termed$f "
      kill -TERM "$f"
      kill -CONT "$f" # a stopped process does not hear TERM
      ;;
    esac
  done
}

# Again after a second: a unit that was activating when it was asked may be active by now.
ask_unit_to_end() {
  is_unit_busy || return 0
  read_up
  [ $((up - asked)) -ge 1000 ] || return 0
  asked=$up
  limited 2 "$systemctl" stop --no-block "$unit"
}

# Runs the stop command once in this operation and its successors; fails when there is none, or it is over.
run_stop_command() {
  [ -n "$SET_STOP" ] || return 1
  [ -z "$in_stop_command" ] || return 0
  command_of=
  [ -e "$dir/stop-command" ] && read -r command_of <"$dir/stop-command"
  [ "$command_of" != "$op_kill" ] || return 1
  put stop-command "$op_kill"
  # The mark is inside of the limit: see `limited`.
  setsid timeout -s KILL "$SET_GRACE_SECONDS" env "SCHEDULER_FAILOVER_STOP=$mark" sh "$dir/program" stop-command \
    </dev/null >>"$log" 2>&1 9>&- &
  for _ in 1 2 3 4 5; do
    sleep 0.1
    [ -z "$(with_environment "SCHEDULER_FAILOVER_STOP=$mark")" ] || break
  done
}

# The last check, and the start. Runs under the marker, so that a stop that comes after the check finds it.
start() {
  read_unit || return 0
  find_processes
  claim "$1" || return 0
  obstacle=
  is_granted || obstacle=grant-over
  # Where systemd starts it, the gate sees to the guard.
  [ "$SET_GUARD" != on ] || [ -n "$unit" ] || is_guard_live || obstacle=no-guard
  # Itself it does not find: somebody else has started one meanwhile.
  [ "$found" = ' ' ] && ! is_unit_busy || obstacle=occupied
  if [ -n "$obstacle" ]; then
    end_op "$obstacle"
    unlock
    return
  fi
  rm -f "$dir/exit" "$dir/started" "$dir/known"
  if [ -n "$unit" ]; then
    start_unit "$1"
  else
    end_op 'done'
    start_command
  fi
}

# The lock is not held while systemd is asked. A stop meanwhile finds this process, ends it, and then asks systemd.
start_unit() {
  unlock
  find_systemctl
  limited 5 "$systemctl" reset-failed "$unit"
  limited 5 "$systemctl" start --no-block "$unit"
  claim "$1" || return 0
  end_op 'done'
  unlock
}

# The main process of our own unit: the starter, under the marker as ever, but in the unit's control group.
start_in_unit() {
  export SCHEDULER_FAILOVER_MARK="$mark" SPT_NOENV=1 HOME="${HOME:-/root}"
  lock 100 || exit 1
  rm -f "$dir/exit" "$dir/started" "$dir/known"
  start_command
  # A command that has put itself into the background has ended well; systemd would end what it left behind.
  while [ "$code" = 0 ] && has_company; do sleep 1; done
  exit "$code"
}

# Whether this process is not the only one of its control group.
has_company() {
  read -r p_self _ <"/proc/self/stat"
  while IFS=: read -r _ _ cgroup; do
    for base in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
      [ -e "$base$cgroup/cgroup.procs" ] || continue
      while read -r pid; do
        # The first may be this look's own: it lasts for an instant, and is no company in the next one.
        [ "$pid" = "$p_self" ] || return 0
      done <"$base$cgroup/cgroup.procs"
    done
  done <"/proc/self/cgroup"
  return 1
}

# Stays beside the command to note how it ends, in $code. Called under the lock.
start_command() {
  invocation=$(new_id)
  mkdir -p "$log_dir"
  read_now
  export SCHEDULER_FAILOVER_INVOCATION="$invocation"
  (become "$SET_START") </dev/null >>"$log" 2>&1 9>&- &
  child=$!
  read_up
  read_stat "$child" || p_start=0
  put started "$invocation $child $p_start $now $up"
  unlock
  wait "$child"
  code=$?
  lock 100 || return 0
  read_started
  [ "$s_invocation" = "$invocation" ] && put exit "$invocation $code"
  unlock
}

# --- looking ------------------------------------------------------------------------------------------------------

# Finds state, main (a pid or none), invocation, since, restarts and reason. Fails if it could not be found out.
look() {
  state=stopped main=none invocation=none since=0 restarts=0 detail=''
  read_op
  read_started
  read_unit || { detail=no-systemd && return 1; }
  find_processes
  judge && return
  # A fork between two reads of one look can hide a child behind its parent's end: nothing counts when seen twice.
  sleep 0.05
  read_op
  read_started
  read_unit || { detail=no-systemd && return 1; }
  find_processes
  judge || :
}

# Fails when nothing at all was found.
judge() {
  find_main
  if [ "$op_state" = open ] && [ "$op_goal" = start ]; then
    state=starting detail=start-in-progress
    is_op_manned || detail=start-unfinished
  elif [ "$op_state" = open ] && [ "$found$in_stop_command" != ' ' ]; then
    state=stopping detail=stop-in-progress
  elif [ "$main" != none ]; then
    state=running detail=''
  elif is_unit_busy && [ "$SET_UNIT:$u_active" != :active ]; then
    judge_unit
  elif [ "$found$in_stop_command" != ' ' ]; then
    judge_leftovers
  else
    state=stopped
    describe_end
    return 1
  fi
}

# The process that is the scheduler, in $main. A unit may be active without one: then its control group stands for it.
find_main() {
  main=none invocation=none since=0 age=0
  if [ -n "$SET_UNIT" ]; then
    restarts=$u_restarts
    [ "$u_active:$u_job" = active:0 ] || [ "$u_active" = reloading ] || return 0
    # Killed this instant, and systemd has not noticed yet.
    [ "$u_pid" = 0 ] || read_stat "$u_pid" || return 0
    main=$u_pid
    [ "$main" != 0 ] || main=${found# } main=${main%% *}
    invocation=${u_invocation:-unit}
    [ -n "$main" ] || main=0
  elif [ -n "$SET_PID_FILE$SET_PATTERN" ]; then
    [ -z "$named_main" ] || main=$named_main
  elif is_alive "$s_main" "$s_start"; then
    main=$s_main
  elif [ "$e_code" = 0 ]; then
    # The command has ended well and left processes: it has put itself into the background.
    is_op_manned || :
    for f in $found; do
      [ "$f" = "$worker_pid" ] || [ "$f" = "$u_pid" ] && continue
      if [ "$main" = none ] || is_older "$f" "$main"; then main=$f; fi
    done
  fi
  [ "$main" = none ] || describe_main
}

# Since when the main process runs, and, where systemd does not say it, the name of this run.
describe_main() {
  read_stat "$main" || return 0
  [ "$invocation" != none ] || invocation=$main-$p_start
  read_up
  read_now
  age=$((up - p_start * 10))
  since=$(((now - age) / 1000 * 1000))
  [ -z "$SET_UNIT" ] && [ "$s_invocation" != none ] || return 0
  is_started_by_us && invocation=$s_invocation since=$s_at
  return 0
}

# Whether the main process is of what we started last: it carries the marker, or is in the starter's session.
is_started_by_us() {
  case " $(with_environment "SCHEDULER_FAILOVER_INVOCATION=$s_invocation")" in
  *" $main "*) return 0 ;;
  esac
  [ "$main:$p_start" = "$s_main:$s_start" ]
}

judge_unit() {
  case $u_active in
  deactivating) state=stopping ;;
  *) state=starting ;;
  esac
  detail=unit-$u_active-$u_sub
}

# No main process, but others: a start that has not come so far, or what a killed scheduler left behind.
judge_leftovers() {
  read_up
  if [ "$s_invocation" != none ] && [ -z "$e_code" ] && is_op_manned; then
    # The command has ended this instant, and how is not noted yet.
    state=starting detail=ending
  elif [ "$s_invocation" != none ] && [ "${e_code:-0}" = 0 ] && [ -n "$SET_PID_FILE$SET_PATTERN" ] &&
    [ $((up - s_up)) -lt $((SET_SETTLE_SECONDS * 1000)) ]; then
    state=starting detail=no-pid-yet
  else
    state=stopping detail=leftovers
  fi
}

describe_end() {
  if [ -n "$SET_UNIT" ] && [ "$u_load" != loaded ]; then
    detail=unit-$u_load
  elif [ -n "$SET_UNIT" ] && [ "$u_active" = failed ]; then
    detail="exited $u_result"
  elif [ -n "$e_code" ]; then
    detail="exited $e_code"
  elif [ "$op_state" != open ] && [ "$op_state" != 'done' ]; then
    detail=$op_state
  fi
}

# --- the plan -----------------------------------------------------------------------------------------------------

# Whether $1 is made of the characters $2 alone and has at most $3 of them.
is_word() {
  [ -n "$1" ] && [ ${#1} -le "$3" ] || return 1
  printf '%s\n' "$1" | LC_ALL=C grep -q -x -e "[$2]*" && [ "${1#*"$newline"}" = "$1" ]
}

# The document's parameters are checked by the service and by the agent; this is the third check, and the first in a
# place where the document is not the only way in.
check_arguments() {
  fault=ARG_CLUSTER
  is_word "$ARG_CLUSTER" 'A-Za-z0-9_-' 64 || return 1
  fault=ARG_OWNER
  is_word "$ARG_OWNER" 'A-Za-z0-9:/_.-' 400 || return 1
  for fault in ARG_ACTIVE ARG_LIFE ARG_INVOCATION; do
    eval "value=\${$fault}"
    is_word "$value" 'A-Za-z0-9_.-' 80 || return 1
  done
  for fault in ARG_TOKEN ARG_UNTIL; do
    eval "value=\${$fault}"
    is_word "$value" '0-9' 15 || return 1
    case $value in
    0?*) return 1 ;;
    esac
  done
  fault=ARG_TOKEN
  [ "$ARG_TOKEN" -gt 0 ] || return 1
  fault=ARG_MODE
  case $ARG_MODE in
  look | hold | run | restart | stop | detach) ;;
  *) return 1 ;;
  esac
  fault=ARG_OTHERS
  case $ARG_OTHERS in
  look | hold | stop | detach) ;;
  *) return 1 ;;
  esac
}

# This node's id in $node: from the agent, else from the instance's metadata service.
read_node() {
  node=${AWS_SSM_INSTANCE_ID:-}
  if [ -z "$node" ] && [ -z "$root" ]; then
    base=http://169.254.169.254/latest
    pass=$(curl -s -m 1 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$base/api/token") &&
      node=$(curl -s -m 1 -H "X-aws-ec2-metadata-token: $pass" "$base/meta-data/instance-id")
  fi
  case $node in
  i-* | mi-*) is_word "$node" 'a-z0-9-' 40 ;;
  *) false ;;
  esac || {
    node=''
    return 1
  }
  mark=$node/$ARG_CLUSTER
}

# What makes every plan impossible on this machine.
check_machine() {
  fault=no-start-command
  [ -n "$SET_UNIT$SET_START" ] || return 1
  fault=not-root
  [ -z "$SET_USER" ] || [ "$(id -u)" = 0 ] || [ "$(id -un)" = "$SET_USER" ] || return 1
  fault=no-user
  [ -z "$SET_USER" ] || id -u "$SET_USER" >/dev/null || return 1
  fault=bad-pattern
  printf '' | grep -E -e "$SET_PATTERN"
  [ $? -lt 2 ] || return 1
  fault=bad-root
  case $root in
  '' | /*) [ "${root#*"$newline"}" = "$root" ] ;;
  *) return 1 ;;
  esac
}

# Under the lock: whether the plan is obeyed, and, if so, all that it says is written down. Nothing is done yet.
accept() {
  begin_life
  # Two stamps: the state's, which ends with the boot, and the unit's, which tells another cluster's name too.
  refusal=owned-by
  [ -z "$stamp" ] || [ "$stamp" = "$ARG_OWNER" ] || return 1
  read_drop_in
  case $unit_owner/$unit_cluster in
  / | "$ARG_OWNER/$ARG_CLUSTER" | "none/$ARG_CLUSTER") ;;
  *) stamp="$unit_owner $unit_cluster" && return 1 ;;
  esac
  refusal=token
  [ "$ARG_TOKEN" -ge "$seen" ] || return 1
  # From here on the older plans are void, even if this one cannot be granted: there is a newer one.
  refusal='state-not-stored'
  [ "$seen" = "$ARG_TOKEN" ] || put seen "$ARG_TOKEN" || return 1
  seen=$ARG_TOKEN
  if [ "$mode" = detach ]; then
    # First of all the guard is told that the scheduler is nobody's business any more.
    put detach "$life" || return 1
    rm -f "$dir/grant" "$dir/owner" "$dir/op"
    grant_until=0 stamp=''
    return 0
  fi
  [ -n "$stamp" ] || put owner "$ARG_OWNER" || return 1
  stamp=$ARG_OWNER
  accept_mode || return 1
  rm -f "$dir/detach"
}

# The grant itself is stored later, when guard and gate are in force. A guard that had been told to let go gets a permit
# for as long as that takes.
accept_mode() {
  case $active:$mode in
  yes:run | yes:restart | yes:hold)
    check_grant || return 1
    refusal='state-not-stored'
    [ ! -e "$dir/detach" ] || put permit "$((up + ARMING)) $life arming"
    ;;
  *:stop) drop_grant ;;
  esac
}

check_grant() {
  refusal=life
  [ "$ARG_LIFE" = "$life" ] || return 1
  read_up
  read_now
  refusal=until-past
  [ "$ARG_UNTIL" -gt "$now" ] || return 1
  refusal=until-too-far
  [ $((ARG_UNTIL - now)) -le $(((SET_GRANT_SECONDS + SET_SKEW_SECONDS) * 1000)) ]
}

# The grant goes first, so that nothing new starts. What runs has until KILL is due, and two seconds more, so that the
# guard comes in only where this process has ended; but never longer than the grant and the grace. A stop that is
# repeated keeps its instant.
drop_grant() {
  refusal='state-not-stored'
  read_op
  kill_at
  last=$((due + 2000))
  [ "$grant_up" -le "$up" ] || [ $((grant_up + SET_GRACE_SECONDS * 1000)) -ge "$last" ] ||
    last=$((grant_up + SET_GRACE_SECONDS * 1000))
  [ "$SET_GUARD" != on ] || put permit "$last $life stop" || return 1
  rm -f "$dir/grant" || return 1
  grant_until=0 grant_up=0
}

# Whether this plan gives a grant, in $grants. A hold gives one to who has one already, and to a scheduler that runs:
# where none does, and nobody may start one, it does not open the gate.
decide_grant() {
  grants=no
  case $active:$mode in
  yes:run | yes:restart) grants=yes ;;
  yes:hold)
    if is_granted; then
      grants=yes
    else
      look || return 1
      case $state:$found in
      running:* | starting:*[0-9]*) grants=yes ;;
      esac
    fi
    ;;
  esac
}

# Stores the grant, if this is the newest plan still. It ends by the clock that nobody can set as well.
give_grant() {
  lock 10 || { state=busy detail=locked && return 1; }
  read_state
  read_up
  read_now
  if [ "$seen" != "$ARG_TOKEN" ]; then
    unlock
    state=busy detail=superseded
    return 1
  fi
  if put grant "$ARG_UNTIL $life $((up + ARG_UNTIL - now))"; then
    grant_until=$ARG_UNTIL grant_up=$((up + ARG_UNTIL - now))
    rm -f "$dir/permit"
  fi
  unlock
}

# When KILL is due for a stop that begins now; a stop that is under way keeps its own instant.
kill_at() {
  read_up
  due=$((up + SET_GRACE_SECONDS * 1000))
  [ "$op_state" = open ] && [ "$op_kill" -gt 0 ] && due=$op_kill
  return 0
}

# Under the lock: from now on nothing that was under way can start the scheduler.
begin_stop() {
  read_op
  [ "$op_state:$op_goal" = open:stop ] && is_op_manned && return 1
  begin_op stop no "$due"
}

# Stops what is there, and waits for it as long as the budget allows. What has ended in that time is told: one that
# nobody had asked for would be heard of nowhere.
do_stop() {
  look || return 1
  if [ "$state" = stopped ]; then
    lock 10 || { state=busy && return 0; }
    read_op
    if [ "$began_nonce" = "$op_nonce" ] && [ "$op_state" = open ]; then
      end_op 'done'
      rm -f "$dir/permit"
    fi
    unlock
    return 0
  fi
  [ "$began_nonce" = none ] || launch work "$began_nonce"
  while time_left 1200; do
    sleep 0.2
    look || return 1
    [ "$state" != stopped ] || { detail=ended${detail:+ $detail} && break; }
  done
  return 0
}

# Starts the scheduler if it does not run; restart: stops first the invocation that it names.
do_run() {
  look || return 1
  first=no
  case $state in
  running)
    remember_session
    [ "$mode" = restart ] || return 0
    [ "$invocation" = "$ARG_INVOCATION" ] || { detail=other-invocation && return 0; }
    first=yes
    ;;
  starting) [ "$detail" = start-unfinished ] || return 0 ;;
  stopping) first=yes ;;
  stopped) ;;
  esac
  cause=$detail
  begin_start || return 0
  launch work "$op_nonce"
  await_start
}

# Between the look and this another plan may have come: then its word counts.
begin_start() {
  lock 10 || { state=busy && return 1; }
  read_state
  looked=$op_nonce
  read_op
  if [ "$seen" != "$ARG_TOKEN" ] || [ "$op_nonce" != "$looked" ]; then
    unlock
    state=busy detail=superseded
    return 1
  fi
  kill_at
  [ "$first" = yes ] || due=0
  begin_op start "$first" "$due"
  unlock
}

# A scheduler that has been there for a second runs; one that has ended by then has failed.
await_start() {
  while time_left 1200; do
    sleep 0.2
    look || return 1
    case $state in
    starting | stopping) ;;
    stopped) return 0 ;;
    *) [ "$age" -lt 1000 ] || break ;;
    esac
  done
  [ "$state" = stopped ] || [ -n "$detail" ] || detail="started${cause:+ after $cause}"
  return 0
}

# --- health -------------------------------------------------------------------------------------------------------

# Asks the health check, in what is left of the budget. What the answer means is decided elsewhere.
check_health() {
  health=''
  [ -n "$SET_HEALTH_URL$SET_HEALTH_COMMAND" ] && [ "$active:$state" = yes:running ] || return 0
  read_up
  seconds=$(((BUDGET - up + began) / 1000))
  [ "$seconds" -ge 1 ] || return 0
  [ "$seconds" -le "$SET_HEALTH_SECONDS" ] || seconds=$SET_HEALTH_SECONDS
  if [ -n "$SET_HEALTH_URL" ]; then ask_url; else ask_command; fi
  health=",\"health\":{\"code\":$code,\"body64\":\"$body\"}"
}

# HTTP status and body. 0: no answer, or none that came to its end in time; 127: no client.
ask_url() {
  code=127 body=
  command -v curl >/dev/null || { ask_url_by_wget && return; }
  code=0 exited=1 answer=
  # Exit status and answer come as two lines, in any order: a pipe has no status of its own for its first part.
  while read -r key value; do
    case $key in
    exit) exited=$value ;;
    answer) answer=$value ;;
    esac
  done <<EOF
$({ {
    curl -s -i -g --noproxy '*' --max-time "$seconds" -- "$SET_HEALTH_URL"
    echo "exit $?" >&3
  } | echo "answer $(head -c 2800 | base64 | tr -d '\n')"; } 3>&1)
EOF
  # 23: curl could not write on, since a long answer was cut.
  [ "$exited" = 0 ] || [ "$exited" = 23 ] || return 0
  code=$(printf '%s' "$answer" | base64 -d | sed -n '1s/^HTTP[^ ]* \([0-9][0-9]*\).*/\1/p')
  code=${code:-0}
  body=$(printf '%s' "$answer" | base64 -d | sed '1,/^.\{0,1\}$/d' | head -c 600 | base64 | tr -d '\n')
}

ask_url_by_wget() {
  command -v wget >/dev/null || return 0
  answer=$dir/health.$op_nonce
  timeout -s KILL "$seconds" wget -q -S -O "$answer" "$SET_HEALTH_URL" 2>"$answer.head" </dev/null
  code=$(sed -n 's/^ *HTTP[^ ]* \([0-9][0-9]*\).*/\1/p' "$answer.head" | tail -n 1)
  code=${code:-0}
  body=$(head -c 600 "$answer" | base64 | tr -d '\n')
  rm -f "$answer" "$answer.head"
}

# Exit status and output. The output goes through a file: a child that outlives the command would hold a pipe open.
ask_command() {
  code=126 body=
  [ -e "$dir/program" ] || return 0
  answer=$dir/health.$(new_id)
  # In a subshell: dash would write "Killed" to the redirected error output itself.
  (exec timeout -s KILL "$seconds" sh "$dir/program" health) >"$answer" 2>&1 </dev/null
  code=$?
  [ "$code" != 137 ] || code=124
  body=$(head -c 600 "$answer" | base64 | tr -d '\n')
  rm -f "$answer"
}

# --- the answer ---------------------------------------------------------------------------------------------------

# The last lines of a scheduler that has failed.
read_log() {
  log64=
  case $detail in
  exited* | *auto-restart) ;;
  *) return 0 ;;
  esac
  if [ -z "$SET_UNIT" ]; then
    log64=$(tail -c 450 "$log" | base64 | tr -d '\n')
  elif [ -z "$root" ] && command -v journalctl >/dev/null; then
    log64=$(limited 1 journalctl -u "$SET_UNIT" -n 6 -o cat --no-pager | tail -c 450 | base64 | tr -d '\n')
  fi
}

# Copies the end of a large log away and empties it in place: the scheduler goes on writing to it.
trim_log() {
  [ -f "$log" ] && [ "$(stat -c %s "$log")" -gt "$LOG_LIMIT" ] || return 0
  tail -c 262144 "$log" >"$log.1"
  : >"$log"
}

# The main process first, at most twelve.
list_pids() {
  pids='' count=0
  for f in $main $found; do
    case $f:,$pids, in
    none:* | 0:* | *[!0-9]*:* | "$f:"*",$f,"*) continue ;;
    esac
    count=$((count + 1))
    [ "$count" -le 12 ] && pids=$pids${pids:+,}$f
  done
}

answer() {
  list_pids
  read_log
  read_now
  detail=$(printf '%s' "$detail" | LC_ALL=C tr -c 'A-Za-z0-9 ._:=/+-' '?' | cut -c 1-160)
  printf '{"v":1,"cluster":"%s","node":"%s","token":%s,"seen":%s,"life":"%s","clock":%s,"state":"%s","pids":[%s],' \
    "$ARG_CLUSTER" "$node" "$ARG_TOKEN" "$seen" "$life" "$now" "$state" "$pids"
  printf '"since":%s,"restarts":%s,"invocation":"%s","guard":"%s","gate":"%s","grantUntil":%s%s,' \
    "$since" "$restarts" "$invocation" "$guard" "$gate" "$grant_until" "$health"
  printf '"log64":"%s","reason":"%s"}\n' "$log64" "$detail"
}

# An answer to a plan that could not even be read names no cluster and no token: nobody can take it for a proof.
answer_unreadable() {
  ARG_CLUSTER='' ARG_TOKEN=0 node='' state=refused detail=$1
  answer
}

# What goes on after this process runs the same text: the agent's copy may be gone by then. Only an obeyed plan's text
# is kept, since an older document has older settings in it.
keep_program() {
  refusal='state-not-stored'
  cp "$0" "$dir/program.new" && mv -f "$dir/program.new" "$dir/program"
}

# Our own unit around the start command. It is never enabled: after a boot it waits for a grant, or for people.
put_own_unit() {
  program="ARG_CLUSTER='$ARG_CLUSTER' ARG_ACTIVE=none
$(grep -v '^ARG_' "$0")"
  put_file "$etc/program" "$program" 0700 && put_file "$units/$unit" "$(own_unit_text)" 0644
}

own_unit_text() {
  cat <<END_OF_UNIT
[Unit]
Description=Scheduler of cluster $ARG_CLUSTER, started and stopped by its failover controller
After=network-online.target remote-fs.target

[Service]
Environment=AWS_SSM_INSTANCE_ID=$node
ExecStart=/bin/sh "$etc/program" command
Restart=no
END_OF_UNIT
}

# Obeys the mode, or refuses. Fails if it could not be found out how the scheduler stands.
obey() {
  if [ "$mode" = look ]; then
    look
    return
  fi
  detail=no-state-folder
  mkdir -p "$dir" && [ -w "$dir" ] || return 1
  lock 10 || { state=busy detail=locked && return 0; }
  detail=''
  read_state
  began_nonce=none
  if ! { accept && keep_program; }; then
    unlock
    look || :
    detail=$refusal
    [ "$refusal" != token ] || detail="token $seen"
    [ "$refusal" != owned-by ] || detail="owned-by $stamp"
    state=refused
    return 0
  fi
  if [ "$mode" = stop ] && ! is_overridden; then
    begin_stop && began_nonce=$op_nonce
  fi
  unlock
  trim_log
  if [ "$mode" = detach ]; then
    leave_alone
  else
    carry_out
  fi
}

# In this order: guard, gate, grant, start. A stop goes on without guard and gate: they are its proof, not its means.
carry_out() {
  decide_grant || return 1
  if ! alone arm; then
    case $arm_fault in
    busy | superseded) [ "$grants" = no ] || { state=busy detail=$arm_fault && return 0; } ;;
    esac
  fi
  if [ "$grants" = yes ]; then
    refusal=''
    [ -z "$arm_fault" ] || refusal="guard-failed $arm_fault"
    [ -z "$old_systemd" ] || refusal="old-systemd $old_systemd"
    if [ -n "$refusal" ]; then
      look || :
      state=refused detail=$refusal
      return 0
    fi
    give_grant || return 0
  fi
  if is_overridden; then
    look
    return
  fi
  case $mode in
  stop) do_stop ;;
  run | restart) do_run ;;
  *) look ;;
  esac
}

leave_alone() {
  alone disarm || :
  look || return 1
  [ -z "$arm_fault" ] || state=refused detail="detach-failed $arm_fault"
}

# "stopped" is the word that lets another node start: it is not said when a newer plan has come meanwhile.
confirm() {
  # What people do with the gate open by hand is theirs: nothing is proven then.
  case $state in
  refused | busy) ;;
  *) ! is_overridden || state=overridden ;;
  esac
  [ "$mode" != look ] && [ "$state" = stopped ] || return 0
  answered=$seen
  read_state
  [ "$seen" = "$answered" ] || state=busy detail=superseded
}

converge() {
  read_up
  began=$up
  life=none seen=0 grant_until=0 state=refused main=none invocation=none since=0 restarts=0 found=' '
  health='' log64='' detail='' op_nonce=none u_load='' guard=none gate=none arm_fault='' unguarded='' grants=no
  check_arguments || { answer_unreadable "bad-argument $fault" && return; }
  read_node || { answer_unreadable no-identity && return; }
  active=no mode=$ARG_OTHERS
  [ "$ARG_ACTIVE" != "$node" ] || active=yes mode=$ARG_MODE
  read_state
  name_unit
  if check_machine; then
    read_ancestors
    obey || state=refused
    judge_guard
    [ -n "$detail" ] || [ -z "$unguarded" ] || detail="unguarded $unguarded"
    confirm
    check_health
  else
    detail=$fault
  fi
  answer
}

umask 077
# The service reports output and errors as one text of 2,500 characters.
exec 2>/dev/null
# Whoever runs this is no part of a scheduler, and what this launches is one only from `work` on.
case ${1-} in
start) ;;
stop-command) unset SCHEDULER_FAILOVER_MARK ;;
*) unset SCHEDULER_FAILOVER_MARK SCHEDULER_FAILOVER_STOP SCHEDULER_FAILOVER_INVOCATION ;;
esac
case ${1-} in
'') converge ;;
health) become "$SET_HEALTH_COMMAND" 2>&1 ;;
stop-command) become "$SET_STOP" 2>&1 ;;
work)
  read_node && name_unit && read_ancestors && work "$2"
  ;;
start)
  read_node && name_unit && read_ancestors && start "$2"
  ;;
command)
  read_node && name_unit && start_in_unit
  ;;
esac
exit 0
