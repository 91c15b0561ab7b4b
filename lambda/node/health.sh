# health: the health check's answer, as it came. Part of the converge document; functions only.

# Asks the health check, in what is left of the budget. What the answer means is decided elsewhere.
check_health() {
  health=''
  [ -n "$SET_HEALTH_URL$SET_HEALTH_COMMAND" ] && [ "$active:$state" = yes:running ] || return 0
  read_up
  seconds=$(((BUDGET - up + began) / 1000))
  [ "$seconds" -ge 1 ] || return 0
  [ "$seconds" -le "$SET_HEALTH_SECONDS" ] || seconds=$SET_HEALTH_SECONDS
  if [ -n "$SET_HEALTH_URL" ]; then ask_url; else ask_command; fi
  health=",\"health\":{\"code\":$code,\"body64\":\"$body\"}"
}

# HTTP status and body. 0: no answer, or none that came to its end in time; 127: no client.
ask_url() {
  code=127 body=
  command -v curl >/dev/null || { ask_url_by_wget && return; }
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
  [ "$exited" = 0 ] || [ "$exited" = 23 ] || return 0
  code=$(printf '%s' "$answer" | base64 -d | sed -n '1s/^HTTP[^ ]* \([0-9][0-9]*\).*/\1/p')
  code=${code:-0}
  body=$(printf '%s' "$answer" | base64 -d | sed '1,/^.\{0,1\}$/d' | head -c 600 | base64 | tr -d '\n')
}

ask_url_by_wget() {
  command -v wget >/dev/null || return 0
  answer=$dir/health.$op_nonce
  timeout -s KILL "$seconds" wget -q -S -O "$answer" "$SET_HEALTH_URL" 2>"$answer.head" </dev/null
  code=$(sed -n 's/^ *HTTP[^ ]* \([0-9][0-9]*\).*/\1/p' "$answer.head" | tail -n 1)
  code=${code:-0}
  body=$(head -c 600 "$answer" | base64 | tr -d '\n')
  rm -f "$answer" "$answer.head"
}

# Exit status and output. The output goes through a file: a child that outlives the command would hold a pipe open.
ask_command() {
  code=126 body=
  [ -e "$dir/program" ] || return 0
  answer=$dir/health.$(new_id)
  # In a subshell: dash would write "Killed" to the redirected error output itself.
  (exec timeout -s KILL "$seconds" sh "$dir/program" health) >"$answer" 2>&1 </dev/null
  code=$?
  [ "$code" != 137 ] || code=124
  body=$(head -c 600 "$answer" | base64 | tr -d '\n')
  rm -f "$answer"
}
