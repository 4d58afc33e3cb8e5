"""Numbers for tests/unit/test_fairness.c: intervals of shares and of differences of shares.

    /usr/bin/python3 tests/golden/explain_fairness.py > tests/golden/explain_fairness.h

Wilson's score interval by scipy.stats.binomtest (method "wilson", no continuity correction);
Newcombe's method 10 by its formula from those limits.  The printed rows of Newcombe 1998, table II,
are checked here first, as published to four places.  Made with scipy 1.10.1 (Debian 12).
"""

from math import sqrt

from scipy.stats import binomtest


def wilson(hits, n):
    ci = binomtest(hits, n).proportion_ci(0.95, method="wilson")
    return ci.low, ci.high


def newcombe(a, m, b, n):
    p, q = a / m, b / n
    (l1, u1), (l2, u2) = wilson(a, m), wilson(b, n)
    return (p - q - sqrt((p - l1) ** 2 + (u2 - q) ** 2),
            p - q + sqrt((u1 - p) ** 2 + (q - l2) ** 2))


# Newcombe, Statistics in Medicine 17, 1998, 873-890, table II, method 10: (a) to (e)
PUBLISHED = [
    ((56, 70, 48, 80), (0.0524, 0.3339)),
    ((9, 10, 3, 10), (0.1705, 0.8090)),
    ((6, 7, 2, 7), (0.0582, 0.8062)),
    ((5, 56, 0, 29), (-0.0381, 0.1926)),
    ((0, 10, 0, 20), (-0.1611, 0.2775)),
]
for case, want in PUBLISHED:
    got = newcombe(*case)
    assert all(abs(g - w) < 6e-5 for g, w in zip(got, want)), (case, got, want)

print("static const double wilson_golden[][4] = { /* hits, rows, low, high */")
for hits, n in [(0, 10), (10, 10), (1, 29), (15, 148), (81, 263), (500, 1000), (1, 1), (3, 7)]:
    low, high = wilson(hits, n)
    print(f"    {{{hits}, {n}, {low!r}, {high!r}}},")
print("};")
print("static const double newcombe_golden[][6] = { /* hits, rows, hits, rows, low, high */")
for case in [c for c, _ in PUBLISHED] + [(60, 100, 45, 90), (33, 40, 12, 35), (50, 50, 0, 30)]:
    low, high = newcombe(*case)
    print("    {" + ", ".join(map(repr, case)) + f", {low!r}, {high!r}}},")
print("};")
