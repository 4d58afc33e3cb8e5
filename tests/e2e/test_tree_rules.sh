#!/bin/bash
# A model that people can read: its rules on the screen and in the JSON, and the same answers from its file.
. "$(dirname "$0")/lib.sh"

awk 'BEGIN {
    print "age,job,bought"
    split("clerk maid nurse student", job, " ")
    for (i = 0; i < 400; i++) {
        age = i * 37 % 80; j = int(i * 13 / 7) % 4 + 1
        print age "," job[j] "," (age >= 20 && age < 60 && (j == 2 || j == 4) ? "yes" : "no")
    }
}' > shop.csv

expect_exit "trains one tree" 0 "$HONE" train shop.csv --target bought --model tree --name shop
expect_contains "its rules have a heading" out 'its rules'
expect_contains "names of categories" out 'job in {maid, student}'
expect_contains "both bounds in one condition" out '19 < age <= 59'
expect_contains "leaves are told as rules" out 'tree, 4 rules'
expect_exit "trains one tree, for programs" 0 "$HONE" train shop.csv --target bought --model tree --name shop --json
expect_contains "JSON has the rules" out '"rules":"IF '
printf 'age,job\n30,maid\n30,nurse\n70,student\n' > ask.csv
expect_exit "answers" 0 "$HONE" predict models:/shop/1 ask.csv -o said.csv
expect_equal "what the rules say" "$(tail -n +2 said.csv | cut -d, -f1 | xargs)" "yes no no"

# what is missing or not tells all: no empty set of levels is written
awk 'BEGIN { print "Cancelled for,bought"; for (i = 0; i < 400; i++) print (i % 3 ? "" : i % 2 ? "price" : "moved") "," (i % 3 ? "no" : "yes") }' > told.csv
expect_exit "trains on a leak" 0 "$HONE" train told.csv --target bought --model tree --name told
expect_contains "one side is missing" out '^IF Cancelled for is missing THEN no'
expect_contains "the other is present" out '^IF Cancelled for is present THEN yes'
expect_contains "the column is given as a shell takes it" out "drop it: --drop 'Cancelled for'"
expect_contains "and the leak is told again at the end" out '^first: a check of the data failed'
