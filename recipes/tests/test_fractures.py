"""A fracture takes away the height it says, where it says."""

import tempfile
import unittest
from pathlib import Path

import numpy as np

from demo import films
from demo.fractures import Fracture, astlof_class, break_body, draw
from tests import phantom


class FracturesChangeHeights(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            phantom.write(Path(folder))
            cls.patient = films.patients(folder)[0]

    def outline(self, fracture, level="T10"):
        """The broken body as a mask of the film."""
        frame, shape = self.patient.frames[level], self.patient.shape[level]
        window, _, broken = break_body(self.patient.excess[level], shape, frame, fracture)
        mask = np.zeros(shape.shape, bool)
        mask[window] = broken > 0.5 * shape.max()
        return mask

    def height(self, mask, part):
        """Height at `part` of the depth, 0 at the anterior and 1 at the posterior wall of the intact body."""
        return np.count_nonzero(mask[:, phantom.LEFT + round(part * (phantom.DEPTH - 1))])

    def assert_part(self, found, intact, expected):
        self.assertAlmostEqual(found / intact, expected, delta=0.045)

    def test_an_intact_body_keeps_its_box(self):
        rows, columns = np.nonzero(self.outline(Fracture()))
        self.assertEqual((rows.min(), rows.max() + 1), (phantom.top("T10"), phantom.top("T10") + phantom.HEIGHT))
        self.assertEqual((columns.min(), columns.max() + 1), (phantom.LEFT, phantom.LEFT + phantom.DEPTH))

    def test_a_wedge_loses_anterior_height_and_keeps_posterior_height(self):
        for loss in (0.15, 0.3, 0.5):
            mask = self.outline(Fracture("wedge", loss))
            self.assert_part(self.height(mask, 0.0), phantom.HEIGHT, 1 - loss)
            self.assert_part(self.height(mask, 0.5), phantom.HEIGHT, 1 - loss / 2)
            self.assert_part(self.height(mask, 1.0), phantom.HEIGHT, 1)

    def test_a_biconcave_body_loses_height_in_the_middle(self):
        mask = self.outline(Fracture("biconcave", 0.4))
        self.assert_part(self.height(mask, 0.5), phantom.HEIGHT, 0.6)
        self.assert_part(self.height(mask, 0.0), phantom.HEIGHT, 1)
        self.assert_part(self.height(mask, 1.0), phantom.HEIGHT, 1)

    def test_a_burst_loses_height_everywhere_and_its_posterior_wall_moves_back(self):
        mask = self.outline(Fracture("burst", 0.4, widening=0.1, bulge=0.2))
        self.assert_part(self.height(mask, 1.0), phantom.HEIGHT, 1 - 0.75 * 0.4)
        columns = np.flatnonzero(mask.any(0))
        front, back = phantom.LEFT - columns.min(), columns.max() + 1 - phantom.LEFT - phantom.DEPTH
        self.assertAlmostEqual(front, 0.1 * phantom.DEPTH / 2, delta=1.5)
        self.assertAlmostEqual(back, 0.3 * phantom.DEPTH / 2, delta=1.5)

    def test_a_small_loss_is_no_fracture(self):
        self.assertEqual(astlof_class(Fracture("wedge", 0.08)), 0)
        self.assertEqual(astlof_class(Fracture("wedge", 0.2)), 1)
        self.assertEqual(astlof_class(Fracture("biconcave", 0.2)), 1)
        self.assertEqual(astlof_class(Fracture("burst", 0.2)), 2)

    def test_drawn_fractures_are_of_all_classes_and_in_range(self):
        rng = np.random.default_rng(5)
        drawn = [draw(rng) for _ in range(600)]
        self.assertEqual({astlof_class(f) for f in drawn}, {0, 1, 2})
        self.assertLessEqual(max(f.loss for f in drawn), 0.5)
        # Nothing is drawn on the border of the classes, where the label would be a matter of taste.
        self.assertFalse([f for f in drawn if 0.08 < f.loss < 0.18])


if __name__ == "__main__":
    unittest.main()
