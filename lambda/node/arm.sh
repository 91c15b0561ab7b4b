# arm: guard and gate put in force, verified and taken off. Part of the converge document; functions only.
#
# The order is the point. What runs is bound only to a guard that is there already, or systemd stops it at once; the
# guard stays only with a permission, so one that is being armed has a permit for some seconds; a grant is stored when
# guard and gate were seen in force, and a start comes last. Installing takes longer than the state's lock may be held:
# it has a lock of its own, and is done only for the newest plan.

# The longest that a guard which is being armed may wait for its grant, in milliseconds.
ARMING=8000
# A guard that said so this long ago lives, in milliseconds.
FRESH=5000

has_systemd() {
  [ -d "$root/run/systemd/system" ] && find_systemctl
}

# $unit: the settings' own, or one of ours around the start command, where a systemd runs that has gates (243); else
# empty. In $old_systemd the version of one that is too old for the settings' unit.
name_unit() {
  unit=$SET_UNIT old_systemd=''
  if [ "$SET_GUARD" = on ] && { [ -n "$SET_UNIT" ] || has_systemd; } && find_systemctl; then
    version=$(limited 2 "$systemctl" --version)
    version=${version#systemd }
    version=${version%%[!0-9]*}
    if [ "${version:-0}" -ge 243 ]; then
      unit=${SET_UNIT:-scheduler-failover-$ARG_CLUSTER.service}
    elif [ -n "$SET_UNIT" ]; then
      old_systemd=${version:-unknown}
    fi
  fi
  name_files
  name_former
}

# --- what is in force ---------------------------------------------------------------------------------------------

# A time span as systemd shows it ("1min 30s") in $span, whole seconds rounded up; fails for infinity.
read_span() {
  span=0
  # shellcheck disable=SC2086 # words
  set -- $1
  [ $# -gt 0 ] || return 1
  for part in "$@"; do
    number=${part%%[!0-9]*}
    case $part in
    [0-9]*min) span=$((span + number * 60)) ;;
    [0-9]*ms | [0-9]*us) span=$((span + 1)) ;;
    [0-9]*s) span=$((span + number)) ;;
    [0-9]*h) span=$((span + number * 3600)) ;;
    *) return 1 ;;
    esac
  done
}

# Whether every start of the unit passes the gate and is bound to the guard, by what systemd says that it has loaded, and
# no former unit can be started.
is_in_force() {
  [ -z "$f_open" ] || return 1
  case $u_load in
  loaded) ;;
  # No such unit, or none that can be started: the drop-in waits for it.
  not-found | masked)
    [ -f "$drop_in" ]
    return
    ;;
  *) return 1 ;;
  esac
  case " $u_binds | $u_after " in
  *" $guard_unit "*'|'*" $guard_unit "*) ;;
  *) return 1 ;;
  esac
  case $u_condition in
  *"$etc/guard"*'exit 113'*' gate ; ignore_errors=no'*) ;;
  *) return 1 ;;
  esac
  [ "$u_kill_mode:$u_send_kill" = "$SET_KILL_MODE:yes" ] && read_span "$u_stop_span" && [ "$span" -le "$SET_GRACE_SECONDS" ]
}

is_bound() {
  case " $u_binds " in
  *" $guard_unit "*) ;;
  *) return 1 ;;
  esac
}

is_in_use() {
  is_unit_busy || [ -n "$(unit_processes)" ]
}

# Whether the guard lives and said so just now; then g_pid is it and g_version the text that it reads.
is_guard_live() {
  g_pid='' g_start='' g_version='' g_up=''
  [ -e "$dir/guard" ] && read -r g_pid g_start g_version g_up <"$dir/guard" || return 1
  case $g_up in
  '' | *[!0-9]*) return 1 ;;
  esac
  read_up
  is_alive "$g_pid" "$g_start" && [ $((up - g_up)) -lt "$FRESH" ]
}

# Waits a while for a live guard that reads the text in file $1.
await_guard() {
  wanted=$(cksum <"$1")
  wanted=${wanted%% *}
  tries=0
  until is_guard_live && [ "$g_version" = "$wanted" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 50 ] || return 1
    sleep 0.05
  done
}

is_granted() {
  read_up
  read_now
  [ "$grant_until" -gt "$now" ] && [ "$grant_up" -gt "$up" ]
}

# Whether somebody holds the gate open by hand.
is_overridden() {
  o_up='' o_boot=''
  [ -e "$dir/override" ] && read -r o_up o_boot _ <"$dir/override" && [ "$o_boot" = "$boot" ] || return 1
  case $o_up in
  '' | *[!0-9]*) return 1 ;;
  esac
  read_up
  [ "$up" -lt "$o_up" ]
}

# --- arming -------------------------------------------------------------------------------------------------------

# Arms or disarms while no other converge does, and only for the newest plan.
alone() {
  exec 8>"$dir/arm.lock"
  tries=0
  until flock -n 8; do
    tries=$((tries + 1))
    [ "$tries" -lt 40 ] || { exec 8>&- && arm_fault=busy && return 1; }
    sleep 0.05
  done
  read_state
  arm_fault=superseded
  result=1
  if [ "$seen" = "$ARG_TOKEN" ]; then
    arm_fault=''
    case $1 in
    arm) arm ;;
    disarm) disarm ;;
    esac
    result=$?
  fi
  exec 8>&-
  return "$result"
}

# Puts guard and gate in force; in $arm_fault why not. A running scheduler is bound only for a grant or a stop.
arm() {
  if [ "$SET_GUARD" != on ]; then
    [ ! -e "$etc/guard" ] || disarm
  elif [ -n "$old_systemd" ]; then
    return 0
  elif [ -n "$unit" ]; then
    arm_unit
  else
    arm_detached
  fi
}

arm_unit() {
  changed=''
  read_unit || { arm_fault=no-systemd && return 1; }
  used=no
  is_in_use && used=yes
  if [ "$used:$grants" = yes:no ] && [ "$mode" != stop ]; then return 0; fi
  arm_fault=not-written
  put_file "$etc/guard" "$(guard_program)" 0700 || return 1
  put_file "$override_command" "$(override_text)" 0755 || :
  put_file "$units/$guard_unit" "$(guard_unit_text)" 0644 || return 1
  [ -n "$SET_UNIT" ] || put_own_unit || return 1
  was_bound=no
  { is_bound || [ -n "$f_busy" ]; } && was_bound=yes
  if [ "$used" = yes ]; then
    arm_fault='guard-not-started'
    start_guard || return 1
  fi
  arm_fault=not-written
  put_file "$drop_in" "$(drop_in_text "$ARG_OWNER" gate)" 0644 || { unbind && return 1; }
  retire || return 1
  if [ -n "$changed" ] || ! is_in_force; then
    arm_fault=no-systemd
    reload && read_unit || return 1
  fi
  arm_fault=not-in-force
  is_in_force || { unbind && return 1; }
  arm_fault=''
}

# A former unit stays bound to the guard while it runs, and is not started any more. One of ours is removed when nothing
# runs in it, and of one that no longer exists what is left.
retire() {
  own_unit=scheduler-failover-$ARG_CLUSTER.service
  [ "$unit" = "$own_unit" ] || [ -n "$f_busy$(former_processes)" ] || rm -f "$units/$own_unit" "$etc/program"
  for f in $former; do
    case $f_gone in
    *" $f "*) rm -f "$(drop_in_of "$f")" && rmdir "$units/$f.d" && changed=yes ;;
    *) put_file "$(drop_in_of "$f")" "$(drop_in_text "$ARG_OWNER" retired)" 0644 || return 1 ;;
    esac
  done
  return 0
}

reload() {
  limited 4 "$systemctl" daemon-reload
}

# A scheduler that was to be adopted, and cannot be guarded, is left as it was found: the guard would kill it.
unbind() {
  [ "$used:$was_bound" = yes:no ] || return 0
  fault=$arm_fault
  disarm || :
  arm_fault=$fault
}

# A guard must be there before what runs is bound to it, with a permit until it has a grant.
start_guard() {
  if is_guard_live; then
    await_guard_text "$etc/guard"
    return
  fi
  permit_arming || return 1
  [ -z "$g_pid" ] || ! is_alive "$g_pid" "$g_start" || kill -CONT "$g_pid"
  limited 3 "$systemctl" start "$guard_unit"
  await_guard "$etc/guard"
}

# A guard with an older text reads the new one in its own place.
await_guard_text() {
  wanted=$(cksum <"$1")
  [ "$g_version" = "${wanted%% *}" ] && return 0
  kill -HUP "$g_pid"
  await_guard "$1"
}

# Under the lock: a permit until the grant's end at the latest. A stop has its own, and a grant needs none.
permit_arming() {
  lock 20 || return 1
  read_state
  if [ "$seen" = "$ARG_TOKEN" ] && [ "$mode" != stop ] && ! is_granted; then
    left=$((ARG_UNTIL - now))
    [ "$left" -lt "$ARMING" ] || left=$ARMING
    put permit "$((up + left)) $life arming"
  fi
  unlock
  [ "$seen" = "$ARG_TOKEN" ]
}

# Where no systemd binds one to the other the guard is a process of its own. It is launched for a grant.
arm_detached() {
  changed=''
  put_file "$dir/guard-program" "$(guard_program)" 0700 || { arm_fault=not-written && return 1; }
  [ "$(id -u)" != 0 ] || put_file "$override_command" "$(override_text)" 0755 || :
  [ "$grants" = yes ] || return 0
  arm_fault='guard-not-started'
  if is_guard_live; then
    await_guard_text "$dir/guard-program" || return 1
  else
    permit_arming || return 1
    [ -z "$g_pid" ] || ! is_alive "$g_pid" "$g_start" || kill -KILL "$g_pid"
    setsid sh "$dir/guard-program" guard </dev/null >/dev/null 2>&1 8>&- 9>&- &
    await_guard "$dir/guard-program" || return 1
  fi
  arm_fault=''
}

# Takes guard and gate off and leaves the scheduler as it is. The guard is told first: it must neither kill, nor end
# while the unit is bound to it.
disarm() {
  is_guard_live && put detach "$life"
  if [ -n "$unit" ]; then
    gone=''
    arm_fault=not-removed
    for f in $unit $former; do
      [ ! -e "$(drop_in_of "$f")" ] || { rm -f "$(drop_in_of "$f")" && gone=yes; } || return 1
      rmdir "$units/$f.d"
    done
    [ ! -e "$units/$guard_unit" ] || { rm -f "$units/$guard_unit" && gone=yes; } || return 1
    read_unit || return 1
    if [ -n "$gone" ] || is_bound; then
      reload && read_unit && ! is_bound || return 1
    fi
    limited 3 "$systemctl" stop "$guard_unit"
  fi
  if is_guard_live && [ -z "$unit" ]; then kill -KILL "$g_pid"; fi
  rm -f "$etc/guard" "$dir/guard-program" "$dir/guard" "$dir/permit" "$dir/override" "$dir/detach"
  [ -n "$SET_UNIT" ] || is_in_use || rm -f "$units/$unit" "$etc/program"
  rmdir "$etc" "${etc%/*}" && rm -f "$override_command"
  arm_fault=''
}

# --- what is reported ---------------------------------------------------------------------------------------------

# After a look: guard and gate as they stand. In $unguarded why time proves nothing here, or nothing.
judge_guard() {
  guard=none gate=none unguarded=''
  # Such a unit cannot be gated: what is stopped there may be started by anybody, and proves nothing.
  [ -z "$old_systemd" ] || gate=failed
  [ "$SET_GUARD:$gate" = on:none ] || return 0
  # Another deployment extends the grant as it likes.
  is_ours || { unguarded="owned-by $stamp" && return 0; }
  if [ -z "$unit" ]; then
    judge_detached
  elif [ -n "$u_load" ] && is_in_force; then
    gate=installed guard=armed
    find_outside
    case $arm_fault in
    '' | busy | superseded) ;;
    *) guard=failed ;;
    esac
    if [ -n "$unguarded" ]; then
      guard=none
    elif is_in_use && ! { [ "$g_active" = active ] && is_guard_live; }; then
      guard=failed
    fi
  elif [ -n "$arm_fault" ]; then
    guard=failed gate=failed
  fi
}

# Whether something that belongs to the scheduler is not in the unit's control group, where the guard kills.
find_outside() {
  inside=" $(group_processes)"
  is_op_manned || :
  for f in $found; do
    [ "$f" = "$worker_pid" ] && continue
    case $inside in
    *" $f "*) continue ;;
    esac
    # One that has ended meanwhile has no place, one that has begun meanwhile may be inside.
    place=$(cat "/proc/$f/cgroup")
    [ -n "$place" ] || continue
    case "$place$newline" in
    *"/$unit$newline"* | *"/$unit/"*) ;;
    *) unguarded="process $f is outside of the unit" ;;
    esac
  done
  # A container's client is in the unit; what it has started is not.
  [ "$main" != none ] && read_stat "$main" || return 0
  case $p_comm in
  docker | docker-compose | nerdctl | ctr | podman | conmon | kubectl) unguarded="container client $p_comm" ;;
  esac
}

# Nobody else starts a start command, so that where nothing runs the guard is as good as armed: it comes first.
judge_detached() {
  [ -n "$stamp" ] || return 0
  guard=armed
  marked=" $(with_environment "SCHEDULER_FAILOVER_MARK=$mark")"
  for f in $found; do
    case $marked in
    *" $f "*) ;;
    *) ! read_stat "$f" || unguarded="process $f was not started by us" ;;
    esac
  done
  if [ -n "$arm_fault" ]; then
    guard=failed
  elif [ -n "$unguarded" ]; then
    guard=none
  elif [ "$found" != ' ' ] && ! is_guard_live; then
    guard=failed
  fi
}
