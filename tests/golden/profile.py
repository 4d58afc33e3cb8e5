#!/usr/bin/python3
"""Reference figures for tests/unit/test_profile.c and test_associate.c: tests/golden/profile.csv (made here) and
tests/golden/profile.json, by pandas 1.5.3, SciPy 1.10.1 and numpy (Debian 12).

usage: tests/golden/profile.py [SHARED]   (from the repository's root; SHARED is ../shared unless given)

Definitions: std, skew and kurt as pandas; quantiles linear; mad is scipy.stats.median_abs_deviation; spearman re-ranks
the rows that both columns have, as pandas; cramers_v is scipy.stats.contingency.association; eta is the square root of
the variance between groups over the whole.
"""
import gzip
import json
import math
import sys

import numpy as np
import pandas as pd
from scipy import stats

shared = sys.argv[1] if len(sys.argv) > 1 else "../shared"


def generated():
    """400 rows with ties, missing cells, heavy tails, categories and a truth value."""
    rng = np.random.RandomState(7)
    n = 400
    x = rng.normal(size=n)
    t = pd.DataFrame({
        "smooth": x.round(6),
        "ties": np.floor(3 * x),
        "heavy": np.exp(2.5 * x + rng.normal(size=n)).round(3),
        "count": rng.poisson(4, n),
        "noise": rng.uniform(-1, 1, n).round(4),
        "kind": np.array(["low", "mid", "high", "other"])[np.clip((x + 1.5).astype(int), 0, 3)],
        "town": np.array(["Pune", "Oslo", "Lima", "Kyiv", "Bonn"])[rng.randint(0, 5, n)],
        "flag": np.where(x + rng.normal(size=n) > 0, "true", "false"),
    })
    for name, share in (("smooth", 0.1), ("heavy", 0.3), ("kind", 0.05), ("count", 0.02)):
        t.loc[rng.uniform(size=n) < share, name] = np.nan
    t["ties"] = t["ties"].astype(int)
    t["count"] = t["count"].astype("Int64")
    t.to_csv("tests/golden/profile.csv", index=False)
    return pd.read_csv("tests/golden/profile.csv")


def figures(s):
    x = s.dropna().astype(float)
    return {
        "missing": int(s.isna().sum()), "distinct": int(s.nunique()), "min": x.min(), "max": x.max(),
        "mean": x.mean(), "std": x.std(), "sum": x.sum(), "skewness": x.skew(), "kurtosis": x.kurt(),
        "mad": float(stats.median_abs_deviation(x)), "zeros": int((x == 0).sum()),
        "negatives": int((x < 0).sum()),
        "quantiles": [x.quantile(q) for q in (0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1)],
    }


def eta(groups, x):
    both = pd.DataFrame({"g": groups, "x": x}).dropna()
    between = sum(len(p) * (p.x.mean() - both.x.mean()) ** 2 for _, p in both.groupby("g"))
    return math.sqrt(between / ((both.x - both.x.mean()) ** 2).sum())


def corrected_v(table):
    """Bergsma 2013, eq. 4 to 6."""
    n, (r, k) = table.values.sum(), table.shape
    phi2 = stats.chi2_contingency(table, correction=False)[0] / n
    phi2 = max(0, phi2 - (r - 1) * (k - 1) / (n - 1))
    return math.sqrt(phi2 / min(r - (r - 1) ** 2 / (n - 1) - 1, k - (k - 1) ** 2 / (n - 1) - 1))


def entropy(p):
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


def pair(t, a, b, categories):
    if a in categories and b in categories:
        both = t[[a, b]].dropna()
        table = pd.crosstab(both[a], both[b])
        p = table.values / table.values.sum()
        ha, hb = entropy(p.sum(1)), entropy(p.sum(0))
        mi = ha + hb - entropy(p.ravel())
        return {"a": a, "b": b, "n": int(table.values.sum()), "value": corrected_v(table),
                "plain": float(stats.contingency.association(table.values, method="cramer")),
                "u_ab": mi / ha, "u_ba": mi / hb}
    if a in categories or b in categories:
        c, x = (a, b) if a in categories else (b, a)
        both = t[[c, x]].dropna()
        plain = eta(both[c], both[x].astype(float))
        n, k = len(both), both[c].nunique()
        return {"a": a, "b": b, "n": n, "plain": plain,
                "value": math.sqrt(max(0, 1 - (1 - plain ** 2) * (n - 1) / (n - k)))}
    both = t[[a, b]].dropna().astype(float)
    return {"a": a, "b": b, "n": len(both), "pearson": stats.pearsonr(both[a], both[b])[0],
            "value": stats.spearmanr(both[a], both[b])[0]}


def table(t, categories, skip=()):
    columns = [c for c in t.columns if c not in skip]
    numbers = [c for c in columns if c not in categories]
    return {
        "rows": len(t), "duplicates": int(t.duplicated().sum()),
        "columns": {c: figures(t[c]) for c in numbers if t[c].dtype != bool},
        "top": {c: [[str(k), int(v)] for k, v in
                    sorted(t[c].value_counts().items(), key=lambda kv: (-kv[1], str(kv[0])))[:10]]
                for c in categories},
        "pairs": [pair(t, a, b, categories) for i, a in enumerate(columns) for b in columns[i + 1:]],
    }


def auc(x, y):
    both = pd.DataFrame({"x": x, "y": y}).dropna()
    u = stats.mannwhitneyu(both.x[both.y == 1], both.x[both.y == 0]).statistic
    return u / ((both.y == 1).sum() * (both.y == 0).sum())


out = {}
g = generated()
for name in ("flag",):
    g[name] = g[name].astype(bool)
made = table(g.drop(columns="flag"), ["kind", "town"])
made["auc"] = {c: auc(g[c].astype(float), g.flag.astype(int)) for c in ("smooth", "ties", "heavy", "count", "noise")}
out["made"] = made

titanic = pd.read_csv(shared + "/data/titanic/titanic.csv")
out["titanic"] = table(titanic, ["Sex", "Embarked"], ["Name", "Ticket", "Cabin"])
day = pd.read_csv(shared + "/data/bike-sharing/day.csv").drop(columns="dteday")
out["bikes"] = table(day, [])
with gzip.open(shared + "/data/california-housing/housing.csv.gz") as f:
    housing = pd.read_csv(f)
out["housing"] = table(housing, ["ocean_proximity"])
with open("tests/golden/profile.json", "w") as f:
    json.dump(out, f, indent=1)
    f.write("\n")
