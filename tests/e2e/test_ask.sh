#!/bin/bash
# docs/guide/ask.md: its programs are taken from the page, run, and answer as `hone predict` does.
. "$(dirname "$0")/lib.sh"
command -v curl >/dev/null || skip "no curl"
command -v python3 >/dev/null || skip "no python3"

expect_exit demo 0 "$HONE" demo loans --rows 2000 --days 5 --per-day 10 --drift-day 4
expect_exit clean 0 "$HONE" convert loans/history.csv good.csv --on-bad-row skip
expect_exit train 0 "$HONE" train good.csv --target default --model logistic --name loans --checks off --bootstrap 0 --seed 1 || exit 1
# the row of the page; what it does not have is missing
awk -F, 'NR == 1 { split("age 31 income 19000 amount 14000 purpose holiday late_payments 2", given, " ")
    for (i = 1; i in given; i += 2) { value[given[i]] = given[i + 1] }
    print; for (i = 1; i <= NF; i++) { printf "%s%s", i == 1 ? "" : ",", value[$i] } print "" }' good.csv >row.csv
expect_exit "offline answer" 0 "$HONE" predict models:/loans/1 row.csv -o offline.csv
cat >page.py <<'PY'
"""page.py PAGE ADDRESS: the blocks of a page as files block-N.LANGUAGE, with the address put in."""
import re, sys
page, address = sys.argv[1:]
text = open(page).read()
for i, (kind, body) in enumerate(re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S)):
    if kind not in ("console", "text"):
        open(f"block-{i}.{kind}", "w").write(body.replace("127.0.0.1:8080", address))
PY
cat >same.py <<'PY'
"""same.py SAID: what a program printed, a reply as JSON or "class probability", is what offline.csv says."""
import csv, json, struct, sys
f32 = lambda x: struct.pack("<f", float(x))
want = next(csv.DictReader(open("offline.csv")))
said = open(sys.argv[1]).read().strip()
if said.startswith("{"):
    reply = json.loads(said)
    got = reply["prediction"], reply["probabilities"]["yes"]
else:
    got = said.split()
assert got[0] == want["prediction"] and f32(got[1]) == f32(want["probability_yes"]), (got, want)
PY
serve "serves loans" models:/loans/1 || exit 1
python3 page.py "$ROOT/docs/guide/ask.md" "${URL#http://}"

# answers NAME COMMAND...: its output is the offline answer.
answers() {
    local name=$1
    shift
    if "$@" >said 2>said.err && python3 same.py said 2>>said.err; then
        ok "$name"
    else
        fail "$name" "$(head -3 said) $(tail -4 said.err)"
    fi
}
seen=
for block in block-*; do
    seen="$seen ${block##*.}"
    case $block in
    *.sh)
        if grep -q openapi-typescript "$block"; then
            tool=$ROOT/bench/clients/node_modules/.bin/openapi-typescript
            [ -x "$tool" ] || { echo "skipped: no openapi-typescript (npm ci in bench/clients)"; continue; }
            sed -i "s#npx openapi-typescript#$tool#" "$block"
            expect_exit "types from the description" 0 sh "$block"
            expect_contains "with the fields" api.ts 'late_payments\?: number \| null'
        else
            answers curl sh "$block"
        fi
        ;;
    *.python) answers Python python3 "$block" ;;
    *.js)
        command -v node >/dev/null || { echo "skipped: no node"; continue; }
        cp "$block" ask.mjs && answers JavaScript node ask.mjs
        ;;
    *.go)
        command -v go >/dev/null || { echo "skipped: no go"; continue; }
        answers Go env HOME="$DIR" GOFLAGS=-mod=mod GO111MODULE=off go run "$block"
        ;;
    *.java)
        java --list-modules 2>/dev/null | grep -q jdk.compiler || { echo "skipped: no java"; continue; }
        cp "$block" Ask.java && answers Java java Ask.java
        ;;
    *.r)
        Rscript -e 'library(curl); library(jsonlite)' >r.out 2>&1 || { echo "skipped: no R with curl and jsonlite"; continue; }
        answers R Rscript "$block"
        ;;
    *) fail "$block" "a language that no test runs" ;;
    esac
done
expect_equal "the page has them all" "$(tr ' ' '\n' <<<"$seen" | sort -u | tr -d '\n')" "gojavajspythonrsh"
