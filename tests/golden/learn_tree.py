"""Numbers of scikit-learn's decision trees, and of its boosted trees with weights, for tests/unit/test_tree.c.  The data
are formulas, the same in both.

    /usr/bin/python3 tests/golden/learn_tree.py
"""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

ROWS = 600
i = np.arange(ROWS)


def noise(a):
    """Uniform in [0, 1): a scrambled row number."""
    v = (i.astype(np.uint64) * np.uint64(2654435761) + np.uint64(a * 40503)) % np.uint64(1 << 32)
    v = (v ^ (v >> np.uint64(15))) * np.uint64(2246822519) % np.uint64(1 << 32)
    v = (v ^ (v >> np.uint64(13))) * np.uint64(3266489917) % np.uint64(1 << 32)
    return (v ^ (v >> np.uint64(16))) / float(1 << 32)


x = np.stack([np.floor(100 * noise(1)), np.floor(17 * noise(2)), np.floor(200 * noise(3)) / 8], 1)
z = np.where(x[:, 0] < 40, 3.0, 1.0) * x[:, 1] / 5 + np.abs(x[:, 2] - 12) + 4 * noise(4)
weight = 0.25 + 2 * noise(5)
three = np.digitize(z, np.quantile(z, [0.4, 0.8]))
two = (z + 3 * noise(6) > np.median(z) + 1).astype(int)


def loss(tree, y, classes, w):
    """Mean log loss of the shares with one row of the (kept finite) overall shares mixed in."""
    total = np.array([w[y == k].sum() for k in range(classes)])
    prior = (total + 0.5) / (total.sum() + 0.5 * classes)
    leaf, out = tree.apply(x), 0.0
    for at in np.unique(leaf):
        here = leaf == at
        held = np.array([w[here & (y == k)].sum() for k in range(classes)])
        share = (held + prior) / (held.sum() + 1)
        out -= (held * np.log(share)).sum()
    return out / w.sum()


def show(name, tree, y, w, classes):
    tree.fit(x, y, sample_weight=w)
    if classes:
        value = loss(tree, y, classes, w)
    else:
        value = (w * (y - tree.predict(x)) ** 2).sum() / w.sum() / 2
    path = tree.cost_complexity_pruning_path(x, y, sample_weight=w)
    prices = [a for a in path.ccp_alphas * w.sum() if a > 1e-9]
    print(f"    /* {name} */ {{{tree.get_n_leaves()}, {value!r}, {len(prices)}, "
          f"{{{', '.join(repr(float(p)) for p in prices[:3])}}}, {float(prices[-1])!r}}},")


one = np.ones(ROWS)
for w, tag in ((one, "rows alike"), (weight, "weighted")):
    show(f"regression, {tag}", DecisionTreeRegressor(max_depth=4, min_samples_leaf=7), z, w, 0)
    show(f"two classes, {tag}", DecisionTreeClassifier(max_depth=4, min_samples_leaf=7), two, w, 2)
    show(f"three classes, {tag}", DecisionTreeClassifier(max_depth=4, min_samples_leaf=7), three, w, 3)
print("/* cuts of three classes and of two:", [repr(float(q)) for q in np.quantile(z, [0.4, 0.8])],
      repr(float(np.median(z) + 1)), "*/")

# Boosted, rows weighted: 20 rounds, every value a bin of its own.
how = dict(max_iter=20, learning_rate=0.2, max_leaf_nodes=8, min_samples_leaf=7, l2_regularization=1.0,
           early_stopping=False)
m = HistGradientBoostingRegressor(**how).fit(x, z, sample_weight=weight)
print("boosted, weighted, regression:", repr((weight * (z - m.predict(x)) ** 2).sum() / weight.sum() / 2))
for y, tag in ((two, "two"), (three, "three")):
    m = HistGradientBoostingClassifier(**how).fit(x, y, sample_weight=weight)
    print(f"boosted, weighted, {tag} classes:", repr(log_loss(y, m.predict_proba(x), sample_weight=weight)))
