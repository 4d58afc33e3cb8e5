"""hone train with defaults against HistGradientBoosting and XGBoost with defaults, same split.

    python3 bench/quality/run.py --hone PATH [SET ...] [--seeds 0,1] [--write docs/benchmarks.md]

For each set and seed: `hone split` writes the two parts (a published test part is used as it is),
`hone train` gets both, the peers get the same two files.  hone's score is computed here, by
scikit-learn from what `hone predict` writes for the test part, and hone's own figure must agree
with it.  The Markdown table goes to stdout, or between the marks of the file given by --write.

Exit status: 0 when hone is at or above every peer on every set, 1 when it is not or a step failed.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import sklearn
import xgboost
from sklearn.metrics import mean_squared_error, roc_auc_score

import peer_sklearn
import sets

BEGIN, END = "<!-- bench-quality: begin -->", "<!-- bench-quality: end -->"
OWN_FIGURE_TOLERANCE = 1e-4  # predictions pass through text and float32


class StepFailed(Exception):
    pass


def hone(program, folder, *arguments):
    """Run one verb in its own project folder; the last line of its stdout."""
    command = [str(program), *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["no message"]
        raise StepFailed(f"hone {arguments[0]}: exit status {done.returncode}: {said[0]}")
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


def csv_options(row):
    options = []
    if row.delimiter != ",":
        options += ["--delimiter", row.delimiter]
    if row.names:
        options += ["--no-header", "--names", ",".join(row.names)]
    if row.na:
        options += ["--na", ",".join(row.na)]
    if row.skip_initial_space:
        options += ["--skip-initial-space"]
    return options


def parts(program, row, folder, data, seed):
    """Paths of the training and the test part, and the CSV options that read them."""
    if row.test:
        return data / row.path, data / row.test, csv_options(row)
    train, test = folder / "train.csv", folder / "test.csv"
    hone(program, folder, "split", data / row.path, "--target", row.target, "--seed", seed,
         "--train-out", train, "--test-out", test, *csv_options(row))
    return train, test, []


def read_part(row, path):
    return sets.read(row, path) if row.test else pd.read_csv(path, low_memory=False)


def hone_score(row, answers, test):
    """The metric of hone's predictions on the test rows that have a target."""
    if len(answers) != len(test):
        raise StepFailed(f"hone predict: {len(answers)} rows for {len(test)}")
    known = test[row.target].notna().to_numpy()
    y = test.loc[known, row.target]
    if not row.classification:
        return float(mean_squared_error(y, answers.loc[known, "prediction"], squared=False))
    if row.label_suffix:
        y = y.str.removesuffix(row.label_suffix)
    positive = sorted(y.unique())[-1]
    return float(roc_auc_score(y == positive, answers.loc[known, f"probability_{positive}"]))


def run_hone(program, row, folder, train, test, options, seed):
    """Train and predict; hone's figures for one set and seed."""
    drop = ["--drop", ",".join(row.drop)] if row.drop else []
    told = json.loads(hone(program, folder, "train", train, "--target", row.target, "--test", test,
                           "--name", row.name, "--seed", seed, "--json", *drop, *options))
    answers = folder / "answers.csv"
    hone(program, folder, "predict", told["model"], test, "-o", answers, *options)
    score = hone_score(row, pd.read_csv(answers, low_memory=False), read_part(row, test))
    own = told["metrics"].get(row.metric)
    if own is None or abs(own - score) > OWN_FIGURE_TOLERANCE * max(1.0, abs(score)):
        raise StepFailed(f"hone says {row.metric} {own}, its predictions give {score:.6f}")
    return {"score": score, "seconds": told["seconds"], "rows": told["rows"]}


def measure(program, row, data, seed):
    with tempfile.TemporaryDirectory(prefix="hone-quality-") as name:
        folder = Path(name)
        train, test, options = parts(program, row, folder, data, seed)
        peer = peer_sklearn.compare(read_part(row, train), read_part(row, test), row.target,
                                    row.classification, row.drop, seed, row.label_suffix)
        return {"hone": run_hone(program, row, folder, train, test, options, seed), "peer": peer}


def summary(row, runs):
    """Means over the seeds, and how hone stands to the best peer."""
    peers = {n: statistics.fmean(r["peer"]["scores"][n] for r in runs)
             for n in runs[0]["peer"]["scores"]}
    variant, bar = peer_sklearn.bar(row, peers)
    sign = 1 if row.classification else -1
    gains = [sign * (r["hone"]["score"] - r["peer"]["scores"][variant]) for r in runs]
    score = statistics.fmean(r["hone"]["score"] for r in runs)
    error = statistics.stdev(gains) / math.sqrt(len(gains)) if len(gains) > 1 else math.nan
    goal = row.goal is None or row.better(score, row.goal)
    return {"score": score, "peers": peers, "variant": variant, "gain": statistics.fmean(gains),
            "error": error, "goal": goal, "ahead": row.better(score, bar),
            "wins": sum(row.better(r["hone"]["score"], r["peer"]["scores"][variant]) for r in runs),
            "hone_s": statistics.median(r["hone"]["seconds"]["fit"] for r in runs),
            "total_s": statistics.median(r["hone"]["seconds"]["total"] for r in runs),
            "peer_s": statistics.median(r["peer"]["seconds"][variant] for r in runs)}


def table_row(row, runs):
    s = summary(row, runs)
    show = "{:.6f}" if row.classification else "{:,.3f}"
    gain = ("{:+.6f}" if row.classification else "{:+,.3f}").format(s["gain"])
    error = "" if math.isnan(s["error"]) else " ± " + show.format(s["error"])
    verdict = "yes" if s["ahead"] else "no"
    if row.goal is not None:
        verdict += f"; {'meets' if s['goal'] else 'misses'} {row.goal:g}"
    rows = runs[0]["peer"]["rows"]
    cells = [row.name, row.metric, f"{rows['train']:,} + {rows['test']:,}",
             "**" + show.format(s["score"]) + "**",
             *(show.format(s["peers"][n]) for n in ("hgb_native", "hgb_ordinal", "xgboost")),
             gain + error, f"{s['wins']} of {len(runs)}", verdict,
             f"{s['hone_s']:.2f} / {s['total_s']:.2f}", f"{s['peer_s']:.2f}"]
    return "| " + " | ".join(cells) + " |", s["ahead"] and s["goal"]


def heading(program, folder):
    version = hone(program, folder, "--version")
    cores = len(os.sched_getaffinity(0))
    return [
        f"{version}; scikit-learn {sklearn.__version__}, XGBoost {xgboost.__version__} (defaults); "
        f"{cores} cores; means over the splits of seeds 0, 1, ...",
        "",
        "Higher is better for roc_auc, lower for rmse. `gain` is how much better hone is than the "
        "best peer (mean ± standard error over the seeds); `wins` counts the seeds on which it is at "
        "least as good.",
        "",
        "| set | metric | rows | hone | HGB native | HGB ordinal | XGBoost | gain | wins "
        "| at or above all | hone fit / total s | best peer fit s |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]


def publish(lines, path):
    """Print the table, or put it between the marks of a file (at its end when it has none)."""
    block = "\n".join([BEGIN, *lines, END])
    if path is None:
        print("\n".join(lines))
        return
    text = path.read_text() if path.exists() else "# Benchmarks\n\n## Quality with defaults\n"
    if BEGIN in text and END in text:
        text = text[:text.index(BEGIN)] + block + text[text.index(END) + len(END):]
    else:
        text = text.rstrip("\n") + "\n\n" + block + "\n"
    path.write_text(text)


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    args.add_argument("sets", nargs="*", metavar="SET")
    args.add_argument("--hone", type=Path, required=True)
    args.add_argument("--seeds", help="instead of each set's own number of them")
    args.add_argument("--write", type=Path)
    args = args.parse_args()
    given = [int(s) for s in args.seeds.split(",")] if args.seeds else None
    data, program = sets.data_folder(), args.hone.resolve()
    if not data.is_dir():
        print(f"skipped: no shared data ({data})")
        return 0
    try:
        lines, good = heading(program, Path.cwd()), True
    except (StepFailed, OSError) as failure:
        print(f"bench-quality: {failure}", file=sys.stderr)
        return 1
    for row in sets.chosen(args.sets):
        try:
            seeds = given or range(row.seeds)
            line, ahead = table_row(row, [measure(program, row, data, s) for s in seeds])
        except StepFailed as failure:
            line, ahead = f"| {row.name} | {row.metric} | {failure} |" + " |" * 9, False
        print(line, file=sys.stderr, flush=True)
        lines.append(line)
        good = good and ahead
    publish(lines, args.write)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
