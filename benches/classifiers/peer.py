"""Fits what `main.rs` beside this file fitted, with scikit-learn, XGBoost and LightGBM.

usage: peer.py SCORES.csv < OURS.jsonl > THEIRS.jsonl

Each line in is a fit of ours with its settings and seed; each line out holds the macro one-vs-rest areas of the peer
on the same sets.
"""

import json
import sys
import warnings

import lightgbm
import numpy
import xgboost
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

warnings.filterwarnings("ignore")


def peer(settings, features, seed):
    s = dict(settings)
    kind = s.pop("kind")
    if kind == "logistic-regression":
        return LogisticRegression(C=s["c"], max_iter=10000)
    if kind == "svm":
        machine = SVC(C=s["c"], gamma=s["gamma"] / features, random_state=seed)
        return OneVsRestClassifier(CalibratedClassifierCV(machine, method="sigmoid", ensemble=False, cv=5))
    if kind == "nearest-neighbours":
        return KNeighborsClassifier(s["neighbours"], weights=s["weighting"])
    if kind in ("random-forest", "extra-trees"):
        forest = RandomForestClassifier if kind == "random-forest" else ExtraTreesClassifier
        return forest(s["trees"], min_samples_leaf=s["least-leaf"], random_state=seed)
    if kind == "gradient-boosting":
        return xgboost.XGBClassifier(
            n_estimators=s["trees"], max_depth=s["depth"], learning_rate=s["learning-rate"], random_state=seed, n_jobs=1
        )
    if kind == "lightgbm":
        return lightgbm.LGBMClassifier(
            n_estimators=s["trees"],
            num_leaves=s["leaves"],
            learning_rate=s["learning-rate"],
            min_child_samples=s["least-leaf"],
            random_state=seed,
            n_jobs=1,
            verbose=-1,
        )
    if kind == "multilayer-perceptron":
        return MLPClassifier(
            (s["hidden"],),
            alpha=s["penalty"],
            batch_size=32,
            early_stopping=True,
            n_iter_no_change=25,
            max_iter=400,
            random_state=seed,
        )
    raise SystemExit(f"no peer for {kind}")


def main():
    (path,) = sys.argv[1:]
    table = numpy.genfromtxt(path, delimiter=",", skip_header=1, dtype=str)
    labels, sets, scores = table[:, 0].astype(int), table[:, 1], table[:, 2:].astype(float)
    train = sets == "train"
    for line in sys.stdin:
        fit = json.loads(line)
        model = peer(fit["settings"], scores.shape[1], fit["seed"]).fit(scores[train], labels[train])
        areas = {}
        for name in fit["areas"]:
            of_set = sets == name
            areas[name] = roc_auc_score(
                labels[of_set], model.predict_proba(scores[of_set]), multi_class="ovr", average="macro"
            )
        print(json.dumps({"areas": areas}), flush=True)


main()
