#!/bin/bash
# A model rolled forward and back under load.
#
#   bench/serve/roll.sh [ROLLS]          (1,000; POLL=0.1)
#
# Two versions on other data answer other numbers; `hone promote` and `hone rollback` move the alias by turns while
# drive asks.  Each reply must hold the offline prediction of the version that it names.  A move must be seen by the
# client within --poll plus SLACK (1 s: loading the model, on a machine that does all this at once), and after that the
# version before it must not answer any more.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../bench/serve/common.sh
. "$here/common.sh"
rolls=${1:-1000}
poll=${POLL:-0.1}
need_adult
rows 200
train adult
train adult --where 'age >= 30' --seed 2
offline adult 1
offline adult 2
held "the versions answer differently" test "$(diff 1.csv 2.csv | grep -c '^<')" -gt 150
python3 "$here/requests.py" rows.csv adult --offline 1=1.csv --offline 2=2.csv >roll.rec || exit 1
"$FAST" promote models:/adult/1 --quiet >/dev/null || exit 1

start models:/adult@champion --port 0 --poll "$poll"
: >moves.txt
: >versions.txt
"$DRIVE" --url "$url" --seconds 100000 --connections 16 --watch "$server" --versions versions.txt --progress 30 \
    --rate "${RATE:-3000}" roll.rec >drive.out &
client=$!

# seen VERSION: wait until a reply came from it.
seen() {
    local i
    for ((i = 0; i < 2000; i++)); do
        [ "$(tail -n 1 versions.txt | cut -d' ' -f4)" != "$1" ] || return 0
        sleep 0.01
    done
    echo "version $1 was not seen in 20 s"
    return 1
}
seen 1 || bad=1
for ((i = 0; i < rolls && bad == 0; i++)); do
    now=$((2 - i % 2))
    echo "M $(($(date +%s%N) / 1000)) $now" >>moves.txt
    if [ $now = 2 ]; then
        "$FAST" promote models:/adult/2 --quiet >/dev/null || bad=1
    else
        "$FAST" rollback models:/adult@champion --quiet >/dev/null || bad=1
    fi
    seen $now || bad=1
done
sleep 1
kill "$client"
wait "$client"
grep -c '^M' moves.txt | sed 's/^/moves /'
cat drive.out
held "no reply was wrong" test "$(value drive.out wrong)" = 0
held "no request failed" test "$(value drive.out broken)$(value drive.out breaks)" = 00
held "there was load" at_least "$(value drive.out right)" $((rolls * 10))
# Each move: how long until it was seen, and whether the version before came back later than poll + slack.
sort -k2,2n moves.txt versions.txt | awk -v limit="$(awk -v p="$poll" -v s="${SLACK:-1}" 'BEGIN { print (p + s) * 1e6 }')" '
    $1 == "M" { at = $2; want = $3; open = 1 }
    $1 == "V" && $4 == want && open { late = $2 - at; open = 0; if (late > most) most = late; sum += late; n++; if (late > limit) bad++ }
    $1 == "V" && $4 != want && at && $2 - at > limit { stale++ }
    END { printf "seen_mean_ms %.1f\nseen_max_ms %.1f\nseen_late %d\nstale %d\n", sum / n / 1000, most / 1000, bad, stale }' >seen.txt
cat seen.txt
held "each move was seen within --poll and the slack" test "$(value seen.txt seen_late)" = 0
held "and what was before it was gone then" test "$(value seen.txt stale)" = 0
held "memory is flat" flat drive.out
stop
held "the server ended well" test "$status" -eq 0
exit $bad
