#!/bin/bash
# hone status, the page at /, /status, hone why alarm:N, hone close: the day of the person on call.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/serve_model.sh"

make_buyers
expect_exit "no store yet" 4 "$HONE" status
train buyers 1
expect_exit "promote" 0 "$HONE" promote models:/buyers/1 --reason 'first & <best>'
expect_exit "status without a server" 0 "$HONE" status
expect_contains "one word first" out '^ok: nothing is wrong that hone can see  \(20.* UTC\)$'
expect_exit "nobody has to act" 0 "$HONE" status --check
expect_contains "the champion, since when, by whom, why" out '^  champion +version 1 since .*(ago|just now) \([0-9:]{8}\) by .*: first & <best>$'
expect_contains "nothing to compare yet" out 'data +never compared with the training data$'
expect_contains "what to do for a server" out 'none was seen in the last day: hone serve'
expect_contains "nor one of this model" out 'no server that is up serves it: hone serve models:/buyers@champion'

serve "serves" models:/buyers@champion --flush 0.05 --poll 0.05 || exit 1
# one as any other, then the same value all the time: nothing like the reference
rows='{"age":40,"job":"nurse","member":true},'$(printf '{"age":999,"job":"nurse","member":true},%.0s' $(seq 99))
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
expect_contains "somebody has to act" out '^act: 1 thing needs you now, '
expect_contains "names the alarm" out '^act  buyers 1: its data are unlike the training data: '
expect_contains "what changed before it" out 'It began .* after '
expect_contains "with the one command" out '^     \$ hone why alarm:1$'
expect_contains "and the next" out "^     then: hone close alarm:1 --reason '"
expect_contains "says what moved" out 'unlike the training data in .* columns since .*, most age'
expect_contains "the load" out '^  load +[0-9.]+ requests/s, [0-9.]+ rows/s'
expect_contains "the latency in words" out '^  answers in +[0-9.]+ ms for half of them, [0-9.]+ ms for 99 %'
expect_contains "the errors by kind" out "^  errors +50.0 % of the last hour's requests: 1 x 400 \(not what the model takes\)$"
expect_contains "lists the server" out "^  up       $URL, process $SERVER_PID on .*: buyers 1$"
expect_contains "lists the decision" out 'promoted version 1 of buyers as champion: first & <best>$'
expect_lacks "no word of the machine's own" out 'alias_set'
expect_exit "for scripts" 1 "$HONE" status --check --json
expect_equal "the state is in the document" "$(json out .state)" act
expect_equal "so is the command" "$(json out '.signs[0].do')" 'hone why alarm:1'
timeout 2.5 "$HONE" status --watch --every 1 >watched 2>&1
expect_equal "watching ends when it is told to" "$?" 124
expect_at_least "and looks again and again" "$(grep -c '^act: ' watched)" 2
expect_exit "no such model" 4 "$HONE" status nobody

ask "the page" 200 '<header class="top act"><h1><b>act</b>1 thing needs you now' /
has_header "nothing of strangers runs in it" "^content-security-policy: default-src 'none'; .*script-src 'sha256-"
has_header "nobody keeps it" '^cache-control: no-store'
expect_contains "its title says it too" body '<title>act: [0-9]+ signs? - hone</title>'
expect_contains "says what to type" body 'hone why alarm:1'
expect_contains "names are text, not HTML" body 'first &amp; &lt;best&gt;'
expect_lacks "not even in a reason" body '<best>'
expect_contains "says the load" body 'rows/s'
expect_at_most "it is small" "$(wc -c <body)" 50000
ask "the same as JSON" 200 '"alarms":\[\{"id":1' /status
ask "a page of the model" 200 'How to ask it' /models/buyers
ask "a page of the alarm" 200 '<b>alarm:1</b>' /alarms/1 -H 'Accept: text/html'
link=$(grep -oE '/why/[0-9A-Z-]+' body | head -1)
ask "from its row to the prediction" 200 'What moved it' "$link" -H 'Accept: text/html'
ask "which says who promoted it" 200 'first &amp; &lt;best&gt;' "$link" -H 'Accept: text/html'
ask "as JSON it is what why prints" 200 '"reproduced":true' "$link"
ask "a prediction that is none" 404 '"error":"no prediction' /why/NONE
ask "for people as a page" 404 'There is nothing here' /why/NONE -H 'Accept: text/html'
ask "a model that is none" 404 'There is nothing here' /models/nobody -H 'Accept: text/html'

expect_exit "why the alarm" 0 "$HONE" why alarm:1 --most 2
expect_contains "which of its rows" out '^rows with age over [0-9.]+: [0-9.]+ % of the training rows, [0-9.]+ % of this window$'
expect_contains "its rows have the value and the answer" out '^01[0-9A-Z-]+ +20.* 999 +(yes|no)'
expect_contains "its rows" out '^01[0-9A-Z]+-1 +20.* 999 '
expect_contains "why it rang, in words" out '^  measured  .* its distance from the training data is [0-9.]+; from [0-9.]+ on it is more than chance$'
expect_contains "how to end it" out "^  to end it hone close alarm:1 --reason '"
expect_contains "that there are more" out 'there are more than these 2: --most N shows them'
expect_exit "an alarm that is none" 4 "$HONE" why alarm:7
expect_exit "a name that is none" 2 "$HONE" why alarm:x
expect_exit "closed without a reason" 2 "$HONE" close alarm:1
expect_exit "closed" 0 "$HONE" close alarm:1 --reason 'a test'
expect_exit "closed twice" 4 "$HONE" close alarm:1 --reason 'again'
expect_exit "why a closed alarm" 0 "$HONE" why alarm:1 --json
expect_equal "all its rows" "$(json out '.rows[49].inputs.age')" 999
expect_exit "then all is quiet" 0 "$HONE" status
expect_lacks "says so" out 'alarm:1$'

kill -9 "$SERVER_PID"
wait "$SERVER_PID" 2>/dev/null
sqlite3 .hone/hone.db 'UPDATE server SET seen = seen - 31000000'
expect_equal "a killed server is gone" "$("$HONE" status --json >status.json; json status.json '.servers[0].state')" gone
expect_exit "nobody serves it now" 1 "$HONE" status --check
expect_exit "status of a killed server" 0 "$HONE" status
expect_contains "says who is gone" out '^act  The server .* has gone without a word$'
expect_contains "and how to start it again" out "^     \\$ hone serve models:/buyers@champion --port ${URL##*:}\$"
serve "another" models:/buyers@champion --port "${URL##*:}" || exit 1
expect_equal "one that was started in its place replaces it" "$("$HONE" status --json >status.json; json status.json '.servers[1].state')" replaced
expect_exit "status after that" 0 "$HONE" status
expect_contains "says that it fell" out '^look The server .* ended without a word and was started again$'
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
