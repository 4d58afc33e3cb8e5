#!/bin/sh
# JSON Lines to typed columns and back: hone beside DuckDB and pandas on one file, in turn, on two threads.
# usage: bench/json/run.sh [FILE]; without one, 500,000 records as gen.py makes them.  Needs npm, python3-pandas.
set -eu
cd "$(dirname "$0")/../.."
out=${OUT:-build}
work=$out/bench-json
mkdir -p "$work"
make -s MODE=release OUT="$out" LAYERS='base table io' "$out/release/libhone.a"
libs=$(pkg-config --libs jansson yaml-0.1 sqlite3 zlib libzstd liblz4 snappy libbrotlidec libcrypto)
# shellcheck disable=SC2086
${CC:-gcc} -std=c11 -D_GNU_SOURCE -O2 -Isrc -o "$work/read" bench/csv/read.c "$out/release/libhone.a" \
    $libs -lm -lpthread
file=${1:-$work/records.jsonl}
[ -s "$file" ] || python3 bench/json/gen.py 500000 > "$file"
(cd bench/csv && npm install --no-save --loglevel=error --prefer-offline)
for round in 1 2 3; do
    echo "round $round" >&2
    "$work/read" "$file" 3 2 "$work/hone.jsonl"
    node bench/json/duckdb.mjs "$file" "$work/duckdb.jsonl" 3 2
    [ $round != 1 ] || /usr/bin/python3 bench/json/pandas_json.py "$file" "$work/pandas.jsonl"
done | tee "$work/results.jsonl" >&2
/usr/bin/python3 - "$file" "$work/results.jsonl" <<'PY'
import json, os, statistics, sys
size = os.path.getsize(sys.argv[1]) / 1e6
peers = {}
for line in open(sys.argv[2], encoding="utf-8"):
    r = json.loads(line)
    peers.setdefault(r["peer"], []).append((r["seconds"], r["write"]))
best = None
for peer, rounds in peers.items():
    read, write = (statistics.median(x) for x in zip(*rounds))
    best = best or (read, write)
    print(f"{peer:24} read {read:6.3f} s {size / read:6.0f} MB/s {read / best[0]:5.1f} x   "
          f"write {write:6.3f} s {write / best[1]:5.1f} x")
PY
