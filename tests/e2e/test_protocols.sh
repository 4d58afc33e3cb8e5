#!/bin/bash
# Each clause of the protocols' specifications, asked by a client written from them; docs/protocols.md lists the same ones.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/serve_model.sh"
command -v python3 >/dev/null || skip "no python3"

make_buyers
train buyers 1
expect_exit promote 0 "$HONE" promote models:/buyers/1
expect_exit "offline answers" 0 "$HONE" predict models:/buyers/1 buyers.csv -o offline.csv
serve "serves what is promoted" models:/buyers@champion || exit 1
python3 "$ROOT/tests/e2e/protocols.py" "$URL" buyers buyers.csv offline.csv >clauses 2>protocols.err
status=$?
cat clauses
failures=$((failures + $(grep -c '^FAIL' clauses)))
[ "$status" -le 1 ] && [ ! -s protocols.err ] || fail "the client" "$(tail -3 protocols.err)"
grep -oE '^(ok|FAIL) [A-Z]+-[0-9]+' clauses | cut -d' ' -f2 | sort >asked
grep -oE '^\| [A-Z]+-[0-9]+ ' "$ROOT/docs/protocols.md" | tr -d '| ' | sort >listed
expect_equal "docs/protocols.md lists what is checked, and nothing else" "$(diff asked listed)" ""
