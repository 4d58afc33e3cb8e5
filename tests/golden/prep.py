"""Numbers for tests/unit/test_prep_golden.c: what scikit-learn's transformers give.

    /usr/bin/python3 tests/golden/prep.py > tests/golden/prep.h

made with scikit-learn 1.2.1, numpy 1.24.2 and scipy 1.10.1 (Debian 12).  TargetEncoder came later than 1.2: its
formula is written out here, and so is the analysis of variance behind its smoothing.

Columns hold what a float holds, so both sides see the same numbers.
"""

import warnings

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (KBinsDiscretizer, MinMaxScaler, OneHotEncoder, OrdinalEncoder,
                                   PolynomialFeatures, PowerTransformer, QuantileTransformer,
                                   RobustScaler, StandardScaler)

warnings.filterwarnings("ignore")
rng = np.random.RandomState(11)
N, Q = 129, 24  # ranks k / 128 are exact, so that ties are ties on both sides


def floats(x):
    return np.float32(np.round(x, 3)).astype(np.float64)


tail = floats(np.exp(rng.normal(1.0, 1.2, N)))  # positive, heavy-tailed
ties = floats(rng.randint(-4, 5, N))            # few values, many rows each
bell = floats(rng.normal(3.0, 2.0, N))
holes = bell.copy()
holes[rng.choice(N, 16, replace=False)] = np.nan
town = np.array(["t%d" % min(int(v), 9) for v in rng.exponential(2.5, N)])
town[5] = town[17] = ""                          # missing
yes = (rng.uniform(size=N) < 0.3 + 0.4 * (np.char.str_len(town) + (town == "t0")) / 4).astype(int)
kind = rng.randint(0, 3, N)
level = np.round(2.0 * (town == "t1") + rng.normal(size=N), 3)
weight = rng.randint(1, 4, N)

ask = {"tail": floats(np.concatenate([tail[:12], [0.001, 1e4], np.exp(rng.normal(1, 1.5, Q - 14))])),
       "ties": floats(np.concatenate([np.arange(-6, 7), rng.uniform(-5, 5, Q - 13)])),
       "bell": floats(np.concatenate([bell[:10], [-40, 40], rng.normal(3, 3, Q - 12)])),
       "town": np.array((["t%d" % k for k in range(10)] + ["", "new", "T0"] + list(town))[:Q])}
ask["holes"] = ask["bell"].copy()
ask["holes"][[1, 13]] = np.nan
train = {"tail": tail, "ties": ties, "bell": bell, "holes": holes, "town": town}


def text(column):
    return ["" if isinstance(v, float) and np.isnan(v) else v if isinstance(v, str) else ("%.3f" % v).rstrip("0").rstrip(".")
            for v in column]


def csv(name, columns):
    print(f"static const char {name}[] =")
    print(f'    "{",".join(columns)}\\n"')
    for row in zip(*(text(c) for c in columns.values())):
        print(f'    "{",".join(row)}\\n"')
    print("    ;")


def numbers(name, values, kind="double"):
    flat = ["(double)NAN" if np.isnan(v) else repr(float(v)) for v in np.asarray(values, float).ravel()]
    print(f"static const {kind} {name}[] = {{{', '.join(flat)}}};")


cases = []


def case(spec, want, tolerance, target="NULL"):
    want = np.asarray(want, float).reshape(Q, -1)
    name = f"golden_{len(cases)}"
    numbers(name, want)
    cases.append((spec, want.shape[1], name, tolerance, target))


def fitted(spec, transformer, column, tolerance, **kw):
    transformer.fit(train[column].reshape(-1, 1), **kw)
    out = transformer.transform(ask[column].reshape(-1, 1))
    case(spec, out.toarray() if hasattr(out, "toarray") else out, tolerance)


def target_means(y, smoothing):
    """The smoothed mean of each level asked for: missing is NaN, an unknown one the mean of all."""
    there = town != ""
    levels = sorted(set(town[there]))
    n = np.array([np.sum(town == l) for l in levels], float)
    s = np.array([np.sum(y[town == l]) for l in levels], float)
    prior = y.mean()
    if smoothing is None:  # Searle, Casella & McCulloch 1992: moments of the unbalanced one-way layout
        yt = y[there]
        within = np.sum(yt ** 2) - np.sum(s ** 2 / n)
        between = np.sum(s ** 2 / n) - yt.sum() ** 2 / n.sum()
        s2 = within / (n.sum() - len(n))
        t2 = (between - (len(n) - 1) * s2) / (n.sum() - np.sum(n ** 2) / n.sum())
        smoothing = min(max(s2 / t2, 1.0), 1e4) if t2 > 0 else 1e4
    mean = dict(zip(levels, (s + smoothing * prior) / (n + smoothing)))
    return [np.nan if t == "" else mean.get(t, prior) for t in ask["town"]]


print("/* Written by tests/golden/prep.py. */")
print("/* clang-format off */")
csv("golden_train", train)
csv("golden_ask", ask)
numbers("golden_yes", yes)
numbers("golden_kind", kind)
numbers("golden_level", level)
numbers("golden_weight", weight)

fitted("holes=impute:strategy=mean:indicator=1", SimpleImputer(strategy="mean"), "holes", 1e-6)
fitted("holes=impute:strategy=median:indicator=1", SimpleImputer(strategy="median"), "holes", 1e-6)
fitted("ties=impute:strategy=most_frequent:indicator=1", SimpleImputer(strategy="most_frequent"), "ties", 1e-6)
fitted("holes=impute:strategy=constant:value=-7.5", SimpleImputer(strategy="constant", fill_value=-7.5, add_indicator=True), "holes", 1e-6)
fitted("tail=standard", StandardScaler(), "tail", 1e-6)
fitted("tail=standard:weighted", StandardScaler(), "tail", 1e-6, sample_weight=weight)
fitted("holes=standard:center=no", StandardScaler(with_mean=False), "holes", 1e-6)
fitted("tail=minmax", MinMaxScaler(), "tail", 1e-6)
fitted("bell=minmax:low=-1:high=3:clip=yes", MinMaxScaler((-1, 3), clip=True), "bell", 1e-6)
fitted("tail=robust", RobustScaler(), "tail", 1e-6)
fitted("bell=robust:low=0.1:high=0.8", RobustScaler(quantile_range=(10, 80)), "bell", 1e-6)
for column in ("tail", "ties", "holes"):
    # floats of slopes and bases: a few parts in 1e7; the normal output bends within 1e-4 by design
    fitted(f"{column}=quantile", QuantileTransformer(n_quantiles=N if column != "holes" else N - 16, subsample=10**9), column, 2e-6)
    fitted(f"{column}=quantile:output=normal", QuantileTransformer(n_quantiles=N if column != "holes" else N - 16, subsample=10**9, output_distribution="normal"), column, 3e-4)
fitted("bell=quantile:quantiles=20", QuantileTransformer(n_quantiles=20, subsample=10**9), "bell", 2e-6)
for column in ("tail", "bell", "holes"):
    # the best lambda is found to about 1e-7 of the likelihood on both sides
    fitted(f"{column}=power", PowerTransformer(), column, 2e-4)
fitted("tail=power:method=box_cox", PowerTransformer("box-cox"), "tail", 2e-4)
fitted("tail=power:standardize=no", PowerTransformer(standardize=False), "tail", 2e-4)
for strategy in ("quantile", "uniform", "kmeans"):
    for column in ("tail", "bell"):
        fitted(f"{column}=bin:bins=6:strategy={strategy}",
               KBinsDiscretizer(6, encode="ordinal", strategy=strategy), column, 0)
fitted("bell=bin:bins=4:strategy=uniform:output=onehot", KBinsDiscretizer(4, encode="onehot", strategy="uniform"), "bell", 0)
two = PolynomialFeatures(2, include_bias=False).fit(np.c_[tail, bell])
case("tail*bell=polynomial:keep=yes", two.transform(np.c_[ask["tail"], ask["bell"]]), 1e-6)
pairs = PolynomialFeatures(2, include_bias=False, interaction_only=True).fit(np.c_[tail, ties, bell])
case("tail*ties*bell=polynomial:squares=no", pairs.transform(np.c_[ask["tail"], ask["ties"], ask["bell"]])[:, 3:], 1e-6)
case("tail=log", np.log1p(ask["tail"]), 1e-6)
case("ties=log", np.sign(ask["ties"]) * np.log1p(np.abs(ask["ties"])), 1e-6)
case("tail=log:kind=plain", np.log(ask["tail"]), 1e-6)

known = town[town != ""].reshape(-1, 1)
asked = ask["town"].reshape(-1, 1)
there = (ask["town"] != "").astype(float).reshape(-1, 1)
nothing = np.where(there == 1, 1.0, np.nan)
onehot = OneHotEncoder(handle_unknown="ignore", min_frequency=6).fit(known)
case("town=onehot:min_count=6:other=yes", OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=6).fit(known).transform(asked).toarray() * there, 0)
case("town=onehot:min_count=1", OneHotEncoder(handle_unknown="ignore").fit(known).transform(asked).toarray(), 0)
case("town=onehot:min_count=1:drop=first", OneHotEncoder(handle_unknown="ignore", drop="first").fit(known).transform(asked).toarray(), 0)
case("ties=onehot:min_count=1", OneHotEncoder(handle_unknown="ignore").fit(ties.reshape(-1, 1)).transform(ask["ties"].reshape(-1, 1)).toarray(), 0)
ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(known)
case("town=ordinal:unknown=minus_one", ordinal.transform(asked) * nothing, 0)
said = OrdinalEncoder(categories=[["t3", "t1", "t0"]], handle_unknown="use_encoded_value", unknown_value=-1)
case("town=ordinal:levels=t3<t1<t0:unknown=minus_one", said.fit([["t1"]]).transform(asked) * nothing, 0)
share = np.array([np.mean(town == t) for t in ask["town"]])
case("town=frequency", share, 1e-7)
case("town=frequency:count=yes", share * N, 1e-5)
case("town=target:smoothing=10", target_means(yes.astype(float), 10.0), 1e-6, "&golden_binary")
case("town=target", target_means(yes.astype(float), None), 1e-6, "&golden_binary")
case("town=target:smoothing=3", target_means(level, 3.0), 1e-6, "&golden_regression")
case("town=target", target_means(level, None), 1e-6, "&golden_regression")
case("town=target:smoothing=5",
     np.c_[target_means((kind == 1).astype(float), 5.0), target_means((kind == 2).astype(float), 5.0)],
     1e-6, "&golden_classes")

print("enum { GOLDEN_ROWS = %d, GOLDEN_ASKED = %d };" % (N, Q))
print("static const struct hone_target golden_binary = {HONE_TASK_BINARY, 2, golden_yes, NULL};")
print("static const struct hone_target golden_classes = {HONE_TASK_MULTICLASS, 3, golden_kind, NULL};")
print("static const struct hone_target golden_regression = {HONE_TASK_REGRESSION, 1, golden_level, NULL};")
print("static const struct hone_target golden_weighted = {HONE_TASK_BINARY, 2, golden_yes, golden_weight};")
print("static const struct golden_case {\n    const char *spec;\n    size_t wide;\n    const double *want; /* (GOLDEN_ASKED, wide) */\n    double tolerance;\n    const struct hone_target *target;\n} golden_cases[] = {")
for spec, wide, name, tolerance, target in cases:
    if spec.endswith(":weighted"):
        spec, target = spec[:-9], "&golden_weighted"
    print(f'    {{"{spec}", {wide}, {name}, {tolerance!r}, {target}}},')
print("};")
print("/* clang-format on */")
