"""Radiomics against its peers, in turn on the same machine: prints ratios, never a pass or a fail.

usage: benches/radiomics/compare.py [--pyradiomics PYTHON] [--pictologics PYTHON] [--turns N]

PYTHON is the interpreter of an environment that has the peer: tests/live_pyradiomics/README.md says
how to make one; pictologics 0.9.0 needs Python 3.12. Needs `cargo bench --bench radiomics --no-run`.
Each turn runs every program once, one thread each; a program's figure is the fastest of its rounds,
and a ratio is that of one turn. The region: 20,151 pixels of a 300 x 400 image, 32 grey levels.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DATA = ROOT / "tests/data/radiomics"
REGION = [str(DATA / "c1_main_bc32.image.npy"), str(DATA / "c1_main_bc32.mask.npy")]


def ours(rounds, *jobs):
    command = ["cargo", "bench", "--quiet", "--bench", "radiomics", "--", *REGION, str(rounds), *jobs]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)


def peer(python, what, rounds):
    command = [python, str(HERE / "peer.py"), what, *REGION, str(rounds)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["ms"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pyradiomics", metavar="PYTHON", default=str(ROOT / "vendor/pyradiomics/bin/python"))
    arguments.add_argument("--pictologics", metavar="PYTHON")
    arguments.add_argument("--turns", type=int, default=5)
    options = arguments.parse_args()

    pairs = [
        ("original, 102 features", "original", options.pyradiomics, "pyradiomics", 8),
        ("all filters, 1497 features", "all", options.pyradiomics, "pyradiomics-all", 3),
    ]
    if options.pictologics:
        pairs.append(("original, 102 features, to its four families", "original", options.pictologics, "pictologics", 30))
    figures = {name: [] for name, *_ in pairs}
    for turn in range(options.turns):
        for name, job, python, what, rounds in pairs:
            mine, other = ours(100 if job == "original" else 20, job)[job], peer(python, what, rounds)
            figures[name].append((mine, other))
        print(f"turn {turn + 1} of {options.turns}", file=sys.stderr)
    for name, _, _, what, _ in pairs:
        ratios = sorted(other / mine for mine, other in figures[name])
        mine, other = (statistics.median(column) for column in zip(*figures[name]))
        print(f"{name}: {mine:.2f} ms, {what} {other:.1f} ms, ratio {statistics.median(ratios):.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f})")

    print("\npixels of the region, ms and ns a pixel (original, 102 features, 32 levels)")
    jobs = [f"scaling-{pixels}" for pixels in (5_000, 20_000, 80_000, 200_000, 500_000)]
    for job, milliseconds in ours(20, *jobs).items():
        pixels = int(job.split("-")[1])
        print(f"{pixels:>8} {milliseconds:8.2f} {milliseconds * 1e6 / pixels:6.1f}")


if __name__ == "__main__":
    main()
