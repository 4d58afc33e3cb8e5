#!/usr/bin/env python3
"""Whether a store kept what a server acknowledged before it was killed.

usage: kept.py STORE ACKS KILLS FLUSH [SLACK]

ACKS is what `drive --acks` wrote, KILLS has a line "K before after" (µs since 1970) for each kill, FLUSH is the server's
--flush and SLACK how long a transaction may take, both in seconds.  Without SLACK only what follows from the order of
events is asked for, not from the clock.  Held:

  - the database is whole by its own check, its links too, and no id is there twice;
  - each acknowledged label is there, with its prediction;
  - so is each prediction that was acknowledged before a label was sent that the same life of the server acknowledged:
    predictions are written before labels;
  - with SLACK, so is each prediction acknowledged longer than FLUSH + SLACK before the kill;
  - what the server did not know when a label came is not there.

The store is read by Python's own SQLite.  Exit status 1 when something is missing.
"""
import bisect
import sqlite3
import sys

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def born_us(prediction_id):
    """The time in an id, its first ten characters: ms since 1970."""
    ms = 0
    for c in prediction_id[:10]:
        ms = ms * 32 + DIGITS.index(c)
    return ms * 1000


def main():
    folder, acks, kills_path, flush = sys.argv[1:5]
    slack = float(sys.argv[5]) if len(sys.argv) > 5 else None
    with open(kills_path) as f:
        lines = sorted([int(t) for t in line.split()[1:3]] for line in f)
    kills = [before for before, _ in lines]
    ends = [after for _, after in lines]  # of the server's lives
    db = sqlite3.connect(f"file:{folder}/hone.db?mode=ro", uri=True)
    bad = []
    if db.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
        bad.append("the database is damaged")
    if db.execute("PRAGMA foreign_key_check").fetchall():
        bad.append("links lead nowhere")
    stored = [row[0] for row in db.execute("SELECT id FROM prediction NOT INDEXED")]
    there = set(stored)
    if len(there) != len(stored):
        bad.append(f"{len(stored) - len(there)} ids are there twice")
    labelled = {row[0] for row in
                db.execute("SELECT prediction.id FROM label JOIN prediction ON seq = label.prediction")}

    predictions, labels, unknown = [], [], []
    with open(acks) as f:
        for line in f:
            word = line.split()
            if word[0] == "P":
                predictions.append((int(word[1]), word[2]))
            elif word[0] == "F":
                labels.append((int(word[1]), word[2], int(word[3])))
            elif word[0] == "U":
                unknown.append(word[2])
    # How many of the first predictions a label followed that the same life acknowledged.
    proven = {}
    lost_labels = 0
    for time, prediction_id, before in labels:
        lost_labels += prediction_id not in labelled
        life = bisect.bisect(ends, time)
        if life == bisect.bisect(kills, time):  # else: while it was being killed
            proven[life] = max(proven.get(life, 0), before)
    lost, lost_proven, oldest = 0, 0, [0.0] * len(kills)
    for i, (time, prediction_id) in enumerate(predictions):
        if prediction_id in there:
            continue
        life = bisect.bisect(ends, born_us(prediction_id))
        lost += 1
        if life == len(kills):
            bad.append(f"{prediction_id}: lost without a kill")
            continue
        lost_proven += i < proven.get(life, 0)
        oldest[life] = max(oldest[life], (kills[life] - time) / 1e6)
    print(f"kills {len(kills)}\nacknowledged_predictions {len(predictions)}\nacknowledged_labels {len(labels)}")
    print(f"stored_predictions {len(stored)}\nstored_labelled {len(labelled)}\nlost_predictions {lost}")
    print("oldest_lost_s " + " ".join(f"{x:.3f}" for x in oldest))
    print(f"unknown_labels {len(unknown)}")
    if lost_labels:
        bad.append(f"{lost_labels} acknowledged labels are not there")
    if lost_proven:
        bad.append(f"{lost_proven} predictions that an acknowledged label followed are not there")
    if slack is not None and kills and max(oldest) > float(flush) + slack:
        bad.append(f"a prediction was lost {max(oldest):.3f} s after it was acknowledged; --flush is {flush}")
    known = sum(i in there for i in unknown)
    if known:
        bad.append(f"{known} predictions are there of which the server said it does not know them")
    for text in bad[:20]:
        print("FAIL " + text)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
