#!/bin/bash
# Every estimator, transform, calibration and threshold that `hone list` knows, trained on published data, answered
# by hone and by ONNX Runtime on 10,000 real rows: same class, probabilities within 1e-5.
#
# usage: matrix.sh [--full] [PATTERN]     PATTERN: only cases whose name matches
#   HONE=build/release/hone, HONE_SHARED=../shared; ROWS=10000
#
# Without --full the models are trained on the first 2,000 rows, and compared on 10,000 all the same, and a transform
# is tried on the first kind of column that takes it only.  A part that is new in `hone list` is tried without a
# change here: an estimator on each task, a transform on columns of numbers, words, dates and texts.  One line per case; exit status 1 when any differs.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
HONE=$(realpath "${HONE:-$root/build/release/hone}")
data=${HONE_SHARED:-$root/../shared}/data
rows=${ROWS:-10000}
train_rows=2000 full=
[ "${1:-}" != --full ] || { train_rows=1000000 full=1; shift; }
pattern=${1:-.}
[ -d "$data" ] || { echo "skipped: no shared data"; exit 0; }
[ -d "$here/node_modules/onnxruntime-node" ] || { echo "skipped: no onnxruntime-node (npm ci in bench/onnx)"; exit 0; }
data=$(realpath "$data")
work=$(mktemp -d "${TMPDIR:-/tmp}/hone-matrix-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
cases=0 failed=0 refused=0

# set NAME FILE [read option]...: NAME.train.parquet and NAME.rows.jsonl
set_up() {
    local name=$1 file=$data/$2
    shift 2
    [ ! -e "$name.rows.jsonl" ] || return 0
    "$HONE" convert "$file" "$name.train.parquet" --head "$train_rows" --quiet "$@" &&
        "$HONE" convert "$file" "$name.rows.jsonl" --head "$rows" --quiet "$@"
}

prepare() {
    local adult=age,workclass,fnlwgt,education,education_num,marital_status,occupation,relationship
    adult+=,race,sex,capital_gain,capital_loss,hours_per_week,native_country,income
    case $1 in
    adult) set_up adult adult/adult.data.gz --no-header --names "$adult" --na '?' --skip-initial-space ;;
    bank) set_up bank bank-marketing/bank-full.csv.gz --delimiter ';' ;;
    california) set_up california california-housing/housing.csv.gz ;;
    bike) set_up bike bike-sharing/hour.csv.gz ;;
    hflights) set_up hflights hflights/hflights.csv.gz ;;
    letter) set_up letter letter-recognition/letter-recognition.data.gz --no-header ;;
    banking) set_up banking banking77/train.csv.gz ;;
    esac
}
declare -A target=([adult]=income [bank]=y [california]=median_house_value [bike]=cnt [hflights]=ArrDelay
    [letter]=column_1 [banking]=category)
declare -A drop=([bike]='casual,registered' [hflights]='FlightNum,TailNum')

# one CASE SET [train option]...: 0 alike, 1 not, 2 the training was refused (why: in ./said)
one() {
    local name=$1 set=$2 dropped=()
    shift 2
    prepare "$set" || { echo "$name: the data could not be read"; return 1; }
    [ -z "${drop[$set]:-}" ] || dropped=(--drop "${drop[$set]}")
    rm -rf store
    "$HONE" train "$set.train.parquet" --target "${target[$set]}" --name m --bootstrap 0 --checks off --quiet \
        --store store "${dropped[@]}" "$@" >said 2>&1 || return 2
    {
        "$HONE" export models:/m/1 -o model.onnx --quiet --store store &&
            "$HONE" predict models:/m/1 "$set.rows.jsonl" -o predictions.jsonl --quiet --store store &&
            node "$here/rows.mjs" model.onnx "$set.rows.jsonl" predictions.jsonl inputs.json expected.json &&
            node "$here/parity.mjs" model.onnx inputs.json expected.json
    } >said 2>&1
}

# say CASE SET [train option]...: run it and print a line
say() {
    local name=$1 status
    [[ $name =~ $pattern ]] || return 0
    one "$@"
    status=$?
    if [ $status -eq 2 ]; then
        refused=$((refused + 1))
        printf '%-44s no model: %s\n' "$name" "$(head -1 said | cut -c1-90)"
    else
        cases=$((cases + 1))
        printf '%-44s %s\n' "$name" "$(tail -1 said)"
        [ $status -eq 0 ] || failed=$((failed + 1))
    fi
    return $status
}

names() { # names KIND: what hone list knows
    "$HONE" list "$1" --json | node -e '
        const all = JSON.parse(require("fs").readFileSync(0, "utf8").trim().split("\n").pop());
        for (const part of all[process.argv[1]] ?? Object.values(all)[0]) console.log(part.name);' "$1"
}

# --- estimators: each on each task, and the choice of hone -------------------------------------------
for model in $(names estimators) auto; do
    for set in adult letter california; do
        say "estimator/$model/$set" "$set" --model "$model"
    done
done
for set in bank bike hflights banking; do
    say "auto/$set" "$set"
done

# --- transforms: each on the first kind of column that takes it --------------------------------------
for transform in $(names transforms); do
    name=transform/$transform
    [[ $name =~ $pattern ]] || continue
    tried=0
    for where in adult:hours_per_week adult:occupation bike:dteday banking:text; do
        set=${where%:*} column=${where#*:}
        one "$name" "$set" --model "$([ "$set" = bike ] && echo linear || echo logistic)" \
            --transform "$column=$transform"
        status=$?
        [ $status -ne 2 ] || continue
        tried=1
        cases=$((cases + 1))
        printf '%-44s %s\n' "$name/$column" "$(tail -1 said)"
        [ $status -eq 0 ] || failed=$((failed + 1))
        [ -n "$full" ] || break
    done
    if [ $tried -eq 0 ]; then
        say "$name/pair" adult --model logistic --transform "age*hours_per_week=$transform" || failed=$((failed + 1))
    fi
done

# --- what comes after the score -------------------------------------------------------------------
for model in logistic gbt; do
    for calibrate in none sigmoid isotonic; do
        say "calibrate/$calibrate/$model/adult" adult --model $model --calibrate $calibrate
        [ $model = gbt ] || say "calibrate/$calibrate/$model/letter" letter --model $model --calibrate $calibrate
    done
    for threshold in 0.3 f1 youden; do
        say "threshold/$threshold/$model/bank" bank --model $model --threshold $threshold
    done
    say "class-weight/$model/bank" bank --model $model --class-weight balanced
done
echo "$cases models compared on $rows rows, $failed differ, $refused combinations have no model"
[ $failed -eq 0 ] && [ $cases -gt 0 ]
