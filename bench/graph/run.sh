#!/bin/sh
# Time the graph executor.  usage: bench/graph/run.sh [TREES LEAVES FEATURES [MODEL.onnx]]
cd "$(dirname "$0")/../.." || exit 2
out=${OUT:-build}
make -s MODE=release OUT="$out" LAYERS='base tensor graph' "$out/release/libhone.a" || exit 1
# shellcheck disable=SC2046
${CC:-gcc} -std=c11 -D_GNU_SOURCE -O2 -Isrc -o "$out/release/bench-trees" bench/graph/trees.c \
    "$out/release/libhone.a" $(pkg-config --libs jansson yaml-0.1 zlib libcrypto) -lm -lpthread || exit 1
"$out/release/bench-trees" "$@"
