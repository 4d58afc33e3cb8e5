#!/bin/bash
# hone profile in depth: what stands out, pairs of columns, a target, pages, odd tables.
. "$(dirname "$0")/lib.sh"

awk 'BEGIN { srand(3); print "id,when,size,copy,kind,bought,note"
    for (i = 0; i < 400; i++) {
        size = int(rand() * 90) + (i % 57 == 3 ? 900 : 10); big = size > 60
        printf "%d,2024-%02d-%02d,%s,%s,%s,%s,%s\n", i, 1 + i % 12, 1 + i % 28, (i % 9 ? size : ""),
            (i % 9 ? size : ""), (rand() < 0.5 ? "Red" : "red"), (rand() < 0.2 + 0.6 * big ? "yes" : "no"),
            (i % 9 ? "AB-" 100 + i : "") } }' >t.csv

expect_exit "profile" 0 "$HONE" profile t.csv
expect_contains "a sequence" out '^  id: id-like: counts the rows'
expect_contains "far values with their row" out 'size.*: highest value .* row [0-9]+\), lies'
expect_contains "a copy" out 'copy: the same in every row as size'
expect_contains "variants" out 'kind: 2 values are the same but for case'
expect_contains "what is missing together" out 'size with copy'
expect_contains "pairs" out '^size +copy .*1\.00 +Spearman'
expect_exit "without pairs" 0 "$HONE" profile t.csv --no-associations
expect_lacks "no pairs then" out 'hang together'
expect_exit "a target" 0 "$HONE" profile t.csv --target bought
expect_contains "its share" out 'bought is (yes|no) in [0-9.]+ %'
expect_contains "its features" out '^size .*ROC AUC'
expect_exit "chosen columns and rows" 0 "$HONE" profile t.csv --columns id,kind --where 'id < 100'
expect_contains "their number" out '100 rows, 2 columns'

expect_exit "as JSON" 0 "$HONE" profile t.csv --target bought --json
expect_equal "JSON has pairs" "$(json out .associations.columns)" 6
expect_equal "JSON has the target" "$(json out .target.kind)" binary
expect_equal "JSON has bars" "$(json out .column[0].histogram.log)" false
expect_equal "JSON has shapes" "$(json out '.column[6].shapes[0].value')" AA-999
"$HONE" profile t.csv --target bought --json --threads 1 >one.json
"$HONE" profile t.csv --target bought --json --threads 4 >four.json
expect_equal "threads change no bit" "$(cksum <one.json)" "$(cksum <four.json)"

expect_exit "as a page" 0 "$HONE" profile t.csv --target bought --html t.html
for section in findings target columns associations missing details; do
    expect_contains "section $section" t.html "<section id=\"$section\""
done
expect_exit "no such target" 4 "$HONE" profile t.csv --target bougt
expect_contains "the nearest is named" err 'bought'
printf 'a,b\n1,x\n1,y\n1,z\n' >same.csv
expect_exit "a constant target" 2 "$HONE" profile same.csv --target a
expect_contains "says why" err 'one value only'

printf 'a,b\n' >none.csv
expect_exit "no rows" 0 "$HONE" profile none.csv --html none.html
printf 'x\n1e308\n-1e308\n5\n1e-320\n' >huge.csv
expect_exit "numbers at the ends of double" 0 "$HONE" profile huge.csv --html huge.html
expect_equal "and their range" "$("$HONE" profile huge.csv --json >out && json out .column[0].max)" 1e+308
printf 'x\n9223372036854775807\n-9223372036854775808\n0\n' >ints.csv
expect_exit "integers at the ends" 0 "$HONE" profile ints.csv --html ints.html
printf 'd\n9999-12-31\n0001-01-01\n2024-02-29\n' >days.csv
expect_exit "days at the ends" 0 "$HONE" profile days.csv --html days.html
expect_contains "a day in the future" <("$HONE" profile days.csv) '1 in the future'
{
    echo 'x'
    for i in 1 2 3; do head -c 5000 /dev/zero | tr '\0' "$i"; echo; done
} >long.csv
expect_exit "long texts" 0 "$HONE" profile long.csv --html long.html

awk 'BEGIN { print "who,mail,age,score"
    for (i = 0; i < 60; i++)
        printf "Ada Lovelace%d,ada.lovelace%d@example.org,%d,%d\n", i, i, 20 + i % 50, i * 7 % 31 }' >people.csv
expect_exit "people" 0 "$HONE" profile people.csv --target score --html people.html
for form in "" "--json"; do
    # shellcheck disable=SC2086
    "$HONE" profile people.csv --target score $form >out
    expect_lacks "no address is shown ${form:-in text}" out 'lovelace[0-9]*@'
done
expect_lacks "no address is shown on the page" people.html 'lovelace[0-9]*@'
expect_contains "but what it is" out '"personal":'
expect_contains "ages are a distribution" out '"p50":39.5'
