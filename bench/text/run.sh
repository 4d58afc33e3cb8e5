#!/bin/bash
# Text through the front door: hone train with defaults beside scikit-learn's TfidfVectorizer and LogisticRegression,
# the same rows in training and test.  usage: bench/text/run.sh [sms polarity banking]
# HONE=build/release/hone, HONE_SHARED=../shared (the public sets), PYTHON=/usr/bin/python3
set -euo pipefail
cd "$(dirname "$0")/../.."
HONE=${HONE:-build/release/hone} shared=${HONE_SHARED:-../shared} python=${PYTHON:-/usr/bin/python3}
[ -d "$shared/data" ] || { echo "skipped: no shared data (set HONE_SHARED)"; exit 0; }
work=$(mktemp -d "${TMPDIR:-/tmp}/hone-text-XXXXXX")
trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- sms polarity banking
for name in "$@"; do
    "$python" bench/text/sets.py "$shared" "$work" "$name"
    "$python" bench/text/peer.py "$work" "$name" || echo "$name: no scikit-learn (apt-get install python3-sklearn)"
    TIMEFORMAT='%R %U'
    { time "$HONE" train "$work/${name}_train.csv" --test "$work/${name}_test.csv" --target label --name "$name" \
        --store "$work/.hone" --checks off --bootstrap 0 --quiet --json >"$work/out.json"; } 2>"$work/time"
    "$python" - "$name" "$work" <<'PY'
import json, sys
name, work = sys.argv[1:]
report = json.load(open(work + "/out.json"))
metrics = report["metrics"]
if isinstance(metrics, list):
    metrics = {m["name"]: m for m in metrics}
value = lambda k: metrics[k]["value"] if isinstance(metrics[k], dict) else metrics[k]
wall, cpu = open(work + "/time").read().split()[-2:]
print("%-9s hone         %-9s accuracy %.4f  log_loss %.4f  %6.1f s CPU, %s s" % (
    name, "defaults", value("accuracy"), value("log_loss"), float(cpu), wall))
PY
done
