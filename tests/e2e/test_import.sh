#!/bin/bash
# Models of scikit-learn, LightGBM and XGBoost become versions like our own.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip "no python3"
need_shared models/sklearn models/xgboost-regressor
rows() { python3 "$ROOT/tests/e2e/onnx_rows.py" "$@"; }
models=$SHARED/models

# --- each pipeline gives its maker's own answers -----------------------------------------------
for folder in "$models"/sklearn/*/ "$models/xgboost-regressor/" "$models/lgbm-classifier/"; do
    name=$(basename "$folder")
    rows rows "$folder" "$name.csv" || { fail "$name" "rows"; continue; }
    expect_exit "$name is imported" 0 "$HONE" import "$folder/model.onnx" --name "$name" || continue
    expect_exit "$name predicts" 0 "$HONE" predict "models:/$name/1" "$name.csv" -o p.csv || continue
    # its bigrams are formed otherwise in ONNX than in scikit-learn: the stored output is the reference
    [ "$name" != banking-bigrams-svd ] || { mkdir bigrams && cp -r "$folder/test_data_set_0" bigrams && folder=bigrams; }
    if rows compare "$folder" p.csv >out 2>err; then
        ok "$name: $(cat out)"
    else
        fail "$name" "$(cat err)"
    fi
done

# --- one of them goes through life ------------------------------------------------------------
file=$models/sklearn/titanic-forest-zipmap/model.onnx
python3 - titanic-forest-zipmap.csv life.csv <<'PY'
import csv, sys
rows = list(csv.reader(open(sys.argv[1])))
with open(sys.argv[2], "w", newline="") as f:
    out = csv.writer(f)
    out.writerow(["PassengerId"] + rows[0] + ["Survived"])
    for i in range(800):
        row = rows[1 + i % 40]
        out.writerow([i] + row + [int(row[4] == "female")])
PY
expect_exit "with rows and a target" 0 "$HONE" import "$file" --name life --data life.csv --target Survived --json
expect_equal "its task" "$(json out .signature.task)" binary
expect_equal "its columns" "$(json out '.signature.inputs[6].name')" Pclass
expect_equal "its producer" "$(json out .producer)" "skl2onnx 1.14.1"
expect_at_least "judged by the rows" "$(json out .metrics.roc_auc)" 0.8
expect_exit "evaluate" 0 "$HONE" evaluate models:/life/1 life.csv --bootstrap 0 --json
expect_at_least "the same value" "$(json out .metrics.roc_auc)" 0.8
expect_exit "monitor compares with the rows" 0 "$HONE" monitor models:/life/1 life.csv --window 400
expect_contains "no alarm" out '^no alarm'
awk -F, -v OFS=, 'NR > 1 { $3 = $3 * 20 + 500 } { print }' life.csv >moved.csv
expect_exit "monitor sees drift" 1 "$HONE" monitor models:/life/1 moved.csv --window 200
expect_contains "and where" out 'Fare'
expect_exit "promote" 0 "$HONE" promote models:/life/1
expect_exit "report" 0 "$HONE" report models:/life@champion -o life.html
expect_contains "the report says where it is from" life.html 'skl2onnx'
expect_exit "export" 0 "$HONE" export models:/life@champion -o back.onnx
expect_exit "byte for byte" 0 cmp back.onnx "$file"
expect_exit "reproduce refuses" 5 "$HONE" reproduce models:/life/1
expect_contains "and says why" err 'was imported from .*titanic-forest-zipmap/model.onnx \(skl2onnx 1.14.1\)'
expect_exit "the run is on record" 0 "$HONE" runs "$("$HONE" models life --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["versions"][0]["run"])')"
expect_contains "with its kind" out 'kind +import'
serve "serve" models:/life@champion
curl -s "$URL/invocations" -H 'content-type: application/json' \
    -d '{"dataframe_records":[{"Age":22,"Fare":7.25,"SibSp":1,"Parch":0,"Sex":"male","Embarked":"S","Pclass":"3"}]}' >out
expect_contains "the service answers" out '"predictions":\[0\]'

# --- names, classes, tasks ---------------------------------------------------------------------
wine=$models/sklearn/wine-gb-binary/model.onnx
expect_exit "classes get names" 0 "$HONE" import "$wine" --name wine --classes bad,good
expect_exit "and predict uses them" 0 "$HONE" predict models:/wine/1 <(sed '1!d' wine-gb-binary.csv; sed -n 2,9p wine-gb-binary.csv) --format csv -o p.csv
expect_contains "by name" p.csv '^prediction,probability_bad,probability_good$'
expect_contains "in the label too" p.csv '^(bad|good),0\.'
expect_exit "columns get names" 0 "$HONE" import "$models/sklearn/iris-svc-strings/model.onnx" --name iris --inputs a,b,c,d --json
expect_equal "in their order" "$(json out '.signature.inputs[3].name')" d
expect_exit "an anomaly detector is not judged" 2 "$HONE" evaluate models:/housing-isolation-forest/1 housing-isolation-forest.csv
expect_contains "and says so" err 'no right answer to judge it by'
expect_exit "a plain file predicts" 0 "$HONE" predict "$models/sklearn/housing-ridge/model.onnx" housing-ridge.csv -o p.csv
expect_exit "and gives the same" 0 python3 "$ROOT/tests/e2e/onnx_rows.py" compare "$models/sklearn/housing-ridge" p.csv

# --- what does not fit is refused, and nothing is left ---------------------------------------------
before=$("$HONE" models --json | tail -1)
expect_exit "too few columns" 2 "$HONE" import "$wine" --inputs a,b,c
expect_contains "with numbers" err 'takes 11 columns, 3 are named'
expect_exit "a column twice" 2 "$HONE" import "$models/sklearn/iris-knn/model.onnx" --inputs a,b,b,d
expect_contains "by name" err 'column b is named twice'
expect_exit "too many classes" 2 "$HONE" import "$wine" --classes a,b,c
expect_contains "with numbers" err 'has 2 classes, 3 are named'
expect_exit "an image model" 5 "$HONE" import "$models/mnist-8/model.onnx"
expect_contains "is no table" err 'is not made of table columns'
printf 'not a model' >bad.onnx
expect_exit "no model" 3 "$HONE" import bad.onnx
expect_exit "no file" 4 "$HONE" import none.onnx
expect_equal "nothing was registered" "$("$HONE" models --json | tail -1)" "$before"

expect_exit "a file that is not there" 4 "$HONE" import nowhere.onnx --store none
expect_equal "makes no store" "$(ls -d none 2>/dev/null)" ""
