#!/bin/bash
# DuckDB and hone read each other's Parquet files exactly: every type, encoding and codec that DuckDB writes.
. "$(dirname "$0")/lib.sh"
command -v node >/dev/null || skip "no node"
[ -d "$ROOT/bench/parquet/node_modules/@duckdb/node-api" ] || skip "no @duckdb/node-api (npm ci in bench/parquet)"

mkdir files
if node "$ROOT/bench/parquet/exact.mjs" "$DIR/files" >out 2>err; then
    while read -r line; do ok "$line"; done <out
else
    fail "files of both" "$(cut -c1-300 out err | tail -20)"
fi
