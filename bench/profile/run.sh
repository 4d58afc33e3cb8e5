#!/bin/bash
# Seconds to describe a table of 1,000,000 x 30 (bench/csv/gen.c) after reading it, with two threads, beside
# pandas (describe and corr) and DuckDB (SUMMARIZE), where they are installed.  The best of three.
# usage: HONE=build/release/hone bench/profile/run.sh [ROWS]
set -u
cd "$(dirname "$0")/../.." || exit 2
HONE=${HONE:-build/release/hone}
rows=${1:-1000000}
dir=$(mktemp -d "${TMPDIR:-/tmp}/hone-bench-XXXXXX")
trap 'rm -rf "$dir"' EXIT
table=$dir/table.csv

${CC:-gcc} -O2 -o "$dir/gen" bench/csv/gen.c -lm || exit 1
"$dir/gen" "$rows" >"$table"
echo "$rows rows, 30 columns, $(stat -c %s "$table") bytes as CSV; $(nproc) processors"

best() { # best FIELD: the least of the numbers in that field
    awk -v f="$1" '$f != "" && (least == "" || $f + 0 < least) { least = $f + 0 } END { printf "%.2f", least }'
}

for _ in 1 2 3; do
    "$HONE" profile "$table" --threads 2 --verbose 2>&1 >/dev/null | sed -n 's/^profile: columns \([0-9.]*\) s, associations \([0-9.]*\) s.*/\1 \2/p'
done | awk '{ print $1, $2, $1 + $2 }' >"$dir/hone"
printf 'hone profile     %5s s columns, %s s pairs of columns, %s s together\n' \
    "$(best 1 <"$dir/hone")" "$(best 2 <"$dir/hone")" "$(best 3 <"$dir/hone")"

if /usr/bin/python3 -c 'import pandas' 2>/dev/null; then
    /usr/bin/python3 - "$table" <<'PY'
import sys, time
import pandas as pd

t = pd.read_csv(sys.argv[1], parse_dates=["when"])
start = time.perf_counter()
t.describe(include="all", datetime_is_numeric=True)
described = time.perf_counter()
numbers = t.select_dtypes("number")
numbers.corr()
pearson = time.perf_counter()
numbers[: len(numbers) // 20].corr(method="spearman")  # all of it takes minutes
end = time.perf_counter()
print(f"pandas {pd.__version__}     {described - start:5.2f} s describe, {pearson - described:.2f} s Pearson, "
      f"{end - pearson:.2f} s Spearman of a twentieth of the rows")
PY
else
    echo 'pandas           not installed'
fi

# DuckDB as bench/csv has it
if (cd bench/csv && npm install --no-save --loglevel=error --prefer-offline >/dev/null 2>&1); then
    node bench/profile/summarize.mjs "$table"
else
    echo 'DuckDB           not installed (npm)'
fi
