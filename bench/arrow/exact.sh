#!/bin/bash
# Arrow files both ways, exactly: those of Apache's JavaScript and of Polars read by hone, hone's read by both.
#
# usage: exact.sh      HONE=build/release/hone; needs node 20 and `npm install --no-save` in this folder
#
# Prints each difference and two lines of counts; exit status 1 when anything differs.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
HONE=$(realpath "${HONE:-$here/../../build/release/hone}")
export HONE
[ -d "$here/node_modules/apache-arrow" ] || { echo "exact.sh: run 'npm install' in bench/arrow first" >&2; exit 2; }
work=$(mktemp -d "${TMPDIR:-/tmp}/hone-arrow-XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0
node "$here/files.mjs" "$work/theirs" >/dev/null && node "$here/exact.mjs" "$work/theirs" || failed=1
node "$here/back.mjs" "$work/ours" || failed=1
exit $failed
