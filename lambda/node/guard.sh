# guard: what keeps a node's promise while nobody tells it anything; gate, and break-glass.
#
# One small program in three roles, installed on a node by lambda/node/arm.sh, which puts assignments of G_* in front:
#   G_CLUSTER the cluster, G_UNIT the guarded unit (empty: what carries the marker), G_FORMER the units that it had before,
#   G_MARK the marker of what a start command starts (empty: none), G_ROOT the root that only the sandbox sets, G_GRACE seconds from TERM to KILL.
#
#   guard      runs beside the scheduler, and while it lives something may: a grant that is not over, an override by
#              hand, or a permit (a stop that is under way, or a guard that is being armed). Without any of them it
#              kills the scheduler, and keeps killing until nothing is left. It asks nobody: not systemd, not AWS.
#   gate       asked by systemd before each start of the unit (ExecCondition=): a grant or an override, and a live guard.
#   retired    the gate of a former unit: never.
#   override   for the day when AWS's control plane is away: opens the gate for some minutes, by hand.
#
# Everything fails closed: what is missing, unreadable, of another boot or of another life permits nothing. Time is
# counted by /proc/uptime, which nobody can set; the wall clock is a second limit, so that a step of it can only end a
# grant early. Whoever reads this file to its end without a role's "exit" is refused: an empty file is no open gate.
#
# Read by dash, busybox ash and bash; no pair of dollar signs, no pair of opening braces (see converge.sh).
set -u
umask 077
state=$G_ROOT/run/scheduler-failover/$G_CLUSTER
# systemd skips a start for any status from 1 to 254; 255 would have it try again and again.
REFUSED=113
# A guard that was seen to live this long ago, in milliseconds, does: it says so twice a second.
FRESH=5000
# With nothing left to guard it waits this long for a new permission before it ends.
LINGER=3000

# --- time and permissions -----------------------------------------------------------------------------------------

# Milliseconds since boot in $up, Unix milliseconds in $now, this boot in $boot.
read_clock() {
  up='' now='' boot=''
  read -r up_text _ <"/proc/uptime" || return 1
  up_fraction=${up_text#*.}
  up=$((${up_text%.*} * 1000 + (1$up_fraction - 100) * 10))
  now=$(date +%s%3N)
  case $now in
  '' | *[!0-9]*)
    now=$(date +%s)
    now=${now:+${now}000}
    ;;
  esac
  read -r boot <"/proc/sys/kernel/random/boot_id"
}

# Whether all of "$@" are plain numbers that arithmetic can take.
are_numbers() {
  for number in "$@"; do
    case $number in
    '' | *[!0-9]* | ????????????????*) return 1 ;;
    esac
  done
}

# The life that the state is of, in $life; fails if it is of another boot.
read_life() {
  life=
  [ -e "$state/life" ] && read -r life <"$state/life" && [ -n "$boot" ] || return 1
  case $life in
  "$boot".*) ;;
  *) return 1 ;;
  esac
}

# A grant: "until life until-by-uptime". Says in $why what is wrong with it.
is_granted() {
  why='this node holds no grant' g_until='' g_life='' g_up=''
  [ -e "$state/grant" ] && read -r g_until g_life g_up <"$state/grant" || return 1
  why='its grant is of another boot or life'
  read_life && [ "$g_life" = "$life" ] || return 1
  why='its grant cannot be read'
  are_numbers "$g_until" "$g_up" "$up" "$now" || return 1
  why='its grant is over'
  [ "$up" -lt "$g_up" ] && [ "$now" -lt "$g_until" ]
}

# An override: "until-by-uptime boot until who reason".
is_overridden() {
  o_up='' o_boot='' o_words=''
  [ -e "$state/override" ] && read -r o_up o_boot _ o_words <"$state/override" || return 1
  are_numbers "$o_up" "$up" && [ -n "$boot" ] && [ "$o_boot" = "$boot" ] && [ "$up" -lt "$o_up" ]
}

# A permit: "until-by-uptime life why". No gate opens for it, and it is never longer than a kill grace and some seconds.
is_permitted() {
  m_up='' m_life=''
  [ -e "$state/permit" ] && read -r m_up m_life _ <"$state/permit" || return 1
  read_life && [ "$m_life" = "$life" ] && are_numbers "$m_up" "$up" && [ "$up" -lt "$m_up" ] &&
    [ $((m_up - up)) -le $((G_GRACE * 1000 + 10000)) ]
}

# A node that is being detached: its scheduler is nobody's business any more.
is_detached() {
  d_life=
  [ -e "$state/detach" ] && read -r d_life <"$state/detach" || return 1
  read_life && [ "$d_life" = "$life" ]
}

may_go_on() {
  read_clock || return 1
  is_granted || is_overridden || is_permitted || is_detached
}

# --- processes ----------------------------------------------------------------------------------------------------

# Reads /proc/$1/stat into p_state and p_start (when it began, clock ticks since boot). Fails if there is none.
read_process() {
  p_line=
  { read -r p_line <"/proc/$1/stat" || [ -n "$p_line" ]; } 2>/dev/null || return 1
  case $p_line in
  *')'*) ;;
  *) p_line=$(cat "/proc/$1/stat") ;;
  esac
  # shellcheck disable=SC2086 # the fields are numbers
  set -- ${p_line##*)}
  [ $# -ge 20 ] || return 1
  p_state=$1 p_start=${20}
}

# The control groups of unit $1: below the slices of the system's manager, in whichever hierarchy this machine has.
list_groups() {
  for base in "$G_ROOT/sys/fs/cgroup" "$G_ROOT/sys/fs/cgroup/unified" "$G_ROOT/sys/fs/cgroup/systemd"; do
    for group in "$base"/*.slice/"$1" "$base"/*.slice/*.slice/"$1" "$base"/*.slice/*.slice/*.slice/"$1"; do
      [ -d "$group" ] && groups="$groups$group
"
    done
  done
}

# Adds what is in group $1 and below it to $targets.
list_members() {
  { while read -r member; do targets="$targets$member "; done <"$1/cgroup.procs"; } 2>/dev/null
  for below in "$1"/*/; do
    [ -d "$below" ] && list_members "${below%/}"
  done
}

# In $targets what must not live without a permission, and in $groups where it is.
find_targets() {
  list_targets
  drop_strangers
}

list_targets() {
  targets='' groups=''
  if [ -n "$G_UNIT" ]; then
    for name in $G_UNIT $G_FORMER; do list_groups "$name"; done
    while read -r group; do
      [ -z "$group" ] || list_members "$group"
    done <<END_OF_GROUPS
$groups
END_OF_GROUPS
  fi
  [ -n "$G_MARK" ] || return 0
  # shellcheck disable=SC2013 # a pid has no spaces
  for member in $(grep -l -z -x -F -e "SCHEDULER_FAILOVER_MARK=$G_MARK" /proc/[0-9]*/environ 2>/dev/null); do
    member=${member#/proc/}
    targets="$targets${member%/environ} "
  done
}

# In the sandbox only what carries the same root counts or gets signals.
drop_strangers() {
  [ -n "$G_ROOT" ] || return 0
  all=$targets targets=''
  for member in $all; do
    if grep -q -z -x -F -e "SCHEDULER_FAILOVER_ROOT=$G_ROOT" "/proc/$member/environ" 2>/dev/null; then
      targets="$targets$member "
    fi
  done
}

# Kills $targets, at once where the kernel can (5.14). In $left what lived; zombies do not.
kill_targets() {
  left=''
  while read -r group; do
    [ -n "$group" ] && [ -e "$group/cgroup.kill" ] && echo 1 >"$group/cgroup.kill"
  done <<END_OF_GROUPS
$groups
END_OF_GROUPS
  for member in $targets; do
    case $member in
    *[!0-9]* | 0 | 1) continue ;;
    esac
    read_process "$member" || continue
    case $p_state in
    Z | X | x) continue ;;
    esac
    left="$left$member "
    kill -KILL "$member" 2>/dev/null
  done
  return 0
}

# --- the guard ----------------------------------------------------------------------------------------------------

# Says that this guard lives: "pid start version since-boot". Written over the old line, and not after cutting it: whoever
# reads in between would find no guard.
beat() {
  printf '%s\n' "$self $self_start $version $up" 1<>"$state/guard"
}

guard() {
  read -r self _ <"/proc/self/stat"
  read_process "$self" || exit "$REFUSED"
  self_start=$p_start
  version=$(cksum <"$program")
  version=${version%% *}
  # A new text of this file is read in place: a restart of the guard would stop the scheduler that is bound to it.
  again=''
  trap 'again=yes' HUP
  was_permitted='' idle_since='' seen=' '
  while :; do
    if may_go_on; then
      was_permitted=yes idle_since='' seen=' '
      beat
    else
      without_permission
    fi
    [ -z "$again" ] || exec sh "$program" guard
    sleep 0.5 || sleep 1
  done
}

# Kills; ends when nothing is left and nothing new was permitted. Where a permission has just ended everything goes at
# once. Later only what was there at the last look too: the gate is a process of the unit for some milliseconds.
without_permission() {
  [ -d "$state" ] && [ -n "$up" ] && beat
  find_targets
  if [ -n "$was_permitted" ]; then
    echo "$why: no permission is left, so the scheduler of cluster $G_CLUSTER is killed" >&2
    rm -f "$state/grant" "$state/permit"
    until kill_targets && [ -z "$left" ]; do
      sleep 0.1
      find_targets
      # What was killed in this round is looked for once more: a fork may have come between look and kill.
    done
    was_permitted=''
  fi
  old=$seen seen=' ' stay=''
  for member in $targets; do
    seen="$seen$member "
    case $old in
    *" $member "*) stay="$stay$member " ;;
    esac
  done
  if [ -n "$stay" ]; then
    targets=$stay groups=''
    kill_targets
  fi
  if [ -n "$targets" ] || [ -z "$up" ]; then
    idle_since=''
  elif [ -z "$idle_since" ]; then
    idle_since=$up
  elif [ $((up - idle_since)) -ge "$LINGER" ]; then
    leave
  fi
}

# Ends, under the lock: whoever stores a grant does so under it too, and finds this guard alive or gone.
leave() {
  if [ -d "$state" ]; then
    exec 9>"$state/lock"
    if ! flock -n 9 || may_go_on; then
      exec 9>&-
      return 0
    fi
    rm -f "$state/guard"
  fi
  exit 0
}

# --- the gate -----------------------------------------------------------------------------------------------------

# To the journal of the unit, or, where its errors go elsewhere, to the journal under a name of its own.
tell() {
  if [ -n "${JOURNAL_STREAM-}" ] || ! command -v logger >/dev/null; then
    echo "scheduler-failover: $1" >&2
  else
    logger -t scheduler-failover "$1"
  fi
}

is_guard_live() {
  l_pid='' l_start='' l_up=''
  [ -e "$state/guard" ] && read -r l_pid l_start _ l_up <"$state/guard" || return 1
  read_clock && are_numbers "$l_pid" "$l_start" "$l_up" && [ $((up - l_up)) -lt "$FRESH" ] || return 1
  read_process "$l_pid" && [ "$p_start" = "$l_start" ]
}

gate() {
  if ! read_clock; then
    tell "start refused: the time cannot be read"
    exit "$REFUSED"
  elif is_overridden; then
    tell "the gate stands open by hand: $o_words"
  elif ! is_granted; then
    tell "start refused: $why. The scheduler of cluster $G_CLUSTER is started by its failover controller. While AWS's control plane is away: scheduler-failover-override --cluster $G_CLUSTER --minutes N --reason TEXT"
    exit "$REFUSED"
  fi
  # The guard was started just before this, and says that it lives when it has read its own text.
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    is_guard_live && exit 0
    sleep 0.1
  done
  tell "start refused: no guard is alive"
  exit "$REFUSED"
}

retired() {
  tell "start refused: the scheduler of cluster $G_CLUSTER is now $G_UNIT. To be rid of this unit: systemctl disable it and remove its file"
}

# --- break-glass --------------------------------------------------------------------------------------------------

fail() {
  echo "scheduler-failover-override: $1" >&2
  exit 1
}

override() {
  minutes='' reason='' end=''
  while [ $# -gt 0 ]; do
    case $1 in
    --end)
      end=yes
      shift
      continue
      ;;
    --minutes | --reason | --cluster) [ $# -ge 2 ] || fail "$1 lacks its value" ;;
    *) fail "unknown argument $1; usage: --minutes N --reason TEXT, or --end" ;;
    esac
    case $1 in
    --minutes) minutes=$2 ;;
    --reason) reason=$2 ;;
    esac
    shift 2
  done
  [ "$(id -u)" = 0 ] || fail 'needs root'
  read_clock || fail 'the time cannot be read'
  who=${SUDO_USER:-$(logname 2>/dev/null || id -un)}
  if [ -n "$end" ]; then end_override; else begin_override; fi
  exit 0
}

begin_override() {
  case $minutes in
  '' | *[!0-9]* | 0* | ?????*) fail "--minutes must be a whole number from 1 to 1440: $minutes" ;;
  esac
  [ "$minutes" -le 1440 ] || fail "--minutes must be a whole number from 1 to 1440: $minutes"
  reason=$(printf '%s' "$reason" | tr -c '[:print:]' ' ' | cut -c 1-200)
  [ -n "$reason" ] || fail '--reason must say why: it is written down'
  mkdir -p "$state"
  printf '%s\n' "$((up + minutes * 60000)) $boot $((now + minutes * 60000)) $who: $reason" >"$state/override.new"
  mv -f "$state/override.new" "$state/override" || fail "cannot write $state/override"
  tell "override of cluster $G_CLUSTER for $minutes minutes by $who: $reason"
  echo "The gate of cluster $G_CLUSTER is open for $minutes minutes, then the scheduler is killed."
  echo "MAKE SURE THAT NO OTHER NODE RUNS A SCHEDULER, AND THAT THE CONTROLLER STARTS NONE: it learns of this only from this node."
  [ -z "$G_UNIT" ] || echo "Start it here by: systemctl start $G_UNIT"
}

# A scheduler that has a grant goes on under it; any other is stopped in order, and killed a kill grace later.
end_override() {
  [ -e "$state/override" ] || fail "no override of cluster $G_CLUSTER stands on this node"
  if ! is_granted && read_life; then
    printf '%s\n' "$((up + G_GRACE * 1000)) $life override-ended" >"$state/permit.new" &&
      mv -f "$state/permit.new" "$state/permit"
  fi
  rm -f "$state/override" || fail "cannot remove $state/override"
  tell "override of cluster $G_CLUSTER ended by $who"
  is_granted && return 0
  [ -z "$G_UNIT" ] || systemctl stop --no-block "$G_UNIT"
}

# --- roles --------------------------------------------------------------------------------------------------------

# systemd reads the gate into a shell named "gate", which refuses when the text comes to its end.
program=$0 role=${1:-$0}
[ $# -eq 0 ] || shift
case $role in
guard) guard ;;
gate) gate ;;
retired) retired ;;
override) override "$@" ;;
esac
exit "$REFUSED"
