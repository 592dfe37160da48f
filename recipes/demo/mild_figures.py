"""How well mild fractures are told from intact bodies, apart from the others.

usage: python3 -m demo.mild_figures PREDICTIONS.csv CASES.csv (needs scikit-learn)

`PREDICTIONS.csv` is what `spinetriage evaluate` wrote of the cohort whose `CASES.csv` say which fractures are mild.
Intervals of 95 % are of 1000 resamplings of the patients.
"""

import csv
import sys

import numpy as np
from sklearn.metrics import roc_auc_score

SEED = 20264
RESAMPLINGS = 1000
NORMAL = "ASTLOF-0"


def area(fractured, score):
    """AUC of `score` for being fractured; NaN where all bodies are alike."""
    return roc_auc_score(fractured, score) if 0 < fractured.sum() < len(fractured) else np.nan


def with_interval(fractured, score, patients):
    """The area as text, with its interval."""
    rng, who = np.random.default_rng(SEED), np.unique(patients)
    of = {p: np.flatnonzero(patients == p) for p in who}
    drawn = [np.concatenate([of[p] for p in rng.choice(who, len(who))]) for _ in range(RESAMPLINGS)]
    low, high = np.nanpercentile([area(fractured[i], score[i]) for i in drawn], [2.5, 97.5])
    return f"{area(fractured, score):.3f} ({low:.3f} to {high:.3f})"


def rows_of(path):
    with open(path) as file:
        return list(csv.DictReader(file))


def main(predictions_file, cases_file):
    mild_of = {(c["path"], c["level"]): c["mild"] == "1" for c in rows_of(cases_file)}
    rows = rows_of(predictions_file)
    column = lambda name: np.array([r[name] for r in rows])
    sets, patients, classes = column("set"), column("patient"), column("class").astype(int)
    score = 1 - column(NORMAL).astype(float)
    mild = np.array([mild_of[r["path"], r["level"]] for r in rows])
    for which in dict.fromkeys(sets[sets != "train"]):
        for name, wanted in (("mild", mild), ("other", ~mild)):
            fractured = (classes == 1) & wanted
            here = (sets == which) & (fractured | (classes == 0))
            print(f"{which}: {(fractured & here).sum()} {name} bodies of class 1 against class 0: AUC "
                  f"{with_interval(fractured[here], score[here], patients[here])}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
