#!/bin/bash
# Does ONNX Runtime answer as hone does on real rows?
#
# usage: check.sh MODEL DATA [read options of hone]
#   MODEL   models:/NAME/3, models:/NAME@alias, runs:/ID, or an .onnx file
#   ROWS=1000, HONE=build/release/hone, STORE=.hone in the environment
#
# The first rows of DATA are written as JSON Lines; hone predicts them, and ONNX Runtime gets the
# exported model and the same rows.  Prints one line; exit status as parity.mjs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
HONE=${HONE:-$here/../../build/release/hone}
[ $# -ge 2 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ -d "$here/node_modules/onnxruntime-node" ] ||
    { echo "check.sh: run 'npm ci' in bench/onnx first" >&2; exit 2; }
model=$1 data=$2
shift 2
work=$(mktemp -d "${TMPDIR:-/tmp}/hone-onnx-XXXXXX")
trap 'rm -rf "$work"' EXIT
store=(--store "${STORE:-.hone}")
"$HONE" export "$model" -o "$work/model.onnx" --quiet "${store[@]}"
"$HONE" convert "$data" "$work/rows.jsonl" --head "${ROWS:-1000}" --quiet "$@"
"$HONE" predict "$model" "$work/rows.jsonl" -o "$work/predictions.jsonl" --quiet "${store[@]}"
node "$here/rows.mjs" "$work/model.onnx" "$work/rows.jsonl" "$work/predictions.jsonl" \
    "$work/inputs.json" "$work/expected.json"
node "$here/parity.mjs" "$work/model.onnx" "$work/inputs.json" "$work/expected.json"
