#!/bin/sh
# Prepares this machine for the suite of real nodes: the tools, by apt, and one base image, a Debian with systemd, which
# all nodes share and none changes. Prints the image's folder. What is there already is not made again.
#
#   setup.sh          prepares
#   setup.sh --check  only says what is missing
#
# Exit status: 0 all is there; 77 this machine cannot do it, or not yet (the last line says what is missing); else a
# step has failed.
set -eu

# Other content, other name: an image of an older recipe is not taken for a newer one.
RECIPE=2
SUITE=bookworm
# The packages that the node's script and its guard need, and a small Python for the scheduler; nothing else, so that a
# program the script needs and a plain image lacks is noticed here.
PACKAGES=systemd,systemd-sysv,dbus,curl,python3-minimal
TOOLS='systemd-nspawn:systemd-container mmdebstrap:mmdebstrap nsenter:util-linux shellcheck:shellcheck busybox:busybox-static'

cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/scheduler-failover-controller
image=$cache/node-$SUITE-$RECIPE

missing() {
  printf '\033[33mNOT RUN on this machine: real nodes need %s\033[39m\n' "$1" >&2
  exit 77
}

[ "$(uname -s)" = Linux ] || missing Linux
[ "$(id -u)" = 0 ] || missing 'root: namespaces, cgroups and overlay mounts'
groups=/sys/fs/cgroup
[ ! -e "$groups/unified/cgroup.procs" ] || groups=$groups/unified
[ -e "$groups/cgroup.procs" ] || missing 'a mounted cgroup v2 hierarchy'
probe=$groups/scheduler-failover-probe-$(date +%s)
{ mkdir "$probe" && rmdir "$probe"; } 2>/dev/null || missing 'cgroups that can be made'

wanted=''
for tool in $TOOLS; do
  command -v "${tool%%:*}" >/dev/null || wanted="$wanted ${tool#*:}"
done
if [ -n "$wanted" ]; then
  [ "${1-}" != --check ] || missing "the packages$wanted: $0 installs them"
  command -v apt-get >/dev/null || missing "the packages$wanted, and there is no apt-get to install them"
  echo "installing$wanted" >&2
  apt-get update -q >&2
  # shellcheck disable=SC2086 # words
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $wanted >&2
fi

if [ ! -e "$image/etc/debian_version" ]; then
  [ "${1-}" != --check ] || missing "the image $image: $0 builds it"
  echo "building $image" >&2
  mkdir -p "$cache"
  chmod 0755 "$cache"
  rm -rf "$image.new"
  mmdebstrap --variant=minbase --include="$PACKAGES" "$SUITE" "$image.new" >&2
  # Otherwise every node would carry the builder's name and, worse, one machine id.
  rm -f "$image.new/etc/hostname" "$image.new/etc/machine-id" "$image.new/var/lib/dbus/machine-id"
  : >"$image.new/etc/machine-id"
  # What would only cost time in a node that lives for a minute.
  for unit in apt-daily.timer apt-daily-upgrade.timer fstrim.timer e2scrub_all.timer dpkg-db-backup.timer \
    systemd-timesyncd.service getty.target console-getty.service; do
    ln -sf /dev/null "$image.new/etc/systemd/system/$unit"
  done
  mv "$image.new" "$image"
fi
echo "$image"
