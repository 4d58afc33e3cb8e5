#!/bin/bash
# ONNX Runtime answers as hone does, for every kind of column and target.
. "$(dirname "$0")/lib.sh"
command -v node >/dev/null || skip "no node"
[ -d "$ROOT/bench/onnx/node_modules/onnxruntime-node" ] || skip "no onnxruntime-node (npm ci in bench/onnx)"

"$HONE" demo loans --rows 1500 --days 20 --per-day 30 --drift-day 10 --quiet >/dev/null
awk 'BEGIN { srand(4); print "when,day,n,flag,word,many,note,two,three,num"
    split("red green blue", colour, " ")
    for (i = 0; i < 900; i++) {
        n = int(rand() * 50); c = 1 + int(rand() * 3); t = int(rand() * 60); z = n / 25 + (c == 2) + t / 60 + rand()
        when = sprintf("%d-%02d-%02dT%02d:%02d:%02d.%03dZ", 1950 + i % 90, 1 + i % 12, 1 + i % 28, i % 24, i % 60, i % 59, i % 1000)
        day = sprintf("%d-02-%02d", 1890 + i % 120, 1 + i % 28)
        print (i % 19 ? when : "") "," (i % 13 ? day : "") "," (i % 7 ? n : "") "," (i % 11 ? (n % 2 ? "true" : "false") : "") \
            "," (i % 17 ? colour[c] : "") ",t" t "," (i % 3 ? "note " i : "") "," (z > 2.2 ? "yes" : "no") \
            "," (z > 2.6 ? 3 : z > 1.8 ? 2 : 1) "," z * 10 } }' >kinds.csv

parity() { # parity NAME TABLE [train option]...
    local name=$1 table=$2
    shift 2
    "$HONE" train "$table" --name "$name" --checks off --bootstrap 0 --quiet "$@" >out 2>err ||
        { fail "$name" "train: $(head -1 err)"; return; }
    local read=()
    [ "$table" != loans/history.csv ] || read=(--on-bad-row skip)
    if "$ROOT/bench/onnx/check.sh" "models:/$name/1" "$table" "${read[@]}" >out 2>err; then
        ok "$name: $(cat out)"
    else
        fail "$name" "$(cat out err)"
    fi
}
for model in gbt logistic baseline; do
    parity "loans-$model" loans/history.csv --target default --on-bad-row skip --model "$model" --drop collection_calls
    parity "two-$model" kinds.csv --target two --drop three,num --model "$model"
    parity "three-$model" kinds.csv --target three --drop two,num --model "$model"
done
for model in gbt linear; do
    parity "number-$model" kinds.csv --target num --drop two,three --model "$model"
done
for how in sigmoid isotonic; do
    parity "two-$how" kinds.csv --target two --drop three,num --calibrate "$how" --value 10,-5,-20,0 --set gbt.rounds=40
    parity "three-$how" kinds.csv --target three --drop two,num --calibrate "$how" --class-weight balanced --set gbt.rounds=40
done
