# processes: the clock, what runs on this machine, and what of it belongs to the scheduler. Part of the converge
# document; functions only.

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

# All living processes: $table has lines "pid ppid pgrp sid", $living the pids; $predecessor, if one is there.
take_snapshot() {
  table='' living=' '
  for f in /proc/[0-9]*; do
    f=${f#/proc/}
    read_stat "$f" || continue
    case $p_comm in
    # The name of the on-node controller's process, as long as the kernel keeps it: it starts schedulers too.
    scheduler_failo) predecessor=$f ;;
    # Started by way of env, or of a shell for a long path, it has its interpreter's name. `read` leaves zeros out.
    python*)
      read -r p_line <"/proc/$f/cmdline"
      case $p_line in
      */scheduler_failover_controller*start) predecessor=$f ;;
      esac
      ;;
    esac
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

# Programs that show text, look for it, or start such a one: they have a pattern in their command line and are no scheduler.
is_viewer() {
  case ${1##*/} in
  sudo | vi | vim* | nvim | view | nano | emacs* | less | more | most | tail | head | cat | *grep | sed | *awk) ;;
  pkill | ps | top | watch | journalctl | man | ssh | scp | tmux* | screen) ;;
  *) return 1 ;;
  esac
}

# Whether the command line of process $1 matches the pattern, and the process is neither this script nor a viewer. Each
# argument ends with a NUL, the last one too: with it and without it, so that a pattern may end with a dollar sign.
is_match() {
  read_stat "$1" || return 1
  p_command=$(tr '\000' ' ' <"/proc/$1/cmdline")
  case $p_command in
  *sh\ */_script.sh\ * | *sh\ "$dir/program "* | *sh\ "$etc/program "*) return 1 ;;
  # Guard, gate and break-glass of any cluster have its name in their paths.
  *sh\ */scheduler-failover/*/guard*) return 1 ;;
  esac
  is_viewer "$p_comm" && return 1
  is_viewer "${p_command%% *}" && return 1
  printf '%s\n' "$p_command" "${p_command% }" | grep -a -q -E -e "$SET_PATTERN"
}

# The pids whose command lines match the pattern. One pass over all of them first, since a process for each is slow.
matching() {
  [ -n "$SET_PATTERN" ] || return 0
  head -c 32768 /proc/[0-9]*/cmdline | tr '\000' ' ' | sed 'p;s/ $//' |
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
  marked=$(with_environment "SCHEDULER_FAILOVER_MARK=$mark")$(unit_processes)$(known_main)
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

# Remembers a scheduler that runs: its session, since its children stay when its main process is killed, and itself, since
# other settings may name it by another pattern or pid file tomorrow.
remember() {
  [ "$main" != none ] && read_stat "$main" && put main "$main $p_start" && is_own "$p_sid" && put known "$p_sid"
}

known_main() {
  m_pid='' m_start=''
  [ -e "$dir/main" ] && read -r m_pid m_start <"$dir/main" && is_alive "$m_pid" "$m_start" && printf '%s ' "$m_pid"
}
