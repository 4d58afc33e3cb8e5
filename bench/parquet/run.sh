#!/bin/sh
# Parquet to columns and back: hone beside DuckDB on the same files, in turn, on two threads.
# usage: bench/parquet/run.sh [CSV]; without one, 1,000,000 x 30 as bench/csv/gen.c makes it.  Needs npm.
set -eu
cd "$(dirname "$0")/../.."
bench=parquet
. bench/table_bench.sh
[ -s "$work/sorted.parquet" ] || node bench/parquet/duckdb.mjs make "$csv" "$work/mixed.parquet" "$work/sorted.parquet"
for round in 1 2 3; do
    echo "round $round" >&2
    "$work/time" "$work/mixed.parquet" "$work/sorted.parquet" "$work/hone.parquet" 5 2
    node bench/parquet/duckdb.mjs time "$work/mixed.parquet" "$work/sorted.parquet" "$work/duckdb.parquet" 5 2
done > "$work/results.jsonl"
/usr/bin/python3 - "$work" <<'PY'
import json, os, statistics, sys
work = sys.argv[1]
seen = {}
for line in open(work + "/results.jsonl"):
    r = json.loads(line)
    seen.setdefault((r["what"], r["peer"]), []).append((r["seconds"], r["rows"]))
print(f"{'':8} {'hone s':>9} {'DuckDB s':>9} {'times as fast':>14}")
bad = 0
for what in ("read", "project", "filter", "write", "zstd"):
    mine, other = (statistics.median(s for s, _ in seen[what, peer]) for peer in ("hone", "duckdb"))
    print(f"{what:8} {mine:9.4f} {other:9.4f} {other / mine:14.2f}")
    bad |= seen[what, "hone"][0][1] != seen[what, "duckdb"][0][1]
    bad |= what == "read" and mine > other
sizes = [os.path.getsize(f"{work}/{peer}.parquet") / 2**20 for peer in ("hone", "duckdb")]
print(f"zstd files: hone {sizes[0]:.1f} MiB, DuckDB {sizes[1]:.1f} MiB")
if bad:
    sys.exit("FAIL: different rows, or slower than DuckDB at reading")
PY
