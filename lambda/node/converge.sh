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
# A clock that is set back by less than this, in milliseconds, is being corrected.
STEP=1000
# The scheduler's output is cut when it is larger than this, in bytes.
LOG_LIMIT=4194304

# The parts, put in at synth.
# include: processes.sh
# include: unit.sh
# include: state.sh
# include: install.sh
# include: arm.sh
# include: operations.sh
# include: look.sh
# include: plan.sh
# include: health.sh
# include: health-url.sh
# include: opinion.sh

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

# Whether a boot starts the on-node controller, by either spelling of its unit; and the links of the agent's directory,
# which has a folder for each command that it keeps.
read_machine() {
  set -- "$root"/etc/systemd/system/*.wants/scheduler[_-]failover[_-]controller.service
  [ ! -L "$1" ] || facts="$facts predecessor-at-boot"
  facts="$facts links-$(stat -c %h "$root/var/lib/amazon/ssm/$node/document/orchestration" || echo 0)"
}

answer() {
  list_pids
  read_log
  read_now
  detail=$(printf '%s' "$detail" | LC_ALL=C tr -c 'A-Za-z0-9 ._:=/+-' '?' | cut -c 1-160)
  printf '{"v":1,"cluster":"%s","node":"%s","token":%s,"seen":%s,"life":"%s","clock":%s,"state":"%s","pids":[%s],' \
    "$ARG_CLUSTER" "$node" "$ARG_TOKEN" "$seen" "$life" "$now" "$state" "$pids"
  printf '"since":%s,"restarts":%s,"invocation":"%s","guard":"%s","gate":"%s","grantUntil":%s%s,' \
    "$since" "$restarts" "$invocation" "$guard" "$gate" "$grant_until" "$health$opinion"
  is_eligible "$predecessor" || predecessor=0
  read_machine
  printf '"facts":"%s %s%s",' "${version:-0}" "$predecessor" "$facts"
  printf '"host":"%s","log64":"%s","reason":"%s"}\n' "$host" "$log64" "$detail"
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
  program="ARG_CLUSTER='$ARG_CLUSTER' ARG_ACTIVE=none ARG_OWNER=none ARG_TAKEOVER=none
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
  # Whoever is at work on guard and gate may be an older plan's, and take them off yet.
  [ "$arm_fault" != busy ] || state=busy detail=arming
  answered=$seen
  read_state
  [ "$seen" = "$answered" ] || state=busy detail=superseded
}

converge() {
  read_up
  began=$up
  life=none seen=0 grant_until=0 state=refused main=none invocation=none since=0 restarts=0 found=' '
  version='' predecessor=0 facts='' ancestors=' ' sandboxed='' health='' opinion='' host='' log64='' detail='' op_nonce=none u_load='' guard=none gate=none arm_fault='' unguarded='' grants=no
  check_arguments || { answer_unreadable "bad-argument $fault" && return; }
  read_node || { answer_unreadable no-identity && return; }
  active=no mode=$ARG_OTHERS
  [ "$ARG_ACTIVE" != "$node" ] || active=yes mode=$ARG_MODE
  read_state
  read_host
  name_unit
  if check_machine; then
    read_ancestors
    obey || state=refused
    judge_guard
    [ -n "$detail" ] || [ -z "$unguarded" ] || detail="unguarded $unguarded"
    confirm
    check_health
    [ -z "$SET_OPINION" ] || ask_opinion
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
opinion) note_opinion "$2" ;;
opinion-command)
  SET_USER=$SET_OPINION_USER SET_ACTIVATE=$SET_OPINION_ACTIVATE
  become "$SET_OPINION" 2>&1
  ;;
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
