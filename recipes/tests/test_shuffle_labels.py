"""The shuffled control has the same bodies with classes that say nothing."""

import tempfile
import unittest
from collections import Counter
from pathlib import Path

from demo.shuffle_labels import main, shuffled

HEADER = ["path", "class", "set", "deep_0000"]
ROWS = [[f"{i}.dcm", str(i % 3), "train" if i < 60 else "internal", str(i % 3)] for i in range(90)]


class Shuffled(unittest.TestCase):
    def test_only_classes_move_and_none_leaves_its_set(self):
        found = shuffled(HEADER, ROWS, 1)
        without = lambda rows: [[path, of_set, feature] for path, _, of_set, feature in rows]
        self.assertEqual(without(found), without(ROWS))
        count = lambda rows: Counter((of_class, of_set) for _, of_class, of_set, _ in rows)
        self.assertEqual(count(found), count(ROWS))

    def test_a_feature_that_was_the_class_no_longer_is(self):
        for name in ("train", "internal"):
            rows = [row for row in shuffled(HEADER, ROWS, 1) if row[2] == name]
            same = sum(of_class == feature for _, of_class, _, feature in rows)
            self.assertLess(same, 0.6 * len(rows))

    def test_a_seed_decides(self):
        self.assertEqual(shuffled(HEADER, ROWS, 4), shuffled(HEADER, ROWS, 4))
        self.assertNotEqual(shuffled(HEADER, ROWS, 4), shuffled(HEADER, ROWS, 5))

    def test_the_provenance_goes_along(self):
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "a.csv", Path(folder) / "b.csv"
            source.write_text("".join(",".join(row) + "\n" for row in [HEADER, *ROWS]))
            Path(f"{source}.json").write_text("{}")
            main(source, target, "1")
            self.assertEqual(Path(f"{target}.json").read_text(), "{}")
            self.assertEqual(target.read_text().splitlines(), [",".join(row) for row in [HEADER, *shuffled(HEADER, ROWS, 1)]])


if __name__ == "__main__":
    unittest.main()
