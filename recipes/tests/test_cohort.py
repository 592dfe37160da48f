"""The cohort has the shape it says, and its files say of themselves what they are."""

import csv
import hashlib
import tempfile
import unittest
from collections import Counter
from pathlib import Path

import numpy as np
import pydicom

from demo import cohort
from tests import phantom


class ThePlan(unittest.TestCase):
    def test_sets_have_their_sizes_and_classes_their_shares(self):
        plan = cohort.plan()
        for which, size in cohort.SETS.items():
            bodies = [b for _, of, some in plan if of == which for b in some]
            self.assertEqual(len(bodies), size)
            found = Counter(astlof for _, astlof, _ in bodies)
            for astlof, share in enumerate(cohort.CLASS_SHARES):
                self.assertAlmostEqual(found[astlof] / size, share, delta=0.02)
        self.assertEqual(sum(len(some) for _, _, some in plan), 1076)
        self.assertAlmostEqual(len(plan), 942, delta=25)


class TheFiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = Path(cls.folder.name)
        phantom.write(cls.root)
        for out in ("one", "two"):
            cohort.main(str(cls.root), str(cls.root / out), 0.008)
        with open(cls.root / "one" / "cases.csv") as file:
            cls.cases = list(csv.DictReader(file))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_two_runs_give_the_same_bytes(self):
        digest = lambda out: {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in (self.root / out).iterdir()}
        self.assertEqual(digest("one"), digest("two"))

    def test_every_film_can_be_read_and_says_what_it_is(self):
        seen = set()
        for case in self.cases:
            d = pydicom.dcmread(self.root / "one" / case["path"])
            self.assertEqual((d.Modality, d.BodyPartExamined, d.ViewPosition, d.PatientID), ("DX", "TLSPINE", "LL", case["patient"]))
            self.assertIn("Simulated", d.SeriesDescription)
            self.assertGreater(float(d.PixelSpacing[0]), 0.2)
            pixels = d.pixel_array
            self.assertEqual(pixels.shape, (d.Rows, d.Columns))
            self.assertLess(pixels.max(), 2 ** d.BitsStored)
            self.assertGreater(np.std(pixels), 0)
            seen.add(d.SOPInstanceUID)
            box = [float(case[k]) for k in ("x0", "y0", "x1", "y1")]
            self.assertTrue(0 <= box[0] < box[2] <= d.Columns and 0 <= box[1] < box[3] <= d.Rows, case)
        self.assertEqual(len(seen), len({c["path"] for c in self.cases}))

    def test_class_kind_and_loss_fit(self):
        for case in self.cases:
            loss, astlof = float(case["loss"]), int(case["class"])
            self.assertEqual(astlof, {"intact": 0, "wedge": 1, "biconcave": 1, "crush": 2}[case["kind"]])
            self.assertEqual(astlof > 0, loss >= 0.15)
        self.assertEqual({c["set"] for c in self.cases}, set(cohort.SETS))


if __name__ == "__main__":
    unittest.main()
