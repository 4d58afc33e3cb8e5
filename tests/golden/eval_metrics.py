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
import scipy.special
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


def specificities(y, predicted, w, labels):
    table = sk.multilabel_confusion_matrix(y, predicted, sample_weight=w, labels=labels)
    tn, fp = table[:, 0, 0], table[:, 0, 1]
    return np.where(tn + fp > 0, tn / np.maximum(tn + fp, 1e-300), 0.0), tn, fp


def label_metrics(y, predicted, w, k):
    """k: the number of classes; binary of class 1."""
    binary = k == 2
    out = {
        "accuracy": sk.accuracy_score(y, predicted, sample_weight=w),
        "balanced_accuracy": sk.balanced_accuracy_score(y, predicted, sample_weight=w),
        "mcc": sk.matthews_corrcoef(y, predicted, sample_weight=w),
        "cohen_kappa": sk.cohen_kappa_score(y, predicted, sample_weight=w),
    }
    for cost in ("linear", "quadratic"):
        out["cohen_kappa:" + cost] = sk.cohen_kappa_score(y, predicted, sample_weight=w, weights=cost,
                                                          labels=list(range(k)))
    for average in ("auto", "macro", "micro", "weighted"):
        how = {"average": ("binary" if binary else "macro") if average == "auto" else average, "sample_weight": w}
        suffix = "" if average == "auto" else "_" + average
        out["precision" + suffix] = sk.precision_score(y, predicted, **how)
        out["recall" + suffix] = sk.recall_score(y, predicted, **how)
        out["f1" + suffix] = sk.f1_score(y, predicted, **how)
        out["jaccard" + suffix] = sk.jaccard_score(y, predicted, **how)
        out["fbeta:0.5:average=" + average] = sk.fbeta_score(y, predicted, beta=0.5, **how)
    out["fbeta"] = sk.fbeta_score(y, predicted, beta=2, average="binary" if binary else "macro", sample_weight=w)
    here = sorted(set(y) | set(predicted))
    each, tn, fp = specificities(y, predicted, w, here)
    whole, whole_tn, whole_fp = specificities(y, predicted, w, list(range(k)))
    out["specificity"] = whole[1] if binary else each.mean()
    out["specificity_micro"] = whole_tn.sum() / (whole_tn.sum() + whole_fp.sum())
    truth = sorted(set(y))
    recalls = sk.recall_score(y, predicted, average=None, labels=truth, sample_weight=w)
    out["gmean"] = np.prod(recalls) ** (1 / len(truth))
    return out


def base_loss(y, w, k):
    share = np.array([np.sum((y == c) * (1.0 if w is None else w)) for c in range(k)])
    share = share / share.sum()
    return -np.sum(share[share > 0] * np.log(share[share > 0]))


def lift_at(y, s, w, share):
    """Precision among the share of highest scores over that of all; ties at the edge in equal parts."""
    w = np.ones(len(y)) if w is None else w
    left, found = share * w.sum(), 0.0
    for value in sorted(set(s), reverse=True):
        at = s == value
        part = min(1.0, left / w[at].sum())
        found += part * (w[at] * y[at]).sum()
        left -= part * w[at].sum()
    return (found / (share * w.sum())) / np.average(y, weights=w)


def binary_case(n, kind, digits, rate, shape="plain"):
    y = (rng.uniform(size=n) < rate).astype(int)
    p1 = np.round(np.clip(0.3 * y + 0.7 * rng.uniform(size=n), 0, 1), digits)
    if shape == "constant":
        p1 = np.full(n, 0.5)
    elif shape == "perfect":
        p1 = y.astype(float)
    elif shape == "reversed":
        p1 = 1.0 - y
    elif shape == "certain":
        p1 = np.round(p1)
    score = np.column_stack([1 - p1, p1])
    w = weights(n, kind)
    want = label_metrics(y, np.argmax(score, axis=1), w, 2)
    want["log_loss"] = sk.log_loss(y, score, sample_weight=w, labels=[0, 1])
    want["brier"] = sk.brier_score_loss(y, p1, sample_weight=w, pos_label=1)
    both = 0 < y.sum() < n
    want["roc_auc"] = sk.roc_auc_score(y, p1, sample_weight=w) if both else None
    want["gini"] = 2 * want["roc_auc"] - 1 if both else None
    if both:
        fpr, tpr, _ = sk.roc_curve(y, p1, sample_weight=w, drop_intermediate=False)
        want["ks"] = np.max(np.abs(tpr - fpr))
    else:
        want["ks"] = None
    want["d2_log_loss"] = 1 - want["log_loss"] / base_loss(y, w, 2) if both else None
    want["average_precision"] = sk.average_precision_score(y, p1, sample_weight=w) if y.sum() else None
    want["lift"] = lift_at(y, p1, w, 0.1) if y.sum() else None
    want["lift:0.35"] = lift_at(y, p1, w, 0.35) if y.sum() else None
    return {"task": 2, "classes": 2, "y": listed(y), "score": listed(score.ravel()), "weight": listed(w), "want": want}


def multiclass_case(n, k, kind, digits, missing, shape="plain"):
    y = rng.integers(0, k - 1 if missing else k, n)
    score = probabilities(n, k, digits)
    pull = rng.uniform(size=n) < 0.4
    score[pull] = np.round(0.5 * score[pull] + 0.5 * np.eye(k)[y[pull]], digits + 1)
    score = score / score.sum(axis=1, keepdims=True)
    if shape == "constant":
        score = np.full((n, k), 1 / k)
    elif shape == "perfect":
        score = np.eye(k)[y]
    elif shape == "one":
        y = np.full(n, 1)
    w = weights(n, kind)
    want = label_metrics(y, np.argmax(score, axis=1), w, k)
    want["log_loss"] = sk.log_loss(y, score, sample_weight=w, labels=list(range(k)))
    one = np.eye(k)[y]
    size = np.array([np.sum(one[:, c] * (1.0 if w is None else w)) for c in range(k)])
    here = [c for c in range(k) if 0 < one[:, c].sum() < n]
    want["d2_log_loss"] = 1 - want["log_loss"] / base_loss(y, w, k) if here else None
    want["roc_auc"] = want["roc_auc_ovo"] = want["roc_auc_ovr_weighted"] = None
    if len(here) == k:
        want["roc_auc"] = sk.roc_auc_score(y, score, multi_class="ovr", average="macro", sample_weight=w)
        want["roc_auc_ovr_weighted"] = sk.roc_auc_score(y, score, multi_class="ovr", average="weighted",
                                                        sample_weight=w)
        if w is None:
            want["roc_auc_ovo"] = sk.roc_auc_score(y, score, multi_class="ovo", average="macro")
            want["roc_auc_ovo_weighted"] = sk.roc_auc_score(y, score, multi_class="ovo", average="weighted")
    elif here:
        auc = [sk.roc_auc_score(one[:, c], score[:, c], sample_weight=w) for c in here]
        want["roc_auc"] = np.mean(auc)
        want["roc_auc_ovr_weighted"] = np.average(auc, weights=size[here])
    if want["roc_auc_ovo"] is None and here:
        pairs = []
        for a in here:
            for b in here:
                if a != b:
                    both = (y == a) | (y == b)
                    pairs.append(sk.roc_auc_score(y[both] == a, score[both, a],
                                                  sample_weight=None if w is None else w[both]))
        want["roc_auc_ovo"] = np.mean(pairs)
    some = [c for c in range(k) if one[:, c].sum() > 0]
    ap = [sk.average_precision_score(one[:, c], score[:, c], sample_weight=w) for c in some]
    want["average_precision"] = np.mean(ap)
    want["average_precision_weighted"] = np.average(ap, weights=size[some])
    square = ((score - one) ** 2).sum(axis=1)
    want["brier"] = np.average(square, weights=w)
    for top in (1, 2, k):
        want["top_k_accuracy:%d" % top] = sk.top_k_accuracy_score(y, score, k=top, sample_weight=w,
                                                                  labels=list(range(k)))
    return {"task": 4, "classes": k, "y": listed(y), "score": listed(score.ravel()), "weight": listed(w), "want": want}


def or_none(f, *args, **more):
    try:
        return f(*args, **more)
    except ValueError:
        return None


def regression_case(n, kind, shape="plain"):
    y = np.full(n, 2.5) if shape == "constant" else np.round(rng.normal(10, 20, n), 2)
    f = np.round(y + rng.normal(0, 5, n), 1)
    if rng.uniform() < 0.1:
        y[0] = 0
    if shape == "counts":
        y = rng.poisson(3, n).astype(float)
        f = np.round(np.exp(rng.normal(1, 0.7, n)), 2) + 0.01
    elif shape == "sizes":
        y = np.round(rng.gamma(2, 3, n), 2) + 0.01
        f = np.round(rng.gamma(2, 3, n), 2) + 0.01
    elif shape == "perfect":
        f = y.copy()
    elif shape == "huge":
        y, f = y * 1e9, f * 1e9
    w = weights(n, kind)
    error = np.abs(y - f)
    want = {
        "mse": sk.mean_squared_error(y, f, sample_weight=w),
        "rmse": sk.mean_squared_error(y, f, sample_weight=w, squared=False),
        "mae": sk.mean_absolute_error(y, f, sample_weight=w),
        "mape": sk.mean_absolute_percentage_error(y, f, sample_weight=w),
        "r2": sk.r2_score(y, f, sample_weight=w) if n > 1 else None,
        "explained_variance": sk.explained_variance_score(y, f, sample_weight=w),
        "median_ae": sk.median_absolute_error(y, f, sample_weight=w),
        "max_error": sk.max_error(y, f),
        "pinball": sk.mean_pinball_loss(y, f, sample_weight=w, alpha=0.5),
        "msle": or_none(sk.mean_squared_log_error, y, f, sample_weight=w),
        "rmsle": or_none(sk.mean_squared_log_error, y, f, sample_weight=w, squared=False),
        "poisson_deviance": or_none(sk.mean_poisson_deviance, y, f, sample_weight=w),
        "gamma_deviance": or_none(sk.mean_gamma_deviance, y, f, sample_weight=w),
        "d2_absolute_error": sk.d2_absolute_error_score(y, f, sample_weight=w) if n > 1 else None,
        "smape": np.average(2 * error / np.maximum(np.abs(y) + np.abs(f), 1e-300), weights=w),
        "log_cosh": np.average(np.logaddexp(error, -error) - np.log(2), weights=w),
        "huber": np.average(scipy.special.huber(1.0, error), weights=w),
        "huber:4": np.average(scipy.special.huber(4.0, error), weights=w),
    }
    for alpha in (0.05, 0.25, 0.9):
        want["pinball:%g" % alpha] = sk.mean_pinball_loss(y, f, sample_weight=w, alpha=alpha)
        want["d2_pinball:%g" % alpha] = sk.d2_pinball_score(y, f, sample_weight=w, alpha=alpha) if n > 1 else None
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
    cases.append(regression_case(int(rng.integers(1, 40)), i % 3, "constant" if i % 10 == 9 else "plain"))
for i, shape in enumerate(["constant", "perfect", "reversed", "certain"] * 6):
    cases.append(binary_case(int(rng.integers(2, 30)), i % 3, 2, 0.4, shape))
for i, shape in enumerate(["constant", "perfect", "one"] * 5):
    cases.append(multiclass_case(int(rng.integers(8, 30)), 3 + i % 3, i % 3, 2, i % 2 == 0, shape))
for i, shape in enumerate(["counts", "sizes", "perfect", "huge"] * 6):
    cases.append(regression_case(int(rng.integers(2, 30)), i % 3, shape))
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
