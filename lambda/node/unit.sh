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
