"""Numbers for tests/unit/test_linear.c: scikit-learn's linear models on 80 small rows.

    /usr/bin/python3 tests/golden/learn_linear.py > tests/golden/learn_linear.h

made with scikit-learn 1.2.1 and numpy 1.24.2 (Debian 12).
"""

import numpy as np
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge

rng = np.random.RandomState(7)
N, P = 80, 4
X = rng.normal(size=(N, P)).astype(np.float32)
X[:, 3] = (0.6 * X[:, 0] + 0.8 * X[:, 3] + 2.0).astype(np.float32)  # correlated, not centred
X = np.round(X, 3).astype(np.float32)
z = X @ np.array([1.5, -2.0, 0.0, 0.7]) - 1.0
y = np.round(z + rng.normal(size=N), 3)
b = (z + rng.logistic(size=N) > 0).astype(int)
m = np.digitize(z + rng.logistic(size=N), [-1.0, 1.5])
w = np.round(rng.uniform(0.2, 2.0, size=N), 2)
Xd = X.astype(np.float64)


def array(name, values, kind="double", dim=""):
    flat = np.asarray(values).ravel()
    text = ", ".join(repr(float(v)) + ("F" if kind == "float" else "") for v in flat)
    print(f"static const {kind} {name}[{dim or len(flat)}] = {{{text}}};")


def linear(name, model, target, weight=None):
    model.fit(Xd, target, sample_weight=weight)
    array(name, np.append(model.coef_, model.intercept_))


def logistic(name, model, target, weight=None):
    """Rows of weights, then the intercept; for several classes each column's mean is taken off the
    intercepts, which is where they are not determined."""
    model.fit(Xd, target, sample_weight=weight)
    intercept = model.intercept_
    if len(intercept) > 1:
        intercept = intercept - intercept.mean()
    array(name, np.hstack([model.coef_, intercept[:, None]]))


print("/* Written by tests/golden/learn_linear.py. */")
print("/* clang-format off */")
print(f"enum {{ GOLDEN_ROWS = {N}, GOLDEN_COLS = {P} }};")
array("golden_x", X.T, "float")
array("golden_y", y)
array("golden_binary", b)
array("golden_class", m)
array("golden_weight", w)
tight = dict(tol=1e-14, max_iter=1000000)
linear("golden_ridge", Ridge(alpha=2.5, solver="cholesky"), y)
linear("golden_ridge_weighted", Ridge(alpha=2.5, solver="cholesky"), y, w)
linear("golden_elastic", ElasticNet(alpha=0.2, l1_ratio=0.6, **tight), y)
linear("golden_lasso", ElasticNet(alpha=0.5, l1_ratio=1.0, **tight), y)
newton = dict(solver="newton-cholesky", tol=1e-12, max_iter=1000)
saga = dict(solver="saga", penalty="elasticnet", tol=1e-13, max_iter=1000000, random_state=0)
logistic("golden_logistic", LogisticRegression(C=0.8, **newton), b)
logistic("golden_logistic_weighted", LogisticRegression(C=0.8, **newton), b, w)
logistic("golden_logistic_elastic", LogisticRegression(C=0.1, l1_ratio=0.5, **saga), b)
logistic("golden_softmax", LogisticRegression(C=0.8, solver="newton-cg", tol=1e-10, max_iter=100000,
                                              multi_class="multinomial"), m)
logistic("golden_softmax_elastic", LogisticRegression(C=0.2, l1_ratio=0.5,
                                                      multi_class="multinomial", **saga), m)
print("/* clang-format on */")
