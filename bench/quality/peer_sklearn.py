"""scikit-learn's HistGradientBoosting and XGBoost, both with defaults, on one train and test part.

    python3 bench/quality/peer_sklearn.py TRAIN.csv TEST.csv --target COL [--drop A,B]
            [--task classification|regression] [--seed N]

prints one JSON object: a score (ROC AUC or RMSE) and fit seconds for each peer.

How the table reaches the peers, the strongest reading that is still "defaults": numbers as they
are; missing as NaN; text columns through OrdinalEncoder (sorted levels, a level not seen in
training is missing); a date is text, so ISO dates get codes in the order of time.  Text columns of
at most 255 levels are given as categorical_features to the variant hgb_native, and as plain codes
to hgb_ordinal; XGBoost gets plain codes.  Rows without a target are left out.
"""

import argparse
import json
import time

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import mean_squared_error, roc_auc_score
from sklearn.preprocessing import OrdinalEncoder
from xgboost import XGBClassifier, XGBRegressor

MAX_NATIVE_LEVELS = 255  # max_bins, the limit of categorical_features

VARIANTS = ("hgb_native", "hgb_ordinal", "xgboost")


def text_columns(frame):
    return [c for c in frame.columns if not pd.api.types.is_numeric_dtype(frame[c])]


def encode(train, test):
    """Two frames to two float matrices of the same columns, and the mask of native categories."""
    text = text_columns(train)
    train, test = train.copy(), test[train.columns].copy()
    native = np.zeros(train.shape[1], dtype=bool)
    if text:
        for frame in (train, test):
            frame[text] = frame[text].astype(object).where(frame[text].notna(), np.nan)
            frame[text] = frame[text].applymap(lambda v: v if v is np.nan else str(v))
        encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
        train[text] = encoder.fit_transform(train[text])
        test[text] = encoder.transform(test[text])
        for name in text:
            levels = train[name].nunique()
            native[train.columns.get_loc(name)] = 0 < levels <= MAX_NATIVE_LEVELS
    # XGBoost refuses some column names ([, ], <), so both peers get bare matrices.
    return train.to_numpy(np.float64), test.to_numpy(np.float64), native


def score(classification, y, model, x):
    if classification:
        return float(roc_auc_score(y, model.predict_proba(x)[:, 1]))
    return float(mean_squared_error(y, model.predict(x), squared=False))


def peers(classification, native, seed):
    hgb = HistGradientBoostingClassifier if classification else HistGradientBoostingRegressor
    xgb = XGBClassifier if classification else XGBRegressor
    return {
        "hgb_native": hgb(random_state=seed, categorical_features=native),
        "hgb_ordinal": hgb(random_state=seed),
        "xgboost": xgb(random_state=seed),
    }


def split_target(frame, target, drop, label_suffix=""):
    """Features and target of the rows that have a target; labels as text."""
    frame = frame[frame[target].notna()]
    y = frame[target]
    if label_suffix:
        y = y.str.removesuffix(label_suffix)
    return frame.drop(columns=[target, *drop]), y


def compare(train, test, target, classification, drop=(), seed=0, label_suffix=""):
    """Scores and fit seconds of every peer on two frames with the same columns."""
    x_train, y_train = split_target(train, target, drop, label_suffix)
    x_test, y_test = split_target(test, target, drop, label_suffix)
    if classification:
        classes = sorted(y_train.unique())
        if len(classes) != 2:
            raise SystemExit(f"{target}: {len(classes)} classes, expected 2")
        unseen = set(y_test.unique()) - set(classes)
        if unseen:
            raise SystemExit(f"{target}: classes only in the test part: {sorted(unseen)}")
        y_train = (y_train == classes[1]).astype(int)
        y_test = (y_test == classes[1]).astype(int)
    x_train, x_test, native = encode(x_train, x_test)
    out = {"rows": {"train": len(x_train), "test": len(x_test)}, "columns": x_train.shape[1],
           "native_categories": int(native.sum()), "scores": {}, "seconds": {}}
    for name, model in peers(classification, native, seed).items():
        start = time.perf_counter()
        model.fit(x_train, y_train)
        out["seconds"][name] = time.perf_counter() - start
        out["scores"][name] = score(classification, y_test, model, x_test)
    return out


def bar(row, scores):
    """The best peer and its score: what hone is held to."""
    name = VARIANTS[0]
    for other in VARIANTS[1:]:
        if not row.better(scores[name], scores[other]):
            name = other
    return name, scores[name]


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    args.add_argument("train")
    args.add_argument("test")
    args.add_argument("--target", required=True)
    args.add_argument("--drop", default="")
    args.add_argument("--task", choices=["classification", "regression"])
    args.add_argument("--seed", type=int, default=0)
    args = args.parse_args()
    train, test = pd.read_csv(args.train), pd.read_csv(args.test)
    task = args.task
    if task is None:
        task = "classification" if train[args.target].nunique() == 2 else "regression"
    drop = [c for c in args.drop.split(",") if c]
    print(json.dumps(compare(train, test, args.target, task == "classification", drop, args.seed)))


if __name__ == "__main__":
    main()
