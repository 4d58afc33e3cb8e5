#!/usr/bin/python3
"""Numbers for tests/unit/test_schema_rules.c from numpy, scipy and pandas (Debian's).

Run it by hand; it prints what the test holds:
    python3 tests/golden/check_rules.py
"""
import math

import numpy
import pandas
import scipy
import scipy.stats

print("# numpy", numpy.__version__, "scipy", scipy.__version__, "pandas", pandas.__version__)
x = numpy.array([(i * 37 % 101) / 10 for i in range(100)])
kind = [["red", "green", "blue"][i * i % 7 % 3] for i in range(100)]
size = [["small", "large"][(i * i % 7 % 3 == 1) ^ (i % 5 == 0)] for i in range(100)]
print("mean", repr(x.mean()), "median", repr(numpy.median(x)), "stdev", repr(x.std(ddof=1)))
print("sum", repr(x.sum()), "q10", repr(numpy.quantile(x, 0.1)), "q90", repr(numpy.quantile(x, 0.9)))
counts = pandas.Series(kind).value_counts()
observed = numpy.array([counts["red"], counts["green"], counts["blue"]])
print("counts", observed)
share = numpy.array([0.4, 0.4, 0.2])
print("kl", repr(scipy.stats.entropy(observed / 100, share)))
print("chi2 p", repr(scipy.stats.chisquare(observed, share * 100).pvalue))
edges = numpy.array([0, 2, 5, 10.2])
weights = numpy.array([0.25, 0.25, 0.5])
cdf = lambda v: numpy.interp(v, edges, numpy.concatenate([[0], numpy.cumsum(weights)]))
print("ks p", repr(scipy.stats.kstest(x, cdf, method="exact").pvalue))
print("norm p", repr(scipy.stats.kstest(x, "norm", args=(5, 3), method="exact").pvalue))
table = pandas.crosstab(pandas.Series(kind), pandas.Series(size))
chi2 = scipy.stats.chi2_contingency(table, correction=False)[0]
print("cramers", repr(math.sqrt(chi2 / (100 * (min(table.shape) - 1)))))
z = (x - x.mean()) / x.std(ddof=1)
print("z above 1.6", int((z >= 1.6).sum()), "two-sided", int((abs(z) >= 1.6).sum()))
