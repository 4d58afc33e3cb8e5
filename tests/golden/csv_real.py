#!/usr/bin/env python3
"""Reference numbers for the real files of tests/unit/test_csv.c, by Python's csv module.

usage: tests/golden/csv_real.py FOLDER   (the shared data sets)
Prints rows, columns, missing cells and the sum of all cells of the columns that are numbers.
Last run with Python 3.11.
"""
import csv
import gzip
import math
import sys

NA = {"", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "#N/A", "?", "<NA>"}
FILES = [
    ("adult/adult.data.gz", ",", True, 0),
    ("bank-marketing/bank-full.csv.gz", ";", False, 1),
    ("titanic/titanic.csv", ",", False, 1),
    ("california-housing/housing.csv.gz", ",", False, 1),
    ("compas/compas-scores-two-years.csv.gz", ",", False, 1),
    ("bike-sharing/hour.csv.gz", ",", False, 1),
    ("hflights/hflights.csv.gz", ",", False, 1),
    ("covertype-outlier/cover.csv.gz", ",", False, 1),
]


def number(cells):
    try:
        return math.fsum(float(x) for x in cells)
    except ValueError:
        return None


for path, delimiter, blanks, header in FILES:
    opened = gzip.open if path.endswith(".gz") else open
    with opened(f"{sys.argv[1]}/{path}", "rt", newline="") as f:
        rows = [r for r in csv.reader(f, delimiter=delimiter, skipinitialspace=blanks) if r]
    rows = rows[header:]
    cols = len(rows[0])
    missing, total = 0, 0.0
    for c in range(cols):
        cells = [r[c] for r in rows if r[c].strip() not in NA]
        missing += len(rows) - len(cells)
        total += number(cells) or 0.0
    print(path, len(rows), cols, missing, repr(total))
