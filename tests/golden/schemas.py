#!/usr/bin/python3
"""Write schemas.txt: what each file of the shared data sets is as a table.

usage: tests/golden/schemas.py build/release/hone ../shared/data > tests/golden/schemas.txt

The types are what hone finds; a person goes through them against each folder's README before they are
committed.  Rows, missing values and whether a column is numbers are compared with pandas (1.5.3 of Debian
12) here; what differs is told on standard error (nothing does).  Months ("1949-01") stay text: no day is made up.
"""
import gzip
import json
import os
import subprocess
import sys

import pandas

HONE, DATA = sys.argv[1], sys.argv[2]

# Options that a README (or the file's nature) asks for; all other tables are read without any.
OPTIONS = {
    "bank-marketing/": ["--na=unknown"],  # "unknown" as missing
    "sentence-polarity/": ["--format=lines"],  # one sentence a line
    "multi30k/": ["--format=lines"],  # aligned by line
    "tiny-shakespeare/": ["--format=lines"],
    "vader-lexicon/emoji": ["--no-header"],  # two columns of texts that all differ
    "groceries/": ["--format=lines"],  # a basket a line: ragged, no columns
}

# What is no table, and why. A path that ends in / is a folder.
NO_TABLES = {
    "banking77/categories.json": "a JSON list of words",
    "bccd-cells/Annotations/": "XML",
    "bccd-cells/JPEGImages/": "pictures",
    "book-crossing-small/items_info.dat.gz": "each row has a field more than names, titles have tabs",
    "cifar10-small/": "pictures in tar archives",
    "cranfield/cran.": "XML documents",
    "fashion-mnist/": "IDX pictures",
    "fsdd/": "sound in a tar archive",
    "nab/labels/": "JSON documents",
    "orl-faces/": "pictures",
    "stopwords-iso/": "a JSON document of word lists",
    "tcpd-changepoints/": "JSON documents",
    "xquad/": "JSON documents",
}
DOCUMENTS = ("README", "Readme", "ORIGIN-", "LICENSE", "SHA256SUMS", "ML-README")
DOCUMENT_ENDINGS = (".md", ".names", ".conf", "LICENSE.txt", "CC-BY-SA4.0.txt", "readme.txt", ".LICENSE")


def reason(path):
    """Why a file is no table; None: it is one."""
    name = os.path.basename(path)
    if name.startswith(DOCUMENTS) or name.endswith(DOCUMENT_ENDINGS) or "LICENSE" in name:
        return "documentation"
    for start, why in NO_TABLES.items():
        if path.startswith(start):
            return why
    return None


def read_hone(path, options):
    done = subprocess.run([HONE, "profile", "--json", os.path.join(DATA, path), *options],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{path}: {done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def read_pandas(path, options, columns):
    """The same by pandas, or None where it has no reader for it."""
    if "--format=lines" in options or columns[0]["name"] == "label":
        return None
    named = columns[0]["name"] != "column_1"
    with (gzip.open if path.endswith(".gz") else open)(os.path.join(DATA, path), "rt",
                                                        encoding="utf-8") as f:
        first = f.readline()
    sep = next((s for s in ("\t", ";", ",") if s in first), " +" if " " in first else ",")
    return pandas.read_csv(os.path.join(DATA, path), sep=sep, header=0 if named else None,
                           na_values=["?"] + (["unknown"] if "--na=unknown" in options else []),
                           skipinitialspace=True, quoting=3 if path.startswith("sms") else 0,
                           quotechar="'" if path.endswith("/breast-cancer.csv") else '"',
                           engine="python" if sep == " +" else "c", low_memory=sep == " +" or None,
                           index_col=False)


def compare(path, table, frame):
    columns = table["column"]
    if frame is None:
        return
    if path.startswith("cmapss") or path.startswith("cranfield"):
        frame = frame.dropna(axis=1, how="all")  # blanks at line ends
    if len(frame) != table["rows"] or frame.shape[1] != len(columns):
        print(f"{path}: {table['rows']} x {len(columns)}, pandas {frame.shape}", file=sys.stderr)
        return
    for column, name in zip(columns, frame.columns):
        missing = int(frame[name].isna().sum())
        number = pandas.api.types.is_numeric_dtype(frame[name])
        ours = column["type"] in ("int64", "float64")
        if missing != column["missing"] or number != ours:
            print(f"{path}: {column['name']}: {column['type']}, {column['missing']} missing; "
                  f"pandas {frame[name].dtype}, {missing}", file=sys.stderr)


def main():
    print("# What each file of the shared data is as a table. Made by schemas.py and gone through by hand.")
    print("# A table: path, options, rows, then name=type of each column, with /n where n are missing.")
    print("# No table: -, path, why.  Separated by tabs.")
    for folder, below, names in sorted(os.walk(DATA)):
        below.sort()
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), DATA)
            if os.sep not in path:
                continue
            why = reason(path)
            if why is not None:
                if not any(path.startswith(s) for s in NO_TABLES if s.endswith("/")):
                    print("-", path, why, sep="\t")
                continue
            options = next((o for s, o in OPTIONS.items() if path.startswith(s)), [])
            table = read_hone(path, options)
            compare(path, table, read_pandas(path, options, table["column"]))
            print(path, " ".join(options), table["rows"],
                  *(c["name"] + "=" + c["type"] + (f"/{c['missing']}" if c["missing"] else "")
                    for c in table["column"]), sep="\t")
    for start, why in NO_TABLES.items():
        if start.endswith("/"):
            print("-", start, why, sep="\t")


main()
