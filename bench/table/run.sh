#!/bin/sh
# Sorts, groups, joins, expressions and SQL on 1,000,000 rows: hone beside DuckDB, in turn, on two threads.
# usage: bench/table/run.sh [CSV]; without one, 1,000,000 x 30 as bench/csv/gen.c makes it.  Needs npm.
set -eu
cd "$(dirname "$0")/../.."
bench=table
. bench/table_bench.sh
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
