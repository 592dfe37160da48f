"""Writes logistic.json beside this file: samples and what scikit-learn 1.9.1 fits to them."""

import json
import pathlib

import numpy
from sklearn.linear_model import LogisticRegression

CASES = [(3, 0.1), (3, 1.0), (3, 100.0), (2, 1.0)]


def main():
    random = numpy.random.default_rng(20261126)
    cases = []
    for classes, c in CASES:
        labels = numpy.concatenate([numpy.full(n, k) for k, n in enumerate((40, 25, 10)[:classes])])
        means = random.normal(size=(classes, 4))
        features = numpy.round(means[labels] + random.normal(size=(len(labels), 4)), 3)
        # Its default solver, lbfgs, stops at a slope of 1e-6 whatever the tolerance; this one goes to the end.
        model = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-12, max_iter=1000)
        model.fit(features, labels)
        intercepts, coefficients = model.intercept_, model.coef_
        cases.append({
            "classes": classes,
            "c": c,
            "features": features.tolist(),
            "labels": labels.tolist(),
            "intercepts": (intercepts - intercepts.mean() if classes > 2 else intercepts).tolist(),
            "coefficients": coefficients.tolist(),
            "probabilities": model.predict_proba(features[:5]).tolist(),
        })
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(cases) + "\n")


main()
