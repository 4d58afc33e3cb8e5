#!/bin/bash
# How small hone is: the time to start, the size of the stripped program, the memory of an idle server.
#
#   bench/startup.sh
#
# One line each, with its limit; exit status 1 when one is passed.  The time is the best of twenty starts
# of `hone --version` beyond what starting any process takes (/bin/true in the same way), so that a
# busy machine does not count; the memory is resident, of a server with a model of the made-up loans.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
HONE=$(realpath "${HONE:-$root/build/release/hone}")
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 2
status=0

# held NAME VALUE LIMIT UNIT
held() {
    local verdict
    verdict=$(awk -v v="$2" -v l="$3" 'BEGIN { print (v != "" && v + 0 <= l + 0) ? "ok" : "OVER" }')
    printf '%-28s %8s %s, at most %s: %s\n' "$1" "$2" "$4" "$3" "$verdict"
    [ "$verdict" = ok ] || status=1
}

# best COMMAND...: ns
best() {
    local least=1000000000 start took
    for _ in {1..20}; do
        start=$(date +%s%N)
        "$@" >/dev/null
        took=$(($(date +%s%N) - start))
        [ "$took" -ge "$least" ] || least=$took
    done
    echo "$least"
}
held "start" "$(echo $(($(best "$HONE" --version) - $(best /bin/true))) | awk '{ printf "%.1f", $1 / 1e6 }')" 10 ms

strip -o stripped "$HONE"
held "program, stripped" "$(stat -c %s stripped | awk '{ printf "%.1f", $1 / 1e6 }')" 15 MB

"$HONE" demo . --rows 6000 --days 20 --per-day 50 --drift-day 10 --quiet >/dev/null &&
    "$HONE" train history.csv --target default --drop collection_calls,application_id,applied --name loans \
        --on-bad-row skip --quiet >/dev/null || exit 1
: >serve.out
"$HONE" serve models:/loans/1 --port 0 >serve.out 2>serve.err &
server=$!
until grep -q 'http://' serve.out; do
    kill -0 "$server" 2>/dev/null || { cat serve.err; exit 1; }
    sleep 0.05
done
sleep 1
held "idle server, resident" "$(awk '/VmRSS/ { printf "%.1f", $2 * 1024 / 1e6 }' "/proc/$server/status")" 40 MB
exit $status
