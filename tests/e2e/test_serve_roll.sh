#!/bin/bash
# hone serve under load while its model is rolled forward and back: each answer is the named version's.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/serve_model.sh"
DRIVE=${DRIVE:-$(dirname "$HONE")/drive}
[ -x "$DRIVE" ] || skip "no drive beside hone"
command -v python3 >/dev/null || skip "no python3"

make_buyers
train buyers 1
head -n 200 buyers.csv >half.csv
expect_exit "train another" 0 "$HONE" train half.csv --target buys --model logistic --name buyers --json || exit 1
cut -d, -f1-4 buyers.csv | head -n 61 >rows.csv
for version in 1 2; do
    "$HONE" predict models:/buyers/$version rows.csv -o $version.csv --quiet >/dev/null
done
expect_equal "the versions answer differently" "$(diff 1.csv 2.csv | grep -c '^<')" 60
python3 "$ROOT/bench/serve/requests.py" rows.csv buyers --offline 1=1.csv --offline 2=2.csv >load.rec

expect_exit "promote" 0 "$HONE" promote models:/buyers/1
serve "serves an alias" models:/buyers@champion --poll 0.05 || exit 1
: >versions.txt
"$DRIVE" --url "$URL" --seconds 100000 --connections 8 --rate 2000 --versions versions.txt load.rec >drive.out 2>drive.err &
client=$!
pids+=("$client")

# seen VERSION: wait until a reply came from it.
seen() {
    local i
    for ((i = 0; i < 4000; i++)); do
        [ "$(tail -n 1 versions.txt | cut -d' ' -f4)" != "$1" ] || return 0
        sleep 0.01
    done
    return 1
}
seen 1
moved=0
for ((i = 0; i < 20; i++)); do
    version=$((2 - i % 2))
    if [ $version = 2 ]; then
        "$HONE" promote models:/buyers/2 --quiet >/dev/null 2>>moves.err
    else
        "$HONE" rollback models:/buyers@champion --quiet >/dev/null 2>>moves.err
    fi
    seen $version && moved=$((moved + 1))
done
kill "$client"
wait "$client"
head -5 drive.err moves.err
expect_equal "each move is seen by the client" "$moved" 20
expect_contains "no reply was wrong" drive.out '^wrong 0$'
expect_contains "no request was broken" drive.out '^broken 0$'
expect_contains "no connection, either" drive.out '^breaks 0$'
expect_contains "there was load" drive.out '^right [1-9][0-9]'
stop_server "ends well" TERM 0
