#!/bin/bash
# hone check: what it says of damaged tables, schemas and their updates, Great Expectations, the record, the page.
. "$(dirname "$0")/lib.sh"

awk 'BEGIN { srand(7); print "id,day,amount,city,closed"
    split("Paris Lyon Nice", city, " ")
    for (i = 0; i < 300; i++) {
        printf "%d,2024-%02d-%02d,%.2f,%s,%s\n", 1000 + i, 1 + i % 12, 1 + i % 28, 50 + 40 * rand(), city[1 + i % 3],
            rand() < 0.4 ? "yes" : "no" } }' >good.csv
sed '20s/Paris/paris/; 30,39s/,[0-9.]*,\(Paris\|Lyon\|Nice\),/,-1,\1,/' good.csv >worse.csv

expect_exit "a sound table" 0 "$HONE" check good.csv --target closed --now 2025-01-01
expect_contains "an id is told" out 'id_like: column id looks like an identifier'
expect_contains "and nothing else" out '1 warning, 0 failures'
expect_exit "a damaged table" 0 "$HONE" check worse.csv --target closed --now 2025-01-01
expect_contains "other case is told" out 'category_variants: column city .*"paris"'
expect_contains "with its row" out 'row 19$'
expect_contains "wrong signs are told" out 'column amount'
expect_exit "dates ahead of now" 0 "$HONE" check good.csv --now 2024-10-01
expect_contains "are told" out 'future_date: column day'
expect_exit "now that is no time" 2 "$HONE" check good.csv --now soon
expect_contains "is said" err 'now must be a date or a time'

# thresholds
expect_exit "a check left out" 0 "$HONE" check good.csv --now 2025-01-01 --off id_like
expect_contains "is silent" out '0 warnings'
expect_exit "a threshold" 0 "$HONE" check good.csv --now 2025-01-01 --set id_like.rows=1000,few_rows.rows=400
expect_contains "moves what is told" out 'results on fewer than 400'
expect_exit "no such check" 2 "$HONE" check good.csv --off id_lik
expect_exit "no such setting" 2 "$HONE" check good.csv --set id_like.most=1
expect_exit "no threshold" 2 "$HONE" check good.csv --set id_like
expect_contains "is said" err 'CHECK.KEY=N'

# what cannot be learned from
echo 'a,b' >header.csv
expect_exit "header only" 1 "$HONE" check header.csv
expect_contains "is said" out 'empty_table: the table has names of columns and no rows'
printf 'a\n1\n2\n' >two.csv
expect_exit "two rows" 0 "$HONE" check two.csv
expect_contains "are few" out 'few_rows: the table has 2 rows'
expect_exit "no data is named" 2 "$HONE" check
expect_contains "and asked for" err 'which DATA'

# a schema: written, reviewed, enforced, loosened
expect_exit "write a schema" 0 "$HONE" check good.csv --write-schema s.yaml
expect_contains "with what was seen" s.yaml '^  id:  # int64, seen 1000 to 1299, none missing'
expect_exit "it passes its table" 0 "$HONE" check good.csv --schema s.yaml --all --now 2025-01-01
expect_contains "rule by rule" out '^pass  range: column amount: every value lies between'
expect_exit "it sees the damage" 0 "$HONE" check worse.csv --schema s.yaml
expect_contains "in values" out 'values: column city: 1 of 300 values'
expect_contains "in ranges" out 'range: column amount: .*such as "-1"'
expect_exit "loosen it" 0 "$HONE" check worse.csv --schema s.yaml --update-schema t.yaml
expect_contains "what changes is shown" out '^[+] .*- paris'
expect_contains "bounds too" out '^[+] .*min: -1'
expect_exit "the new one passes" 0 "$HONE" check worse.csv --schema t.yaml --all
expect_contains "all of it" out '^pass  values: column city'
expect_exit "update without a schema" 2 "$HONE" check worse.csv --update-schema t.yaml

cat >rules.yaml <<'YAML'
schema: 1
rows: {min: 200, max: 400, action: fail}
unique_rows: {columns: [id, day], action: fail}
expect:
  - {expect: "amount >= 0 and id < 2000", action: quarantine}
columns:
  day: {fresh: {days: 40, action: fail}}
  closed: {required: {not_in: [serving], action: fail}, values: {in: [yes, no]}}
YAML
expect_exit "rules hold" 0 "$HONE" check good.csv --schema rules.yaml --now 2024-12-31
expect_exit "old data fails" 1 "$HONE" check good.csv --schema rules.yaml --now 2025-03-01
expect_contains "and is called old" out 'the newest value is 2024-12-'
expect_exit "rows are set aside" 0 "$HONE" check worse.csv --schema rules.yaml --now 2024-12-31 --aside aside.csv
expect_equal "those that break the rule" "$(awk -F, 'NR > 1 && $3 < 0' aside.csv | wc -l)" 10
cut -d, -f1-4 good.csv >serving.csv
expect_exit "a label may be absent where it is served" 0 "$HONE" check serving.csv --schema rules.yaml \
    --environment serving --now 2024-12-31
expect_exit "and not elsewhere" 1 "$HONE" check serving.csv --schema rules.yaml --environment training --now 2024-12-31
printf 'schema: 1\ncolumns:\n  amount:\n    ragne: {min: 0}\n' >typo.yaml
expect_exit "a typing error" 3 "$HONE" check good.csv --schema typo.yaml
expect_contains "is found" err 'typo.yaml: columns.amount.ragne: no such rule'
expect_contains "and guessed" err 'did you mean range'

# Great Expectations
cat >suite.json <<'JSON'
{"expectation_suite_name": "orders", "expectations": [
  {"expectation_type": "expect_column_values_to_be_between",
   "kwargs": {"column": "amount", "min_value": 0, "max_value": 100}},
  {"expectation_type": "expect_column_values_to_be_in_set",
   "kwargs": {"column": "city", "value_set": ["Paris", "Lyon", "Nice"], "mostly": 0.99}}]}
JSON
expect_exit "a suite holds" 0 "$HONE" check good.csv --schema suite.json --json
expect_exit "a suite fails" 1 "$HONE" check worse.csv --schema suite.json --json
cp out report.json
expect_exit "in its shape" 0 python3 - <<'PY'
import json
report = json.loads(open("report.json").read().splitlines()[-1])
mine = [r for r in report["results"] if r["expectation_config"]["type"].startswith("expect_")]
assert len(mine) == 2, mine
between, among = mine if "between" in mine[0]["expectation_config"]["type"] else mine[::-1]
assert between["success"] is False and among["success"] is True
result = between["result"]
assert result["element_count"] == 300 and result["missing_count"] == 0
assert result["unexpected_count"] == len(result["unexpected_index_list"])
assert set(result["partial_unexpected_list"]) == {-1.0}
assert result["partial_unexpected_counts"] == [{"value": -1.0, "count": result["unexpected_count"]}]
assert between["expectation_config"]["kwargs"] == {"column": "amount", "min_value": 0, "max_value": 100}
assert among["result"]["unexpected_percent"] > 0
assert report["success"] is False and report["statistics"]["unsuccessful_expectations"] >= 1
assert report["meta"]["schema"] == "suite.json"
PY
sed 's/values_to_be_between/magic/' suite.json >magic.json
expect_exit "an unknown expectation" 3 "$HONE" check good.csv --schema magic.json
expect_contains "is named" err 'magic.json: expectations.0. .expect_column_magic.: hone has no rule'

# on record, only where there is a store
expect_exit "no store yet" 4 "$HONE" check good.csv --history
expect_equal "a check makes none" "$(ls -d .hone 2>/dev/null)" ""
expect_exit "a store" 0 "$HONE" train good.csv --target closed --model logistic --name orders --checks off
expect_exit "recorded" 0 "$HONE" check good.csv --now 2025-01-01T10:00:00Z
expect_exit "recorded again" 1 "$HONE" check worse.csv --schema suite.json --now 2025-01-02
expect_exit "not recorded" 0 "$HONE" check good.csv --no-record
expect_exit "history" 0 "$HONE" check --history
expect_contains "has dates" out '2025-01-01 10:00'
expect_contains "has the worst" out 'range amount'
expect_equal "has two" "$(grep -c 2025- out)" 2
expect_exit "history of a file" 0 "$HONE" check worse.csv --history --json
cp out history.json
expect_equal "is that of the file" "$(json history.json .reports[0].name)" worse
expect_equal "with its failures" "$(json history.json .reports[0].failed)" 1
expect_exit "history of what was never checked" 0 "$HONE" check nothing --history
expect_contains "is none" out 'no check of nothing is on record'
expect_exit "recorded a third time" 1 "$HONE" check worse.csv --schema suite.json --now 2025-01-03 --html page.html
expect_contains "a page" page.html '<h1>Check of worse.csv'
expect_contains "with its verdict" page.html 'Not fit'
expect_contains "with rows" page.html '5 of '
expect_contains "with the rules" page.html 'Rules of the schema'
expect_contains "with the trend" page.html 'Over time'

# people are not shown
awk 'BEGIN { srand(3); print "email,plan,paid"
    for (i = 0; i < 120; i++) printf "user%d.name@example.org,%s,%d\n", i % 60, i % 2 ? "basic" : "full", 10 * rand() }' >people.csv
printf 'schema: 1\nextra: {action: warn}\ncolumns:\n  email: {unique: {}, length: {max: 3}}\n' >people.yaml
expect_exit "personal data" 0 "$HONE" check people.csv --schema people.yaml --json --html people.html
expect_contains "is warned of" out 'personal_data'
expect_equal "and not in JSON" "$(grep -c 'user1[.]name' out)" 0
expect_equal "nor on the page" "$(grep -c 'user1[.]name' people.html)" 0
expect_exit "personal data in words" 0 "$HONE" check people.csv --schema people.yaml
expect_equal "nor there" "$(grep -c 'example.org' out)" 0
