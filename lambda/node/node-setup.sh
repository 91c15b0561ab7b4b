#!/bin/sh
# node-setup: puts guard and gate before a scheduler's unit on a machine that no converge has reached yet, so that an
# image whose unit is enabled does not start it at boot. For the build of an image, or as user data of an instance.
#
# lib/node-document.ts puts assignments of SET_* and ARG_CLUSTER in front, and the parts that the converge document has
# too: what is installed here is what a converge installs, and the first one verifies it and puts its owner's name on it.
# Run twice it changes nothing. It never touches a scheduler that runs: the controller adopts that one.
set -u
umask 077
root=${SCHEDULER_FAILOVER_ROOT:-}
# include: install.sh

fail() {
  echo "node-setup: $1" >&2
  exit 1
}

install_all() {
  put_file "$etc/guard" "$(guard_program)" 0700 || return 1
  put_file "$override_command" "$(override_text)" 0755 || return 1
  put_file "$units/$guard_unit" "$(guard_unit_text)" 0644 || return 1
  put_file "$drop_in" "$(drop_in_text "${unit_owner:-none}" gate)" 0644
}

setup() {
  if [ "$SET_GUARD" != on ]; then
    echo "node-setup: cluster $ARG_CLUSTER has no guard, so there is nothing to install"
    return
  elif [ -z "$SET_UNIT" ]; then
    echo "node-setup: cluster $ARG_CLUSTER is started by a command, which nothing runs at boot: nothing to install"
    return
  fi
  [ -n "$root" ] || [ "$(id -u)" = 0 ] || fail 'needs root'
  unit=$SET_UNIT former='' mark='' changed=''
  name_files
  version=$(systemctl --version) || fail 'needs systemd'
  version=${version#systemd }
  version=${version%%[!0-9]*}
  [ "${version:-0}" -ge 243 ] || fail "needs systemd 243 or newer, for ExecCondition=: found ${version:-none}"
  # In a build there is often no systemd running: then nothing runs under it either.
  booted=''
  [ ! -d "$root/run/systemd/system" ] || booted=yes
  if [ -n "$booted" ]; then
    active=$(systemctl show "$unit" -p ActiveState)
    case $active in
    ActiveState=inactive | ActiveState=failed) ;;
    *) echo "node-setup: $unit is ${active#*=}: the controller installs its guard when it adopts it" && return ;;
    esac
  fi
  read_drop_in "$drop_in"
  [ -z "$unit_cluster" ] || [ "$unit_cluster" = "$ARG_CLUSTER" ] || fail "$unit belongs to cluster $unit_cluster"
  install_all || fail 'cannot write below /etc and /usr/local/sbin'
  [ -z "$booted" ] || [ -z "$changed" ] || systemctl daemon-reload || fail 'systemctl daemon-reload has failed'
  echo "node-setup: $unit starts only with a grant of the controller of cluster $ARG_CLUSTER"
}

setup
