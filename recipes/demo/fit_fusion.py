"""Fits the fusion model on the features of `spinetriage extract` and completes bundle.toml.

usage: python3 -m demo.fit_fusion FEATURES.csv BUNDLE_FOLDER COHORT_FOLDER (needs scikit-learn, pydicom)

On the training set only: z-scores, removal of near duplicates, LASSO (L1 multinomial logistic
regression) with the penalty chosen by cross-validation grouped by patient, then logistic regression
on what it selected. `fusion_figures.py` says how good it is.
"""

import csv
import sys
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

MOST_FEATURES = 12
LENGTHS = ("Length", "Diameter", "Surface", "Perimeter", "AnteriorHeight", "MiddleHeight", "PosteriorHeight", "EndplateWidth")
"""Parts of the names of features in mm or mm²: a radiograph magnifies by what nobody wrote down, and
people differ in size. None is taken."""
PENALTIES = (0.01, 0.02, 0.04, 0.08)
SAME = 0.95
COPIED = 9
"""Columns before the features."""
KNOWN_AT_LEAST = 0.8
"""Share of the training's bodies that must have a feature: a body the detector missed has no shape."""


@dataclass
class Features:
    """What `extract` wrote: `names` [features], `table` [bodies, features] with NaN where a feature is
    undefined, and of each body its row, class, set and patient."""

    names: np.ndarray
    table: np.ndarray
    rows: list
    classes: np.ndarray
    sets: np.ndarray
    patients: np.ndarray

    @classmethod
    def read(cls, path):
        with open(path) as file:
            header, *rows = list(csv.reader(file))
        table = np.array([[float(v) for v in r[COPIED:]] for r in rows])
        table[~np.isfinite(table)] = np.nan
        column = lambda name: np.array([r[header.index(name)] for r in rows])
        return cls(np.array(header[COPIED:]), table, rows, column("class").astype(int), column("set"), column("patient"))

    def only(self, prefix):
        """The same bodies with the features whose names begin so."""
        kept = np.char.startswith(self.names, prefix)
        return replace(self, names=self.names[kept], table=self.table[:, kept])


@dataclass
class Fitted:
    """The selected features' indices, their means and scales on the training set, and the model."""

    chosen: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    model: LogisticRegression

    def probabilities(self, table):
        """[bodies, classes]. What is undefined counts as the training's mean, as when the router serves."""
        return self.model.predict_proba(np.nan_to_num((table[:, self.chosen] - self.mean) / self.scale))


def known(features):
    """Indices of the features that enough of the training's bodies have and that are no lengths."""
    often = np.isfinite(features.table[features.sets == "train"]).mean(0) >= KNOWN_AT_LEAST
    relative = [not any(part in name for part in LENGTHS) for name in features.names]
    return np.flatnonzero(often & relative)


def fit(features, labels):
    """The model of the training set's bodies; `labels` [bodies] are their classes."""
    train = features.sets == "train"
    table = features.table[train]
    usable = known(features)
    usable = usable[np.nanstd(table[:, usable], 0) > 1e-9]
    mean, scale = np.nanmean(table[:, usable], 0), np.nanstd(table[:, usable], 0)
    z = np.nan_to_num((table[:, usable] - mean) / scale)
    kept = distinct(z)
    chosen = kept[select(z[:, kept], labels[train], features.patients[train])]
    model = LogisticRegression(C=1.0, max_iter=5000).fit(z[:, chosen], labels[train])
    return Fitted(usable[chosen], mean[chosen], scale[chosen], model)


def distinct(z):
    """Columns of which none is nearly another's copy; the first of each kind stays."""
    correlation = np.abs(np.corrcoef(z, rowvar=False))
    kept = []
    for column in range(z.shape[1]):
        if not kept or np.nanmax(correlation[column, kept]) < SAME:
            kept.append(column)
    return np.array(kept)


def lasso(penalty):
    return LogisticRegression(penalty="l1", solver="saga", C=penalty, max_iter=300, tol=1e-3, random_state=1)


def select(z, y, patients):
    """Columns with a coefficient at the penalty of the best cross-validated AUC, the largest first."""
    def score(penalty):
        folds = GroupKFold(4).split(z, y, patients)
        return np.mean([roc_auc_score(y[t], lasso(penalty).fit(z[f], y[f]).predict_proba(z[t]), multi_class="ovr") for f, t in folds])
    scores = {p: score(p) for p in PENALTIES}
    best = max(scores, key=scores.get)
    weight = np.abs(lasso(best).fit(z, y).coef_).max(0)
    order = np.argsort(-weight)
    # Of few bodies, or of shuffled ones, none may be worth its penalty; a model needs one.
    return [c for c in order if weight[c] > 0][:MOST_FEATURES] or [order[0]]


def main(path, bundle, cohort):
    features = Features.read(path)
    fitted = fit(features, features.classes)
    probe = next(i for i in np.flatnonzero(features.sets == "internal") if features.classes[i] == 1)
    # The self-test has a box and no points: its shape features are at their mean.
    values = np.where(np.char.startswith(features.names, "shape_"), np.nan, features.table[probe])
    write(Path(bundle), Path(cohort), features.rows[probe], fitted.probabilities(values[None])[0], fitted.model,
          list(zip(features.names[fitted.chosen], fitted.mean, fitted.scale)))


def as_png(dicom, png):
    """Writes the file's grey values, bone bright, as 16-bit PNG; its mm a pixel."""
    d = pydicom.dcmread(dicom)
    values = d.pixel_array
    if d.PhotometricInterpretation == "MONOCHROME1":
        values = 2 ** d.BitsStored - 1 - values
    Image.fromarray(values.astype(np.uint16)).save(png)
    return f"{float(d.PixelSpacing[0]):.5f}"


def write(bundle, cohort, case, expected, model, features):
    """Completes the manifest: what the template says, then digests, fusion and self-test."""
    spacing = as_png(cohort / case[0], bundle / "self_test.png")
    number = lambda v: repr(float(v))
    listed = lambda values: "[" + ", ".join(number(v) for v in values) + "]"
    text = [(Path(__file__).parent / "bundle_template.toml").read_text().rstrip(), "", "[files]"]
    for name in ("detector.onnx", "backbone.onnx", "self_test.png"):
        text.append(f'"{name}" = "{sha256((bundle / name).read_bytes()).hexdigest()}"')
    text += ["", "[self_test]", 'image = "self_test.png"', f"spacing_mm = [{spacing}, {spacing}]", f"box = [{', '.join(case[1:5])}]",
             f"probabilities = {listed(expected)}", "tolerance = 0.001",
             "", "[fusion]", 'kind = "logistic-regression"', f"intercepts = {listed(model.intercept_)}"]
    for (name, mean, scale), coefficients in zip(features, model.coef_.T):
        text += ["", "[[fusion.feature]]", f'name = "{name}"', f"mean = {number(mean)}", f"scale = {number(scale)}", f"coefficients = {listed(coefficients)}"]
    (bundle / "bundle.toml").write_text("\n".join(text) + "\n")
    print(f"{len(features)} features in the fusion model")


if __name__ == "__main__":
    main(*sys.argv[1:4])
