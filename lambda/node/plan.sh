# plan: what a converge is asked for, checked, written down and obeyed. Part of the converge document; functions only.

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
  fault=ARG_TAKEOVER
  is_word "$ARG_TAKEOVER" 'A-Za-z0-9:/_.-' 400 || return 1
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

# Whether no other deployment has put its stamp on this node: on the state, which ends with the boot, or on the unit, which
# tells another cluster's name too. In $stamp whose it is.
is_ours() {
  [ -z "$stamp" ] || [ "$stamp" = "$ARG_OWNER" ] || return 1
  read_drop_in "$drop_in"
  [ -z "$unit_owner$unit_cluster" ] || is_own_drop_in || { stamp="$unit_owner $unit_cluster" && return 1; }
}

# Under the lock: whether the plan is obeyed, and, if so, all that it says is written down. Nothing is done yet.
accept() {
  had_life=$life
  begin_life
  # A stamp that the plan names is replaced: the grant under it goes on to its end, and its token is still obeyed.
  refusal=owned-by
  [ "$stamp" != "$ARG_TAKEOVER" ] || stamp=''
  is_ours || return 1
  refusal=token
  [ "$ARG_TOKEN" -ge "$seen" ] || return 1
  # From here on the older plans are void, even if this one cannot be granted: there is a newer one.
  refusal='state-not-stored'
  [ "$seen" = "$ARG_TOKEN" ] || put seen "$ARG_TOKEN" || return 1
  seen=$ARG_TOKEN
  read_steady_now
  if [ "$mode" = detach ]; then
    # A node that has lost its state, and with it the newest token, cannot tell by that an old detach that comes late from
    # a new one, which is repeated: only one that was made in this life counts. A token is never less than its instant.
    refusal=life
    [ "$had_life" != none ] && [ "$ARG_TOKEN" -gt "$born" ] || return 1
    refusal='state-not-stored'
    # First of all the guard is told that the scheduler is nobody's business any more.
    put detach "$life" || return 1
    rm -f "$dir/grant" "$dir/owner" "$dir/op" "$dir/units"
    grant_until=0 stamp=''
    return 0
  fi
  [ -n "$stamp" ] || put owner "$ARG_OWNER" || return 1
  stamp=$ARG_OWNER
  [ "$named_units" = "$unit${former% }" ] || put units "$unit${former% }" || return 1
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
  read_steady_now
  refusal=until-past
  [ "$ARG_UNTIL" -gt "$now" ] || return 1
  refusal=until-too-far
  [ $((ARG_UNTIL - now)) -le $(((SET_GRANT_SECONDS + SET_SKEW_SECONDS) * 1000)) ]
}

# The grant goes first, so that nothing new starts. What runs has until KILL is due, and two seconds more, so that the
# guard comes in only where this process has ended; but never longer than the grant and the grace, less a second in which
# the guard looks and kills. A stop that is repeated keeps its instant.
drop_grant() {
  refusal='state-not-stored'
  read_op
  kill_at
  last=$((due + 2000)) bound=0 why=''
  [ -e "$dir/permit" ] && read -r bound _ why <"$dir/permit"
  [ "$why" = stop ] && [ "$bound" -gt "$up" ] || bound=0
  [ "$grant_up" = 0 ] || bound=$((grant_up + SET_GRACE_SECONDS * 1000 - 1000))
  [ "$bound" = 0 ] || [ "$bound" -ge "$last" ] || last=$bound
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
  read_steady_now
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
    remember
    if [ "$mode" = restart ]; then
      [ "$invocation" = "$ARG_INVOCATION" ] || { detail=other-invocation && return 0; }
    elif [ "${detail#former-unit}" = "$detail" ]; then
      return 0
    fi
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
