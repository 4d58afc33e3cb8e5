#!/bin/bash
# train: weights, calibration, threshold, goals, splits; and each of them to the bit, for any number of threads.
. "$(dirname "$0")/lib.sh"

# Numbers, a category of many levels, short texts, dates, missing values; a target of two classes, one of three, a
# number; a weight, a group, a time.
awk 'BEGIN { srand(4); split("good bad fine broken late early fast slow", word, " ")
    print "size,age,town,note,day,w,shop,y,k,z"
    for (i = 0; i < 500; i++) {
        a = rand(); b = rand(); c = int(rand() * 40); d = 1 + int(rand() * 8); e = rand()
        s = 3 * a - 2 * b + (c % 3) + (d <= 2 ? 1.5 : 0) + 2 * (e - 0.5)
        note = word[d] " " word[1 + int(rand() * 8)] " parcel from the " word[1 + int(rand() * 8)] " shop"
        printf "%s,%.3f,town%d,%s,2024-%02d-%02d,%.2f,s%d,%s,%s,%.3f\n", (i % 17 ? a : ""), b, c, note,
            1 + int(i / 60), 1 + i % 28, 0.5 + rand(), i % 23, (s > 1.8 ? "yes" : "no"),
            (s > 2.4 ? "high" : (s > 1.2 ? "mid" : "low")), 10 * s } }' >messy.csv

# same NAME OPTIONS...: the same hash with 1 and 2 threads, and again from the record.
same() {
    local name=$1 hash model
    shift
    expect_exit "$name" 0 "$HONE" train messy.csv "$@" --bootstrap 0 --checks off --threads 1 --name m --json ||
        return
    cp out one.json
    hash=$(json out .hash)
    "$HONE" train messy.csv "$@" --bootstrap 0 --checks off --threads 2 --name m --json >out 2>err
    expect_equal "$name: 2 threads" "$(json out .hash)" "$hash"
    model=$(json out .model)
    "$HONE" reproduce "$model" --threads 2 --json >out 2>err
    expect_equal "$name: reproduced" "$(json out .reproduced)" "$hash"
}

two=(--target y --drop 'k,z')
quick=(--set gbt.rounds=12)
for model in $("$HONE" list estimators --json | grep -o '"name":"[a-z_]*"' | cut -d'"' -f4); do
    case $model in
    linear) same "linear, weights, groups" --target z --drop y,k --model linear --weight w --split group --split-column shop ;;
    logistic) same "logistic, sigmoid, value" "${two[@]}" --model logistic --calibrate sigmoid --value 10,-5,-20,0 --weight w ;;
    gbt) same "gbt, isotonic, f1" "${two[@]}" --model gbt "${quick[@]}" --calibrate isotonic --threshold f1 --class-weight balanced ;;
    *) same "$model" "${two[@]}" --model "$model" ;;
    esac
done
same "auto, time" "${two[@]}" "${quick[@]}" --split time --split-column day --threshold youden
same "auto, groups, weights" "${two[@]}" "${quick[@]}" --split group --split-column shop --weight w --class-weight yes=2
same "three classes, sigmoid" --target k --drop y,z "${quick[@]}" --calibrate sigmoid --class-weight balanced
same "three classes, isotonic" --target k --drop y,z --model logistic --calibrate isotonic --weight w
same "a number" --target z --drop y,k "${quick[@]}" --weight w --split time --split-column day

# --- what they do ---------------------------------------------------------------------------------
train() { "$HONE" train messy.csv "$@" --checks off --name t --json >out 2>err; }
train "${two[@]}" --model logistic --weight w
expect_equal "a weight is no feature" "$(grep -c '"w"' out)" 0
train "${two[@]}" --model logistic --bootstrap 0
recall=$(json out .metrics.recall)
plain=$(json out .metrics.log_loss)
train "${two[@]}" --model logistic --bootstrap 0 --class-weight yes=20
expect_at_least "class weights move the answers" "$(json out .metrics.recall)" "$recall"
expect_at_least "and with them the probabilities" "$(json out .metrics.log_loss)" "$plain"
expect_equal "auto leaves those alone" "$(json out .calibration.kind)" none
train "${two[@]}" --model logistic --bootstrap 0 --class-weight yes=20 --calibrate sigmoid
expect_at_most "calibration makes them true again" "$(json out .calibration.after.log_loss)" "$(json out .calibration.before.log_loss)"
train "${two[@]}" --model logistic --bootstrap 0 --value 10,-5,-20,0
expect_at_most "yes begins early where missing one is dear" "$(json out .threshold.at)" 0.3
expect_at_least "that is worth more than never" "$(json out .value.threshold)" "$(json out .value.never)"
expect_exit "answers for people" 0 "$HONE" train messy.csv "${two[@]}" --model logistic --value 10,-5,-20,0 --value-unit EUR
expect_contains "say the worth" out '^value per 1,000 test rows, EUR'
expect_contains "say the threshold" out '^threshold +yes from 0\.[0-9]+ on, by value'
expect_exit "folds by group" 0 "$HONE" train messy.csv "${two[@]}" --model baseline --split group --split-column shop
expect_contains "are said" out 'in cross-validation by group'
expect_exit "folds by time" 0 "$HONE" train messy.csv "${two[@]}" --model baseline --split time --split-column day
expect_contains "are said too" out 'each after those it was trained on'

# --- goals -----------------------------------------------------------------------------------------
expect_exit "goals that are met" 0 "$HONE" train messy.csv "${two[@]}" --model logistic --name g --success 'roc_auc>=0.5,log_loss<=0.9'
expect_contains "pass" out '^ +pass  roc_auc >= 0\.5'
expect_exit "can be promoted" 0 "$HONE" promote models:/g/1
expect_exit "a goal that is not met" 1 "$HONE" train messy.csv "${two[@]}" --model logistic --name g --success 'roc_auc>=0.5' --success 'log_loss<=0.01'
expect_contains "fails" out '^ +fail  log_loss <= 0\.01'
expect_contains "is an error" err '^hone: models:/g/2: 1 of 2 goals not met'
expect_exit "is not promoted" 1 "$HONE" promote models:/g/2
expect_contains "by its name" err 'log_loss <= 0\.01'
expect_exit "but by force" 0 "$HONE" promote models:/g/2 --force --reason 'the test is odd'
"$HONE" train messy.csv "${two[@]}" --model logistic --bootstrap 0 --json >out 2>err
auc=$(json out .metrics.roc_auc)
expect_exit "a goal at what is reached" 0 "$HONE" train messy.csv "${two[@]}" --model logistic --name g --success "roc_auc>=$auc"
expect_contains "is not sure" out '^ +insufficient evidence  roc_auc'
expect_exit "which strict takes as failed" 1 "$HONE" train messy.csv "${two[@]}" --model logistic --name g --success "roc_auc>=$auc" --strict
expect_contains "and says so" err 'do not say whether 1 of 1 goal is met'
cat >hone.yaml <<'YAML'
project: {name: filed}
goal:
  target: y
  success: {roc_auc: ">= 0.5", ece: "<= 0.5"}
  value: {true_positive: 10, false_positive: -5, false_negative: -20}
  unit: EUR
data: {source: messy.csv, checks: off, weight: w}
features: {drop: [k, z]}
model: {estimator: logistic, class_weight: {yes: 2}, calibrate: sigmoid, threshold: value}
YAML
expect_exit "all of it from a file" 0 "$HONE" train --config hone.yaml --write-config again.yaml --json
cp out filed.json
expect_equal "two goals" "$(json out .goals[1].verdict)" pass
expect_equal "a unit" "$(json out .value.unit)" EUR
expect_exit "the file that was written" 0 "$HONE" train --config again.yaml --json
expect_equal "does the same" "$(json out .hash)" "$(json filed.json .hash)"

# --- what can not be ---------------------------------------------------------------------------------
refuse() { # refuse NAME STATUS REGEX OPTIONS...
    local name=$1 want=$2 regex=$3
    shift 3
    expect_exit "$name" "$want" "$HONE" train messy.csv "$@" && expect_contains "$name: says so" err "^hone: .*$regex"
}
refuse "a weight with holes" 3 'row 1: the weight size is missing' "${two[@]}" --weight size
refuse "a weight that is text" 3 'weight note' "${two[@]}" --weight note
refuse "no such class" 4 'maybe' "${two[@]}" --class-weight maybe=2
refuse "class weights of numbers" 2 'z is a number' --target z --class-weight balanced
refuse "a threshold of numbers" 2 'two classes' --target z --threshold 0.3
refuse "no such rule" 2 'f3' "${two[@]}" --threshold f3
refuse "value of nothing" 2 'worth' "${two[@]}" --threshold value
refuse "three outcomes" 2 '3 numbers' "${two[@]}" --value 1,2,3
refuse "no goal" 2 'no goal' "${two[@]}" --success roc_auc
refuse "a goal of another task" 2 'rmse' "${two[@]}" --success 'rmse<=3'
refuse "calibrated numbers" 2 'z is a number' --target z --calibrate isotonic
