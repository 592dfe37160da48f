"""scikit-learn on what `main.rs` left in FOLDER: the same samples, folds and penalties. Prints one JSON object.

usage: peer.py FOLDER FEATURES
"""

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegressionCV

folder, features = Path(sys.argv[1]), int(sys.argv[2])
x = np.fromfile(folder / "x.bin").reshape(-1, features)
y, fold = (np.fromfile(folder / name, np.int64) for name in ("y.bin", "fold.bin"))
penalties = np.fromfile(folder / "penalties.bin")
folds = [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(fold.max() + 1)]
# C of the seen samples: ours is the mean loss plus the penalty, scikit-learn's C times the summed loss plus the norm.
cs = 1 / (penalties * len(y) * (1 - 1 / len(folds)))
model = LogisticRegressionCV(
    Cs=cs, cv=folds, solver="saga", l1_ratios=(1.0,), scoring="neg_log_loss", n_jobs=-1, refit=True,
    use_legacy_attributes=False, random_state=1,
)
start = time.perf_counter()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    model.fit(x, y)
seconds = time.perf_counter() - start
loss = -np.asarray(model.scores_).reshape(len(folds), len(cs)).mean(0)
print(json.dumps({"seconds": seconds, "loss": loss.tolist(), "warnings": sorted({str(w.category.__name__) for w in caught})}))
