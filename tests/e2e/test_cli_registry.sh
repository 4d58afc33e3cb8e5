#!/bin/bash
# models, runs, promote, rollback, export, split, list, config: on a store with two versions.
. "$(dirname "$0")/lib.sh"

expect_exit "models without a store" 4 "$HONE" models
expect_exit "runs without a store" 4 "$HONE" runs
expect_exit "promote without a store" 4 "$HONE" promote models:/m/1
expect_exit "rollback without a store" 4 "$HONE" rollback m
expect_exit "export without a store" 4 "$HONE" export models:/m/1 -o x.onnx
expect_equal "looking makes no store" "$(ls -d .hone 2>/dev/null)" ''

awk 'BEGIN { srand(2); print "a,b,y"
    for (i = 0; i < 300; i++) { a = rand(); b = rand(); print a "," b "," (a + b / 2 + rand() / 4 > 0.9) } }' >t.csv
expect_exit "train a first version" 0 "$HONE" train t.csv --target y --name m --model logistic --json
expect_exit "train a second" 0 "$HONE" train t.csv --target y --name m --model logistic --seed 1 --json
run=$(json out .run)

expect_exit "models" 0 "$HONE" models
expect_contains "models lists it" out '^m +2 +2 '
expect_exit "versions" 0 "$HONE" models m
expect_contains "versions have metrics" out 'roc_auc 0\.'
expect_exit "models as JSON" 0 "$HONE" models m --json
expect_equal "models as JSON has versions" "$(json out '.versions[0].version')" 2
expect_exit "model that is not there" 4 "$HONE" models nope

expect_exit "runs" 0 "$HONE" runs
expect_contains "runs have a status" out 'FINISHED'
expect_exit "one run" 0 "$HONE" runs "${run:0:8}"
expect_contains "one run has its data" out 't\.csv'
expect_exit "one run as JSON" 0 "$HONE" runs "$run" --json
expect_equal "one run as JSON has its status" "$(json out .status)" FINISHED
expect_exit "run that is not there" 4 "$HONE" runs ffffffffffffffffffffffffffffffff

expect_exit "promote" 0 "$HONE" promote models:/m/1
expect_exit "promote the next" 0 "$HONE" promote models:/m/2 --reason 'better'
expect_contains "promote says what was" out 'version 2, was 1'
expect_exit "rollback" 0 "$HONE" rollback m --json
expect_equal "rollback goes back" "$(json out .version)" 1
expect_exit "rollback with nothing before" 4 "$HONE" rollback m
expect_exit "promote a version that is not there" 4 "$HONE" promote models:/m/9
expect_exit "promote what is no name" 2 "$HONE" promote m.onnx
expect_exit "rollback of an alias that is not there" 4 "$HONE" rollback m --alias nope
expect_exit "rollback of a version" 2 "$HONE" rollback models:/m/1

expect_exit "export" 0 "$HONE" export models:/m@champion -o m.onnx
expect_at_least "export has bytes" "$(wc -c <m.onnx)" 100
expect_exit "export to standard output" 0 "$HONE" export models:/m/1 -o -
cp out piped.onnx
expect_exit "both are the same" 0 cmp piped.onnx m.onnx
expect_exit "export needs a file" 2 "$HONE" export models:/m/1
expect_exit "export to a folder that is not there" 4 "$HONE" export models:/m/1 -o no/such/m.onnx
[ ! -e /dev/full ] || {
    "$HONE" export models:/m/1 -o - >/dev/full 2>err
    expect_equal "export to a full disk" $? 8
}
cp -r .hone broken
printf 'this is no database' >broken/hone.db
expect_exit "damaged store" 3 "$HONE" models --store broken

expect_exit "split" 0 "$HONE" split t.csv --target y --train-out train.csv --test-out test.csv
expect_equal "split keeps all rows" "$(($(wc -l <train.csv) + $(wc -l <test.csv) - 2))" 300
cp test.csv first.csv
expect_exit "split again" 0 "$HONE" split t.csv --target y --test-out test.csv --threads 1
expect_exit "is the same" 0 cmp first.csv test.csv
expect_exit "split with another seed" 0 "$HONE" split t.csv --target y --test-out test.csv --seed 9
expect_exit "is another" 1 cmp first.csv test.csv
expect_exit "split needs a target" 2 "$HONE" split t.csv --test-out x.csv
expect_exit "split by a target that is not there" 4 "$HONE" split t.csv --target z --test-out x.csv
expect_exit "split needs an output" 2 "$HONE" split t.csv --target y

expect_exit "list" 0 "$HONE" list
expect_contains "list has estimators" out 'gbt'
expect_contains "list has drift tests" out 'psi'
expect_exit "settings of an estimator" 0 "$HONE" list estimators gbt
expect_contains "settings have defaults" out 'default'
expect_exit "list as JSON" 0 "$HONE" list metrics --json
expect_exit "list of nothing known" 2 "$HONE" list estimatrs
expect_contains "gets a suggestion" err 'estimators'

expect_exit "config" 0 "$HONE" config render
cp out hone.yaml
expect_exit "config of itself" 0 "$HONE" config render --config hone.yaml
expect_equal "is itself" "$(cat out)" "$(cat hone.yaml)"
expect_exit "config schema" 0 "$HONE" config schema
cp out schema.json
expect_exit "is the published one" 0 diff schema.json "$ROOT/docs/hone.schema.json"
expect_exit "config of no file" 4 "$HONE" config render --config absent.yaml
