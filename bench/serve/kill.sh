#!/bin/bash
# Requests replayed against a server that is killed (kill -9) at random moments and started again.
#
#   bench/serve/kill.sh [REQUESTS [KILLS]]          (1,000,000 and 12; SEED=1)
#
# In the first half one request in twenty tells a label of a prediction that was acknowledged; labels take the
# predictions before them to the disk, so the second half has none and waits for --flush.  Afterwards kept.py
# compares the store with what the client was told: every label, and every prediction acknowledged longer before the kill
# than --flush plus SLACK, which stands for the transaction (1 s).  Then hone itself opens the store and traces a
# prediction.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../bench/serve/common.sh
. "$here/common.sh"
requests=${1:-1000000}
kills=${2:-12}
flush=${FLUSH:-1}
RANDOM=${SEED:-1}
need_adult
rows 300
train adult
offline adult 1
python3 "$here/requests.py" rows.csv adult --offline 1=1.csv >kill.rec || exit 1
port=$(free_port)
: >kills.txt
: >acks.txt

# How far the acknowledgements are when the server is killed: in bytes, of which a line has 46.
for ((i = 0; i < kills; i++)); do
    echo $((requests / 50 + (RANDOM * 32768 + RANDOM) % (requests * 23 / 24)))
done | sort -n >moments.txt

start models:/adult/1 --port "$port" --flush "$flush"
for share in 0.05 0; do
    "$DRIVE" --url "$url" --requests $((requests / 2)) --connections 16 --feedback $share --acks acks.txt \
        --reconnect 60 --progress 30 --seed "${SEED:-1}" kill.rec || exit 1
done >drive.out &
client=$!
while read -r moment; do
    while [ "$(stat -c %s acks.txt)" -lt $((moment * 46)) ] && kill -0 "$client" 2>/dev/null; do
        sleep 0.02
    done
    before=$(date +%s%N)
    kill -9 "$server"
    wait "$server" 2>/dev/null
    echo "K $((before / 1000)) $(($(date +%s%N) / 1000))" >>kills.txt
    start models:/adult/1 --port "$port" --flush "$flush"
done <moments.txt
wait "$client"
code=$?
stop
cat drive.out
held "every request was answered, and rightly" test "$code" -eq 0
held "the server ended well" test "$status" -eq 0
python3 "$here/kept.py" .hone acks.txt kills.txt "$flush" "${SLACK:-1}"
held "what was acknowledged is there" test $? -eq 0
last=$(awk '$1 == "F" { id = $3 } END { print id }' acks.txt)
"$HONE" why "$last" --json >why.json 2>why.err
held "hone opens the store and finds the last label's prediction" grep -q "$last" why.json
"$HONE" status --quiet >/dev/null
held "and its status" test $? -eq 0
grep -v ' info ' serve.err | cut -c1-200 | sort | uniq -c | sort -rn | head -5
ls -l .hone/hone.db | awk '{ printf "database_mib %.0f\n", $5 / 1048576 }'
exit $bad
