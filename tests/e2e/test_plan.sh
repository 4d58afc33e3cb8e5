#!/bin/bash
# plan: go, more data or no-go, with the exit status that says so, on a world whose truth is known.
. "$(dirname "$0")/lib.sh"

"$HONE" demo loans --rows 1500 --days 5 --per-day 10 --drift-day 3 --quiet >/dev/null
"$HONE" convert loans/history.csv good.csv --on-bad-row skip --quiet

# collection_calls is known after the outcome only
expect_exit "a leak is a no-go" 1 "$HONE" plan good.csv --target default --repeats 2
expect_contains "says so first" out '^no-go$'
expect_contains "names the column of the check" out '^  x leakage: column collection_calls'
expect_contains "and of the model" out '^  x too good to be true: column collection_calls carries'
expect_contains "says what to type" out '^next: hone plan good\.csv --target default --repeats 2 --drop collection_calls$|^next: hone plan good\.csv --target default --drop collection_calls$'
expect_contains "a line on standard error" err 'no-go: the reasons are above'

drop=collection_calls,application_id
expect_exit "without it" 0 "$HONE" plan good.csv --target default --drop $drop --repeats 3 --json
expect_equal "go" "$(json out .verdict)" go
expect_equal "the test part is left alone" "$(($(json out .data.train_rows) + $(json out .data.test_rows)))" \
    "$(json out .data.rows)"
expect_at_least "a quick model beats guessing" "$(json out .now.low)" 0.6
expect_at_most "guessing" "$(json out .baseline)" 0.5
expect_equal "no column is too good" "$(json out .leakage.column)" null
expect_at_least "a forecast for ten times the rows" "$(json out '.learning.outlook[3].rows')" 10000
expect_equal "next" "$(json out .next)" "hone train good.csv --target default --drop $drop"
cp out first.json

expect_exit "the same again, on one thread" 0 "$HONE" plan good.csv --target default --drop $drop --repeats 3 --json --threads 1
expect_equal "same curve" "$(json out .learning.points)" "$(json first.json .learning.points)"
expect_equal "same forecast" "$(json out .learning.outlook)" "$(json first.json .learning.outlook)"
expect_equal "same reasons" "$(json out .reasons)" "$(json first.json .reasons)"

expect_exit "a goal out of reach" 1 "$HONE" plan good.csv --target default --drop $drop --repeats 3 --json \
    --success 'roc_auc >= 0.99'
expect_equal "no-go" "$(json out .verdict)" no-go
expect_equal "the goal fails" "$(json out '.goals[0].verdict')" fail
expect_exit "a goal within reach" 0 "$HONE" plan good.csv --target default --drop $drop --repeats 3 --json \
    --success 'roc_auc >= 0.6' --value 0,-100,-900,50 --value-unit EUR --html plan.html
expect_equal "is met" "$(json out '.goals[0].verdict')" pass
expect_at_least "worth more than saying one thing" "$(json out .worth.gain.low)" 0
expect_equal "in money" "$(json out .worth.unit)" EUR
expect_contains "a page" plan.html 'Learning curve'
expect_contains "with the curve" plan.html 'rows to learn from'
expect_exit "a yes that costs a thousand times what it brings" 1 "$HONE" plan good.csv --target default --drop $drop --repeats 2 --json \
    --value 1,-1000,0,0.001
expect_equal "is a no-go" "$(json out .verdict)" no-go

cat >hone.yaml <<YAML
goal: {target: default, success: ["roc_auc >= 0.6"]}
data: {source: good.csv}
features: {drop: [collection_calls, application_id]}
YAML
expect_exit "a project file" 0 "$HONE" plan hone.yaml --repeats 2
expect_contains "go" out '^go$'
expect_contains "next is its training" out '^next: hone train --config hone\.yaml'

python3 - <<'PY'
import random
random.seed(4)
with open("noise.csv", "w") as f:
    f.write("a,b,y\n")
    for _ in range(800):
        f.write(f"{random.random()},{random.random()},{random.choice('np')}\n")
PY
expect_exit "noise" 1 "$HONE" plan noise.csv --target y --repeats 3 --json
expect_equal "is a no-go" "$(json out .verdict)" no-go
expect_equal "without signal" "$(json out .learning.verdict.verdict)" "no signal"

expect_exit "no target" 2 "$HONE" plan good.csv
expect_contains "is asked for" err 'plan needs --target'
expect_exit "no such file" 4 "$HONE" plan nothing.csv --target y
head -20 good.csv >few.csv
expect_exit "a few rows" 2 "$HONE" plan few.csv --target default
expect_contains "are too few" err 'rows are too few for a learning curve|too few'
awk 'BEGIN{srand(2); print "a,y"; for (i = 0; i < 60; i++) print rand() "," (i < 2 ? "p" : "n")}' >rare.csv
expect_exit "a class of two rows" 2 "$HONE" plan rare.csv --target y
expect_contains "is too rare to judge" err 'is undefined on|undefined'
