#!/bin/bash
# How fast linear models are fitted, beside scikit-learn on the same numbers (500,000 x 50 dense floats; 100,000 x 50,000
# with about 60 values a row).  Prints wall seconds, CPU seconds and the mean training loss of both.
# usage: bench/linear/run.sh [CASE...]
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${OUT:-build} python=${PYTHON:-/usr/bin/python3}
"$python" -c 'import sklearn' 2>/dev/null || { echo "skipped: no scikit-learn (apt-get install python3-sklearn)"; exit 0; }
make -s MODE=release OUT="$out" LAYERS='base tensor table graph prep eval learn' "$out/release/libhone.a"
# shellcheck disable=SC2046
${CC:-gcc} -std=c11 -D_GNU_SOURCE -O2 -Isrc -o "$out/release/bench-linear" bench/linear/fit.c "$out/release/libhone.a" \
    $(pkg-config --libs jansson yaml-0.1 zlib libcrypto) -lm -lpthread
work=$(mktemp -d "${TMPDIR:-/tmp}/hone-linear-XXXXXX")
trap 'rm -rf "$work"' EXIT
"$python" bench/linear/peer.py make "$work"
[ $# -gt 0 ] || set -- ridge elasticnet lasso logistic logistic_l1 sparse_logistic sparse_liblinear sparse_l1
printf '%-17s %-13s %8s %8s   %s\n' case '' wall CPU 'training loss'
row() { # NAME WHO WALL CPU LOSS ...
    printf '%-17s %-13s %8s %8s   %s\n' "$1" "$2" "$3" "$4" "$5"
}
for case in "$@"; do
    read -r wall cpu loss _ < <("$out/release/bench-linear" "$work" "$case" 2)
    row "$case" hone "$wall" "$cpu" "$loss"
    read -r wall cpu loss < <("$python" bench/linear/peer.py fit "$work" "$case")
    row '' scikit-learn "$wall" "$cpu" "$loss"
done
