"""The data sets of the quality benchmark, one row each.

A row says where the table lies, what is predicted, and how the file as published is read.  Paths
are relative to the folder of data sets: ../shared/data beside the repository, or
$HONE_SHARED/data.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[2]

EQUAL = 1e-6  # two scores this close, relatively, are the same

ADULT_COLUMNS = [
    "age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation",
    "relationship", "race", "sex", "capital_gain", "capital_loss", "hours_per_week",
    "native_country", "income",
]

GERMAN_COLUMNS = [
    "checking", "months", "history", "purpose", "amount", "savings", "employed", "rate",
    "status_sex", "guarantors", "resident_since", "property", "age", "other_plans", "housing",
    "credits", "job", "dependants", "telephone", "foreign", "class",
]

# What is only known after the two years, or names the row; without these the target is given away.
COMPAS_AFTER = (
    "id", "is_recid", "r_charge_degree", "r_days_from_arrest", "r_offense_date", "r_charge_desc",
    "r_jail_in", "r_jail_out", "violent_recid", "is_violent_recid", "vr_charge_degree",
    "vr_offense_date", "vr_charge_desc", "in_custody", "out_custody", "start", "end", "event",
)


@dataclass(frozen=True)
class Set:
    name: str
    path: str
    target: str
    classification: bool
    test: str | None = None  # a published test part; without one the table is split
    drop: tuple[str, ...] = ()
    names: list[str] | None = None  # column names of a file without a header
    delimiter: str = ","
    na: tuple[str, ...] = ()  # texts that mean missing, beside the empty field
    skip_initial_space: bool = False
    label_suffix: str = ""  # trailing text on labels that is not part of them
    goal: float | None = None  # an absolute bar, beside the peer
    seeds: int = 3  # splits drawn; more where the test part is small and the score noisy

    @property
    def metric(self) -> str:
        return "roc_auc" if self.classification else "rmse"

    def better(self, a: float, b: float) -> bool:
        """True when score a is at least as good as score b, which went through text and float32."""
        gain = a - b if self.classification else b - a
        return gain >= -EQUAL * abs(b)


SETS = [
    Set("adult", "adult/adult.data.gz", "income", True, test="adult/adult.test.gz",
        names=ADULT_COLUMNS, na=("?",), skip_initial_space=True, label_suffix=".", goal=0.927),
    Set("california-housing", "california-housing/housing.csv.gz", "median_house_value", False,
        goal=47000.0),
    Set("titanic", "titanic/titanic.csv", "Survived", True, seeds=10),
    Set("german-credit", "german-credit/german.csv", "class", True, names=GERMAN_COLUMNS, seeds=10),
    # The file has two columns decile_score and two priors_count.
    Set("compas", "compas/compas-scores-two-years.csv.gz", "two_year_recid", True,
        drop=COMPAS_AFTER, seeds=10),
    Set("bank-full", "bank-marketing/bank-full.csv.gz", "y", True, delimiter=";"),
    Set("bank-additional-full", "bank-marketing/bank-additional-full.csv.gz", "y", True,
        delimiter=";"),
    # casual + registered = cnt: once without the two, once with the table as it is.
    Set("bike-sharing", "bike-sharing/hour.csv.gz", "cnt", False, drop=("casual", "registered")),
    Set("bike-sharing-all", "bike-sharing/hour.csv.gz", "cnt", False),
    Set("hflights", "hflights/hflights.csv.gz", "ArrDelay", False),
    Set("covertype-outlier", "covertype-outlier/cover.csv.gz", "y", True),
]


def data_folder() -> Path:
    shared = Path(os.environ.get("HONE_SHARED") or ROOT.parent / "shared")
    return shared / "data"


def chosen(names: list[str]) -> list[Set]:
    """The sets named, or all; an unknown name is an error."""
    known = {s.name: s for s in SETS}
    unknown = [n for n in names if n not in known]
    if unknown:
        raise SystemExit(f"no set named {', '.join(unknown)}; there are: {', '.join(known)}")
    return [known[n] for n in names] if names else list(SETS)


def read(row: Set, path: Path) -> pd.DataFrame:
    """A published file as its row says."""
    return pd.read_csv(
        path, sep=row.delimiter, header=None if row.names else 0, names=row.names,
        na_values=list(row.na), skipinitialspace=row.skip_initial_space, low_memory=False)
