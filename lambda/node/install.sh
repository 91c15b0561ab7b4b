# install: what is put on a node beside the protocol's state in /run, and where. docs/node.md lists it for people.
#
# Its text is part of the converge document and of node-setup.sh: functions only, with the settings (SET_*), the
# cluster (ARG_CLUSTER), $root, $unit, $former and $mark given. Every file is replaced by renaming, and is on the disk before it
# counts: a gate that is empty after a power failure would not be one.

# The names of all that is installed.
name_files() {
  etc=$root/etc/scheduler-failover/$ARG_CLUSTER
  units=$root/etc/systemd/system
  guard_unit=scheduler-failover-guard-$ARG_CLUSTER.service
  # Sorted after what people call theirs: the last drop-in wins.
  drop_in=$(drop_in_of "$unit")
  override_command=$root/usr/local/sbin/scheduler-failover-override
}

drop_in_of() {
  printf '%s/%s.d/zz-scheduler-failover.conf' "$units" "$1"
}

# Puts the text $2 into file $1 with mode $3, unless it is there; then says changed=yes.
put_file() {
  [ -f "$1" ] && [ "$(cat "$1")" = "$2" ] && return 0
  (umask 022 && mkdir -p "${1%/*}") && printf '%s\n' "$2" >"$1.new" && chmod "$3" "$1.new" || return 1
  sync "$1.new" || sync
  mv -f "$1.new" "$1" || return 1
  sync "${1%/*}" || sync
  changed=yes
}

# $1 as one word of a shell's text.
as_word() {
  printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

guard_text() {
  cat <<'END_OF_GUARD'
# include: guard.sh
END_OF_GUARD
}

# The guard's program: for a unit of the settings what is in its control group, for a start command what is marked too.
guard_program() {
  marked='' names=${former# }
  [ -n "$SET_UNIT" ] || marked=$mark
  echo '#!/bin/sh'
  echo "G_CLUSTER=$(as_word "$ARG_CLUSTER")"
  echo "G_UNIT=$(as_word "$unit")"
  echo "G_FORMER=$(as_word "${names% }")"
  echo "G_MARK=$(as_word "$marked")"
  echo "G_ROOT=$(as_word "$root")"
  echo "G_GRACE=$SET_GRACE_SECONDS"
  guard_text
}

# The guard's own unit. Not restarted when it has died: what is bound to it stops, which is what its death must mean.
guard_unit_text() {
  cat <<END_OF_UNIT
[Unit]
Description=Guard of the scheduler of cluster $ARG_CLUSTER: kills it when its grant is over
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=/bin/sh "$etc/guard" guard
Restart=no
OOMScoreAdjust=-1000
Nice=-10
TimeoutStopSec=2
END_OF_UNIT
}

# What binds a unit to the guard and puts the gate before each of its starts. $1: who installs it; $2: gate, or, for a unit
# that the settings no longer name, retired: then it is never started.
drop_in_text() {
  cat <<END_OF_UNIT
[Unit]
X-Installed-By=the scheduler failover controller, which starts and stops this unit; to be rid of it: detach
X-Failover-Owner=$1 $ARG_CLUSTER
BindsTo=$guard_unit
After=$guard_unit

[Service]
ExecCondition=+/bin/sh -c '. "$etc/guard"; exit 113' $2
KillMode=$SET_KILL_MODE
SendSIGKILL=yes
TimeoutStopSec=$SET_GRACE_SECONDS
END_OF_UNIT
}

# Who has installed the drop-in $1, in $unit_owner and $unit_cluster, or both empty.
read_drop_in() {
  unit_owner='' unit_cluster=''
  [ -f "$1" ] || return 0
  while IFS='= ' read -r key unit_owner unit_cluster; do
    [ "$key" = X-Failover-Owner ] && return 0
  done <"$1"
  unit_owner='' unit_cluster=''
}

# Break-glass, by the name that the gate's line in the journal tells.
override_text() {
  cat <<'END_OF_OVERRIDE'
#!/bin/sh
# scheduler-failover-override [--cluster NAME] --minutes N --reason TEXT
# scheduler-failover-override [--cluster NAME] --end
# Opens the gate of this node's scheduler while AWS's control plane is away. Needs root.
root=${SCHEDULER_FAILOVER_ROOT:-}
cluster='' before=''
for word in "$@"; do
  [ "$before" = --cluster ] && cluster=$word
  before=$word
done
found='' names=''
for file in "$root/etc/scheduler-failover"/*/guard "$root/run/scheduler-failover"/*/guard-program; do
  [ -f "$file" ] || continue
  name=${file%/*}
  name=${name##*/}
  [ -z "$cluster" ] || [ "$cluster" = "$name" ] || continue
  found=$file names="$names $name"
done
case $names in
'') echo "scheduler-failover-override: no cluster ${cluster:-at all} on this node" >&2 && exit 1 ;;
' '*' '*) echo "scheduler-failover-override: name one by --cluster:$names" >&2 && exit 1 ;;
esac
exec sh "$found" override "$@"
END_OF_OVERRIDE
}
