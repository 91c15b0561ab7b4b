# state: the node's side of the protocol, in /run. Part of the converge document; functions only.

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

# The time that a grant is measured by, in $now and $up; called under the lock. The controller believes this node's clock as
# it was reported. One that was set back since would make a grant longer than it was promised to be, so it is believed only
# when every promise made before is over; until then time goes on as it was. Set forward it only makes a grant shorter.
read_steady_now() {
  read_up
  read_now
  offset=$((now - up)) believed='' stepped=0
  [ -e "$dir/clock" ] && read -r believed stepped <"$dir/clock"
  if [ -z "$believed" ] || [ "$offset" -gt $((believed - STEP)) ]; then
    put clock "$offset 0"
  elif [ "$stepped" -gt 0 ] && [ $((up - stepped)) -gt $(((SET_GRANT_SECONDS + SET_SKEW_SECONDS + 60) * 1000)) ]; then
    put clock "$offset 0"
  else
    [ "$stepped" -gt 0 ] || put clock "$believed $up"
    now=$((up + believed))
  fi
}

# Reads the state; of another boot's nothing is believed.
read_state() {
  life=none born=0 seen=0 stamp='' grant_until=0 grant_life=none grant_up=0 boot=$(cat /proc/sys/kernel/random/boot_id)
  [ -e "$dir/life" ] && read -r life <"$dir/life"
  case $life in
  "$boot".*) ;;
  *)
    life=none
    return 0
    ;;
  esac
  [ -e "$dir/born" ] && read -r born <"$dir/born"
  [ -e "$dir/seen" ] && read -r seen <"$dir/seen"
  [ -e "$dir/owner" ] && read -r stamp <"$dir/owner"
  [ -e "$dir/grant" ] && read -r grant_until grant_life grant_up <"$dir/grant"
  [ "$grant_life" = "$life" ] && [ -n "$grant_up" ] || grant_until=0 grant_up=0
}

# A life begins with the first plan that is not just a look.
begin_life() {
  [ "$life" = none ] || return 0
  rm -f "$dir/seen" "$dir/owner" "$dir/grant" "$dir/permit" "$dir/detach" "$dir/op" "$dir/worker" "$dir/started" \
    "$dir/exit" "$dir/known" "$dir/main" "$dir/clock" "$dir/stop-command"
  read_now
  put born $((now + SET_SKEW_SECONDS * 1000))
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
