# unit: what systemd says of the scheduler's unit. Part of the converge document; functions only.

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
  u_binds='' u_after='' u_condition='' u_kill_mode='' u_send_kill='' u_stop_span='' g_active='' facts=''
  read_former || return 1
  [ -n "$unit" ] || return 0
  find_systemctl || return 1
  shown=$(limited 2 "$systemctl" show "$unit" "$guard_unit" -p LoadState -p ActiveState -p SubState \
    -p MainPID -p InvocationID -p NRestarts -p ControlGroup -p Slice -p Job -p Result -p BindsTo -p After \
    -p ExecCondition -p KillMode -p SendSIGKILL -p TimeoutStopUSec -p Restart -p UnitFileState)
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
    *:Restart | *:UnitFileState) facts="$facts $value" ;;
    esac
  done <<EOF
$shown
EOF
  [ -n "$u_load" ] && [ -n "$u_active" ]
}

# The units that this cluster's scheduler had before its settings named another one, in $former: from the drop-ins, which
# outlive a boot, and from the state of this life, since without a guard there is no drop-in.
name_former() {
  former=' ' f_busy='' f_groups='' u_active='' u_job=0 u_pid=0
  for f in "$units"/*.service.d/zz-scheduler-failover.conf; do
    [ -f "$f" ] || continue
    read_drop_in "$f"
    f=${f%.d/*}
    ! is_own_drop_in || add_former "${f##*/}"
  done
  named_units=
  [ ! -e "$dir/units" ] || read -r named_units <"$dir/units"
  for f in $named_units; do add_former "$f"; done
}

# Whether the drop-in that was read is this deployment's for this cluster, nobody's, or of the one that the plan takes over.
is_own_drop_in() {
  case $unit_owner/$unit_cluster in
  "$ARG_OWNER/$ARG_CLUSTER" | "none/$ARG_CLUSTER" | "$ARG_TAKEOVER/$ARG_CLUSTER") ;;
  *) return 1 ;;
  esac
}

add_former() {
  case "$former$unit " in
  *" $1 "*) ;;
  *) former="$former$1 " ;;
  esac
}

# How the former units stand: in $f_busy which of them systemd runs, in $f_groups their control groups, in $f_pid and
# $f_invocation a main process, in $f_open which could be started, in $f_gone which no longer exist.
read_former() {
  f_busy='' f_groups='' f_pid=0 f_invocation='' f_open='' f_gone=' '
  [ "$former" != ' ' ] || return 0
  find_systemctl || return 1
  for f in $former; do
    shown=$(limited 2 "$systemctl" show "$f" -p LoadState -p ActiveState -p MainPID -p InvocationID -p ControlGroup \
      -p Slice -p Job -p ExecCondition)
    f_load='' f_active='' f_cgroup='' f_slice='' f_job=0 f_condition=''
    while IFS='=' read -r key value; do
      case $key in
      LoadState) f_load=$value ;;
      ActiveState) f_active=$value ;;
      MainPID) [ "${value:-0}" = 0 ] || f_pid=$value ;;
      InvocationID) [ -z "$value" ] || f_invocation=$value ;;
      ControlGroup) f_cgroup=$value ;;
      Slice) f_slice=$value ;;
      Job) f_job=${value:-0} ;;
      ExecCondition) f_condition="$f_condition$value " ;;
      esac
    done <<EOF
$shown
EOF
    [ -n "$f_load" ] && [ -n "$f_active" ] || return 1
    f_groups="$f_groups$(cgroup_of "$f" "$f_cgroup" "$f_slice") "
    case $f_active:$f_job in
    inactive:0 | failed:0) [ "$f_load" != not-found ] || f_gone="$f_gone$f " ;;
    *) f_busy="$f_busy$f " ;;
    esac
    case $f_load:$f_condition in
    loaded:*"$etc/guard"*'exit 113'*' retired ; ignore_errors=no'*) ;;
    loaded:*) f_open="$f_open$f " ;;
    esac
  done
}

# Where unit $1 is, $2 if systemd says it. An inactive unit has no control group to tell, but processes may be left in it
# (KillMode=process): its place follows from the slice $3, a-b.slice being below a.slice.
cgroup_of() {
  [ -z "$2" ] || { printf '%s' "$2" && return; }
  path='' prefix='' rest=${3:-system.slice}
  rest=${rest%.slice}
  while [ -n "$rest" ] && [ "$rest" != - ]; do
    prefix=$prefix${prefix:+-}${rest%%-*}
    path=$path/$prefix.slice
    case $rest in
    *-*) rest=${rest#*-} ;;
    *) rest= ;;
    esac
  done
  printf '%s/%s' "$path" "$1"
}

unit_processes() {
  group_processes
  [ "$u_pid" -le 0 ] || printf '%s ' "$u_pid"
}

# What is in the unit's control group, and in those of former units. The main process may be elsewhere: su opens a session
# of its own.
group_processes() {
  former_processes
  own_group
}

own_group() {
  [ -z "$unit" ] || walk_cgroups "$(cgroup_of "$unit" "$u_cgroup" "$u_slice")"
}

# Whether a scheduler of former settings is there.
has_former() {
  [ "$former" != ' ' ] || return 1
  [ -z "$f_busy" ] || return 0
  for f in $(former_processes); do
    case $found in
    *" $f "*) return 0 ;;
    esac
  done
  return 1
}

former_processes() {
  for cgroup in $f_groups; do walk_cgroups "$cgroup"; done
}

walk_cgroups() {
  for base in "$root/sys/fs/cgroup" "$root/sys/fs/cgroup/unified" "$root/sys/fs/cgroup/systemd"; do
    [ -d "$base$1" ] && walk_cgroup "$base$1"
  done
  return 0
}

walk_cgroup() {
  while read -r pid; do printf '%s ' "$pid"; done <"$1/cgroup.procs"
  for sub in "$1"/*/; do
    [ -d "$sub" ] && walk_cgroup "${sub%/}"
  done
}

# Whether systemd itself may still have, or bring up, a process of the unit or of a former one; in $busy of which.
is_unit_busy() {
  busy=$f_busy
  case $unit:$u_active:$u_job in
  :* | *:inactive:0 | *:failed:0) ;;
  *) busy="$busy$unit" ;;
  esac
  [ -n "$busy" ]
}
