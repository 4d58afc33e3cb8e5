#!/bin/bash
# Arrow files of other libraries are read exactly, and hone's by them.
. "$(dirname "$0")/lib.sh"
command -v node >/dev/null || skip "no node"
[ -d "$ROOT/bench/arrow/node_modules/apache-arrow" ] || skip "no apache-arrow (npm install in bench/arrow)"

if "$ROOT/bench/arrow/exact.sh" >out 2>err; then
    ok "exact: $(grep -c . out) lines, $(grep 'differ$' out | tr '\n' ' ')"
else
    fail exact "$(tail -5 out err)"
fi
expect_contains "files of others" out '^106 files, 0 differ$'
expect_contains "files of hone" out '^[0-9]+ files, 0 differ$'
