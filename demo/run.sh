#!/usr/bin/env bash
# The main job from end to end, on made-up loan applications with planted truths: what each step finds is
# held against what was planted.  Exit status 1 when something planted is not found.
#
#   HONE=build/release/hone demo/run.sh [FOLDER]      (default: build/demo, made anew)
set -u
HONE=${HONE:-build/release/hone}
HONE=$(command -v "$HONE" || echo "$HONE")
case $HONE in /*) ;; *) HONE=$PWD/$HONE ;; esac
folder=${1:-build/demo}
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder" || exit 2
server=
missed=0
began=$SECONDS
trap '[ -z "$server" ] || kill "$server" 2>/dev/null' EXIT

bold= dim= red= green= plain=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
fi
step() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
show() { printf '%s$ hone %s%s\n' "$dim" "$*" "$plain"; } # the command as a person would type it
die() { printf '%sdemo: %s%s\n' "$red" "$*" "$plain" >&2; exit 1; }

# found WHAT PLANTED FOUND: equal is good.
found() {
    if [ "$2" = "$3" ]; then
        printf '  %sfound%s  %-34s planted %s, found %s\n' "$green" "$plain" "$1" "$2" "$3"
    else
        printf '  %sMISSED%s %-34s planted %s, found %s\n' "$red" "$plain" "$1" "$2" "${3:-nothing}"
        missed=$((missed + 1))
    fi
}
truth() { sed -n "s/^ *\"$1\": *\"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" truth.json; }
# field NAME < json: the first scalar of that name.
field() { grep -o "\"$1\":\(\"[^\"]*\"\|[^,}\]*\)" | head -n 1 | sed 's/^[^:]*://; s/^"//; s/"$//'; }

step "Make the data: applications to learn from, two months of later ones, and what was planted"
show demo .
"$HONE" demo . >/dev/null || die "the data could not be made"
printf '  %s rows of history.csv, %s of live.csv\n' "$(truth rows)" "$(($(wc -l <live.csv) - 1))"

step "Look at it"
show profile history.csv
"$HONE" profile history.csv --on-bad-row quarantine 2>profile.err | head -n 20

step "Check it"
show check history.csv --target default --on-bad-row quarantine
"$HONE" check history.csv --target default --on-bad-row quarantine --json >check.json 2>check.err
[ $? -le 1 ] || die "$(cat check.err)"
"$HONE" check history.csv --target default --on-bad-row quarantine 2>/dev/null | head -n 22
results=$(tail -n 1 check.json | sed 's/{"success":/\n&/g')
leak=$(printf '%s\n' "$results" | grep '"type":"target_leakage"' | grep '"severity":"fail"' | field column)
copies=$(printf '%s\n' "$results" | grep '"type":"duplicate_rows"' | field unexpected_count)
spelled=$(printf '%s\n' "$results" | grep '"type":"category_variants"' | field unexpected_count)
coded=$(printf '%s\n' "$results" | grep '"type":"missing_code"' | field unexpected_count)
broken=$(($(wc -l <history.csv.bad) - 1))
echo
found "column that leaks the outcome" "$(truth leak)" "$leak"
found "rows that repeat another" "$(truth duplicate_rows)" "$copies"
found "dirty values (spelling, codes)" "$(truth dirty_values)" "$((${spelled:-0} + ${coded:-0}))"
found "broken lines, set aside" "$(truth broken_lines)" "$broken"

step "Train without the leak, judge the districts"
drop="$leak,application_id,applied"
show train history.csv --target default --drop "$drop" --na 999 --by district --name loans
"$HONE" train history.csv --target default --drop "$drop" --na 999 --by district --name loans \
    --on-bad-row skip >train.txt 2>train.err || die "$(cat train.err)"
sed -n '/^tried/,$p' train.txt
"$HONE" evaluate models:/loans/1 history.csv --na 999 --on-bad-row skip --by district --json \
    --bootstrap 100 2>/dev/null >judged.json || die "the model could not be judged"
unfair=$(sed -n 's/.*"name":"demographic_parity_difference"\([^}]*\)}.*/\1/p' judged.json |
    grep '"verdict":"fail"' | field highest)
echo
found "district that is treated worse" "$(truth unfair_district)" "$unfair"

step "Prove that the model can be made again"
show reproduce models:/loans/1
"$HONE" reproduce models:/loans/1 || die "the model came out differently"

step "Promote it and serve it"
show promote models:/loans/1 --alias champion
"$HONE" promote models:/loans/1 --alias champion || die "it could not be promoted"
show serve models:/loans@champion
"$HONE" serve models:/loans@champion --port 0 >serve.out 2>serve.err &
server=$!
for _ in $(seq 100); do
    url=$(grep -o 'http://[^ ]*' serve.out | head -n 1)
    [ -n "$url" ] && break
    kill -0 "$server" 2>/dev/null || die "$(cat serve.err)"
    sleep 0.05
done
url=${url%/}
[ -n "$url" ] || die "the server does not answer"
printf '  %s, ready; one question:\n' "$url"
curl -s "$url/predict" -d '{"age": 31, "district": "west", "job": "none", "income": 19000, "amount": 14000,
  "purpose": "holiday", "debt_ratio": 0.61, "late_payments": 2, "channel": "web"}' | cut -c1-200
echo

step "Replay two months of applications, and their outcomes as they come in"
"$HONE" convert live.csv live.jsonl --quiet || die "live.csv could not be read"
"$HONE" convert outcomes.csv outcomes.jsonl --quiet || die "outcomes.csv could not be read"
day=0
while read -r date; do
    {
        printf '{"rows":['
        grep "\"applied\":\"$date\"" live.jsonl | paste -s -d, -
        printf ']}'
    } >request.json
    curl -sf "$url/predict" --data-binary @request.json -o "answer.json" || die "no answer for $date"
    # labels come by prediction id, in the order of the rows
    grep -o '"id":"[^"]*"' answer.json | sed 's/.*/{&/' >ids
    rows=$(wc -l <ids)
    sed -n "$((day + 1)),$((day + rows))p" outcomes.jsonl | sed 's/.*"default":/"label":/' >labels
    { printf '['; paste -d, ids labels | paste -s -d, -; printf ']'; } >feedback.json
    curl -sf "$url/feedback" --data-binary @feedback.json -o feedback.out || die "labels of $date refused"
    day=$((day + rows))
done < <(sed 1d live.csv | cut -d, -f2 | uniq)
curl -s "$url/metrics" | grep -E '^hone_(requests_total|log_dropped_total|predictions_total)' | head -n 5
kill "$server" && wait "$server" 2>/dev/null
server=
printf '  %s applications scored, logged and labelled\n' "$day"

step "Watch: is live data still what the model was made for?"
show monitor models:/loans@champion --time-column applied
"$HONE" monitor models:/loans@champion --time-column applied --json >watch.json 2>watch.err
[ $? -le 1 ] || die "$(cat watch.err)"
"$HONE" monitor models:/loans@champion --time-column applied 2>/dev/null |
    grep -vE '^[0-9-]+ +[0-9]+  (none|ALARM)' | head -n 24
since=$(grep -o '"since":"[^"]*"' watch.json | head -n 1 | sed 's/.*:"//; s/"$//')
echo
found "day on which the drift began" "$(truth drift_begins)" "$since"

step "Write it all down"
show report models:/loans@champion -o report.html
"$HONE" report models:/loans@champion -o report.html || die "no report"

printf '\n%s in %d s; everything is in %s (report.html first)\n' \
    "$([ "$missed" -eq 0 ] && echo "${green}all that was planted was found${plain}" ||
        echo "${red}$missed planted truths were missed${plain}")" \
    "$((SECONDS - began))" "$PWD"
[ "$missed" -eq 0 ]
