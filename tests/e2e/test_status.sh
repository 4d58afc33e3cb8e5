#!/bin/bash
# hone status, the page at /, /status, hone why alarm:N, hone close: the day of the person on call.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/serve_model.sh"

make_buyers
expect_exit "no store yet" 4 "$HONE" status
train buyers 1
expect_exit "promote" 0 "$HONE" promote models:/buyers/1 --reason 'first & <best>'
expect_exit "status without a server" 0 "$HONE" status
expect_contains "no alarm" out '^0 open alarms$'
expect_contains "the champion, since when, by whom, why" out '^  champion +version 1 since 20.* by .*: first & <best>$'
expect_contains "what to do for drift" out 'not looked at: hone monitor models:/buyers@champion'
expect_contains "no server" out 'no server was seen'

serve "serves" models:/buyers@champion --flush 0.05 --poll 0.05 || exit 1
# the same value a hundred times: nothing like the reference
rows=$(printf '{"age":999,"job":"nurse","member":true},%.0s' $(seq 100))
ask "odd rows" 200 prediction /predict -d "[${rows%,}]"
ask "one that is refused" 400 error /predict -d '{"age":"old"}'
sleep 0.3
expect_exit "monitor rings" 1 "$HONE" monitor models:/buyers@champion --window 50 --k 1 --of 1
for _ in $(seq 40); do # until the server has counted and drawn
    "$HONE" status --json >status.json
    [ "$(json status.json '.servers[0].facts.models[0].total')" = 0 ] || break
    sleep 0.25
done
expect_equal "the server is up" "$(json status.json '.servers[0].state')" up
expect_equal "it counted the good request" "$(json status.json '.servers[0].facts.models[0].total')" 1
expect_equal "the alarm is open" "$(json status.json '.alarms[0].kind')" drift
expect_equal "the last look" "$(json status.json '.models[0].look.state')" drift
expect_exit "status of one model" 0 "$HONE" status buyers
expect_contains "names the alarm" out '^  alarm:1 .*critical buyers 1: '
expect_contains "says what moved" out 'drift since .* columns drifted, most '
expect_contains "lists the server" out "^$URL +up +buyers +1 "
expect_contains "lists the decision" out 'alias_set models:/buyers@champion to version 1: first & <best>$'
expect_exit "no such model" 4 "$HONE" status nobody

ask "the page" 200 '<p class="big bad">1 open alarm</p>' /
expect_contains "says what to type" body 'hone why alarm:1'
expect_contains "names are text, not HTML" body 'first &amp; &lt;best&gt;'
expect_lacks "not even in a reason" body '<best>'
expect_contains "says the load" body 'rows/s'
ask "the same as JSON" 200 '"alarms":\[\{"id":1' /status

expect_exit "why the alarm" 0 "$HONE" why alarm:1 --most 2
expect_contains "its rows" out '^  [0-9]+ logged predictions from '
expect_contains "how many more" out '[0-9]+ more; --most N shows them'
expect_exit "an alarm that is none" 4 "$HONE" why alarm:7
expect_exit "a name that is none" 2 "$HONE" why alarm:x
expect_exit "closed without a reason" 2 "$HONE" close alarm:1
expect_exit "closed" 0 "$HONE" close alarm:1 --reason 'a test'
expect_exit "closed twice" 4 "$HONE" close alarm:1 --reason 'again'
expect_exit "why a closed alarm" 0 "$HONE" why alarm:1 --json
expect_equal "all its rows" "$(json out '.rows[49].inputs.age')" 999
expect_exit "then all is quiet" 0 "$HONE" status
expect_contains "says so" out '^0 open alarms$'

kill -9 "$SERVER_PID"
wait "$SERVER_PID" 2>/dev/null
sqlite3 .hone/hone.db 'UPDATE server SET seen = seen - 31000000'
expect_equal "a killed server is gone" "$("$HONE" status --json >status.json; json status.json '.servers[0].state')" gone
serve "another" models:/buyers@champion || exit 1
stop_server "ends" TERM 0
expect_equal "one that ends says so" "$("$HONE" status --json >status.json; json status.json '.servers[0].state')" ended

# What was never logged is in the sketches.
serve "without a log" models:/buyers@champion --log off --poll 0.05 || exit 1
ask "odd rows, not logged" 200 prediction /predict -d "[${rows%,}]"
stop_server "ends without a log" TERM 0
expect_equal "nothing was logged" "$(sqlite3 .hone/hone.db 'SELECT count(*) FROM prediction')" 100
expect_exit "sketches ring" 1 "$HONE" monitor models:/buyers@champion --source sketches --window hour --k 1 --of 1
expect_contains "all rows are counted" out "on [12]00 rows in [12] windows" # a killed server may or may not have written its first minute
expect_exit "as rows they need rows" 2 "$HONE" monitor models:/buyers@champion --source sketches --window 50
expect_contains "says why" err 'need the rows'
expect_exit "another version has none" 4 "$HONE" monitor models:/buyers/1 --source sketches --store nowhere
