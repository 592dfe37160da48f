"""Golden values of the L1 path: scikit-learn's multinomial LogisticRegression with `saga`, run until it stands still.

usage: python3 make_lasso.py lasso.json
"""

import json
import sys

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

rng = np.random.RandomState(3)
n, p = 120, 40
y = np.repeat([0, 1, 2], [60, 35, 25])
rng.shuffle(y)
x = rng.randn(n, p)
x[:, 10:20] = 0.8 * x[:, :10] + 0.6 * x[:, 10:20]
for k, j in ((1, 0), (1, 3), (2, 5), (0, 7)):
    x[:, j] += 0.9 * (y == k)
x = np.round((x - x.mean(0)) / x.std(0), 6)
share = np.array([(y == k).mean() for k in range(3)])
largest = max(np.abs(x.T @ ((y == k) - share[k])).max() / n for k in range(3))
penalties = largest * 0.02 ** (np.arange(12) / 11)
folds = np.empty(n, int)
for k in range(3):
    folds[y == k] = np.arange((y == k).sum()) % 5


def fitted(x, y, penalty):
    return LogisticRegression(penalty="l1", solver="saga", C=1 / (len(y) * penalty), tol=1e-11, max_iter=200000,
                              random_state=0, multi_class="multinomial").fit(x, y)


models, losses = [], []
for penalty in penalties:
    m = fitted(x, y, penalty)
    models.append({"intercepts": (m.intercept_ - m.intercept_.mean()).tolist(), "coefficients": m.coef_.T.tolist(),
                   "selected": np.flatnonzero(np.abs(m.coef_).max(0) > 1e-9).tolist()})
    losses.append(np.mean([log_loss(y[folds == f], fitted(x[folds != f], y[folds != f], penalty).predict_proba(x[folds == f]))
                           for f in range(5)]))
json.dump({"made_with": f"scikit-learn {sklearn.__version__}", "x": x.tolist(), "y": y.tolist(), "largest_penalty": largest,
           "penalties": penalties.tolist(), "folds": folds.tolist(), "models": models, "cross_validated_loss": losses,
           "best": int(np.argmin(losses))}, open(sys.argv[1], "w"))
