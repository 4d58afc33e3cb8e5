#!/bin/bash
# Every command of the runbook is run, and every option that it names exists.  A block's lines that begin with "$ " are commands;
# "# status 1" in their comment says that they may end so.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/serve_model.sh"
command -v python3 >/dev/null || skip "no python3"
page=$ROOT/docs/guide/runbook.md
unset HONE_TOKEN
export USER=anna

# --- the night the page speaks of: three versions of loans, a server, drift that was planted -------------------------------
expect_exit "applications" 0 "$HONE" demo made --rows 3000 --days 12 --per-day 100 --drift-day 6
for seed in 1 2 3; do
    expect_exit "train $seed" 0 "$HONE" train made/history.csv --target default --on-bad-row skip --na 999 --seed "$seed" \
        --drop application_id,collection_calls,applied --name loans --model logistic || exit 1
    expect_exit "promote $seed" 0 "$HONE" promote "models:/loans/$seed" --reason "version $seed"
done
head -800 made/history.csv >newer.csv
head -500 made/history.csv >lately.csv
"$HONE" check newer.csv --write-schema loans.schema.yaml >/dev/null 2>&1
cp "$ROOT/docs/guide/hone.service" .
sed -i "s|/usr/local/bin/hone|$HONE|; s|^User=.*|User=root|; s|^Group=.*|Group=root|" hone.service
serve "serves" models:/loans@champion --poll 0.05 --flush 0.05 || exit 1
python3 - made/live.csv >rows.json <<'PY'
import csv, json, sys
rows = list(csv.DictReader(open(sys.argv[1])))[-300:]
print(json.dumps([{k: v for k, v in r.items() if k not in ("application_id", "applied")} | {"income": 9e6} for r in rows]))
PY
ask "odd rows" 200 prediction /predict -d @rows.json
id=$(json body '[0].id')
sleep 0.5
expect_exit "an alarm" 1 "$HONE" monitor models:/loans@champion --window 100 --k 1 --of 1

# --- the page -----------------------------------------------------------------------------------------------------------------
mkdir bin
printf '#!/bin/sh\nexec "%s" "$@"\n' "$HONE" >bin/hone
chmod +x bin/hone
export PATH=$DIR/bin:$PATH
sed -n '/^```console/,/^```/s/^\$ //p' "$page" >commands
expect_at_least "the page has commands" "$(wc -l <commands)" 18
while IFS= read -r line; do
    case $line in
    systemd-analyze*) command -v systemd-analyze >/dev/null || { echo "ok (no systemd-analyze here)"; continue; } ;;
    esac
    may=$(sed -n 's/.*# .*status \([0-9]*\).*/\1/p' <<<"$line")
    run=${line//localhost:8080/${URL#http://}}
    run=${run//01M7ZX8HX75PJJA51Y00000000/$id}
    seconds=120
    case $line in *--watch* | 'hone serve '*) seconds=3 ;; esac # they go on until they are told to end
    timeout "$seconds" bash -c "$run" >out 2>err </dev/null
    got=$?
    [ "$seconds:$got" != 3:124 ] || got=0
    if [ "$got" -eq 0 ] || [ "$got" = "$may" ]; then
        ok "\$ $line"
    else
        fail "\$ $line" "exit $got: $(tail -3 err)"
    fi
done <commands

# --- what is only named: hone VERB --option ------------------------------------------------------------------------------------
grep -oE '`(hone [a-z]+[^`]*|--[a-z-]+[^`]*)`' "$page" | tr -d '`' | sort -u >named
expect_at_least "the page names commands" "$(wc -l <named)" 15
for verb in $("$HONE" help | grep -oE '^  [a-z]+' | tr -d ' '); do "$HONE" help "$verb"; done >help.all 2>/dev/null
while IFS= read -r line; do
    verb=serve
    case $line in hone\ *) verb=$(cut -d' ' -f2 <<<"$line") ;; esac
    "$HONE" help "$verb" >help.out 2>err || { fail "$line" "no verb $verb"; continue; }
    case $line in --*) cp help.all help.out ;; esac # of which verb is told beside it
    while read -r option; do
        grep -q -e "$option" help.out || fail "$line" "hone $verb has no $option"
    done < <(grep -oE -e '--[a-z-]+' <<<"$line")
    ok "$line"
done <named

expect_exit "a model that nobody serves" 0 "$HONE" train made/history.csv --target purpose --on-bad-row skip --model logistic --name unserved
# --- every command that an output prints: follow them all -------------------------------------------------------------------------
ask "odd rows again" 200 prediction /predict -d @rows.json
sleep 0.5
champion=$("$HONE" models loans --json | python3 -c 'import json,sys; print([l for l in sys.stdin][-1])' >models.json; echo models:/loans@champion)
"$HONE" monitor "$champion" --window 100 --k 1 --of 1 >/dev/null 2>&1
"$HONE" status --decisions 0 >status.out
sed -n 's/^ *\$ //p; s/^ *then: \(hone .*\)/\1/p' status.out | sed 's/ if .*//' | sort -u >printed
sed -n 's/^  .*: \(hone \(monitor\|serve\) [^ ]*\)$/\1/p' status.out >>printed # of a model nobody looked at, or serves
expect_at_least "status prints commands" "$(wc -l <printed)" 2
alarm=$(grep -oE 'alarm:[0-9]+' status.out | head -1)
"$HONE" why "$alarm" >why.out 2>&1
grep -oE '^hone why [^ ]+' why.out >>printed
"$HONE" why "$id" >why.id
sed -n 's/^ *\$ //p' why.id >>printed
expect_at_least "why goes on to the model and the run" "$(sed -n 's/^ *\$ //p' why.id | wc -l)" 2
# closing comes last: the others still speak of it
grep -v 'hone close' printed >first
grep 'hone close' printed >>first
while IFS= read -r line; do
    case $line in hone\ serve*) line="timeout 3 $line --port 0" ;; esac
    timeout 60 bash -c "$line" >out 2>err </dev/null
    got=$?
    case $got:$line in 0:* | 1:hone\ monitor* | 124:timeout*) ok "printed: $line" ;; *) fail "printed: $line" "exit $got: $(tail -3 err)" ;; esac
done <first
