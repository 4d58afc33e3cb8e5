#!/bin/bash
# data: versions of files, folders and tables; trainings read them and are reproduced from them.
. "$(dirname "$0")/lib.sh"

"$HONE" demo loans --rows 1500 --days 4 --per-day 10 --drift-day 2 --quiet >/dev/null
cp loans/history.csv loans.csv

expect_exit "nothing yet" 4 "$HONE" data list
expect_contains "says so" err 'no store'
expect_exit "add a file" 0 "$HONE" data add loans.csv --on-bad-row skip --note first
expect_contains "tells rows" out '^data:/loans/1 .* rows, .* columns'
expect_exit "add it again" 0 "$HONE" data add loans.csv --on-bad-row skip --json
expect_equal "no new version" "$(json out .versions[0].unchanged)" true
expect_equal "still one" "$(json out .versions[0].version)" 1
head -1000 loans.csv >rows && mv rows loans.csv
expect_exit "add what changed" 0 "$HONE" data add loans.csv --on-bad-row skip --json
expect_equal "second version" "$(json out .versions[0].version)" 2
rows=$(json out .versions[0].rows)

expect_exit "list" 0 "$HONE" data list
expect_contains "one line a set" out '^loans +2 +2 '
expect_exit "list one" 0 "$HONE" data list loans --json
expect_equal "two versions" "$(json out .versions[1].rows)" "$rows"
expect_exit "show" 0 "$HONE" data show loans/1
expect_contains "show has columns" out 'columns'
expect_contains "show has the note" out 'first'
expect_exit "diff" 0 "$HONE" data diff loans/1 loans/2
expect_contains "diff names the file" out '^changed +loans.csv'
expect_exit "diff for scripts" 1 "$HONE" data diff loans/1 loans/2 --exit-code
expect_exit "diff of the same" 0 "$HONE" data diff loans/1 data:/loans/1 --exit-code
expect_contains "says the same" out 'the same'

expect_exit "read a version" 0 "$HONE" convert data:/loans/2 out.csv --on-bad-row skip --json
expect_equal "all its rows" "$(json out .rows)" "$rows"
train=("$HONE" train data:/loans --target default --on-bad-row skip --drop 'application_id,collection_calls')
expect_exit "train on the newest" 0 "${train[@]}" --model logistic --name m --json
expect_exit "its run names the version" 0 "$HONE" runs --json
run=$(json out .runs[0].run)
expect_exit "show again" 0 "$HONE" data show loans/2 --json
expect_equal "the version knows its run" "$(json out .runs[0])" "$run"
rm loans.csv
"$HONE" demo loans --rows 300 --days 4 --per-day 10 --drift-day 2 --seed 5 --quiet >/dev/null
"$HONE" data add loans/history.csv --name loans --on-bad-row skip --quiet
expect_exit "reproduced though newer data came" 0 "$HONE" reproduce models:/m/1
expect_contains "to the bit" out 'reproduced to the bit'

mkdir -p tree/deep && seq 5 >tree/a.csv && seq 9 >tree/deep/b.csv && : >tree/empty
expect_exit "add a folder" 0 "$HONE" data add tree
expect_contains "counts files" out '3 files'
expect_exit "get it back" 0 "$HONE" data get tree copy
expect_exit "all of it" 0 diff -r tree copy
expect_exit "one file of it" 0 "$HONE" data get tree/1/deep/b.csv one.csv
expect_exit "the same" 0 cmp one.csv tree/deep/b.csv
expect_exit "a folder is no table" 2 "$HONE" profile data:/tree
expect_contains "names its files" err 'a.csv, deep/b.csv'
expect_exit "a file of it is" 0 "$HONE" profile data:/tree/1/deep/b.csv
expect_exit "absent file" 4 "$HONE" profile data:/tree/1/c.csv
expect_exit "absent version" 4 "$HONE" data show tree/7
expect_exit "absent set" 4 "$HONE" data show trees
expect_contains "says what there is" err 'there are: loans, tree'
expect_exit "no such action" 2 "$HONE" data push
expect_contains "says what it knows" err 'add, list, show'
expect_exit "bad name" 2 "$HONE" data add tree --name 'a b'
expect_exit "absent file to add" 4 "$HONE" data add nothing.csv
printf 'a,b\n1\n' >broken.csv
expect_exit "what is no table is kept all the same" 0 "$HONE" data add broken.csv
expect_contains "and said" out 'not read as a table: .*line 2'

expect_exit "remove" 0 "$HONE" data remove tree/1
expect_exit "remove needs a version" 2 "$HONE" data remove loans
before=$(du -s --apparent-size .hone/objects | cut -f1)
expect_exit "gc dry" 0 "$HONE" data gc --keep 1 --dry-run --json
expect_equal "would remove the older ones" "$(json out .versions)" 2
expect_exit "nothing was removed" 0 "$HONE" data show loans/1
expect_exit "gc" 0 "$HONE" data gc --keep 1 --json
after=$(du -s --apparent-size .hone/objects | cut -f1)
if [ "$after" -lt "$before" ]; then ok "bytes are given back"; else fail "bytes are given back" "$before, then $after"; fi
expect_exit "the newest is whole" 0 "$HONE" data verify
expect_exit "an older one is gone" 4 "$HONE" data show loans/1
expect_contains "says removed" err 'was removed'
