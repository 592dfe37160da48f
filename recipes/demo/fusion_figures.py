"""How good the fusion model is on boxes that the detector found, and what each kind of feature gives.

usage: python3 -m demo.fusion_figures FEATURES.csv CASES.csv (needs scikit-learn)

`FEATURES.csv` is of `spinetriage extract --boxes detected` on `CASES.csv`, the cohort's. A model is
fitted on the training set alone. Intervals of 95 % are of 1000 resamplings of the patients.
"""

import csv
import sys
from collections import Counter

import numpy as np
from sklearn.metrics import roc_auc_score

from .fit_fusion import Features, fit, known

SEED = 20264
RESAMPLINGS = 1000
TESTED = ("internal", "external", "prospective")
KINDS = {"radiomics": "original_", "deep features": "deep_", "morphometry": "shape_", "all": ""}
"""Prefixes of the features' names."""


def auc(classes, probabilities):
    """One-vs-rest AUC of each class and their mean; NaN where a class is missing."""
    each = [roc_auc_score(classes == c, probabilities[:, c]) if 0 < (classes == c).sum() < len(classes) else np.nan
            for c in range(probabilities.shape[1])]
    return np.array([*each, np.mean(each)])


def accuracy(classes, probabilities):
    return np.array([(probabilities.argmax(1) == classes).mean()])


def broken_auc(classes, probabilities):
    """AUC of being fractured, 1 - P(class 0)."""
    return np.array([roc_auc_score(classes > 0, 1 - probabilities[:, 0]) if 0 < (classes > 0).sum() < len(classes) else np.nan])


def with_interval(measure, classes, probabilities, patients):
    """`measure(classes, probabilities)` [n] as text, each value with its interval."""
    rng, who = np.random.default_rng(SEED), np.unique(patients)
    of = {p: np.flatnonzero(patients == p) for p in who}
    drawn = [np.concatenate([of[p] for p in rng.choice(who, len(who))]) for _ in range(RESAMPLINGS)]
    values = np.array([measure(classes[i], probabilities[i]) for i in drawn])
    low, high = np.nanpercentile(values, [2.5, 97.5], axis=0)
    return ["%.3f (%.3f to %.3f)" % t for t in zip(measure(classes, probabilities), low, high)]


def main(features_file, cases_file):
    features = Features.read(features_file)
    with open(cases_file) as file:
        cases = list(csv.DictReader(file))
    mild_of = {(c["path"], c["level"]): c["mild"] == "1" for c in cases}
    mild = np.array([mild_of[r[0], r[5]] for r in features.rows])
    found, all_ = Counter(features.sets.tolist()), Counter(c["set"] for c in cases)
    print("bodies that the detector found: " + ", ".join(f"{s} {found[s]} of {all_[s]}" for s in all_))
    for kind, prefix in KINDS.items():
        part = features.only(prefix) if prefix else features
        if not known(part).size:
            print(f"{kind}: too few training bodies have such features")
            continue
        fitted = fit(part, part.classes)
        probabilities = fitted.probabilities(part.table)
        print(f"{kind}: {len(fitted.chosen)} features selected of {len(part.names)}")
        for which in TESTED:
            here = part.sets == which
            sets = lambda rows, measure: with_interval(measure, part.classes[rows], probabilities[rows], part.patients[rows])
            each = sets(here, auc)
            print(f"  {which}, {here.sum()} bodies: macro AUC {each[3]}, accuracy {sets(here, accuracy)[0]}")
            print(f"    AUC of class 0 {each[0]}, 1 {each[1]}, 2 {each[2]}")
            intact = part.classes == 0
            clear = here & (part.classes == 1) & ~mild
            print(f"    class 1 against class 0: mild ones ({(here & mild).sum()}) {sets(here & (mild | intact), broken_auc)[0]}, "
                  f"the others ({clear.sum()}) {sets(clear | here & intact, broken_auc)[0]}", flush=True)
    shuffled = np.random.default_rng(SEED).permutation(features.classes)
    probabilities = fit(features, shuffled).probabilities(features.table)
    here = features.sets != "train"
    print("labels shuffled, all features, the three sets together: macro AUC "
          + with_interval(auc, features.classes[here], probabilities[here], features.patients[here])[3])


if __name__ == "__main__":
    main(*sys.argv[1:3])
