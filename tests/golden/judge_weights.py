"""Rates and weak spots of rows with weights, by numpy and scipy: the numbers in test_fairness.c and test_segment.c.

    /usr/bin/python3 tests/golden/judge_weights.py

Weights say how much a row counts (reliability weights): shares are weighted, their Wilson intervals are those of Kish's
effective number of rows; variances are numpy's with aweights; Welch's test is scipy's with effective numbers of rows.
"""

import numpy as np
from scipy import stats

Z = stats.norm.isf(0.025)


def wilson(p, n):
    middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * np.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return middle - half, middle + half


def effective(w):
    return w.sum() ** 2 / (w * w).sum()


i = np.arange(240)
w = 0.5 + (i % 7) / 2
y = (i * 7) % 5 < 2
said = (i * 3) % 8 < 3
group = (i // 3) % 2
for g in (0, 1):
    for name, of, what in (("base", group == g, y), ("selection", group == g, said),
                           ("tpr", (group == g) & y, said), ("fpr", (group == g) & ~y, said)):
        p, n = np.average(what[of], weights=w[of]), effective(w[of])
        low, high = wilson(p, n)
        print(f"{{{g}, {p:.15g}, {low:.15g}, {high:.15g}, {n:.15g}}}, /* {name} */")

i = np.arange(400)
w = 0.25 + (i * 13 % 17) / 4
loss = (i * 37 % 101) / 101 * np.where(i % 3 == 0, 1.5, 1)


def moments(of):
    n = effective(w[of])
    return np.average(loss[of], weights=w[of]), np.sqrt(np.cov(loss[of], aweights=w[of])), n


inside, outside = moments(i % 3 == 0), moments(i % 3 != 0)
test = stats.ttest_ind_from_stats(*inside, *outside, equal_var=False, alternative="greater")
print(f"loss {inside[0]:.15g} elsewhere {outside[0]:.15g} p {test.pvalue:.15g}")
