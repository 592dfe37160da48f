"""Fits the fusion model on the features of `spinetriage extract` and completes bundle.toml.

usage: python3 -m demo.fit_fusion FEATURES.csv BUNDLE_FOLDER COHORT_FOLDER (needs scikit-learn, pydicom)

On the training set only: z-scores, removal of near duplicates, LASSO (L1 multinomial logistic
regression) with the penalty chosen by cross-validation grouped by patient, then logistic regression
on what it selected. Prints one-vs-rest AUC on each set.
"""

import csv
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import GroupKFold

MOST_FEATURES = 24
PENALTIES = (0.01, 0.02, 0.04, 0.08)
SAME = 0.95
COPIED = 9
"""Columns before the features."""
KNOWN_AT_LEAST = 0.8
"""Share of the training's bodies that must have a feature: a body the detector missed has no shape."""


def read(path):
    with open(path) as file:
        rows = list(csv.reader(file))
    header, rows = rows[0], rows[1:]
    table = np.array([[float(v) for v in r[COPIED:]] for r in rows])
    return header[COPIED:], table, rows


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
    print("cross-validated AUC by penalty:", {p: round(s, 4) for p, s in scores.items()})
    weight = np.abs(lasso(best).fit(z, y).coef_).max(0)
    order = np.argsort(-weight)
    return [c for c in order if weight[c] > 0][:MOST_FEATURES]


def main(features, bundle, cohort):
    names, table, rows = read(features)
    column = lambda i: np.array([r[i] for r in rows])
    y, sets, patients = column(6).astype(int), column(7), column(8)
    train = sets == "train"
    table[~np.isfinite(table)] = np.nan
    known = np.isfinite(table[train]).mean(0) >= KNOWN_AT_LEAST
    names, table = np.array(names)[known], table[:, known]
    varies = np.nanstd(table[train], 0) > 1e-9
    names, table = names[varies], table[:, varies]
    mean, scale = np.nanmean(table[train], 0), np.nanstd(table[train], 0)
    # What is undefined counts as the training's mean, as it does when the router serves.
    z = np.nan_to_num((table - mean) / scale)
    kept = distinct(z[train])
    chosen = kept[select(z[train][:, kept], y[train], patients[train])]
    model = LogisticRegression(C=1.0, max_iter=5000).fit(z[train][:, chosen], y[train])
    for which in dict.fromkeys(sets.tolist()):
        here = sets == which
        p = model.predict_proba(z[here][:, chosen])
        auc = [roc_auc_score(y[here] == c, p[:, c]) if len(set(y[here] == c)) == 2 else np.nan for c in range(3)]
        print(f"{which}: {here.sum()} bodies, {np.bincount(y[here]).tolist()} a class, AUC one-vs-rest "
              f"{auc[0]:.3f} {auc[1]:.3f} {auc[2]:.3f}, accuracy {accuracy_score(y[here], p.argmax(1)):.3f}")
    probe = next(i for i in np.flatnonzero(sets == "internal") if y[i] == 1)
    # The self-test has a box and no points: its shape features are at their mean.
    shapeless = np.where(np.char.startswith(names, "shape_"), 0, z[probe])
    write(Path(bundle), Path(cohort), rows[probe], model.predict_proba(shapeless[None, chosen])[0], model,
          [(names[c], mean[c], scale[c]) for c in chosen])


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
