#!/bin/sh
# Sorts, groups, joins, expressions and SQL on 1,000,000 rows: hone beside DuckDB, in turn, on two threads.
# usage: bench/table/run.sh [CSV]; without one, 1,000,000 x 30 as bench/csv/gen.c makes it.  Needs npm.
set -eu
cd "$(dirname "$0")/../.."
out=${OUT:-build}
work=$out/bench-table
mkdir -p "$work"
make -s MODE=release OUT="$out" LAYERS='base table io' "$out/release/libhone.a"
libs=$(pkg-config --libs jansson yaml-0.1 sqlite3 zlib libzstd liblz4 snappy libbrotlidec libcrypto)
for name in table/time csv/gen; do
    # shellcheck disable=SC2086
    ${CC:-gcc} -std=c11 -D_GNU_SOURCE -O2 -Isrc -o "$work/${name#*/}" "bench/$name.c" "$out/release/libhone.a" \
        $libs -lm -lpthread
done
# Not npm ci: it insists on the packages of all other systems too, which some mirrors do not have.
(cd bench/table && npm install --no-save --loglevel=error --prefer-offline)
csv=${1:-$work/mixed.csv}
[ -s "$csv" ] || "$work/gen" > "$csv"
for round in 1 2 3; do
    echo "round $round" >&2
    "$work/time" "$csv" 5 2
    node bench/table/duckdb.mjs "$csv" 5 2
done > "$work/results.jsonl"
/usr/bin/python3 - "$work/results.jsonl" <<'PY'
import json, statistics, sys
seen = {}
for line in open(sys.argv[1]):
    r = json.loads(line)
    seen.setdefault(r["what"], {}).setdefault(r["peer"], []).append((r["seconds"], r["rows"]))
print(f"{'':12} {'rows':>9} {'hone s':>9} {'DuckDB s':>9} {'times as fast':>14}")
bad = []
for what, peers in seen.items():
    mine, other = (statistics.median(s for s, _ in peers[p]) for p in ("hone", "duckdb"))
    print(f"{what:12} {peers['hone'][0][1]:9} {mine:9.4f} {other:9.4f} {other / mine:14.2f}")
    if peers["hone"][0][1] != peers["duckdb"][0][1]:
        bad.append(what)
if bad:
    sys.exit("FAIL: different rows: " + ", ".join(bad))
PY
