#!/bin/bash
# predict: rows in order, columns as promised, and what it says to bad input.
. "$(dirname "$0")/lib.sh"

"$HONE" demo loans --rows 1200 --days 10 --per-day 30 --drift-day 5 --quiet >/dev/null
expect_exit "train" 0 "$HONE" train loans/history.csv --target default --on-bad-row skip --name loans \
    --drop application_id,collection_calls --model gbt --set rounds=20

expect_exit "predict" 0 "$HONE" predict models:/loans/1 loans/live.csv -o scored.csv
expect_contains "says what it wrote" out '^300 rows scored with models:/loans/1 into scored\.csv$'
expect_equal "columns" "$(head -1 scored.csv)" prediction,probability_no,probability_yes
expect_equal "a row for each" "$(wc -l <scored.csv)" 301
expect_equal "probabilities add up, the likelier wins" "$(awk -F, 'NR > 1 && (($2 + $3 - 1) ^ 2 > 1e-10 ||
    ($1 == "yes") != ($3 >= 0.5)) { bad++ } END { print bad + 0 }' scored.csv)" 0
expect_exit "to standard output" 0 "$HONE" predict models:/loans/1 loans/live.csv
expect_equal "is the same" "$(sha256sum <out)" "$(sha256sum <scored.csv)"

# progress as events for programs, and only when they ask for them
expect_exit "events" 0 "$HONE" predict models:/loans/1 loans/live.csv -o events.csv --json --progress json
expect_equal "every line is one, each stage is begun and ended" "$(python3 -c '
import json
for line in open("err"):
    e = json.loads(line)
    assert e["event"] == "progress" and e["seconds"] >= 0
    print(e["stage"], e["state"], e["done"], e["total"])' | grep -v running)" \
    "$(printf '%s\n' 'reading begun 0 None' 'reading ended 300 300' 'scoring begun 0 300' 'scoring ended 300 300' \
    'writing begun 0 300' 'writing ended 300 300')"
expect_equal "the result stands alone" "$(json out .rows)" 300
expect_exit "events of a long verb" 0 "$HONE" train loans/history.csv --target default --on-bad-row skip \
    --name again --drop application_id,collection_calls --model gbt --set rounds=20 --progress json --quiet
expect_equal "in this order" "$(grep -o '"stage":"[a-z]*","state":"ended"' err | cut -d'"' -f4 | tr '\n' ' ')" \
    "reading checking fitting boost scoring testing judging "
expect_exit "none" 0 "$HONE" predict models:/loans/1 loans/live.csv -o events.csv --progress none
expect_equal "says nothing" "$(wc -c <err)" 0
expect_exit "neither" 2 "$HONE" predict models:/loans/1 loans/live.csv --progress xml

# the order of rows and of columns, and the company a row is in, change nothing
{ head -1 loans/live.csv; tail -n +2 loans/live.csv | tac; } >back.csv
"$HONE" predict models:/loans/1 back.csv -o back.out --quiet
expect_equal "rows keep their order" "$(tail -n +2 back.out | tac | sha256sum)" \
    "$(tail -n +2 scored.csv | sha256sum)"
"$HONE" convert loans/live.csv turned.csv --quiet \
    --columns channel,job,age,income,purpose,debt_ratio,late_payments,applied,amount,years_at_job,district
"$HONE" predict models:/loans/1 turned.csv -o turned.out --quiet
expect_equal "columns may come in any order" "$(sha256sum <turned.out)" "$(sha256sum <scored.csv)"
{ head -1 loans/live.csv; sed -n 8p loans/live.csv; } >one.csv
"$HONE" predict models:/loans/1 one.csv -o one.out --quiet
expect_equal "one row" "$(tail -1 one.out)" "$(sed -n 8p scored.csv)"
gzip -k loans/live.csv
"$HONE" predict models:/loans/1 loans/live.csv.gz -o gz.out --quiet
expect_equal "compressed rows" "$(sha256sum <gz.out)" "$(sha256sum <scored.csv)"
"$HONE" convert loans/live.csv live.jsonl --quiet
"$HONE" predict models:/loans/1 live.jsonl -o jsonl.out --quiet
expect_equal "JSON Lines" "$(sha256sum <jsonl.out)" "$(sha256sum <scored.csv)"
"$HONE" predict models:/loans/1 - <loans/live.csv >piped.out 2>err
expect_equal "standard input" "$(sha256sum <piped.out)" "$(sha256sum <scored.csv)"
for threads in 1 2 4; do
    "$HONE" predict models:/loans/1 loans/live.csv -o threads.out --threads "$threads" --quiet
    expect_equal "$threads threads" "$(sha256sum <threads.out)" "$(sha256sum <scored.csv)"
done
expect_exit "JSON Lines out, input beside" 0 "$HONE" predict models:/loans/1 loans/live.csv --with-input \
    -o scored.jsonl --json
expect_equal "rows as JSON" "$(json out .rows)" 300
head -1 scored.jsonl >first.json
expect_equal "input is beside" "$(json first.json .application_id)" 900000
expect_equal "prediction is beside" "$(json first.json .prediction)" "$(sed -n 2p scored.csv | cut -d, -f1)"
expect_exit "model file" 0 "$HONE" export models:/loans/1 -o m.onnx
"$HONE" predict m.onnx loans/live.csv -o file.out --quiet
expect_equal "exported file scores the same" "$(sha256sum <file.out)" "$(sha256sum <scored.csv)"
expect_exit "no rows" 0 "$HONE" predict m.onnx loans/live.csv -o none.csv --na x --json
head -1 loans/live.csv >header.csv
expect_exit "header alone" 0 "$HONE" predict m.onnx header.csv -o none.csv
expect_equal "gives a header alone" "$(cat none.csv)" prediction,probability_no,probability_yes
sed '2s/,[0-9]*,/,many,/3' loans/live.csv >odd.csv
expect_exit "a value of another type" 0 "$HONE" predict m.onnx odd.csv -o odd.out
expect_contains "is told" out '[0-9]+ values? w'

# words stay words when the few rows at hand could be taken for something else
awk 'BEGIN { print "flag,code,day,z,y"; split("True False Unknown", f, " "); split("1.0 2.50 x 007", c, " ")
    split("2024-01-05 2024-02-30 soon", d, " ")
    for (i = 0; i < 300; i++) { a = 1 + i % 3; b = 1 + int(i / 3) % 4; e = 1 + int(i / 12) % 3
        print (i % 40 == 7 ? "NA" : f[a]) "," c[b] "," d[e] "," i % 7 "," (a == 1 ? "True" : b == 2 ? "False" : "None of it") } }' >words.csv
expect_exit "train on words" 0 "$HONE" train words.csv --target y --name words --model gbt --set rounds=30 --checks off
"$HONE" predict models:/words/1 words.csv -o words.out --quiet
for row in 2 3 8 30 41; do
    sed -n "1p;${row}p" words.csv >one.csv
    expect_equal "row $row alone" "$("$HONE" predict models:/words/1 one.csv | tail -1)" "$(sed -n "${row}p" words.out)"
done
grep -E '^(flag|True,)' words.csv >truth.csv
expect_exit "rows of one word" 0 "$HONE" evaluate models:/words/1 truth.csv --json
expect_equal "are judged" "$(json out .metrics.accuracy)" 1.0
grep -vE 'Unknown|None|NA' words.csv >known.csv
expect_exit "a test table without some words" 0 "$HONE" train words.csv --target y --test known.csv --model gbt \
    --set rounds=30 --name known --json
expect_equal "is read as the other" "$(json out .metrics.accuracy)" 1.0

awk 'BEGIN { srand(1); print "a,b,y"; for (i = 0; i < 200; i++) { a = rand(); b = rand(); print a "," b "," 3 * a - b } }' >num.csv
"$HONE" train num.csv --target y --name num --model linear --quiet
expect_exit "regression" 0 "$HONE" predict models:/num/1 num.csv -o num.out
expect_equal "one column" "$(head -1 num.out)" prediction
expect_at_most "near the truth" "$(paste -d, num.csv num.out | awk -F, 'NR > 1 { s += ($3 - $4) ^ 2 } END { print s / 200 }')" 0.01

# --- bad input --------------------------------------------------------------------------------------
refuse() { # refuse NAME STATUS REGEX ARGUMENTS...
    local name=$1 want=$2 regex=$3
    shift 3
    expect_exit "$name" "$want" "$HONE" predict "$@" -o refused.csv &&
        expect_contains "$name: says so" err "^hone: .*$regex" &&
        expect_equal "$name: nothing is written" "$(ls refused.csv 2>/dev/null)" ''
}
: >empty.csv
head -c 3000 /dev/urandom >binary.csv
cut -d, -f1-3,5- loans/live.csv >lacking.csv
refuse "no file" 4 'nofile\.csv' m.onnx nofile.csv
refuse "empty file" 3 'empty\.csv' m.onnx empty.csv
refuse "binary file" 3 'binary\.csv' m.onnx binary.csv
refuse "missing column" 4 'no column district' m.onnx lacking.csv
refuse "another table" 4 'no column' m.onnx num.csv
refuse "no model" 4 'models:/nope' models:/nope/1 loans/live.csv
refuse "no version" 4 'models:/loans/9' models:/loans/9 loans/live.csv
refuse "no model file" 4 'no\.onnx' no.onnx loans/live.csv
refuse "table for a model" 3 'loans/live' loans/live.csv loans/live.csv
cp loans/live.csv fake.onnx
refuse "table named like a model" 3 'fake\.onnx' fake.onnx loans/live.csv
head -c 2000 m.onnx >cut.onnx
refuse "half a model" 3 'cut\.onnx' cut.onnx loans/live.csv
expect_exit "no table" 2 "$HONE" predict m.onnx
expect_exit "no such folder" 4 "$HONE" predict m.onnx loans/live.csv -o no/such/out.csv
if [ -e /dev/full ]; then
    "$HONE" predict m.onnx loans/live.csv >/dev/full 2>err
    expect_equal "full disk" $? 8
    expect_contains "full disk is named" err 'No space left'
fi
