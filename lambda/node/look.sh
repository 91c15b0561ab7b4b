# look: how the scheduler stands on this node. Part of the converge document; functions only.

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
  elif has_former; then
    judge_former
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
    # What is in the unit's group, before what a pattern has found beside it.
    [ "$main" != 0 ] || main=$(own_group)${found# } main=${main%% *}
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

# The scheduler of the settings before these: it runs, and a plan to run replaces it.
judge_former() {
  names=${f_busy:-${former# }}
  state=running detail="former-unit ${names% }"
  [ "$f_pid" = 0 ] || main=$f_pid invocation=${f_invocation:-unit}
  [ "$main" != none ] || { main=${found# } main=${main%% *}; }
  [ "$main" = none ] || describe_main
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
