# health: the health check's answer, as it came. Part of the converge document; functions only.

# Asks the health check, in what is left of the budget. What the answer means is decided elsewhere. Where it was not asked,
# for want of time too, or cannot be told from another's, nothing is reported, and nothing is made of that.
check_health() {
  health=''
  [ -n "$SET_HEALTH_URL$SET_HEALTH_COMMAND" ] && [ "$active:$state" = yes:running ] || return 0
  read_up
  seconds=$(((BUDGET - up + began) / 1000))
  [ "$seconds" -ge 1 ] || return 0
  [ "$seconds" -le "$SET_HEALTH_SECONDS" ] || seconds=$SET_HEALTH_SECONDS
  if [ -n "$SET_HEALTH_URL" ]; then ask_url && check_listener; else ask_command; fi
  [ -n "$code" ] || return 0
  health=",\"health\":{\"code\":$code,\"body64\":\"$body\"}"
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

# The host's name, which a scheduler writes into its books where nothing gives it another. In a sandbox it is not the machine's.
read_host() {
  host=''
  name=/proc/sys/kernel/hostname
  [ -z "$root" ] || name=$root/etc/hostname
  [ -r "$name" ] && read -r host <"$name"
  is_word "$host" 'A-Za-z0-9._-' 64 || host=''
}
