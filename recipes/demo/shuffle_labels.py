"""Shuffles the classes of a file of features among the bodies of each set: a control that must find nothing.

usage: python3 -m demo.shuffle_labels FEATURES.csv SHUFFLED.csv [SEED]

Within a set, so that each keeps its number of bodies of each class. What `extract` says of the features'
origin, FEATURES.csv.json, goes along.
"""

import csv
import random
import shutil
import sys


UNLABELLED = "-1"
"""The class of a body that nobody has labelled."""


def shuffled(header, rows, seed):
    """The rows with the classes of each set permuted."""
    of_class, of_set = header.index("class"), header.index("set")
    rows = [list(row) for row in rows]
    chance = random.Random(seed)
    for name in sorted({row[of_set] for row in rows}):
        own = [row for row in rows if row[of_set] == name and row[of_class] != UNLABELLED]
        classes = [row[of_class] for row in own]
        chance.shuffle(classes)
        for row, number in zip(own, classes):
            row[of_class] = number
    return rows


def main(source, target, seed="1"):
    with open(source, newline="") as file:
        header, *rows = csv.reader(file)
    with open(target, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *shuffled(header, rows, int(seed))])
    shutil.copyfile(f"{source}.json", f"{target}.json")


if __name__ == "__main__":
    main(*sys.argv[1:4])
