#!/bin/sh
# Prepares this machine for the suites of real daemons: over the image of the real nodes one layer with Python, a broker
# and a database from Debian, and over that one layer for each daemon, as released on PyPI. Nodes mount what they need of
# them as one disk and change none. What is there already is not made again.
#
#   setup.sh celery-beat airflow-2      prepares these; prints "NAME FOLDER" for the image, the tools and each of them
#
# Exit status: 0 all is there; 77 this machine cannot do it (the last line says what is missing); else a step failed.
set -eu

# Other content, other name: a layer of an older recipe is not taken for a newer one.
TOOLS_RECIPE=2
TOOLS='python3 python3-venv redis-server postgresql procps'
UV=uv==0.13.9
# A day for all of them: what is released later changes nothing here.
NEWEST=2026-11-20
CERTIFICATES=/etc/ssl/certs/ca-certificates.crt

here=$(cd "$(dirname "$0")" && pwd)
if [ -z "${SCHEDULER_FAILOVER_IMAGE-}" ]; then
  # Knows what this machine lacks, and says so.
  SCHEDULER_FAILOVER_IMAGE=$("$here/../real-nodes/setup.sh") || exit
  export SCHEDULER_FAILOVER_IMAGE
  # In mount tables of its own: whatever way this ends, no mount of it is left.
  exec unshare --mount "$0" "$@"
fi
image=$SCHEDULER_FAILOVER_IMAGE
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/scheduler-failover-controller
began=$(date +%s)

say() {
  printf '%4s s  %s\n' "$(($(date +%s) - began))" "$1" >&2
}

packages_of() {
  case $1 in
    celery-beat) echo 'celery[redis]==5.7.0' ;;
    airflow-2) echo 'apache-airflow==2.11.2 psycopg2-binary' ;;
    airflow-3) echo 'apache-airflow==3.3.2 psycopg2-binary asyncpg' ;;
    dagster-daemon) echo 'dagster==1.13.29' ;;
    *)
      echo "no such daemon: $1; there are: celery-beat airflow-2 airflow-3 dagster-daemon" >&2
      exit 2
      ;;
  esac
}

# Runs a script in a machine made of the image, the layers named first and a new one; keeps the new one if all went well.
#   build FOLDER LOWER < SCRIPT
build() {
  new=$1.new
  rm -rf "$new"
  mkdir -p "$new/layer" "$new/work" "$new/root"
  mount -t overlay -o "lowerdir=$2,upperdir=$new/layer,workdir=$new/work" scheduler-failover "$new/root"
  folder=$1
  set --
  # The way of this machine to the package registries, certificates included, is the way of the build.
  for variable in $(env | sed -n 's/^\([A-Za-z0-9_]*\)=.*/\1/p' | grep -iE '_proxy$|^pip_(.*index|trusted)|^uv_'); do
    set -- "$@" "--setenv=$variable=$(printenv "$variable")"
  done
  if [ -f "$CERTIFICATES" ]; then
    set -- "$@" "--bind-ro=$CERTIFICATES:/srv/certificates.crt"
    for variable in PIP_CERT SSL_CERT_FILE; do set -- "$@" "--setenv=$variable=/srv/certificates.crt"; done
  fi
  # systemd-nspawn refuses to tidy up there on a disk.
  mkdir -p /run/systemd/nspawn
  mount -t tmpfs scheduler-failover /run/systemd/nspawn
  status=0
  systemd-nspawn --quiet --register=no --keep-unit --as-pid2 --pipe --resolv-conf=replace-host --timezone=off \
    -M "build-$$" -D "$new/root" "$@" /bin/sh -eu -s >&2 || status=$?
  umount "$new/root" /run/systemd/nspawn
  [ "$status" = 0 ] || exit 1
  rm -rf "$folder" "$new/layer/etc/resolv.conf"
  mv "$new/layer" "$folder"
  rm -rf "$new"
}

tools=$cache/daemons-tools-$TOOLS_RECIPE
if [ ! -d "$tools" ]; then
  say "installing $TOOLS over $image"
  build "$tools" "$image" <<SCRIPT
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends $TOOLS
apt-get clean
rm -rf /var/lib/apt/lists/*
# They are started by the suite where it wants them, not by a node that boots.
for unit in redis-server.service postgresql.service; do ln -sf /dev/null /etc/systemd/system/\$unit; done
# A server of databases without one: those of the clusters are made in it.
install -d -o postgres -g postgres /opt/database
setpriv --reuid postgres --regid postgres --clear-groups /usr/lib/postgresql/*/bin/initdb --auth=trust --encoding=UTF8 \
  --locale=C.UTF-8 --no-sync /opt/database >/dev/null
useradd --system --create-home --home-dir /srv/daemon scheduler
python3 -m venv /opt/uv
/opt/uv/bin/pip install --quiet $UV
SCRIPT
  say 'the tools are there'
fi
echo "image $image"
echo "tools $tools"

for name in "$@"; do
  packages=$(packages_of "$name")
  # One for all versions of a daemon.
  recipe=$here/node/${name%-[0-9]}.setup
  hash=$({ echo "$TOOLS_RECIPE $packages $NEWEST" && cat "$recipe" 2>/dev/null; } | cksum | cut -d' ' -f1)
  layer=$cache/daemons-$name-$hash
  if [ ! -d "$layer" ]; then
    say "installing $packages"
    {
      cat <<SCRIPT
/opt/uv/bin/uv venv --quiet /opt/$name
/opt/uv/bin/uv pip install --quiet --python /opt/$name --exclude-newer $NEWEST $packages
rm -rf /root/.cache
SCRIPT
      [ ! -f "$recipe" ] || cat "$recipe"
    } | build "$layer" "$tools:$image"
    say "$name is there"
  fi
  echo "$name $layer"
done
say 'all is there'
