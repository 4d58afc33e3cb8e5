#!/bin/sh
# Time boosted trees and their peers on one table, in turn.  usage: bench/learn/run.sh [ROWS [TREES]]
cd "$(dirname "$0")/../.." || exit 2
out=${OUT:-build}
rows=${1:-1000000} trees=${2:-20} cols=28
make -s MODE=release OUT="$out" LAYERS='base tensor graph table learn' "$out/release/libhone.a" || exit 1
# shellcheck disable=SC2046
${CC:-gcc} -std=c11 -D_GNU_SOURCE -O2 -Isrc -o "$out/release/bench-boost" bench/learn/boost.c \
    "$out/release/libhone.a" $(pkg-config --libs jansson yaml-0.1 zlib libcrypto) \
    -lm -lpthread || exit 1
data=$(mktemp "${TMPDIR:-/tmp}/hone-boost-XXXXXX") || exit 1
trap 'rm -f "$data"' EXIT
for leaves in 31 255; do
    for threads in 1 2; do
        "$out/release/bench-boost" "$rows" "$cols" "$trees" "$leaves" "$threads" "$data" || exit 1
    done
    if /usr/bin/python3 -c 'import xgboost, sklearn' 2>/dev/null; then
        /usr/bin/python3 bench/learn/peer_boost.py "$data" "$cols" "$trees" "$leaves" 2
    else
        echo "peers: not here (Debian's python3-xgboost and python3-sklearn)"
    fi
done
