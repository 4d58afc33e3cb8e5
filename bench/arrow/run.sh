#!/bin/sh
# Arrow files to tables and back: hone beside Polars and Apache's JavaScript on the same files, on two threads.
# usage: bench/arrow/run.sh [CSV]; without one, 1,000,000 x 30 as bench/csv/gen.c makes it.  Needs npm.
set -eu
cd "$(dirname "$0")/../.."
out=${OUT:-build}
work=$out/bench-arrow
mkdir -p "$work"
make -s MODE=release OUT="$out" LAYERS='base table io' "$out/release/libhone.a"
libs=$(pkg-config --libs jansson yaml-0.1 sqlite3 zlib libzstd liblz4 snappy libbrotlidec libcrypto)
for name in arrow/time csv/gen; do
    # shellcheck disable=SC2086
    ${CC:-gcc} -std=c11 -D_GNU_SOURCE -O2 -Isrc -o "$work/${name#*/}" "bench/$name.c" "$out/release/libhone.a" \
        $libs -lm -lpthread
done
# Not npm ci: it insists on the packages of all other systems too, which some mirrors do not have.
(cd bench/arrow && npm install --no-save --loglevel=error --prefer-offline)
csv=${1:-$work/mixed.csv}
[ -s "$csv" ] || "$work/gen" > "$csv"
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
