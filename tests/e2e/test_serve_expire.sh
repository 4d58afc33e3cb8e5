#!/bin/bash
# hone gc takes old predictions away while a server goes on writing new ones.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/serve_model.sh"
DRIVE=${DRIVE:-$(dirname "$HONE")/drive}
[ -x "$DRIVE" ] || skip "no drive beside hone"
command -v python3 >/dev/null || skip "no python3"

make_buyers
train buyers 1
cut -d, -f1-4 buyers.csv | head -n 61 >rows.csv
python3 "$ROOT/bench/serve/requests.py" rows.csv buyers >load.rec
serve "serves" models:/buyers/1 --flush 0.05 || exit 1
"$DRIVE" --url "$URL" --requests 6000 --feedback 0.02 load.rec >drive.out
expect_equal "six thousand requests" "$?" 0
labels=$(awk '$1 == "labels" { print $2 }' drive.out)
predictions=$((6000 - labels))
# logged: wait until all are on the disk
for ((i = 0; i < 400; i++)); do
    [ "$(curl -s "$URL/metrics" | awk '$1 == "hone_log_written_total" { print $2 }')" != "$predictions" ] || break
    sleep 0.05
done

expect_exit "a look" 0 "$HONE" gc --predictions-older-than 0s --json
expect_equal "finds them all" "$(json out .predictions.items)" "$predictions"
expect_equal "and leaves them" "$(json out .deleted)" false
expect_exit "none is a year old" 0 "$HONE" gc --predictions-older-than 365d --json
expect_equal "so none goes" "$(json out .predictions.items)" 0
expect_exit "without an age" 2 "$HONE" gc --keep-labelled
expect_contains "is told" err 'goes with --predictions-older-than'

expect_exit "those without a label go" 0 "$HONE" gc --delete --predictions-older-than 0s --keep-labelled --json
expect_equal "all of them" "$(json out .predictions.items)" $((predictions - labels))
expect_equal "no label does" "$(json out .labels)" 0
expect_exit "nothing more" 0 "$HONE" gc --predictions-older-than 0s --keep-labelled --json
expect_equal "is left to go" "$(json out .predictions.items)" 0

# Under load, killed at first.
"$DRIVE" --url "$URL" --seconds 100000 --rate 3000 load.rec >drive.out 2>drive.err &
client=$!
pids+=("$client")
sleep 0.5
for nap in 0.01 0.05 0.1 0.2; do
    "$HONE" gc --delete --predictions-older-than 0s --json >/dev/null 2>&1 &
    gc=$!
    sleep $nap
    kill -9 "$gc" 2>/dev/null
    wait "$gc" 2>/dev/null
done
expect_exit "gc beside a server under load" 0 "$HONE" gc --delete --predictions-older-than 0s --json
kill "$client"
wait "$client"
head -3 drive.err
expect_contains "no reply was wrong" drive.out '^wrong 0$'
expect_contains "none was missing" drive.out '^broken 0$'
ask "the log" 200 '^hone_log_dropped_total 0$' /metrics
stop_server "ends well" TERM 0
expect_exit "a last collection" 0 "$HONE" gc --delete --predictions-older-than 0s --json
expect_equal "leaves nothing free behind" "$(json out .free_in_database)" 0
python3 - <<'PY' >whole
import sqlite3
db = sqlite3.connect("file:.hone/hone.db?mode=ro", uri=True)
print(db.execute("PRAGMA integrity_check").fetchall(), db.execute("PRAGMA foreign_key_check").fetchall(),
      *db.execute("SELECT count(*) FROM prediction").fetchone(), *db.execute("SELECT count(*) FROM label").fetchone())
PY
expect_equal "the database is whole and empty" "$(cat whole)" "[('ok',)] [] 0 0"
expect_exit "it is on record" 0 "$HONE" audit --json
expect_contains "how many and since when" out 'predictions_before'
