#!/bin/bash
# Train on the published data sets as they are and compare hone with ONNX Runtime on 1,000 rows of each.
#
# usage: all.sh [SET...]      sets: see the calls of `one` below
#   HONE=build/release/hone; HONE_SHARED=../shared: the folder whose data/ has the sets
#
# One line per set; exit status 1 when any differs.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
HONE=$(realpath "${HONE:-$root/build/release/hone}")
export HONE
data=${HONE_SHARED:-$root/../shared}/data
[ -d "$data" ] || { echo "skipped: no shared data"; exit 0; }
data=$(realpath "$data")
wanted=("$@")
work=$(mktemp -d "${TMPDIR:-/tmp}/hone-parity-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
failed=0

# one SET TABLE TARGET [option of hone train]... [-- read option]...
one() {
    local name=$1 table=$data/$2 target=$3 options=() said
    shift 3
    [ ${#wanted[@]} -eq 0 ] || [[ " ${wanted[*]} " = *" $name "* ]] || return 0
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    [ $# -eq 0 ] || shift
    if ! said=$("$HONE" train "$table" --target "$target" --name "$name" --bootstrap 0 \
        --checks off --quiet "${options[@]}" "$@" 2>&1 >/dev/null); then
        said="FAIL: hone train: $said"
    else
        said=$("$here/check.sh" "models:/$name/1" "$table" "$@" 2>&1)
    fi
    printf '%-22s %s\n' "$name" "$said"
    [ "${said#pass}" != "$said" ] || failed=1
}

adult=age,workclass,fnlwgt,education,education_num,marital_status,occupation,relationship,race
adult+=,sex,capital_gain,capital_loss,hours_per_week,native_country,income
one adult adult/adult.data.gz income --test "$data/adult/adult.test.gz" -- \
    --no-header --names "$adult" --na '?' --skip-initial-space
one california-housing california-housing/housing.csv.gz median_house_value
one titanic titanic/titanic.csv Survived
one bank-full bank-marketing/bank-full.csv.gz y -- --delimiter ';'
one bank-additional-full bank-marketing/bank-additional-full.csv.gz y -- --delimiter ';'
one bike-sharing bike-sharing/hour.csv.gz cnt --drop casual,registered
one hflights hflights/hflights.csv.gz ArrDelay
one covertype-outlier covertype-outlier/cover.csv.gz y
exit $failed
