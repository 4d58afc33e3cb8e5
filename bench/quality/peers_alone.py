"""The peers' scores on a plain seeded 80/20 split, without hone: what the bar looks like.

    python3 bench/quality/peers_alone.py [SET ...] [--seeds 0,1,2]

prints a Markdown table.  The split is scikit-learn's (stratified for classification), except where
the set has a published test part, which is used as it is.
"""

import argparse
import statistics

from sklearn.model_selection import train_test_split

import peer_sklearn
import sets

NAMES = peer_sklearn.VARIANTS


def parts(row, folder, seed):
    frame = sets.read(row, folder / row.path)
    frame = frame[frame[row.target].notna()]
    if row.test:
        return frame, sets.read(row, folder / row.test)
    stratify = frame[row.target] if row.classification else None
    return train_test_split(frame, test_size=0.2, random_state=seed, stratify=stratify)


def figures(row, values):
    show = "{:.6f}" if row.classification else "{:,.3f}"
    each = ", ".join(show.format(v) for v in values)
    return f"**{show.format(statistics.fmean(values))}** ({each})"


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    args.add_argument("sets", nargs="*")
    args.add_argument("--seeds", default="0,1,2")
    args = args.parse_args()
    seeds = [int(s) for s in args.seeds.split(",")]
    folder = sets.data_folder()
    if not folder.is_dir():
        print(f"skipped: no shared data ({folder})")
        return
    print("| set | metric | rows | HGB native | HGB ordinal | XGBoost | bar | fit s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for row in sets.chosen(args.sets):
        runs = []
        for seed in seeds:
            train, test = parts(row, folder, seed)
            runs.append(peer_sklearn.compare(train, test, row.target, row.classification,
                                             row.drop, seed, row.label_suffix))
        scores = {n: [r["scores"][n] for r in runs] for n in NAMES}
        best, _ = peer_sklearn.bar(row, {n: statistics.fmean(scores[n]) for n in NAMES})
        seconds = " / ".join(f"{statistics.median(r['seconds'][n] for r in runs):.2f}"
                             for n in NAMES)
        rows = f"{runs[0]['rows']['train']} + {runs[0]['rows']['test']}"
        cells = " | ".join(figures(row, scores[n]) for n in NAMES)
        print(f"| {row.name} | {row.metric} | {rows} | {cells} | {best} | {seconds} |",
              flush=True)


if __name__ == "__main__":
    main()
