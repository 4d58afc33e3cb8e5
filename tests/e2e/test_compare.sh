#!/bin/bash
# compare: models on the same rows with a paired test, and as they are on record.
. "$(dirname "$0")/lib.sh"

"$HONE" demo loans --rows 3000 --days 5 --per-day 10 --drift-day 3 --quiet >/dev/null
"$HONE" convert loans/history.csv good.csv --on-bad-row skip --quiet
"$HONE" split good.csv --target default --train-out train.csv --test-out test.csv --quiet >/dev/null
drop=application_id,collection_calls
for model in logistic tree; do
    expect_exit "train $model" 0 "$HONE" train train.csv --target default --drop $drop --name loans --model $model -q
done
expect_exit "train a blind one" 0 "$HONE" train train.csv --target default --name loans --model logistic -q \
    --drop $drop,income,age,district

expect_exit "compare" 0 "$HONE" compare models:/loans/1 models:/loans/3 --data test.csv --json
expect_equal "rows" "$(json out .rows)" "$(($(wc -l <test.csv) - 1))"
expect_equal "names" "$(json out '.models[1].model')" models:/loans/3
expect_equal "a column that one uses" "$(json out '.inputs[0].only_first[0]')" age
expect_equal "a setting that differs" "$(json out '.settings[0].key')" drop.2
expect_equal "rows of disagreement" "$(json out '.agreement[0].rows[0].row' | grep -c '^[0-9]')" 1
expect_at_least "microseconds" "$(json out '.models[0].seconds_single')" 0.0000001
expect_equal "these rows are new to it" "$(json out '.models[0].trained_on_these_rows')" false
cp out first.json

expect_exit "each metric as evaluate says" 0 "$HONE" evaluate models:/loans/3 test.csv --json
expect_equal "roc_auc" "$(json first.json '.metrics[0].models[1].value')" "$(json out .metrics.roc_auc)"

expect_exit "a model with itself" 0 "$HONE" compare models:/loans/1 models:/loans/1 --data test.csv --json
expect_equal "agrees" "$(json out '.agreement[0].share')" 1.0
expect_equal "no evidence" "$(json out '.versus[0].verdict')" "no evidence"

expect_exit "three for people" 0 "$HONE" compare models:/loans/1 models:/loans/2 models:/loans/3 --data train.csv --html c.html
expect_contains "names by letter" out '^C  models:/loans/3'
expect_contains "warns of rows that were learned" out 'made from this very table'
expect_contains "marks the best" out '^roc_auc .* \*'
expect_contains "tests against the first" out '^B +roc_auc +-?[0-9.e-]+ '
expect_contains "a page" c.html 'Models compared'

"$HONE" export models:/loans/1 -o own.onnx --quiet >/dev/null
expect_exit "a file" 0 "$HONE" compare own.onnx models:/loans/2 --data test.csv --metrics roc_auc,log_loss --json
expect_equal "two metrics" "$(json out '.versus[1].metric')" log_loss

expect_exit "the other class as the positive one" 0 "$HONE" train train.csv --target default --drop $drop --name turned \
    --model logistic --positive no -q
expect_exit "classes are matched by name" 0 "$HONE" compare models:/loans/1 models:/turned/1 --data test.csv --json
expect_at_least "the same answers" "$(json out '.agreement[0].share')" 0.99
expect_at_most "the same probabilities" "$(json out '.agreement[0].mean_apart')" 0.01

expect_exit "the record" 0 "$HONE" compare models:/loans/1 models:/loans/2 --json
expect_equal "the same data" "$(json out .same_data)" true
expect_equal "estimator differs" "$(json out '.params' | grep -c estimator)" 1
expect_exit "the record for people" 0 "$HONE" compare models:/loans/1 models:/loans/2
expect_contains "metrics" out '^roc_auc +0\.'
expect_exit "a file is not on record" 4 "$HONE" compare own.onnx models:/loans/2
expect_contains "says what to do" err '\-\-data FILE'

expect_exit "one model" 2 "$HONE" compare models:/loans/1
expect_exit "no such model" 4 "$HONE" compare models:/loans/1 models:/loans/9 --data test.csv
awk 'BEGIN{srand(1); print "x,z"; for (i = 0; i < 200; i++) {x = rand(); print x "," 3 * x + rand()}}' >other.csv
"$HONE" train other.csv --target z --name other -q
expect_exit "another question" 2 "$HONE" compare models:/loans/1 models:/other/1 --data test.csv
expect_contains "is refused" err 'do not answer the same question'
