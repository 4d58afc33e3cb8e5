#!/usr/bin/python3
"""Write eval_metrics.json: metrics, calibration fits and two-sample statistics of random small cases.

Needs scikit-learn 1.2 and scipy 1.10 (Debian 12: python3-sklearn).
usage: eval_metrics.py > eval_metrics.json
"""
import json
import sys
import warnings

import numpy as np
import scipy.spatial.distance
import scipy.stats
import sklearn
from sklearn import metrics as sk
from sklearn.calibration import _sigmoid_calibration
from sklearn.isotonic import IsotonicRegression

warnings.simplefilter("ignore")
rng = np.random.default_rng(20240229)


def listed(a):
    return None if a is None else np.asarray(a).tolist()


def weights(n, kind):
    if kind == 0:
        return None
    if kind == 1:
        return rng.integers(1, 5, n).astype(float)
    return np.round(rng.uniform(0.05, 3, n), 3)


def probabilities(n, k, digits):
    p = rng.dirichlet(np.full(k, 0.7), n)
    p = np.round(p, digits)
    p[:, -1] = np.maximum(0, np.round(1 - p[:, :-1].sum(axis=1), digits))
    return p


def label_metrics(y, predicted, w, binary):
    out = {
        "accuracy": sk.accuracy_score(y, predicted, sample_weight=w),
        "balanced_accuracy": sk.balanced_accuracy_score(y, predicted, sample_weight=w),
        "mcc": sk.matthews_corrcoef(y, predicted, sample_weight=w),
    }
    average = "binary" if binary else "macro"
    out["precision"] = sk.precision_score(y, predicted, average=average, sample_weight=w)
    out["recall"] = sk.recall_score(y, predicted, average=average, sample_weight=w)
    out["f1"] = sk.f1_score(y, predicted, average=average, sample_weight=w)
    for a in ("macro", "micro", "weighted"):
        out["f1_" + a] = sk.f1_score(y, predicted, average=a, sample_weight=w)
    return out


def binary_case(n, kind, digits, rate):
    y = (rng.uniform(size=n) < rate).astype(int)
    p1 = np.round(np.clip(0.3 * y + 0.7 * rng.uniform(size=n), 0, 1), digits)
    score = np.column_stack([1 - p1, p1])
    w = weights(n, kind)
    want = label_metrics(y, np.argmax(score, axis=1), w, True)
    want["log_loss"] = sk.log_loss(y, score, sample_weight=w, labels=[0, 1])
    want["brier"] = sk.brier_score_loss(y, p1, sample_weight=w, pos_label=1)
    if 0 < y.sum() < n:
        want["roc_auc"] = sk.roc_auc_score(y, p1, sample_weight=w)
    else:
        want["roc_auc"] = None
    want["average_precision"] = sk.average_precision_score(y, p1, sample_weight=w) if y.sum() else None
    return {"task": 2, "classes": 2, "y": listed(y), "score": listed(score.ravel()), "weight": listed(w), "want": want}


def multiclass_case(n, k, kind, digits, missing):
    y = rng.integers(0, k - 1 if missing else k, n)
    score = probabilities(n, k, digits)
    pull = rng.uniform(size=n) < 0.4
    score[pull] = np.round(0.5 * score[pull] + 0.5 * np.eye(k)[y[pull]], digits + 1)
    score = score / score.sum(axis=1, keepdims=True)
    w = weights(n, kind)
    want = label_metrics(y, np.argmax(score, axis=1), w, False)
    want["log_loss"] = sk.log_loss(y, score, sample_weight=w, labels=list(range(k)))
    one = np.eye(k)[y]
    here = [c for c in range(k) if 0 < one[:, c].sum() < n]
    if len(here) == k:
        want["roc_auc"] = sk.roc_auc_score(y, score, multi_class="ovr", average="macro", sample_weight=w)
    elif here:
        want["roc_auc"] = np.mean([sk.roc_auc_score(one[:, c], score[:, c], sample_weight=w) for c in here])
    some = [c for c in range(k) if one[:, c].sum() > 0]
    want["average_precision"] = np.mean(
        [sk.average_precision_score(one[:, c], score[:, c], sample_weight=w) for c in some])
    square = ((score - one) ** 2).sum(axis=1)
    want["brier"] = np.average(square, weights=w)
    return {"task": 4, "classes": k, "y": listed(y), "score": listed(score.ravel()), "weight": listed(w), "want": want}


def regression_case(n, kind, constant):
    y = np.full(n, 2.5) if constant else np.round(rng.normal(10, 20, n), 2)
    f = np.round(y + rng.normal(0, 5, n), 1)
    w = weights(n, kind)
    if rng.uniform() < 0.1:
        y[0] = 0
    want = {
        "mse": sk.mean_squared_error(y, f, sample_weight=w),
        "rmse": sk.mean_squared_error(y, f, sample_weight=w, squared=False),
        "mae": sk.mean_absolute_error(y, f, sample_weight=w),
        "mape": sk.mean_absolute_percentage_error(y, f, sample_weight=w),
        "r2": sk.r2_score(y, f, sample_weight=w) if n > 1 else None,
        "median_ae": sk.median_absolute_error(y, f, sample_weight=w),
        "max_error": sk.max_error(y, f),
        "pinball": sk.mean_pinball_loss(y, f, sample_weight=w, alpha=0.5),
    }
    return {"task": 1, "classes": 1, "y": listed(y), "score": listed(f), "weight": listed(w), "want": want}


def calibration_case(n, kind, digits):
    x = np.round(rng.normal(size=n), digits)
    y = (rng.uniform(size=n) < 1 / (1 + np.exp(-1.7 * x + 0.4))).astype(float)
    w = weights(n, kind)
    at = np.round(np.linspace(-3, 3, 25), 3)
    iso = IsotonicRegression(out_of_bounds="clip").fit(x, y, sample_weight=w)
    a, b = _sigmoid_calibration(x, y, sample_weight=w)
    return {"x": listed(x), "y": listed(y), "weight": listed(w), "at": listed(at),
            "isotonic": listed(iso.predict(at)), "sigmoid": listed(1 / (1 + np.exp(a * at + b)))}


def two_sample_case(n, m, digits, shift):
    a = np.round(rng.normal(size=n), digits)
    b = np.round(rng.normal(shift, 1.2, size=m), digits)
    r = rng.integers(0, 60, 7).astype(float)
    c = rng.integers(0, 60, 7).astype(float)
    r[rng.integers(0, 7)] = 0
    rs, cs = np.maximum(r / r.sum(), 1e-4), np.maximum(c / c.sum(), 1e-4)
    seen = (r + c) > 0
    chi2 = scipy.stats.chi2_contingency(np.array([r[seen], c[seen]]), correction=False)
    return {"a": listed(a), "b": listed(b), "reference": listed(r), "current": listed(c),
            "want": {
                "ks": scipy.stats.ks_2samp(a, b).statistic,
                "ks_p": scipy.stats.ks_2samp(a, b, method="exact").pvalue,
                "wasserstein": scipy.stats.wasserstein_distance(a, b),
                "jensen_shannon": float(scipy.spatial.distance.jensenshannon(r, c, base=2)),
                "hellinger": float(np.sqrt(0.5 * ((np.sqrt(r / r.sum()) - np.sqrt(c / c.sum())) ** 2).sum())),
                "psi": float(((rs - cs) * np.log(rs / cs)).sum()),
                "chi2": chi2[0], "chi2_p": chi2[1], "freedom": chi2[2]}}


def tails():
    rows = []
    for x in (0.01, 0.3, 0.8, 1.0, 1.3, 2.0, 3.0):
        rows.append({"x": x, "normal": scipy.stats.norm.sf(x), "kolmogorov": scipy.special.kolmogorov(x),
                     "chi2": [[f, scipy.stats.chi2.sf(x * f, f)] for f in (1, 2, 5, 10, 100, 400)]})
    return rows


def fisher():
    rows = []
    for a, n, b, m in ((0, 60, 0, 5000), (1, 60, 0, 5000), (3, 10, 7, 12), (50, 100, 400, 1000), (0, 30, 9, 40)):
        less = scipy.stats.fisher_exact([[a, n - a], [b, m - b]], alternative="less")[1]
        greater = scipy.stats.fisher_exact([[a, n - a], [b, m - b]], alternative="greater")[1]
        rows.append([a, n, b, m, min(1, 2 * min(less, greater))])
    return rows


cases = []
for i in range(80):
    cases.append(binary_case(int(rng.integers(1, 40)), i % 3, 1 + i % 3, [0.5, 0.1, 0.9, 0.02][i % 4]))
for i in range(70):
    cases.append(multiclass_case(int(rng.integers(6, 40)), 3 + i % 4, i % 3, 1 + i % 2, i % 5 == 0))
for i in range(50):
    cases.append(regression_case(int(rng.integers(1, 40)), i % 3, i % 10 == 9))
for case in cases:
    case["want"] = {k: None if v is None or np.isnan(v) else float(v) for k, v in case["want"].items()}
json.dump({
    "versions": {"sklearn": sklearn.__version__, "scipy": scipy.__version__, "numpy": np.__version__},
    "metrics": cases,
    "calibration": [calibration_case(int(rng.integers(20, 80)), i % 3, 1 + i % 3) for i in range(12)],
    "two_sample": [two_sample_case(int(rng.integers(20, 60)), int(rng.integers(20, 60)), 1 + i % 2, 0.3 * (i % 3))
                   for i in range(20)],
    "tails": tails(),
    "fisher": fisher(),
}, sys.stdout, separators=(",", ":"))
sys.stdout.write("\n")
