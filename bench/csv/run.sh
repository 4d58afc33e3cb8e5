#!/bin/sh
# CSV to typed columns and back: hone beside DuckDB and pandas on one file, in turn, on two threads.
# usage: bench/csv/run.sh [FILE]; without one, 1,000,000 x 30 as gen.c makes it.  Needs npm, python3-pandas.
# HONE_BENCH_STRTOD=10 also compares that many millions of numbers with the C library.
set -eu
cd "$(dirname "$0")/../.."
out=${OUT:-build}
work=$out/bench-csv
mkdir -p "$work"
make -s MODE=release OUT="$out" LAYERS='base table io' "$out/release/libhone.a"
libs=$(pkg-config --libs jansson yaml-0.1 sqlite3 zlib libzstd liblz4 snappy libbrotlidec libcrypto)
for name in gen read strtod; do
    # shellcheck disable=SC2086
    ${CC:-gcc} -std=c11 -D_GNU_SOURCE -O2 -Isrc -o "$work/$name" "bench/csv/$name.c" "$out/release/libhone.a" \
        $libs -lm -lpthread
done
file=${1:-$work/mixed.csv}
[ -s "$file" ] || "$work/gen" > "$file"
# Not npm ci: it insists on the packages of all other systems too, which some mirrors do not have.
(cd bench/csv && npm install --no-save --loglevel=error --prefer-offline)
[ -z "${HONE_BENCH_STRTOD:-}" ] || "$work/strtod" "$HONE_BENCH_STRTOD"
for round in 1 2 3; do
    echo "round $round" >&2
    "$work/read" "$file" 5 2 "$work/hone.csv"
    node bench/csv/duckdb.mjs "$file" "$work/duckdb.csv" 3 2
    /usr/bin/python3 bench/csv/pandas_csv.py "$file" "$([ $round = 1 ] && echo "$work/pandas.csv" || echo -)" 1
done > "$work/results.jsonl"
/usr/bin/python3 bench/csv/compare.py "$file" "$work/results.jsonl"
