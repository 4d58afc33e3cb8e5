#!/bin/bash
# Metrics with bootstrap intervals of a million rows, beside scikit-learn's single values of the same rows.
#
# usage: bench/eval/run.sh [ROWS [REPLICATES [THREADS]]]     HONE=path of the program
# Prints seconds of the processor (user) and of the clock, and memory; hone reads the CSV and looks for weak spots
# as well, which the line with no replicates shows by itself.
set -eu
rows=${1:-1000000}
replicates=${2:-500}
threads=${3:-2}
root=$(cd "$(dirname "$0")/../.." && pwd)
HONE=${HONE:-$root/build/release/hone}
dir=$(mktemp -d "${TMPDIR:-/tmp}/hone-bench-eval-XXXXXX")
trap 'rm -rf "$dir"' EXIT
cd "$dir"

/usr/bin/python3 - "$rows" <<'PY'
import sys
import numpy as np
n = int(sys.argv[1])
rng = np.random.default_rng(1)
z = rng.normal(size=n) * 1.5 - 1
y = rng.random(n) < 1 / (1 + np.exp(-z - 0.5 * rng.normal(size=n)))
np.savetxt("binary.csv", np.c_[y, 1 / (1 + np.exp(-z))], fmt=["%d", "%.7g"], delimiter=",", header="y,score", comments="")
t = 10 + 2 * rng.normal(size=n)
np.savetxt("regression.csv", np.c_[t, t + rng.normal(size=n)], fmt="%.7g", delimiter=",", header="y,score", comments="")
PY

for task in binary regression; do
    for b in 0 "$replicates"; do
        /usr/bin/time -o time.txt -f '%e s, %U s of processor, %M KiB' \
            "$HONE" evaluate $task.csv --target y --predicted score --bootstrap "$b" --threads "$threads" --json >"$task.$b.json"
        echo "hone, $task, $rows rows, $b replicates, $threads threads: $(cat time.txt)"
    done
done

/usr/bin/python3 - "$replicates" <<'PY'
import json
import sys
import time
import numpy as np
from sklearn import metrics as sk

def ours(task):
    text = open("%s.%s.json" % (task, sys.argv[1])).read().strip().splitlines()[-1]
    return json.loads(text)["metrics"]

def line(task, name, f):
    start = time.process_time()
    value = f()
    took = time.process_time() - start
    gap = abs(value - ours(task)[name])
    print("scikit-learn, %s, once: %.3f s of processor, differs by %.1e" % (name, took, gap))
    return took

y, s = np.loadtxt("binary.csv", delimiter=",", skiprows=1).T
p = np.c_[1 - s, s]
k = (s > 0.5).astype(int)
total = sum([
    line("binary", "roc_auc", lambda: sk.roc_auc_score(y, s)),
    line("binary", "average_precision", lambda: sk.average_precision_score(y, s)),
    line("binary", "log_loss", lambda: sk.log_loss(y, p)),
    line("binary", "brier", lambda: sk.brier_score_loss(y, s)),
    line("binary", "accuracy", lambda: sk.accuracy_score(y, k)),
    line("binary", "balanced_accuracy", lambda: sk.balanced_accuracy_score(y, k)),
    line("binary", "f1", lambda: sk.f1_score(y, k)),
    line("binary", "precision", lambda: sk.precision_score(y, k)),
    line("binary", "recall", lambda: sk.recall_score(y, k)),
    line("binary", "mcc", lambda: sk.matthews_corrcoef(y, k)),
])
print("scikit-learn, these ten once: %.2f s; %s times: %.0f s of processor" % (total, sys.argv[1], total * int(sys.argv[1])))
t, f = np.loadtxt("regression.csv", delimiter=",", skiprows=1).T
total = sum([
    line("regression", "rmse", lambda: sk.mean_squared_error(t, f, squared=False)),
    line("regression", "mae", lambda: sk.mean_absolute_error(t, f)),
    line("regression", "r2", lambda: sk.r2_score(t, f)),
    line("regression", "median_ae", lambda: sk.median_absolute_error(t, f)),
    line("regression", "mape", lambda: sk.mean_absolute_percentage_error(t, f)),
])
print("scikit-learn, these five once: %.2f s; %s times: %.0f s of processor" % (total, sys.argv[1], total * int(sys.argv[1])))
PY
