"""Writes svm.json beside this file: samples and the decisions of scikit-learn 1.9.1's SVC, which is LIBSVM."""

import json
import pathlib

import numpy
from sklearn.svm import SVC

CASES = [(0.1, 1.0), (1.0, 1.0), (10.0, 0.2)]


def main():
    random = numpy.random.default_rng(20261128)
    labels = numpy.concatenate([numpy.full(n, k) for k, n in enumerate((50, 25, 15))])
    means = random.normal(size=(3, 4))
    features = numpy.round(means[labels] + random.normal(size=(len(labels), 4)), 3)
    cases = []
    for c, gamma in CASES:
        machines = [SVC(C=c, gamma=gamma / 4, tol=1e-9).fit(features, labels == k) for k in range(3)]
        cases.append({
            "c": c,
            "gamma": gamma,
            "features": features.tolist(),
            "labels": labels.tolist(),
            "decisions": [machine.decision_function(features).tolist() for machine in machines],
        })
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(cases) + "\n")


main()
