#!/bin/bash
# train: from a table to a registered model, its JSON contract, and what it says to bad input.
. "$(dirname "$0")/lib.sh"

expect_exit "demo data" 0 "$HONE" demo loans --rows 1500 --days 4 --per-day 20 --drift-day 2
"$HONE" convert loans/history.csv good.csv --on-bad-row skip --quiet
rows=$(($(wc -l <good.csv) - 1))

# --- what it does -------------------------------------------------------------------------------
expect_exit "train" 0 "$HONE" train good.csv --target default --drop application_id,collection_calls --name loans
expect_contains "says what is predicted" out 'predicting default \(two classes: no, yes \(positive\)\)'
expect_contains "says what was tried" out '^(gbt|logistic) '
expect_contains "says the metrics with intervals" out '^roc_auc +0\.[0-9]+ +0\.[0-9]+ to 0\.[0-9]+'
expect_contains "says what was made" out '^models:/loans/1  '
expect_equal "says nothing else" "$(cat err)" ''

expect_exit "train as JSON" 0 "$HONE" train good.csv --target default --drop application_id,collection_calls \
    --name loans --model gbt --set rounds=30 --json
expect_equal "one line of output" "$(wc -l <out)" 1
expect_equal "model" "$(json out .model)" models:/loans/2
expect_equal "run is an id" "$(json out .run | grep -cE '^[0-9a-f]{32}$')" 1
expect_equal "hash is of the file" "$(json out .hash)" "$(sha256sum "$(json out .onnx)" | cut -d' ' -f1)"
expect_equal "rows add up" "$(($(json out .rows.train) + $(json out .rows.test)))" "$rows"
expect_at_least "a fifth tests" "$(json out .rows.test)" $((rows / 5 - 2))
expect_at_least "roc_auc is a number" "$(json out .metrics.roc_auc)" 0.6
expect_at_least "log_loss is a number" "$(json out .metrics.log_loss)" 0.01
for key in read fit total; do
    expect_at_least "seconds.$key" "$(json out ".seconds.$key")" 0
done
expect_at_least "seconds.total is the most" "$(json out .seconds.total)" "$(json out .seconds.fit)"
cp out gbt.json
expect_exit "registered" 0 "$HONE" models loans --json
expect_equal "two versions" "$(json out .versions[0].version)" 2
expect_exit "on record" 0 "$HONE" runs "$(json gbt.json .run)" --json
expect_equal "finished" "$(json out .status)" FINISHED

expect_exit "dirty file as it is" 3 "$HONE" train loans/history.csv --target default
expect_contains "names the line" err 'loans/history\.csv, line [0-9]+: 2 fields, expected 14'
expect_contains "says what to do" err 'hint: .*--on-bad-row skip'
expect_exit "dirty file, bad rows left out" 0 "$HONE" train loans/history.csv --target default \
    --on-bad-row skip --model baseline --json
expect_equal "named after the file" "$(json out .model)" models:/history/1
expect_at_least "bad rows are counted" "$(json out .rows.bad)" 1

# --- a number, several classes, a test table, a project file ---------------------------------------
awk 'BEGIN { srand(3); print "a,b,y,k"; for (i = 0; i < 400; i++) { a = rand(); b = rand()
    print a "," b "," 100 * a - 50 * b "," int(3 * (a + b) / 2.01) } }' >num.csv
head -301 num.csv >first.csv && { head -1 num.csv; tail -100 num.csv; } >last.csv
expect_exit "regression on a test table" 0 "$HONE" train first.csv --target y --drop k --test last.csv --json
expect_equal "tests on that table" "$(json out .rows.train),$(json out .rows.test)" 300,100
expect_at_most "regression is learned" "$(json out .metrics.rmse)" 1
expect_exit "several classes" 0 "$HONE" train num.csv --target k --drop y --json --model gbt --set rounds=30
expect_at_least "several classes are learned" "$(json out .metrics.accuracy)" 0.85
cat >hone.yaml <<'YAML'
project: {name: fromfile, seed: 5}
goal: {target: k}
data: {source: num.csv}
features: {drop: [y]}
model: {estimator: logistic, settings: {alpha: 2}}
YAML
expect_exit "project file" 0 "$HONE" train --config hone.yaml --json
expect_equal "project file names the model" "$(json out .model)" models:/fromfile/1
expect_equal "project file chooses" "$(json out .estimator)" logistic
hash=$(json out .hash)
expect_exit "options go over the project file" 0 "$HONE" train --config hone.yaml --seed 6 --name other --json
expect_equal "other name" "$(json out .model)" models:/other/1
expect_exit "project file written" 0 "$HONE" train --config hone.yaml --write-config again.yaml --json
expect_exit "project file written does the same" 0 "$HONE" train --config again.yaml --json
expect_equal "to the bit" "$(json out .hash)" "$hash"
expect_exit "options go over the written file" 0 "$HONE" train --config again.yaml --seed 6 --json
[ "$(json out .hash)" != "$hash" ] && ok "other seed, other model" || fail "other seed, other model" same
expect_exit "the positive class" 0 "$HONE" train good.csv --target default --positive no --model logistic
expect_contains "is the one asked for" out 'two classes: yes, no \(positive\)'
awk 'BEGIN { srand(8); print "a,b,y"; for (i = 0; i < 300; i++) print rand() "," rand() "," rand() }' >noise.csv
expect_exit "noise" 0 "$HONE" train noise.csv --target y
expect_contains "noise is called noise" out 'none is better than the baseline'

# --- bad input -------------------------------------------------------------------------------------
refuse() { # refuse NAME STATUS REGEX ARGUMENTS...
    local name=$1 want=$2 regex=$3
    shift 3
    expect_exit "$name" "$want" "$HONE" train "$@" && expect_contains "$name: says so" err "^hone: .*$regex"
}
versions() { "$HONE" models --json | tr , '\n' | grep -c version; }
before=$(versions)
: >empty.csv
head -c 5000 /dev/urandom >binary.csv
head -c 3000 "$HONE" >program.csv
printf 'a,y\n1,2\n' >one.csv
printf 'a,y\n' >header.csv
{ echo 'a,y'; for i in $(seq 40); do echo "$i,"; done; } >missing.csv
{ echo 'a,y'; for i in $(seq 40); do echo "$i,7"; done; } >constant.csv
{ echo 'a,y'; for i in $(seq 40); do echo "5,$((i % 2))"; done; } >nothing.csv
refuse "no file" 4 'nofile\.csv' nofile.csv --target y
refuse "folder for a file" 2 'loans' loans --target y
refuse "empty file" 3 'empty\.csv' empty.csv --target y
refuse "binary file" 3 'binary\.csv' binary.csv --target y
refuse "program" 5 'program\.csv' program.csv --target y
refuse "header alone" 2 '.' header.csv --target y
refuse "one row" 2 '.' one.csv --target y
refuse "all targets missing" 2 'target y: all 40 values are missing' missing.csv --target y
refuse "constant target" 2 'target y is 7 in every row' constant.csv --target y
refuse "constant features" 2 'no column is left' nothing.csv --target y
refuse "wrong target" 4 'defautl' good.csv --target defautl
expect_contains "wrong target: a suggestion" err 'default'
refuse "wrong column to drop" 4 'jbo' good.csv --target default --drop jbo
refuse "no target" 2 'target' good.csv
refuse "no table" 2 'train needs a table' --target y
refuse "wrong estimator" 2 'gtb' good.csv --target default --model gtb
refuse "wrong setting" 2 'rouns=5' good.csv --target default --set rouns=5
refuse "wrong positive" 4 'maybe' good.csv --target default --positive maybe
refuse "wrong test table" 4 'test table' first.csv --target y --test good.csv
refuse "wrong model name" 2 'name' num.csv --target y --name 'a/b c'
refuse "wrong project file" 2 'no section gaol' --config <(echo 'gaol: {target: y}')
refuse "checks that stop" 1 'failed' good.csv --target default --checks fail
expect_exit "an error as JSON" 4 "$HONE" train nofile.csv --target y --json
expect_equal "has a code" "$(json out .error.code)" NOT_FOUND
expect_equal "nothing was registered" "$(versions)" "$before"
expect_exit "failures are on record" 0 "$HONE" runs
expect_contains "with their status" out FAILED
