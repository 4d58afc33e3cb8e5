#!/bin/sh
# Arrow files to tables and back: hone beside Polars and Apache's JavaScript on the same files, on two threads.
# usage: bench/arrow/run.sh [CSV]; without one, 1,000,000 x 30 as bench/csv/gen.c makes it.  Needs npm.
set -eu
cd "$(dirname "$0")/../.."
bench=arrow
. bench/table_bench.sh
for round in 1 2 3; do
    echo "round $round" >&2
    "$work/time" "$csv" "$work" 5 2
    POLARS_MAX_THREADS=2 node bench/arrow/time.mjs "$work" 3
done > "$work/results.jsonl"
/usr/bin/python3 - "$work" <<'PY'
import json, os, statistics, sys
work = sys.argv[1]
seen = {}
for line in open(work + "/results.jsonl"):
    r = json.loads(line)
    seen.setdefault((r["what"], r["peer"]), []).append((r["seconds"], r["cpu"], r["rows"]))
print(f"{'':10}{'seconds (processor seconds)':>40}")
print(f"{'':10}{'hone':>20}{'Polars':>20}{'JavaScript':>20}")
bad = 0
for what in ("read", "unpack", "project", "write", "zstd"):
    line = f"{what:10}"
    for peer in ("hone", "polars", "javascript"):
        runs = seen.get((what, peer))
        line += f"{'-':>20}" if runs is None else "{:>12.3f} ({:.3f})".format(
            *(statistics.median(r[i] for r in runs) for i in (0, 1)))
        bad |= runs is not None and runs[0][2] != seen[what, "hone"][0][2]
    print(line)
for name in ("plain", "zstd"):
    print(f"{name}.arrow {os.path.getsize(f'{work}/{name}.arrow') / 2**20:.0f} MiB", end="  ")
print()
sys.exit(bad)
PY
