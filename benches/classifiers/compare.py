"""Our eight classifiers beside scikit-learn's, XGBoost's and LightGBM's: macro areas on sets neither has seen.

usage: compare.py FEATURES.csv [SEEDS]

FEATURES.csv is what `spinetriage extract` wrote. Run it with a Python that has scikit-learn, xgboost, lightgbm and
numpy (`pip install scikit-learn==1.9.1 xgboost-cpu==3.2.0 lightgbm==4.7.0`). It prints, of each kind, the settings that
our cross-validation chooses, the mean areas of both sides over the seeds, ours less theirs, and the largest
difference of means over all settings of the kind.
"""

import collections
import json
import pathlib
import subprocess
import sys
import tempfile


def main():
    here = pathlib.Path(__file__).parent
    features, seeds = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "3"
    with tempfile.TemporaryDirectory() as folder:
        scores = pathlib.Path(folder) / "scores.csv"
        bench = ["cargo", "bench", "-q", "--bench", "classifiers", "--", str(pathlib.Path(features).resolve()), scores, seeds]
        ours = subprocess.run(bench, cwd=here, check=True, stdout=subprocess.PIPE, text=True).stdout
        theirs = subprocess.run(
            [sys.executable, here / "peer.py", scores], input=ours, check=True, stdout=subprocess.PIPE, text=True
        ).stdout
    of_settings = collections.defaultdict(list)
    for line, peer in zip(ours.splitlines(), theirs.splitlines(), strict=True):
        fit = json.loads(line)
        of_settings[fit["settings"]["kind"], fit["says"]].append((fit, json.loads(peer)["areas"]))

    def mean(values):
        values = list(values)
        return sum(values) / len(values)

    differences = collections.defaultdict(list)
    rows = []
    for (kind, says), fits in of_settings.items():
        sets = list(fits[0][1])
        pairs = [(mean(f["areas"][s] for f, _ in fits), mean(p[s] for _, p in fits)) for s in sets]
        differences[kind].append(max(abs(a - b) for a, b in pairs))
        if fits[0][0]["chosen"]:
            cells = [f"{a:.3f} / {b:.3f} ({a - b:+.3f})" for a, b in pairs]
            cells += [f"{mean(f['ms'] for f, _ in fits):.0f}", f"{fits[0][0]['bytes'] / 1024:.0f}"]
            rows.append((kind, [kind, says, *cells]))
    print("| kind | settings |", *(f"{s}: ours / theirs |" for s in sets), "fit, ms | KiB | largest difference |")
    print("|---|" + "---|" * (len(sets) + 4))
    for kind, cells in rows:
        print("|", *(f"{cell} |" for cell in cells), f"{max(differences[kind]):.3f} |")


main()
