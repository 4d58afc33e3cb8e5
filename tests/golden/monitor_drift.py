#!/usr/bin/python3
"""Numbers for tests/unit/test_drift.c (golden_window): a reference and a window with ties, by formula.

usage: monitor_drift.py; needs numpy and scipy (Debian's python3-scipy).  p-values of the two distances between
distribution functions are from 200,000 permutations, since their tables are for values without ties.
"""
import numpy as np
import scipy
import scipy.spatial.distance
import scipy.stats

M, N = 2000, 400


def number(i, late):
    u = (i * 7919 + 13) % 1009 / 1009
    return int(8 * u ** (1.15 if late else 1.0))


reference = np.array([number(i, False) for i in range(M)])
window = np.array([number(3 * i + 1, True) for i in range(N)])
r = np.bincount(reference, minlength=8).astype(float)
c = np.bincount(window, minlength=8).astype(float)
print("# numpy", np.__version__, "scipy", scipy.__version__)
print("counts", r.tolist(), c.tolist())
p, q = r / M, c / N
print("ks", repr(scipy.stats.ks_2samp(reference, window).statistic))
print("wasserstein", repr(scipy.stats.wasserstein_distance(reference, window) / reference.std(ddof=1)))
print("jensenshannon", repr(scipy.spatial.distance.jensenshannon(p, q, base=2)))
print("psi", repr(float(((p - q) * np.log(p / q)).sum())))
table = np.array([r, c])
chi2, chi2_p = scipy.stats.chi2_contingency(table, correction=False)[:2]
print("chisquare", repr(0.5 * np.sqrt(chi2 * (1 / M + 1 / N))), "p", repr(chi2_p))
# two-sided mid-p of Fisher: 30 of 2,000 missing before, 14 of 400 now
law = scipy.stats.hypergeom(M + N, N, 44)
tail = min(law.cdf(14), law.sf(13))
print("missing mid-p", repr(2 * (tail - 0.5 * law.pmf(14))))

rng = np.random.default_rng(1)
both = np.concatenate([r, np.zeros(0)]) + c


def distances(x, y):
    gap = np.abs(np.cumsum(x / x.sum()) - np.cumsum(y / y.sum()))
    return gap.max(), gap[:-1].sum()


seen = distances(r, c)
draws = rng.multivariate_hypergeometric(both.astype(int), N, size=200000)
fw = np.cumsum(draws, axis=1) / N
fr = np.cumsum(both - draws, axis=1) / M
gap = np.abs(fw - fr)
print("ks p", (gap.max(axis=1) >= seen[0] - 1e-12).mean())
print("area p", (gap[:, :-1].sum(axis=1) >= seen[1] - 1e-12).mean())
