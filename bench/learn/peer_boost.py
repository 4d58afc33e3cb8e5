"""XGBoost's and scikit-learn's histogram trees on the table of bench/learn/boost.c, timed as that is.

    python3 bench/learn/peer_boost.py DATA.f32 COLS TREES LEAVES THREADS

Milliseconds a tree are the slope between TREES and a quarter of them: coding the columns is not in it.
"""

import os
import sys
import time

path, cols, trees, leaves, threads = sys.argv[1], *map(int, sys.argv[2:6])
os.environ["OMP_NUM_THREADS"] = str(threads)

import numpy as np  # noqa: E402  (after the number of threads is set)
import sklearn  # noqa: E402
import xgboost  # noqa: E402
from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: E402

table = np.fromfile(path, dtype=np.float32).reshape(-1, cols + 1)
y, x = table[:, 0].copy(), table[:, 1:].copy()


def xgb(matrix, n):
    settings = {"objective": "binary:logistic", "tree_method": "hist", "grow_policy": "lossguide",
                "max_leaves": leaves, "max_depth": 0, "eta": 0.1, "max_bin": 256,
                "nthread": threads, "min_child_weight": 1.0}
    begin = time.perf_counter()
    xgboost.train(settings, matrix, n)
    return time.perf_counter() - begin


def hgb(n):
    model = HistGradientBoostingClassifier(max_iter=n, max_leaf_nodes=leaves, learning_rate=0.1,
                                           early_stopping=False)
    begin = time.perf_counter()
    model.fit(x, y)
    return time.perf_counter() - begin


def tell(name, few, many):
    slope = (many - few) * 1e3 / (trees - trees // 4)
    print(f"{name}, {trees} trees of {leaves} leaves, {threads} threads: "
          f"fit {many:.2f} s, {slope:.1f} ms/tree", flush=True)


matrix = xgboost.QuantileDMatrix(x, y, nthread=threads, max_bin=256)
xgb(matrix, 1)
tell(f"XGBoost {xgboost.__version__} hist", xgb(matrix, trees // 4), xgb(matrix, trees))
tell(f"scikit-learn {sklearn.__version__} HistGradientBoosting", hgb(trees // 4), hgb(trees))
