"""What scikit-learn's HistGradientBoosting and XGBoost reach on the sets that tests/unit/test_gbt.c makes.

    /usr/bin/python3 tests/golden/learn_gbt.py

prints one line per set and seed: Friedman #1 (10 features, noise 1, RMSE), two moons (noise 0.3, log loss) and
a checkerboard of three classes (log loss); 1,000 rows to train on, 5,000 to test, the peers' defaults.
The generators are those of the test (its random numbers differ, the distributions do not).  The test holds
hone to the best peer's mean over five draws, though it sets 200 of the 1,000 rows aside to stop by.
"""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, mean_squared_error
from xgboost import XGBClassifier, XGBRegressor


def friedman(rng, n):
    x = rng.uniform(size=(n, 10))
    y = (10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3]
         + 5 * x[:, 4] + rng.normal(size=n))
    return x, y


def moons(rng, n):
    y = rng.randint(0, 2, size=n)
    t = np.pi * rng.uniform(size=n)
    x = np.where(y == 0, np.cos(t), 1 - np.cos(t))
    z = np.where(y == 0, np.sin(t), 0.5 - np.sin(t))
    return np.column_stack([x, z]) + 0.3 * rng.normal(size=(n, 2)), y


def board(rng, n):
    x = rng.uniform(0, 6, size=(n, 4))
    y = (np.floor(x[:, 0] / 2) + np.floor(x[:, 1] / 2)).astype(int) % 3
    flip = rng.uniform(size=n) < 0.1
    y[flip] = rng.randint(0, 3, size=flip.sum())
    return x, y


def main():
    for make, regression in ((friedman, True), (moons, False), (board, False)):
        found = {"hgb": [], "xgb": []}
        for seed in range(5):
            rng = np.random.RandomState(seed)
            x, y = make(rng, 1000)
            xt, yt = make(rng, 5000)
            peers = {"hgb": HistGradientBoostingRegressor() if regression
                     else HistGradientBoostingClassifier(),
                     "xgb": XGBRegressor() if regression else XGBClassifier()}
            for name, model in peers.items():
                model.fit(x, y)
                found[name].append(mean_squared_error(yt, model.predict(xt), squared=False)
                                   if regression else log_loss(yt, model.predict_proba(xt)))
        print(make.__name__, {k: (round(float(np.mean(v)), 4), round(float(np.std(v)), 4))
                              for k, v in found.items()})


if __name__ == "__main__":
    main()
