#!/usr/bin/env python3
"""How true are the forecasts of `hone plan`?  Measures the learning curve on a quarter of the rows, forecasts the score
at all of them, measures it there, and prints both.  Usage: backtest.py HONE [FOLDER OF DATA SETS]"""
import json
import math
import os
import subprocess
import sys

SETS = [  # name, file, options, rows of the largest size (None: all there are)
    ("adult", "adult/adult.data.gz", ["--no-header", "--target", "column_15"], None),
    ("bank", "bank-marketing/bank-full.csv.gz", ["--target", "y"], None),
    ("california", "california-housing/housing.csv.gz", ["--target", "median_house_value"], None),
    ("hflights", "hflights/hflights.csv.gz",
     ["--target", "ArrDelay", "--drop", "ActualElapsedTime,ArrTime,AirTime,DepDelay"], 60000),
    ("letter", "letter-recognition/letter-recognition.data.gz", ["--no-header", "--target", "column_1"], None),
]


def plan(hone, path, options, rows):
    done = subprocess.run([hone, "plan", path, "--json", "--checks", "off", "--rows", str(rows)] + options,
                          capture_output=True, text=True)
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        sys.exit(f"{path}: {done.stderr.strip()}")


def at(path, rows, part, member):
    """The forecast at a number of rows, between the points of its path, linear in the logarithm."""
    for a, b in zip(path, path[1:]):
        if a["rows"] <= rows <= b["rows"]:
            t = math.log(rows / a["rows"]) / math.log(b["rows"] / a["rows"])
            return (1 - t) * a[part][member] + t * b[part][member]
    raise ValueError(rows)


def main():
    hone = sys.argv[1]
    folder = sys.argv[2] if len(sys.argv) > 2 else os.environ.get("HONE_SHARED", "../shared") + "/data"
    held = tried = 0
    print(f"{'set':<12}{'metric':<10}{'fitted to':>10}{'forecast at':>12}{'forecast':>10}{'interval':>24}{'measured':>10}")
    for name, file, options, most in SETS:
        path = os.path.join(folder, file)
        if not os.path.exists(path):
            print(f"{name:<12}skipped: no shared data")
            continue
        whole = plan(hone, path, options, most or 10**8)
        truth = whole["learning"]["points"][-1]
        quarter = plan(hone, path, options, truth["rows"] // 4)
        curve = quarter["learning"]
        f = {m: at(curve["path"], truth["rows"], "score", m) for m in ("value", "low", "high")}
        real = truth["valid"]["value"]
        tried += 1
        held += f["low"] <= real <= f["high"]
        print(f"{name:<12}{curve['metric']:<10}{curve['points'][-1]['rows']:>10}{truth['rows']:>12}{f['value']:>10.5g}"
              f"{f['low']:>12.5g} to {f['high']:<9.5g}{real:>9.5g}{'' if f['low'] <= real <= f['high'] else '  missed'}",
              flush=True)
    print(f"{held} of {tried} forecasts hold what was measured")


if __name__ == "__main__":
    main()
