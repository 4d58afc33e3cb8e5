#!/bin/bash
# Mixed good and bad requests against a server under the address sanitizer, with its memory watched.
#
#   HONE=build/asan/hone FAST=build/release/hone bench/serve/mixed.sh [REQUESTS]     (5,000,000)
#
# Good: rows, tables, version 2 with JSON and binary data, version 1, /invocations, CSV, labels, metrics, status, pages;
# each prediction is compared with the offline one.  Bad: what requests.py --bad makes, and the records of further files
# in $RECORDS.  Memory is flat when a line through its samples over the last four fifths of the requests rises or falls
# by less than 1 % of its level; the sanitizer must have nothing to tell, leaks included.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
requests=${1:-5000000}
need_adult
rows 200
train adult
offline adult 1
python3 "$here/requests.py" rows.csv adult --offline 1=1.csv --all --bad >mixed.rec || exit 1

# A small quarantine, so that memory stands still early; what it finds is the same.
export ASAN_OPTIONS="detect_leaks=1:quarantine_size_mb=16:malloc_context_size=12:log_path=$work/asan"
export UBSAN_OPTIONS="print_stacktrace=1:log_path=$work/ubsan"
start models:/adult/1 --port 0
# shellcheck disable=SC2086
"$DRIVE" --url "$url" --requests "$requests" --connections 32 --feedback 0.02 --watch "$server" --progress 60 \
    --seed "${SEED:-1}" mixed.rec ${RECORDS:-} >drive.out
code=$?
"$DRIVE" --url "$url" --requests 1 mixed.rec >/dev/null
held "it still answers" test $? -eq 0
stop
cat drive.out
held "every reply was right" test "$code" -eq 0
held "it ended well" test "$status" -eq 0
ls asan.* ubsan.* 2>/dev/null && cat asan.* ubsan.* 2>/dev/null | head -60
held "the sanitizer has nothing to tell" test -z "$(ls asan.* ubsan.* 2>/dev/null)"
rise=$(awk '$1 == "memory_slope_mib_per_million" { s = $2 } $1 == "requests" { n = $2 } $1 == "memory_last_mib" { m = $2 }
    END { r = 100 * s * n * 0.8 / 1e6 / m; printf "%.2f", r < 0 ? -r : r }' drive.out)
echo "memory_rise_percent $rise"
held "memory is flat: it changes by less than 1 %" at_most "$rise" 1
grep -v ' info ' serve.err | cut -c1-200 | sort | uniq -c | sort -rn | head
exit $bad
