# health-url: the answer of a URL, and whose it is. Part of the converge document where the health check is a URL;
# functions only.

# HTTP status and body. 0: no answer, or none that came to its end in time; 127: no client. Fails without an answer.
ask_url() {
  code=127 body=
  command -v curl >/dev/null || { ask_url_by_wget; return; }
  code=0 exited=1 answer=
  # Exit status and answer come as two lines, in any order: a pipe has no status of its own for its first part.
  while read -r key value; do
    case $key in
    exit) exited=$value ;;
    answer) answer=$value ;;
    esac
  done <<EOF
$({ {
    curl -s -i -g --noproxy '*' --max-time "$seconds" -- "$SET_HEALTH_URL"
    echo "exit $?" >&3
  } | echo "answer $(head -c 2800 | base64 | tr -d '\n')"; } 3>&1)
EOF
  # 23: curl could not write on, since a long answer was cut.
  [ "$exited" = 0 ] || [ "$exited" = 23 ] || return 1
  code=$(printf '%s' "$answer" | base64 -d | sed -n '1s/^HTTP[^ ]* \([0-9][0-9]*\).*/\1/p')
  code=${code:-0}
  body=$(printf '%s' "$answer" | base64 -d | sed '1,/^.\{0,1\}$/d' | head -c 600 | base64 | tr -d '\n')
}

ask_url_by_wget() {
  command -v wget >/dev/null || return 1
  answer=$dir/health.$op_nonce
  timeout -s KILL "$seconds" wget -q -S -O "$answer" "$SET_HEALTH_URL" 2>"$answer.head" </dev/null
  code=$(sed -n 's/^ *HTTP[^ ]* \([0-9][0-9]*\).*/\1/p' "$answer.head" | tail -n 1)
  code=${code:-0}
  body=$(head -c 600 "$answer" | base64 | tr -d '\n')
  rm -f "$answer" "$answer.head"
  [ "$code" != 0 ]
}

# An answer counts only if it is this scheduler's: a killed one leaves its health server behind, which answers 200 beside
# the next, and any other program may have the port. 98, as EADDRINUSE, and who it was: somebody else's. A look at the
# file descriptors of the scheduler's own processes is enough; everybody's are looked at only to name the stranger.
check_listener() {
  [ -n "$SET_HEALTH_PORT" ] || return 0
  [ -r /proc/net/tcp ] || { code=126 body='' && return; }
  read_up
  looked=$up
  is_own_port && return
  # A look that took so long was cut short: it has not seen all that the scheduler holds.
  read_up
  [ $((up - looked)) -lt 1000 ] || { code='' && return; }
  code=98 stranger=''
  [ -z "$inode" ] || stranger=$(holders_of "$inode" /proc/[0-9]*/fd | head -n 1)
  [ -z "$stranger" ] || stranger="process $stranger ($(tr '\000\n' '  ' <"/proc/$stranger/cmdline" | head -c 150))"
  body=$(printf 'port %s is held by %s, which is not this scheduler'\''s: its answer does not count' \
    "$SET_HEALTH_PORT" "${stranger:-nobody of this node}" | base64 | tr -d '\n')
}

# Whether every socket that may have answered on this port of the node's own address (0.0.0.0, ::, 127.0.0.1, ::1) is
# held by the scheduler. Otherwise $inode is the first that is not; empty: nobody listens.
is_own_port() {
  inode='' sockets=$(grep -h -E "^ *[0-9]+: (0{8}|0{32}|(0{16}FFFF0000)?0100007F|0{24}01000000):$(printf '%04X' \
    "$SET_HEALTH_PORT") [0-9A-F]+:[0-9A-F]+ 0A " /proc/net/tcp /proc/net/tcp6)
  [ -n "$sockets" ] || return 1
  main_start=0 main_sid=none
  case $main in
  none | 0) ;;
  *) read_stat "$main" && main_start=$p_start main_sid=$p_sid ;;
  esac
  while read -r _ _ _ _ _ _ _ _ _ inode _; do
    is_own_socket || return 1
  done <<EOF
$sockets
EOF
}

# Whether a process of this run holds $inode. What is older than the main process, and not of its session, is left from a
# run before.
is_own_socket() {
  # shellcheck disable=SC2046,SC2086 # they are words
  for f in $(holders_of "$inode" $(printf '/proc/%s/fd ' $found)); do
    read_stat "$f" || continue
    if [ "$p_start" -ge "$main_start" ] || [ "$p_sid" = "$main_sid" ]; then return 0; fi
  done
  return 1
}

# The processes that hold the socket $1, of those whose folders of open files follow. One more folder: a single one is
# listed without its name.
holders_of() {
  socket="socket:[$1]"
  shift
  limited 1 ls -ln "$@" /proc/self/fd | grep -F -e '/fd:' -e "$socket" | grep -F -B 1 -e "$socket" |
    sed -n 's|^/proc/\([0-9]*\)/fd:|\1|p'
}
