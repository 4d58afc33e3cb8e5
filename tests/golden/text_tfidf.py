"""Numbers for tests/unit/test_tfidf.c: scikit-learn's TfidfVectorizer on made-up and on real texts.

    HONE_SHARED=../shared /usr/bin/python3 tests/golden/text_tfidf.py > tests/golden/text_tfidf.h

made with scikit-learn 1.2.1 (Debian 12).  Of real texts (sms-spam, banking77, sentence-polarity, which are not in this
repository) only sums and some single values are written.
"""

import csv
import gzip
import io
import os

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

SHARED = os.environ.get("HONE_SHARED", "../shared") + "/data/"
TEXTS = [
    "Good film, good FILM!",
    "not good - not bad either",
    "",
    "a b c d 1 2 3",
    "Straße in Москва: déjà vu, déjà VU",
    "It's 10% off!!! Call 08001234567 now, call NOW",
    "naïve_fact 42 naïve_fact 43",
    "😀😀 good 👍 call",
    "東京都 に 住む 東京都",
    "not good film at all, Москва",
    "x² ½½ 1,000.50 e-mail@example.com",
    "  \t\n  ",
    "ΑΒΓ αβγ Déjà vu",
    "call me at 10 or at 10:30 or not",
]


def sms():
    lines = gzip.open(SHARED + "sms-spam/sms.tsv.gz", "rt", encoding="utf8", newline="\n").read().split("\n")
    return [line.split("\t", 1)[1] for line in lines if "\t" in line]


def polarity():
    text = gzip.open(SHARED + "sentence-polarity/rt-polarity.pos.gz", "rt", encoding="utf8", newline="\n").read()
    return text.split("\n")[:-1]


def banking():
    text = gzip.open(SHARED + "banking77/train.csv.gz", "rt", encoding="utf8", newline="").read()
    return [row[0] for row in list(csv.reader(io.StringIO(text)))[1:]]


def quote(text):
    return '"' + "".join(
        '\\%s' % c if c in '"\\' else c if " " <= c < "\x7f" else "".join("\\%03o" % b for b in c.encode()) for c in text
    ) + '"'


def numbers(kind, name, values):
    print("static const %s %s[%d] = {%s};" % (kind, name, len(values), ", ".join(values)))


def matrix(name, **settings):
    v = TfidfVectorizer(**settings)
    m = v.fit_transform(TEXTS).toarray()
    terms = v.get_feature_names_out()
    print("enum { %s = %d };" % (name.upper() + "_TERMS", len(terms)))
    numbers("char *const", "golden_%s_term" % name, [quote(t) for t in terms])
    numbers("double", "golden_%s" % name, [repr(float(x)) for x in m.ravel()])


def real(name, texts):
    v = TfidfVectorizer(ngram_range=(1, 2), min_df=2)
    m = v.fit_transform(texts).tocsr()
    m.sort_indices()
    terms = v.get_feature_names_out()
    r = np.random.RandomState(5)
    rows = r.choice([i for i in range(len(texts)) if m.indptr[i + 1] > m.indptr[i]], 60, False)
    samples = []
    for i in rows:
        k = r.randint(m.indptr[i], m.indptr[i + 1])
        samples.append("{%d, %s, %r}" % (i, quote(terms[m.indices[k]]), float(m.data[k])))
    print("static const struct sample golden_%s_sample[60] = {%s};" % (name, ", ".join(samples)))
    print("static const struct sums golden_%s = {%d, %d, %d, %r};" % (name, len(texts), len(terms), m.nnz, float(m.data.sum())))


print("/* Written by tests/golden/text_tfidf.py. */")
print("/* clang-format off */")
print("struct sample { size_t row; const char *term; double value; };")
print("struct sums { size_t rows, terms, values; double sum; };")
print("enum { GOLDEN_TEXTS = %d };" % len(TEXTS))
numbers("char *const", "golden_text", [quote(t) for t in TEXTS])
matrix("pairs", ngram_range=(1, 2), min_df=2)
matrix("triples", ngram_range=(1, 3), min_df=1, sublinear_tf=True, norm="l1", max_df=0.25)
matrix("as_is", lowercase=False, norm=None, min_df=1)
real("sms", sms())
real("polarity", polarity())
real("banking", banking())
print("/* clang-format on */")
