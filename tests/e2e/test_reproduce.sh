#!/bin/bash
# reproduce: the same bytes again, for any number of threads; and what is lost when a training dies.
. "$(dirname "$0")/lib.sh"

"$HONE" demo loans --rows 1500 --days 4 --per-day 10 --drift-day 2 --quiet >/dev/null
cp loans/history.csv data.csv
train=("$HONE" train data.csv --target default --on-bad-row skip --drop 'application_id,collection_calls')
expect_exit "train with 1 thread" 0 "${train[@]}" --threads 1 --set gbt.rounds=40 --name m --json
hash=$(json out .hash)
expect_exit "train with 2 threads" 0 "${train[@]}" --threads 2 --set gbt.rounds=40 --name m --json
expect_equal "same hash" "$(json out .hash)" "$hash"
expect_exit "train again with 4" 0 "${train[@]}" --threads 4 --set gbt.rounds=40 --name m --json
expect_equal "same hash again" "$(json out .hash)" "$hash"
expect_equal "and a version of its own" "$(json out .model)" models:/m/3

expect_exit "reproduce" 0 "$HONE" reproduce models:/m/2
expect_contains "says so" out 'reproduced to the bit'
expect_exit "reproduce as JSON" 0 "$HONE" reproduce models:/m/2 --threads 1 --json
expect_equal "same" "$(json out .same)" true
expect_equal "same hash once more" "$(json out .reproduced)" "$hash"
expect_exit "other options" 0 "${train[@]}" --seed 9 --model gbt --set rounds=25 --set learning_rate=0.2 \
    --set l2=0.001 --test-share 0.3 --positive no --keep application_id --split time --split-column applied \
    --name other --json
other=$(json out .hash)
expect_exit "are reproduced from the record" 0 "$HONE" reproduce models:/other/1 --json
expect_equal "to the bit" "$(json out .reproduced)" "$other"
head -800 data.csv >train.csv && { head -1 data.csv; tail -500 data.csv; } >test.csv
expect_exit "a test table" 0 "$HONE" train train.csv --target default --on-bad-row skip --test test.csv \
    --model logistic --name tested
expect_exit "is reproduced" 0 "$HONE" reproduce models:/tested/1

expect_exit "report" 0 "$HONE" report models:/m/3 -o report.html
expect_contains "report is HTML" report.html '^<!DOCTYPE html>|^<!doctype html>'
expect_contains "report names the model" report.html 'models:/m/3'
expect_lacks "report loads nothing from elsewhere" report.html '(src|href)="https?://'
expect_exit "report of no model" 4 "$HONE" report models:/no/1 -o none.html
"$HONE" export models:/m/3 -o m.onnx --quiet
expect_exit "report of a file" 2 "$HONE" report m.onnx -o none.html

sed -i '3s/,[a-z]*,/,elsewhere,/' data.csv
expect_exit "changed data" 4 "$HONE" reproduce models:/m/1
expect_contains "are named" err 'data\.csv is not the data that the model was trained on'
rm data.csv
expect_exit "data that are gone" 4 "$HONE" reproduce models:/m/1
expect_contains "are named too" err 'data\.csv'
cp loans/history.csv data.csv
expect_exit "data that are back" 0 "$HONE" reproduce models:/m/1
expect_exit "reproduce no model" 4 "$HONE" reproduce models:/m/9
expect_exit "reproduce a file" 2 "$HONE" reproduce m.onnx
