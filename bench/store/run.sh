#!/bin/sh
# Fill a store with 10,000 runs of 50 metrics in a temporary folder and time the questions asked of it.
# usage: bench/store/run.sh [RUNS [METRICS]]
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2046
${CC:-cc} -std=c11 -O2 -D_GNU_SOURCE -DHONE_VERSION='"bench"' -Isrc -o "$work/store_bench" \
    bench/store/store_bench.c src/base/*.c src/store/*.c \
    $(pkg-config --cflags --libs sqlite3 jansson yaml-0.1 libzstd libcrypto) -lm -lpthread
"$work/store_bench" "$work/store" "$@"
# The same asked of the program, start to end; processor seconds, since a busy machine stretches the others.
hone=${HONE:-build/release/hone}
[ -x "$hone" ] || exit 0
for question in "runs" "runs --limit 10000 --json" "runs --sort metric_07" \
    "runs --limit 1000 --metrics metric_01,metric_02,metric_03,metric_04,metric_05,metric_06"; do
    # shellcheck disable=SC2086
    bash -c 'TIMEFORMAT="%U + %S s  hone $*"; time "$0" "$@" >/dev/null' "$hone" $question --store "$work/store"
done
