#!/bin/sh
# Time the graph executor and ONNX Runtime on one model, in turn.  usage: bench/graph/run.sh [TREES LEAVES FEATURES]
cd "$(dirname "$0")/../.." || exit 2
out=${OUT:-build}
make -s MODE=release OUT="$out" LAYERS='base tensor graph' "$out/release/libhone.a" || exit 1
# shellcheck disable=SC2046
${CC:-gcc} -std=c11 -D_GNU_SOURCE -O2 -Isrc -o "$out/release/bench-trees" bench/graph/trees.c \
    "$out/release/libhone.a" $(pkg-config --libs jansson yaml-0.1 zlib libcrypto) -lm -lpthread || exit 1
if [ $# -ne 3 ]; then
    set -- 100 31 30
fi
model=$out/release/bench-trees.onnx
"$out/release/bench-trees" "$@" "$model" || exit 1
if [ -d bench/onnx/node_modules/onnxruntime-node ]; then
    node bench/graph/peer.mjs "$model" "$3"
else
    echo "onnxruntime: not here; 'npm ci' in bench/onnx brings it"
fi
