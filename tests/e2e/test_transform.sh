#!/bin/bash
# transforms that people ask for: on the command line, in the project file, refused in words that help.
. "$(dirname "$0")/lib.sh"

"$HONE" demo loans --rows 2500 --days 5 --per-day 10 --drift-day 3 --quiet >/dev/null
"$HONE" convert loans/history.csv good.csv --on-bad-row skip --quiet
common=(--target default --drop "application_id,collection_calls" --model logistic --bootstrap 0)

expect_exit "asked for on the command line" 0 "$HONE" train good.csv "${common[@]}" --name asked --json \
    --transform 'income=log+quantile:output=normal,income=number' --transform 'district=rare:min_count=30+target' \
    --transform 'age*income=polynomial:squares=no' --transform applied=drop
cp out asked.json
"$HONE" export models:/asked/1 -o asked.onnx --quiet
grep -ao '"name":"[^"]*"' asked.onnx >features
expect_contains "a chain is named" features '"income .log. .quantile."'
expect_contains "two stand side by side" features '"income"'
expect_contains "columns are combined" features '"age . income"'
expect_lacks "one is left out" features applied
expect_exit "rows of the table" 0 "$HONE" predict models:/asked/1 good.csv -o p.csv --quiet
expect_equal "each has an answer" "$(wc -l <p.csv)" "$(wc -l <good.csv)"

cat >hone.yaml <<'END'
goal: {target: default}
data: {source: good.csv}
features:
  drop: [application_id, collection_calls]
  transform:
    income: ["log+quantile:output=normal", number]
    district: "rare:min_count=30+target"
    age*income: {polynomial: {squares: "no"}}
    applied: drop
model: {estimator: logistic}
evaluate: {bootstrap: 0}
END
expect_exit "from the project file" 0 "$HONE" train --config hone.yaml --name filed --json
expect_equal "the same model" "$(json out .hash)" "$(json asked.json .hash)"
expect_exit "again from its record" 0 "$HONE" reproduce models:/asked/1

expect_exit "no such column" 4 "$HONE" train good.csv "${common[@]}" --transform incom=log
expect_contains "the nearest" err "did you mean 'income'"
expect_exit "no such transform" 2 "$HONE" train good.csv "${common[@]}" --transform income=lg
expect_contains "whose" err "transform of income: there is no transform lg"
expect_exit "not for this type" 2 "$HONE" train good.csv "${common[@]}" --transform district=log
expect_contains "what it takes" err "log takes numbers"
expect_exit "out of bounds" 2 "$HONE" train good.csv "${common[@]}" --transform income=bin:bins=1
expect_contains "the bounds" err "from 2 to 1000"

expect_exit "the list" 0 "$HONE" list transforms
for name in impute standard quantile power bin polynomial onehot ordinal frequency target rare date_parts; do
    expect_contains "has $name" out "$name"
done
expect_exit "the settings" 0 "$HONE" list transforms bin --json
expect_equal "of bin" "$(json out '.settings[0].name')" bins
