#!/bin/bash
# evaluate: the figures of the training again, groups, and what it says to bad input.
. "$(dirname "$0")/lib.sh"

"$HONE" demo loans --rows 3000 --days 10 --per-day 30 --drift-day 5 --quiet >/dev/null
"$HONE" convert loans/history.csv good.csv --on-bad-row skip --quiet
expect_exit "train" 0 "$HONE" train good.csv --target default --drop application_id,collection_calls \
    --name loans --model logistic --json
cp out train.json
expect_exit "the test rows of that training" 0 "$HONE" split good.csv --target default \
    --train-out train.csv --test-out test.csv
expect_exit "evaluate" 0 "$HONE" evaluate models:/loans/1 test.csv --json
expect_equal "rows" "$(json out .rows)" "$(json train.json .rows.test)"
for metric in roc_auc log_loss accuracy brier; do
    expect_equal "$metric is that of the training" "$(json out ".metrics.$metric")" \
        "$(json train.json ".metrics.$metric")"
    expect_at_most "$metric interval begins below" "$(json out ".intervals.${metric}[0]")" "$(json out ".metrics.$metric")"
    expect_at_least "$metric interval ends above" "$(json out ".intervals.${metric}[1]")" "$(json out ".metrics.$metric")"
done
expect_exit "for people" 0 "$HONE" evaluate models:/loans/1 test.csv
expect_contains "heads with the rows" out '^models:/loans/1 on [0-9]+ rows of test\.csv'
expect_contains "shows an interval" out '^roc_auc +0\.[0-9]+ +0\.[0-9]+ to '
expect_exit "some metrics" 0 "$HONE" evaluate models:/loans/1 test.csv --metrics f1,roc_auc --json
expect_equal "only those" "$(json out .metrics | tr -d ' ' | tr , '\n' | cut -d: -f1 | tr -d '{"\n')" f1roc_auc
expect_exit "without intervals" 0 "$HONE" evaluate models:/loans/1 test.csv --bootstrap 0 --json
expect_equal "are the value alone" "$(json out ".intervals.roc_auc[0]"),$(json out ".intervals.roc_auc[1]")" "null,null"

expect_exit "groups" 0 "$HONE" evaluate models:/loans/1 good.csv --by district --json
expect_equal "column" "$(json out '.groups[0].column')" district
expect_equal "groups in order" "$(json out '.groups[0].groups[0].group')$(json out '.groups[0].groups[3].group')" eastwest
expect_equal "three gaps" "$(json out '.groups[0].gaps[2].name')" false_positive_rate_difference
expect_exit "groups for people" 0 "$HONE" evaluate models:/loans/1 good.csv --by district
expect_contains "a line per group" out '^east +[0-9]+ +0\.[0-9]+ +[0-9.]+ %'
expect_contains "a verdict" out '(pass|fail|insufficient evidence) +demographic_parity_difference'

# answers that came later: joined by the number of the application
paste -d, loans/live.csv <(cut -d, -f2 loans/outcomes.csv) >answered.csv
expect_exit "later rows" 0 "$HONE" evaluate models:/loans/1 answered.csv --json
expect_equal "all of them" "$(json out .rows)" 300
sed '2,11s/,[a-z]*$/,/' answered.csv >partly.csv
expect_exit "rows without an answer" 0 "$HONE" evaluate models:/loans/1 partly.csv
expect_contains "are left out" out '10 rows have no answer'
sed 's/$/./; 1s/\.$//' answered.csv >dots.csv
expect_exit "answers with a full stop" 0 "$HONE" evaluate models:/loans/1 dots.csv --json
expect_equal "are recognised" "$(json out .rows)" 300

refuse() { # refuse NAME STATUS REGEX ARGUMENTS...
    local name=$1 want=$2 regex=$3
    shift 3
    expect_exit "$name" "$want" "$HONE" evaluate "$@" && expect_contains "$name: says so" err "^hone: .*$regex"
}
: >empty.csv
head -c 3000 /dev/urandom >binary.csv
head -1 answered.csv >header.csv
sed '5s/,[a-z]*$/,perhaps/' answered.csv >class.csv
sed '2,$s/,[a-z]*$/,/' answered.csv >missing.csv
sed '2,$s/,[a-z]*$/,no/' answered.csv >same.csv
refuse "no file" 4 'nofile' models:/loans/1 nofile.csv
refuse "empty file" 3 'empty' models:/loans/1 empty.csv
refuse "binary file" 3 'binary' models:/loans/1 binary.csv
refuse "header alone" 2 'no row has a default' models:/loans/1 header.csv
refuse "no answers" 4 'default' models:/loans/1 loans/live.csv
refuse "all answers missing" 2 'no row has a default' models:/loans/1 missing.csv
refuse "a class that training did not have" 3 'row 4: default is perhaps' models:/loans/1 class.csv
refuse "no model" 4 'models:/nope' models:/nope/1 test.csv
refuse "wrong metric" 2 'luck' models:/loans/1 test.csv --metrics luck
refuse "metric of another task" 2 'rmse' models:/loans/1 test.csv --metrics rmse
refuse "wrong group" 4 'distrikt' models:/loans/1 test.csv --by distrikt
awk -F, 'NR == 1 {print $0 ",id"} NR > 1 {print $0 ",n" NR}' test.csv >named.csv
refuse "too many groups" 2 'too many' models:/loans/1 named.csv --by id
expect_exit "one class only" 0 "$HONE" evaluate models:/loans/1 same.csv --json
expect_equal "has no roc_auc" "$(json out .metrics.roc_auc)" null
head -2 answered.csv >one.csv
expect_exit "one row" 0 "$HONE" evaluate models:/loans/1 one.csv
expect_contains "one row: undefined" out '^roc_auc +undefined'
