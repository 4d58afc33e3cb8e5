#!/bin/bash
# demo: the planted truths, and the verbs that find them.
. "$(dirname "$0")/lib.sh"

expect_exit "demo" 0 "$HONE" demo loans --rows 6000 --days 20 --per-day 50 --drift-day 10
expect_contains "says what is where" out 'truth\.json'
expect_equal "four files" "$(ls loans | tr '\n' ' ')" 'history.csv live.csv outcomes.csv truth.json '
expect_equal "live rows" "$(wc -l <loans/live.csv)" 1001
expect_equal "an outcome for each" "$(cut -d, -f1 loans/live.csv | tail -n +2 | sha256sum)" \
    "$(cut -d, -f1 loans/outcomes.csv | tail -n +2 | sha256sum)"
expect_exit "demo again" 0 "$HONE" demo again --rows 6000 --days 20 --per-day 50 --drift-day 10 --json
expect_exit "is the same" 0 diff -r loans again
expect_exit "demo with a seed" 0 "$HONE" demo seeded --rows 6000 --days 20 --per-day 50 --drift-day 10 --seed 1
cmp -s loans/history.csv seeded/history.csv && fail "another seed" "same rows" || ok "another seed, other rows"

# what the reader and the checks find is what was planted
expect_exit "quarantine" 0 "$HONE" convert loans/history.csv good.csv --on-bad-row quarantine --quarantine bad.txt
expect_equal "broken lines" "$(grep -c 'transfer interrupted' bad.txt)" "$(json loans/truth.json .broken_lines)"
expect_equal "rows" "$(($(wc -l <good.csv) - 1))" "$(json loans/truth.json .rows)"
"$HONE" check good.csv --target default >out 2>err
expect_contains "check finds the leak" out "$(json loans/truth.json .leak)"
expect_contains "check finds duplicates" out "$(json loans/truth.json .duplicate_rows) (rows|duplicate)"
expect_exit "profile" 0 "$HONE" profile good.csv

# with the leak it is perfect, without it is honest
expect_exit "train with the leak" 0 "$HONE" train good.csv --target default --model logistic --name leaky --json
expect_at_least "too good to be true" "$(json out .metrics.roc_auc)" 0.98
expect_exit "train without" 0 "$HONE" train good.csv --target default --drop collection_calls,application_id --name loans --json
expect_at_least "a real signal" "$(json out .metrics.roc_auc)" 0.68
expect_at_most "an honest one" "$(json out .metrics.roc_auc)" 0.9
expect_exit "predict later applications" 0 "$HONE" predict models:/loans/1 loans/live.csv -o scored.csv
expect_equal "all of them" "$(wc -l <scored.csv)" 1001
expect_exit "report" 0 "$HONE" report models:/loans/1 -o report.html
expect_at_least "report has something to say" "$(wc -c <report.html)" 10000

expect_exit "monitor finds the drift" 1 "$HONE" monitor models:/loans/1 loans/live.csv --time-column applied --json
expect_equal "and says so in one document" "$(wc -l <out) $(json out .since)" "1 $(json loans/truth.json .drift_begins)"

expect_exit "demo without a folder" 2 "$HONE" demo
expect_exit "drift after the end" 2 "$HONE" demo late --days 5 --drift-day 5
expect_contains "drift after the end: says so" err 'drift day 5 is not among the 5 days'
expect_equal "and nothing is written" "$(ls late 2>/dev/null)" ''
touch file
expect_exit "a file for a folder" 8 "$HONE" demo file/loans
