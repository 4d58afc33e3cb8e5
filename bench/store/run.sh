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
