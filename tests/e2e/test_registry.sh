#!/bin/bash
# What the registry answers and refuses: runs by condition, gates, archive, tags, audit, gc, reproduce --all.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip "no python3"

awk 'BEGIN { srand(3); print "a,b,c,y"; for (i = 0; i < 400; i++) {
    a = rand(); b = rand(); print a "," b "," (i % 4 ? "red" : "blue") "," (a + b + rand() / 2 > 1.2) } }' >t.csv
train() { "$HONE" train t.csv --target y --name m --model logistic --bootstrap 100 --checks off --quiet "$@"; }
expect_exit "a version that meets its goal" 0 train --success 'roc_auc>=0.6'
train --seed 7 --success 'roc_auc>=0.9999' >out 2>&1
train --seed 9 >out 2>&1

# --- versions and gates -------------------------------------------------------------------------
expect_exit "versions" 0 "$HONE" models m --json
expect_equal "the first passed" "$(json out '.versions[2].verdict')" pass
expect_equal "the second failed" "$(json out '.versions[1].verdict')" fail
expect_equal "the third has no goals" "$(json out '.versions[0].verdict')" ""
expect_at_least "versions know their size" "$(json out '.versions[0].bytes')" 1000
expect_exit "promote" 0 "$HONE" promote models:/m/1
expect_exit "a failed goal is refused" 1 "$HONE" promote models:/m/2
expect_contains "with its value" err 'did not pass the gate: .*roc_auc.* \(0\.[0-9]+, wanted 0\.9999\)'
expect_exit "force needs a reason" 2 "$HONE" promote models:/m/2 --force
expect_exit "with one" 0 "$HONE" promote models:/m/2 --force --reason 'a try' --json
expect_equal "what failed is counted" "$(json out .gates_failed)" 1
expect_exit "one version" 0 "$HONE" models models:/m/2
expect_contains "has its verdict" out 'gate .*fail'
expect_contains "and who passed over it" out 'approval +champion +pass'
expect_exit "as JSON" 0 "$HONE" models models:/m@champion --json
expect_equal "with the reason" "$(json out '.decisions[1].detail.reason')" "a try"
expect_exit "back" 0 "$HONE" rollback m --reason 'tried'
expect_exit "not further than it went" 4 "$HONE" rollback m
expect_contains "and what goes on" err 'promote models:/m/VERSION. goes to any version'
expect_exit "a bare name" 2 "$HONE" promote m
expect_contains "is told how to go on" err 'say which version: models:/m@champion, models:/m/latest or models:/m/1'
expect_exit "an alias that nobody set" 4 "$HONE" predict models:/m@nobody nothing.csv
expect_contains "is told how to make it" err 'promote models:/m/VERSION --alias nobody. makes it'
expect_exit "no model file to serve" 4 "$HONE" serve m
expect_contains "is told how models are named" err 'models:/NAME@champion'

# --- runs ---------------------------------------------------------------------------------------
expect_exit "runs by a metric" 0 "$HONE" runs --where 'roc_auc >= 0.6' --json
expect_equal "all of them" "$(json out .all)" 3
expect_exit "none is perfect" 0 "$HONE" runs --where 'roc_auc > 1'
expect_contains "and that is said" out 'no run is like that'
expect_exit "by a parameter" 0 "$HONE" runs --where "params.estimator = logistic and tags.hone.cpu like '%'" --json
expect_equal "all of them too" "$(json out .all)" 3
expect_exit "sorted" 0 "$HONE" runs --sort log_loss --json
cp out sorted
expect_exit "the best first" 0 python3 -c '
import json; v = [r["metrics"]["log_loss"] for r in json.load(open("sorted"))["runs"]]; assert v == sorted(v) and len(v) == 3, v'
expect_exit "a page" 0 "$HONE" runs --limit 2
expect_contains "says how to go on" out '^2 of 3 runs; --before [0-9a-f]{8} shows the next'
expect_exit "the next page" 0 "$HONE" runs --before "$(grep -o 'before [0-9a-f]*' out | cut -d' ' -f2)" --json
expect_equal "has the rest" "$(grep -o '"run":' out | wc -l)" 1
expect_exit "since" 0 "$HONE" runs --since 1h --json
expect_equal "is recent" "$(json out .all)" 3
expect_exit "long ago" 0 "$HONE" runs --since 2100-01-01 --json
expect_equal "is none" "$(json out .all)" 0
expect_exit "no time" 2 "$HONE" runs --since yesterday
expect_exit "no condition" 2 "$HONE" runs --where 'roc_auc >='
expect_contains "says where" err 'at character 11 a number or a text is expected'
expect_exit "a metric is no text" 2 "$HONE" runs --where 'roc_auc = good'
expect_exit "paging a sorted list" 2 "$HONE" runs --sort roc_auc --before 0000
"$HONE" train t.csv --target y --name m --model gbt --set rounds=1000000 --set patience=1000000 >/dev/null 2>&1 &
sleep 0.3 && kill -9 $! && wait $! 2>/dev/null
expect_exit "runs" 0 "$HONE" runs --json
expect_equal "none hangs" "$(grep -c RUNNING out)" 0

# --- tags ---------------------------------------------------------------------------------------
expect_exit "tag" 0 "$HONE" tag models:/m/3 owner=ana 'note=seen by risk'
expect_contains "is kept" out '^note=seen by risk'
expect_exit "found by it" 0 "$HONE" runs --where 'tags.owner = ana' --json
expect_equal "the one" "$(json out .all)" 1
expect_exit "taken away" 0 "$HONE" tag models:/m/3 owner= --json
expect_lacks "it is gone" out owner
expect_exit "no tag" 2 "$HONE" tag models:/m/3 owner

# --- archive ------------------------------------------------------------------------------------
expect_exit "what serves is not archived" 4 "$HONE" archive models:/m/2 models:/m/1
expect_contains "by name" err 'models:/m/1: the alias champion points at this version'
expect_exit "and none of them was" 0 "$HONE" models m --json
expect_lacks "not the other either" out ARCHIVED
expect_exit "archive" 0 "$HONE" archive models:/m/2 --reason 'missed its goal'
expect_exit "it can not be promoted" 4 "$HONE" promote models:/m/2 --force --reason x
expect_exit "an alias is no version" 2 "$HONE" archive models:/m@champion

# --- gc -----------------------------------------------------------------------------------------
expect_exit "gc" 0 "$HONE" gc
expect_contains "has nothing to do" out 'nothing to remove'
mkdir -p .hone/artifacts/cd && printf 'left by a crash' >".hone/artifacts/cd/$(printf 'e%.0s' {1..62})"
printf 'half' >".hone/artifacts/cd/$(printf 'e%.0s' {1..62}).1-0.tmp"
mkdir -p .hone/trials/0123 && printf '{}' >.hone/trials/0123/a.json
expect_exit "within the grace" 0 "$HONE" gc --json
expect_equal "all is left alone" "$(json out .files.items)" 0
sleep 1.1
expect_exit "without grace" 0 "$HONE" gc --grace 0s --archived 0s --failed 0s --json
expect_equal "what stopped trainings kept" "$(json out .trials.items)" 1
expect_equal "a stray file" "$(json out .files.items)" 1
expect_equal "a half one" "$(json out .half_written.items)" 1
expect_equal "an archived model" "$(json out .archived.items)" 1
expect_equal "nothing was done" "$(json out .deleted)" false
expect_exit "looking again" 0 "$HONE" gc --grace 0s --archived 0s --failed 0s
expect_contains "says the same" out 'could go; --delete removes it'
expect_exit "delete" 0 "$HONE" gc --grace 0s --archived 0s --failed 0s --delete
expect_contains "says what went" out 'removed'
# A file of the store's own may have come to lie in the same folder.
expect_equal "all of it" "$(find .hone/trials .hone/artifacts/cd -mindepth 1 -name 'eee*' -o -path '*0123*')" ''
expect_exit "the archived file is gone" 4 "$HONE" export models:/m/2 -o x.onnx
expect_exit "and can not be ready again" 4 "$HONE" archive models:/m/2 --restore
expect_contains "since it went" err 'was collected'
expect_exit "the champion is there" 0 "$HONE" export models:/m@champion -o x.onnx
expect_exit "no while" 2 "$HONE" gc --grace soon

# --- audit --------------------------------------------------------------------------------------
expect_exit "audit" 0 "$HONE" audit
expect_contains "has the collection" out 'collect +store'
expect_exit "of an alias" 0 "$HONE" audit models:/m@champion --json
expect_equal "three moves" "$(grep -o '"row":' out | wc -l)" 3
expect_exit "of one kind" 0 "$HONE" audit m --action archive
expect_contains "with its reason" out 'models:/m/2 +missed its goal'
expect_exit "verify" 0 "$HONE" audit --verify --json
head=$(json out .head)
expect_exit "with a head that was kept" 0 "$HONE" audit --head "$head"
expect_exit "that is not there" 1 "$HONE" audit --head "${head//[0-9]/a}"
file=$(find .hone/artifacts -type f -size +1k | head -1)
cp "$file" kept && printf 'x' >>"$file"
expect_exit "a changed file is found" 3 "$HONE" audit --verify
cp kept "$file"
python3 - <<'PY'
import sqlite3
db = sqlite3.connect(".hone/hone.db")
db.execute("DROP TRIGGER audit_update")
db.execute("UPDATE audit SET actor = 'nobody' WHERE seq = 2")
db.commit()
PY
expect_exit "a changed row is found" 1 "$HONE" audit --verify
expect_contains "by its number" err 'row 2 was changed'

# --- reproduce ----------------------------------------------------------------------------------
expect_exit "reproduce all" 0 "$HONE" reproduce --all --json
expect_equal "the two that are ready" "$(json out .same)" 2
"$HONE" import x.onnx --name copy --quiet
expect_exit "an imported one is passed over" 0 "$HONE" reproduce --all
expect_contains "and shown" out 'models:/copy/1 +imported'
sed -i '2s/^[^,]*/0.5/' t.csv
expect_exit "other data" 1 "$HONE" reproduce --all m
expect_contains "are named" out 'data .*t.csv is not the data that the model was trained on'
