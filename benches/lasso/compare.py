"""Our cross-validated path of multinomial LASSO beside scikit-learn's, in turn, on the same samples.

usage: compare.py [--samples 712] [--features 3500] [--folds 10] [--penalties 100] [--patience TIMES]

Run it with a Python that has scikit-learn 1.9.1 (`pip install scikit-learn==1.9.1`). Prints the seconds of each side,
their ratio, and how far the cross-validated losses are apart. scikit-learn stops after its usual 100 rounds a
penalty, which is not its minimum; ours goes on until it is there. With --patience scikit-learn is ended when it has
taken that many times our seconds: then only that it takes longer is known.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile


def main():
    arguments = argparse.ArgumentParser()
    for name, usual in (("samples", 712), ("features", 3500), ("folds", 10), ("penalties", 100)):
        arguments.add_argument(f"--{name}", type=int, default=usual)
    arguments.add_argument("--patience", type=float)
    given = arguments.parse_args()
    here = pathlib.Path(__file__).parent
    with tempfile.TemporaryDirectory() as folder:
        shape = [str(n) for n in (given.samples, given.features, given.folds, given.penalties)]
        bench = ["cargo", "bench", "-q", "--bench", "lasso", "--", *shape, folder]

        def run(command, seconds=None):
            done = subprocess.run(command, cwd=here, check=True, stdout=subprocess.PIPE, text=True, timeout=seconds)
            return json.loads(done.stdout)

        before = run(bench)
        patience = given.patience and given.patience * before["seconds"]
        try:
            theirs = run([sys.executable, here / "peer.py", folder, str(given.features)], patience)
        except subprocess.TimeoutExpired:
            theirs = None
        after = run(bench)
    ours = (before["seconds"] + after["seconds"]) / 2
    print(f"{given.samples} samples, {given.features} features, {given.folds} folds, {given.penalties} penalties")
    if theirs is None:
        print(f"ours {before['seconds']:.1f} and {after['seconds']:.1f} s, scikit-learn ended after {patience:.1f} s: more than {patience / ours:.1f} times")
        return
    apart = [t - o for o, t in zip(before["loss"], theirs["loss"], strict=True)]
    print(f"ours {before['seconds']:.1f} and {after['seconds']:.1f} s, scikit-learn {theirs['seconds']:.1f} s: {theirs['seconds'] / ours:.1f} times")
    print(f"cross-validated loss, scikit-learn's less ours: {min(apart):+.4f} to {max(apart):+.4f}; its least {min(theirs['loss']):.4f}, ours {min(before['loss']):.4f}")
    print(f"features kept by our least penalty: {before['kept'][-1]}; scikit-learn warns: {theirs['warnings']}")


main()
