# operations: stop and start, carried out by detached processes that go on after a converge has answered. Part of the
# converge document; functions only.

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
  rm -f "$dir/started" "$dir/exit" "$dir/known" "$dir/main" "$dir/permit"
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
  # shellcheck disable=SC2086 # units
  is_unit_busy && limited 2 "$systemctl" kill -s KILL $busy
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
  # shellcheck disable=SC2086 # units
  limited 2 "$systemctl" stop --no-block $busy
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

# Where systemd starts it, the gate sees to the guard, and gives one that is slow to say that it lives as long as this.
has_guard() {
  [ "$SET_GUARD" = on ] && [ -z "$unit" ] || return 0
  tries=0
  until is_guard_live; do
    tries=$((tries + 1))
    [ "$tries" -lt 30 ] || return 1
    sleep 0.1
  done
}

# The last check, and the start. Runs under the marker, so that a stop that comes after the check finds it.
start() {
  has_guard
  read_unit || return 0
  find_processes
  claim "$1" || return 0
  obstacle=
  is_granted || obstacle=grant-over
  [ "$SET_GUARD" != on ] || [ -n "$unit" ] || is_guard_live || obstacle=no-guard
  # Itself it does not find: somebody else has started one meanwhile.
  [ "$found" = ' ' ] && ! is_unit_busy || obstacle=occupied
  if [ -n "$obstacle" ]; then
    end_op "$obstacle"
    unlock
    return
  fi
  rm -f "$dir/exit" "$dir/started" "$dir/known" "$dir/main"
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
