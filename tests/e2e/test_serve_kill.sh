#!/bin/bash
# hone serve under load, killed by kill -9: what it acknowledged is in the store.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/serve_model.sh"
DRIVE=${DRIVE:-$(dirname "$HONE")/drive}
[ -x "$DRIVE" ] || skip "no drive beside hone"
command -v python3 >/dev/null || skip "no python3"

make_buyers
train buyers 1
cut -d, -f1-4 buyers.csv | head -n 61 >rows.csv
"$HONE" predict models:/buyers/1 rows.csv -o offline.csv --quiet >/dev/null
python3 "$ROOT/bench/serve/requests.py" rows.csv buyers --offline 1=offline.csv >load.rec
expect_equal "requests and their answers" "$(grep -ac '^answer 1 ' load.rec)" 60

serve "serves" models:/buyers/1 --flush 0.1 || exit 1
port=${URL##*:}
: >acks.txt
: >kills.txt
"$DRIVE" --url "$URL" --requests 20000 --connections 8 --feedback 0.05 --acks acks.txt --reconnect 60 load.rec \
    >drive.out 2>drive.err &
client=$!
for lines in 4000 13000; do # of 46 bytes
    while [ "$(stat -c %s acks.txt)" -lt $((lines * 46)) ] && kill -0 "$client" 2>/dev/null; do
        sleep 0.02
    done
    before=$(date +%s%N)
    kill -9 "$SERVER_PID"
    wait "$SERVER_PID" 2>/dev/null
    echo "K $((before / 1000)) $(($(date +%s%N) / 1000))" >>kills.txt
    serve "serves after kill -9" models:/buyers/1 --flush 0.1 --port "$port" || exit 1
done
wait "$client"
expect_equal "every request was answered, and as offline" "$?" 0
head -5 drive.err
expect_contains "all of them" drive.out '^right 20000$'
expect_contains "labels among them" drive.out '^labels [1-9]'
stop_server "ends well" TERM 0
expect_exit "what was acknowledged is there" 0 python3 "$ROOT/bench/serve/kept.py" .hone acks.txt kills.txt 0.1
grep -E '^FAIL' out | head -5
expect_contains "of two lives that were cut off" out '^kills 2$'
expect_exit "a label's prediction is found by hone" 0 "$HONE" why "$(awk '$1 == "F" { print $3; exit }' acks.txt)"
