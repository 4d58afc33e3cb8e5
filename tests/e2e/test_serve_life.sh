#!/bin/bash
# hone serve: feedback, promotion under load, drain, and kill -9.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/serve_model.sh"

make_buyers
train buyers 1
head -n 200 buyers.csv >half.csv
expect_exit "train another" 0 "$HONE" train half.csv --target buys --model logistic --name buyers --json || exit 1
expect_exit "promote" 0 "$HONE" promote models:/buyers/1 --alias champion
serve "serves an alias" models:/buyers@champion --poll 0.1 --flush 0.2 || exit 1
row='{"age":70,"job":"nurse"}'
id_of() { sed -n 's/.*"id":"\([^"]*\)".*/\1/p' body; }

# Labels.
ask "predict" 200 prediction /predict -d "$row"
id=$(id_of)
ask "a label right after" 200 '"accepted":1,"duplicates":0,"unknown":\[\]' /feedback -d "{\"id\":\"$id\",\"label\":\"yes\"}"
ask "the same again" 200 '"accepted":0,"duplicates":1' /feedback -d "{\"id\":\"$id\",\"label\":\"yes\"}"
ask "a correction" 200 '"accepted":1' /feedback -d "{\"id\":\"$id\",\"label\":\"no\"}"
ask "predict two" 200 prediction /predict -d "[$row,$row]"
two=$(grep -o '"id":"[^"]*"' body | head -1 | cut -d'"' -f4)
ask "a list with an unknown" 200 '"accepted":2,"duplicates":0,"unknown":\["nobody"\]' /feedback \
    -d "[{\"id\":\"$two\",\"label\":1},{\"id\":\"nobody\",\"label\":1},{\"id\":\"${two%-0}-1\",\"label\":true}]"
ask "v2 tells the id" 200 prediction_id /v2/models/buyers/infer -d '{"inputs":[{"name":"age","shape":[1],"datatype":"FP32","data":[3]}]}'
v2=$(sed -n 's/.*"prediction_id":"\([^"]*\)".*/\1/p' body)
ask "which takes a label" 200 '"accepted":1' /feedback -d "{\"id\":\"$v2\",\"label\":\"no\"}"

# answers_as VERSION: wait until the server does.
answers_as() {
    local i
    for ((i = 0; i < 400; i++)); do
        ! curl -s -D - -o /dev/null -d "$row" "$URL/predict" | tr -d '\r' | grep -qi "^x-hone-version: $1\$" || return 0
        sleep 0.05
    done
}

# Promotion under load: no reply but 200, and the version changes.
(
    for ((i = 0; i < 400; i++)); do
        curl -s -o /dev/null -w '%{http_code}\n' --max-time 10 -d "$row" "$URL/predict"
    done >codes
) &
load=$!
for version in 2 1 2; do
    "$HONE" promote "models:/buyers/$version" --alias champion >/dev/null 2>&1
    sleep 0.4
done
wait "$load"
answers_as 2
expect_equal "every request was answered" "$(sort codes | uniq -c | tr -s ' ')" " 400 200"
ask "the new version answers" 200 prediction /predict -d "$row"
has_header "and says so" '^x-hone-version: 2$'
expect_contains "the swap is told" serve.err 'swap.*version 2'
"$HONE" rollback models:/buyers@champion >/dev/null 2>&1
answers_as 1
ask "rolled back" 200 prediction /predict -d "$row"
has_header "to version 1" '^x-hone-version: 1$'
ask "both versions are counted" 200 'hone_requests_total\{model="buyers",version="2",route="predict",code="200"\}' /metrics
expect_equal "series are not doubled" "$(grep -v '^#' body | sed 's/ [^ ]*$//' | sort | uniq -d | wc -l)" 0

# Drain: what is in flight is answered, what waits is written.
ask "predict before the end" 200 prediction /predict -d "$row"
last=$(id_of)
exec 4<>"/dev/tcp/127.0.0.1/${URL##*:}"
printf 'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n{"age"' "${#row}" >&4
sleep 0.2
kill -TERM "$SERVER_PID"
sleep 0.3
printf '%s' "${row#\{\"age\"}" >&4
timeout 5 cat <&4 >drained
exec 4>&-
expect_contains "in flight at SIGTERM is answered" drained 'HTTP/1.1 200'
expect_contains "and told to go" drained '[Cc]onnection: close'
wait "$SERVER_PID"
expect_equal "then it ends well" "$?" 0
serve "serves again" models:/buyers@champion --flush 0.2 || exit 1
ask "what was logged at the end is there" 200 '"accepted":1' /feedback -d "{\"id\":\"$last\",\"label\":\"yes\"}"

# kill -9: what is older than the flush interval, and every acknowledged label, is there.
: >ids
for ((i = 0; i < 50; i++)); do
    curl -s -d "$row" "$URL/predict" | sed -n 's/.*"id":"\([^"]*\)".*/\1/p' >>ids
done
first=$(head -1 ids)
ask "a label before the blow" 200 '"accepted":1' /feedback -d "{\"id\":\"$first\",\"label\":\"yes\"}"
sleep 0.6
kill -9 "$SERVER_PID"
wait "$SERVER_PID" 2>/dev/null
serve "serves after kill -9" models:/buyers@champion --flush 0.2 || exit 1
ask "the label is there" 200 '"duplicates":1' /feedback -d "{\"id\":\"$first\",\"label\":\"yes\"}"
labels=$(tail -n +2 ids | sed 's/.*/{"id":"&","label":"no"}/' | paste -sd, -)
ask "all predictions are there" 200 '"accepted":49,"duplicates":0,"unknown":\[\]' /feedback -d "[$labels]"
stop_server "ends well" TERM 0

serve "serves without a log" models:/buyers/1 --log off || exit 1
ask "answers" 200 prediction /predict -d "$row"
ask "takes no labels" 501 'not logged' /feedback -d "{\"id\":\"$(id_of)\",\"label\":\"yes\"}"
stop_server "ends" TERM 0
serve "serves with a sampled log" models:/buyers/1 --log sample --log-share 0 || exit 1
ask "answers too" 200 prediction /predict -d "$row"
ask "the row was not kept" 404 'unknown' /feedback -d "{\"id\":\"$(id_of)\",\"label\":\"yes\"}"
