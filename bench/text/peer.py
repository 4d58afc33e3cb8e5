"""scikit-learn's TfidfVectorizer and LogisticRegression on a set of sets.py: peer.py FOLDER NAME

Prints accuracy and log loss on the test part, and CPU seconds of the fit: with defaults, and with pairs of words.
"""

import csv
import sys
import time

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss


def read(part):
    rows = list(csv.reader(open("%s/%s_%s.csv" % (sys.argv[1], sys.argv[2], part), newline="", encoding="utf8")))[1:]
    return [r[1] for r in rows], [r[0] for r in rows]


texts, labels = read("train")
test, truth = read("test")
for what, settings in (("defaults", {}), ("pairs", {"ngram_range": (1, 2), "min_df": 2})):
    start = time.process_time()
    v = TfidfVectorizer(**settings)
    m = LogisticRegression(max_iter=1000).fit(v.fit_transform(texts), labels)
    seconds = time.process_time() - start
    p = m.predict_proba(v.transform(test))
    print("%-9s scikit-learn %-9s accuracy %.4f  log_loss %.4f  %6.1f s CPU" % (
        sys.argv[2], what, accuracy_score(truth, m.classes_[p.argmax(1)]), log_loss(truth, p, labels=m.classes_), seconds))
