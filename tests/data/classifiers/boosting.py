"""Writes boosting.json beside this file: samples and what LightGBM 4.7.0 says of them.

Features are above 0, for LightGBM gives 0 a bin of its own; a leaf may hold one sample, for LightGBM only estimates how
many a leaf holds; and twelve rounds, for in the fourteenth splits of two samples gain alike to rounding.
"""

import json
import pathlib

import lightgbm
import numpy


def main():
    random = numpy.random.default_rng(20261127)
    labels = numpy.concatenate([numpy.full(n, k) for k, n in enumerate((90, 50, 30))])
    means = random.normal(size=(3, 4))
    features = numpy.round(10 + means[labels] + random.normal(size=(len(labels), 4)), 3)
    model = lightgbm.LGBMClassifier(
        n_estimators=12, num_leaves=6, learning_rate=0.1, min_child_samples=1, verbose=-1, n_jobs=1, deterministic=True
    ).fit(features, labels)
    path = pathlib.Path(__file__).with_suffix(".json")
    case = {
        "trees": 12,
        "leaves": 6,
        "learning_rate": 0.1,
        "least_leaf": 1,
        "features": features.tolist(),
        "labels": labels.tolist(),
        "probabilities": model.predict_proba(features).tolist(),
    }
    path.write_text(json.dumps(case) + "\n")


main()
