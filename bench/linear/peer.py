"""Data for bench/linear, and scikit-learn's time on them.

usage: peer.py make FOLDER         writes FOLDER/{dense,sparse}.bin
       peer.py fit FOLDER CASE     prints wall and CPU seconds of the fit, and the mean training loss

Files hold int64 rows, cols, values, then for dense float32 columns, for sparse int64 starts, int32 columns, float32
values; then float64 targets of a regression (dense) and classes.
"""

import os
import sys
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")

import numpy as np
import scipy.sparse as sp
import sklearn.linear_model as lm
from sklearn.metrics import log_loss

warnings.filterwarnings("ignore")


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def make(folder):
    r = np.random.default_rng(20260505)
    n, k = 500_000, 50
    X = r.normal(0, 1, (n, k))
    X[:, 10:20] = 0.7 * X[:, :10] + 0.7 * X[:, 10:20]  # correlated
    w = r.normal(0, 1, k) * (r.random(k) < 0.5)
    z = X @ w
    yr = z + r.normal(0, 3, n)
    y = (r.random(n) < sigmoid(0.5 * z)).astype(np.float64)
    with open(folder + "/dense.bin", "wb") as f:
        np.array([n, k, 0], np.int64).tofile(f)
        X.T.astype(np.float32).tofile(f)
        yr.tofile(f), y.tofile(f)
    n, k, nnz = 100_000, 50_000, 80
    p = 1 / np.arange(1, k + 1) ** 1.05
    col = np.minimum(np.searchsorted(np.cumsum(p / p.sum()), r.random(n * nnz)), k - 1)
    X = sp.csr_matrix((np.ones(n * nnz), (np.repeat(np.arange(n), nnz), col)), shape=(n, k))
    X.sum_duplicates()
    X.data = 1 + np.log(X.data)
    X.data *= (np.log((1 + n) / (1 + np.bincount(X.indices, minlength=k))) + 1)[X.indices]
    X = (sp.diags(1 / np.sqrt(np.asarray(X.multiply(X).sum(1)).ravel())) @ X).tocsr()
    z = X @ r.normal(0, 1, k)
    y = (r.random(n) < sigmoid(5 * z)).astype(np.float64)
    X.sort_indices()
    with open(folder + "/sparse.bin", "wb") as f:
        np.array([n, k, X.nnz], np.int64).tofile(f)
        X.indptr.astype(np.int64).tofile(f), X.indices.astype(np.int32).tofile(f)
        X.data.astype(np.float32).tofile(f), y.tofile(f)


def load(folder, case):
    with open("%s/%s.bin" % (folder, "sparse" if case.startswith("sparse") else "dense"), "rb") as f:
        n, k, nnz = np.fromfile(f, np.int64, 3)
        if nnz:
            ptr, col = np.fromfile(f, np.int64, n + 1), np.fromfile(f, np.int32, nnz)
            return sp.csr_matrix((np.fromfile(f, np.float32, nnz).astype(np.float64), col, ptr), (n, k)), np.fromfile(f, np.float64, n)
        X = np.ascontiguousarray(np.fromfile(f, np.float32, n * k).reshape(k, n).T)
        yr, y = (np.fromfile(f, np.float64, n).astype(np.float32) for _ in range(2))
        return X, yr if case in ("ridge", "elasticnet", "lasso") else y


MODELS = {
    "ridge": lambda: lm.Ridge(alpha=1.0),
    "lasso": lambda: lm.Lasso(alpha=0.1),
    "elasticnet": lambda: lm.ElasticNet(alpha=0.1, l1_ratio=0.5),
    "logistic": lambda: lm.LogisticRegression(C=1.0, tol=1e-4, max_iter=200),
    "logistic_l1": lambda: lm.LogisticRegression(penalty="l1", solver="saga", C=0.001, tol=1e-3, max_iter=50),
    "sparse_logistic": lambda: lm.LogisticRegression(C=1.0, max_iter=200),
    "sparse_liblinear": lambda: lm.LogisticRegression(C=1.0, solver="liblinear", dual=True, tol=1e-2, random_state=1),
    "sparse_l1": lambda: lm.LogisticRegression(penalty="l1", C=1.0, solver="liblinear", tol=1e-3),
}

if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    X, y = load(sys.argv[2], sys.argv[3])
    m = MODELS[sys.argv[3]]()
    t, c = time.perf_counter(), time.process_time()
    m.fit(X, y)
    t, c = time.perf_counter() - t, time.process_time() - c
    loss = np.mean((m.predict(X) - y) ** 2) / 2 if not hasattr(m, "predict_proba") else log_loss(y, m.predict_proba(X))
    print("%.3f %.3f %.8f" % (t, c, loss))
