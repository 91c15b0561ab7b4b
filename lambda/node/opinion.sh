# opinion: what the scheduler's own books say, asked beside the beat. Part of the converge document where the settings ask
# for it; functions only.
#
# A converge starts the question and goes on; a later one finds the answer in the state. It proves nothing, and nothing
# is started or stopped for it.

# How long one question may take, in seconds: Airflow's takes 3.5 s of CPU.
OPINION_SECONDS=60

# The last answer about this run of the scheduler in $opinion, and the next question, when it is due. The first is due
# when the scheduler has run for a whole span: in the books a killed one lives on for a while.
ask_opinion() {
  opinion=''
  [ -n "$SET_OPINION" ] && [ "$active:$state" = yes:running ] && [ "$mode" != look ] || return 0
  read_up
  asked_of='' asked_up=0 told_of='' told_code=0 told_at=0 told=''
  [ -e "$dir/opinion-asked" ] && read -r asked_of asked_up <"$dir/opinion-asked"
  [ -e "$dir/opinion" ] && read -r told_of told_code told_at told <"$dir/opinion"
  if [ "$asked_of" != "$invocation" ]; then
    put opinion-asked "$invocation $up"
  elif [ $((up - asked_up)) -ge $((SET_OPINION_MINUTES * 60000)) ]; then
    put opinion-asked "$invocation $up" && launch opinion "$invocation"
  fi
  [ "$told_of" != "$invocation" ] || opinion=",\"opinion\":{\"code\":$told_code,\"at\":$told_at,\"body64\":\"$told\"}"
}

# Asks about the invocation $1, and notes exit status, instant and the end of what was said.
note_opinion() {
  answer=$dir/opinion.$(new_id)
  (exec timeout -s KILL "$OPINION_SECONDS" nice -n 19 sh "$dir/program" opinion-command) >"$answer" 2>&1 </dev/null
  code=$?
  [ "$code" != 137 ] || code=124
  read_now
  put opinion "$1 $code $now $(tail -c 150 "$answer" | base64 | tr -d '\n')"
  rm -f "$answer"
}
