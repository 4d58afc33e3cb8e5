#!/bin/bash
# Mixed good and bad requests against a server under the address sanitizer, with its memory watched.
#
#   HONE=build/asan/hone FAST=build/release/hone bench/serve/mixed.sh [REQUESTS]     (8,000,000)
#
# Two models: a small one on made-up buyers, and 100 trees on the adult data where they are.  Good: rows, tables, version 2
# with JSON and binary data, version 1, /invocations, CSV, labels, metrics, status, pages; each prediction is compared with
# the offline one.  Bad: what requests.py --bad makes, and the hostile requests of the tests.  Memory must be flat
# (common.sh says what that is), and the sanitizer have nothing to tell, leaks included.
set -u
here=$(cd "$(dirname "$0")" && pwd)
skip() { echo "skipped: $*"; exit 0; }
. "$here/../../tests/serve_model.sh" # make_buyers
# shellcheck source=../../bench/serve/common.sh
. "$here/common.sh"
requests=${1:-8000000} # over the first three million the sanitizer's allocator fills its size classes
make_buyers
"$FAST" train buyers.csv --target buys --model logistic --name buyers --seed 1 --quiet >/dev/null || exit 1
cut -d, -f1-4 buyers.csv | head -n 201 >rows.csv
offline buyers 1
python3 "$here/requests.py" rows.csv buyers --offline 1=1.csv --all --bad >mixed.rec || exit 1
python3 "$root/tests/e2e/hostile.py" records >hostile.rec || exit 1
models=(models:/buyers/1)
if [ -e "$adult" ]; then
    rows 200
    train adult
    offline adult 1
    python3 "$here/requests.py" rows.csv adult --offline 1=1.csv --all --named >>mixed.rec || exit 1
    models+=(models:/adult/1)
fi

# A small quarantine, so that memory stands still early; what it finds is the same.
export ASAN_OPTIONS="detect_leaks=1:quarantine_size_mb=16:malloc_context_size=12:log_path=$work/asan"
export UBSAN_OPTIONS="print_stacktrace=1:log_path=$work/ubsan"
start "${models[@]}" --port 0 --max-body 1 --max-rows 1000
"$DRIVE" --url "$url" --requests "$requests" --connections 32 --feedback 0.02 --watch "$server" --progress 60 \
    --seed "${SEED:-1}" mixed.rec hostile.rec >drive.out
code=$?
"$DRIVE" --url "$url" --requests 1 mixed.rec >/dev/null
held "it still answers" test $? -eq 0
stop
cat drive.out
held "every reply was right" test "$code" -eq 0
held "it ended well" test "$status" -eq 0
grep -hE -A 20 'runtime error|ERROR: ' serve.err asan.* ubsan.* 2>/dev/null >sanitizer.txt
head -60 sanitizer.txt
held "the sanitizer has nothing to tell" test ! -s sanitizer.txt
held "memory is flat" flat drive.out
grep -v ' info ' serve.err | cut -c1-200 | sort | uniq -c | sort -rn | head
exit $bad
