#!/bin/bash
# hone monitor: batches and servers are counted alike and add up; realised quality rings; the page.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/serve_model.sh"
command -v python3 >/dev/null || skip "no python3"

make_buyers
train buyers 1
cut -d, -f1-4 buyers.csv >rows.csv
counts() { # counts WHERE: what is kept, hours added up, without what differs by where it came from
    sqlite3 -json .hone/hone.db "SELECT server, n_rows, data FROM sketch WHERE $1" >kept.json
    python3 - <<'PY'
import json
sums, rows = {}, 0
try:
    kept = json.load(open("kept.json"))
except ValueError:
    kept = []
for k in kept:
    rows += k["n_rows"]
    for c in json.loads(k["data"])["columns"]:
        s = sums.setdefault((c["name"], c["prediction"]), [0, {}])
        s[0] += c["missing"]
        for cell in c["cells"]:
            s[1][cell[0]] = s[1].get(cell[0], 0) + cell[1]
print(rows, sorted((k, v[0], sorted(v[1].items())) for k, v in sums.items()))
PY
}

# --- batches beside servers
expect_exit "a batch is scored" 0 "$HONE" predict models:/buyers/1 rows.csv -o batch.csv --json
expect_equal "and counted" "$(json out .counted)" true
one=$(counts "server = 0")
expect_equal "all of its rows" "${one%% *}" 400
expect_exit "nor counted where nobody wants it" 0 "$HONE" predict models:/buyers/1 rows.csv -o batch.csv --no-sketch --json
expect_equal "says so" "$(json out .counted)" false
expect_equal "as before" "$(counts "server = 0")" "$one"
expect_exit "with three threads" 0 "$HONE" predict models:/buyers/1 rows.csv -o batch.csv --threads 3
expect_equal "another batch adds up" "$(counts "server = 0" | cut -d' ' -f1)" 800
expect_exit "a file is not registered" 0 "$HONE" predict "$(grep -rla hone.reference .hone/artifacts | head -1)" rows.csv -o batch.csv
expect_equal "so not counted" "$(counts "server = 0" | cut -d' ' -f1)" 800

sqlite3 .hone/hone.db "DELETE FROM sketch"
serve "serves without a log" models:/buyers/1 --log off || exit 1
ask "the same rows" 200 prediction /predict -H 'Content-Type: text/csv' --data-binary @rows.csv
stop_server "and ends" TERM 0
expect_equal "a server counts what a batch counts" "$(counts "server <> 0")" "$one"
expect_exit "both in a window" 0 "$HONE" predict models:/buyers/1 rows.csv -o batch.csv
expect_exit "are seen together" 0 "$HONE" monitor models:/buyers/1 --source sketches --window month --json
expect_equal "and add up" "$(json out .rows)" 800
expect_equal "quality is not known" "$(json out .performance)" null

# --- realised quality
awk -F, -v OFS=, 'NR > 201 { $NF = $NF == "yes" ? "no" : "yes" } { print }' buyers.csv >turned.csv
expect_exit "answers that are as good as they were" 0 "$HONE" monitor models:/buyers/1 buyers.csv --window 100
expect_contains "are shown with interval and test" out 'realised roc_auc 0\.[0-9]+ \(0\.[0-9]+ to [01](\.[0-9]+)?\) on 400 labelled rows; on the test rows'
expect_exit "answers that are wrong ring" 1 "$HONE" monitor models:/buyers/1 turned.csv --window 100 --html live.html --json
expect_contains "says since when" err 'the realised roc_auc is worse since rows 201-300'
expect_equal "four windows" "$(json out '.performance.windows' | grep -o '"state"' | wc -l)" 4
expect_equal "says since when to programs" "$(json out .performance.since)" "rows 201-300"
expect_equal "no drift" "$(json out .since)" null
expect_contains "what to do next" out 'what leads to them has changed'
expect_contains "the page has the metric" live.html 'Realised roc_auc is worse since'
expect_contains "and the windows" live.html 'rows 301-400'
expect_equal "one alarm" "$(sqlite3 .hone/hone.db "SELECT kind, subject, severity FROM alarm")" "performance|roc_auc|critical"
expect_exit "looked at again" 1 "$HONE" monitor models:/buyers/1 turned.csv --window 100
expect_contains "in words" out 'quality is worse since rows 201-300'
expect_exit "few labels say nothing" 0 "$HONE" monitor models:/buyers/1 turned.csv --window 50
expect_contains "and are said to be few" out 'too few labels'
expect_exit "unless asked" 1 "$HONE" monitor models:/buyers/1 turned.csv --window 50 --least-labels 50
expect_exit "a tolerance" 0 "$HONE" monitor models:/buyers/1 turned.csv --window 100 --tolerance 0.99
awk -F, -v OFS=, 'NR > 1 && NR <= 31 { $NF = "perhaps" } { print }' buyers.csv >spelled.csv
expect_exit "labels that are no class" 0 "$HONE" monitor models:/buyers/1 spelled.csv --window 100
expect_contains "are not of the quality" out ' on 370 labelled rows;'
expect_contains "and are told" out '^30 labels are no answer that the model can give, the first is "perhaps": they were left out$'
expect_exit "to programs too" 0 "$HONE" monitor models:/buyers/1 spelled.csv --window 100 --json
expect_equal "how many" "$(json out .performance.unread_labels)" 30
expect_equal "and the first" "$(json out .performance.unread_label)" perhaps
awk -F, -v OFS=, 'NR > 1 { $1 = 999 } { print }' buyers.csv >moved.csv
expect_exit "one window that has moved does not ring" 0 "$HONE" monitor models:/buyers/1 moved.csv --window 400 --html moved.html
expect_contains "and is said not to" out '^too few windows have drifted to ring .*in rows 1-400:'
expect_contains "nor called calm on the page" moved.html '1 of 1 window has drifted'
expect_lacks "as what is calm is" moved.html 'as in training'
expect_contains "with what moved" out '^drift +age has drifted'
expect_exit "few rows" 0 "$HONE" monitor models:/buyers/1 <(head -21 buyers.csv) --window 20
expect_contains "are said to be few" out 'too few rows'
