"""Text sets as CSV with one split for all: sets.py SHARED OUT NAME writes OUT/NAME_train.csv and OUT/NAME_test.csv.

Public sets: sms-spam and sentence-polarity, of which every fifth row in a shuffled order (seed 7) is for the test, and
banking77 with its own test part.
"""

import csv
import gzip
import io
import random
import sys

shared, out, name = sys.argv[1:4]


def text(path):
    return gzip.open("%s/data/%s" % (shared, path), "rt", encoding="utf8", newline="").read()


def split(rows):
    random.Random(7).shuffle(rows)
    return [r for i, r in enumerate(rows) if i % 5], [r for i, r in enumerate(rows) if i % 5 == 0]


def sms():
    return split([line.split("\t", 1) for line in text("sms-spam/sms.tsv.gz").split("\n") if "\t" in line])


def polarity():
    kinds = ("pos", "neg")
    return split([[k, line] for k in kinds for line in text("sentence-polarity/rt-polarity.%s.gz" % k).split("\n") if line])


def banking():
    return [
        [[label, words] for words, label in list(csv.reader(io.StringIO(text("banking77/%s.csv.gz" % part))))[1:]]
        for part in ("train", "test")
    ]


for part, rows in zip(("train", "test"), {"sms": sms, "polarity": polarity, "banking": banking}[name]()):
    with open("%s/%s_%s.csv" % (out, name, part), "w", newline="", encoding="utf8") as f:
        w = csv.writer(f)
        w.writerow(["label", "text"])
        w.writerows(rows)
