#!/bin/bash
# hone why: from a prediction's id to its model, data, truth and what moved it.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/serve_model.sh"

make_buyers
expect_exit "train" 0 "$HONE" train buyers.csv --target buys --model gbt --name buyers || exit 1
expect_exit "promote" 0 "$HONE" promote models:/buyers/1 --reason 'it is good'
serve "serves" models:/buyers@champion --flush 0.05 || exit 1
ask "a prediction" 200 prediction /predict -d '{"age":75,"job":"nurse","member":true}'
id=$(json body .id)
ask "its truth" 200 '"accepted":1' /feedback -d "{\"id\":\"$id\",\"label\":\"yes\",\"source\":\"till\"}"
stop_server "ends" TERM 0

expect_exit "why" 0 "$HONE" why "$id"
expect_contains "says of what model" out '^ +made .* by models:/buyers/1 as champion, in [0-9]+ us'
expect_contains "says who let it" out 'promoted to @champion .*: it is good$'
expect_contains "says what data" out '^ +train +.*buyers.csv \([0-9a-f]{12}\)$'
expect_contains "says the truth" out '^ +truth +yes, told .* by till$'
expect_contains "age moved it" out '^age +75 +[0-9]+ to [0-9]+ +\+0\.[0-9]+ '
expect_contains "what was not sent is missing" out '^since +missing '
expect_contains "the model still says so" out 'gives the logged answer again, to the bit'
expect_exit "why as JSON" 0 "$HONE" why "$id" --json
expect_equal "reproduced" "$(json out .reproduced)" true
expect_equal "the one that moved most" "$(json out '.inputs[0].name')" age
if command -v python3 >/dev/null; then
    python3 - <<'PY' && ok "the shares add up to the way" || fail "the shares add up to the way" "they do not"
import json
w = json.load(open("out"))
assert len(w["inputs"]) == 4
assert abs(sum(i["share"] for i in w["inputs"]) - (w["given"] - w["usual"])) < 1e-6, w
assert w["trained"]["config"]["goal"]["target"] == "buys"
PY
fi
cp out first
expect_exit "again" 0 "$HONE" why "$id" --json --threads 1
expect_equal "the same bits with one thread" "$(cmp first out && echo same)" same
expect_exit "no such id" 4 "$HONE" why 01XXXXXXXXXXXXXXXXXXXXXXXX
expect_contains "says so" err '01XXXXXXXXXXXXXXXXXXXXXXXX'
