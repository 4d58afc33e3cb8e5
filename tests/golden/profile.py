#!/usr/bin/env python3
"""Reference numbers for tests/unit/test_profile.c, by Python's statistics module (3.11).

Values: (i * 7919) % 1000 / 8 for i in 0..999, without those with i % 10 == 3.
quantile: linear interpolation between order statistics at p * (n - 1), as numpy's default.
"""
import statistics

x = sorted((i * 7919) % 1000 / 8 for i in range(1000) if i % 10 != 3)


def quantile(p):
    at = p * (len(x) - 1)
    low = int(at)
    high = min(low + 1, len(x) - 1)
    return x[low] + (x[high] - x[low]) * (at - low)


print(len(x), len(set(x)), repr(statistics.fmean(x)), repr(statistics.stdev(x)))
print([quantile(p) for p in (0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1)])
width = (x[-1] - x[0]) / 20
counts = [0] * 20
for v in x:
    counts[min(int((v - x[0]) / width), 19)] += 1
print(counts)
