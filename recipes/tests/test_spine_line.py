"""The filter keeps a column of boxes and drops what stands beside it."""

import unittest

import numpy as np

from demo.spine_line import on_the_line


def column(count, lean=4):
    """Boxes 40 x 28 with 34 from centre to centre."""
    return [(100 + lean * i, 34 * i, 140 + lean * i, 34 * i + 28) for i in range(count)]


class TheLine(unittest.TestCase):
    def test_a_column_stays_and_strays_go(self):
        boxes = column(6) + [(300, 60, 340, 88), (100, 600, 200, 700)]
        scores = [0.6] * 6 + [0.9, 0.9]
        self.assertEqual(on_the_line(boxes, scores), list(range(6)))

    def test_one_missing_body_does_not_break_the_line(self):
        boxes = column(7)
        del boxes[3]
        self.assertEqual(on_the_line(boxes, np.full(6, 0.7)), list(range(6)))

    def test_of_two_boxes_on_a_body_the_better_stays(self):
        boxes = column(5) + [(112, 72, 148, 98)]
        self.assertEqual(on_the_line(boxes, [0.8] * 5 + [0.4]), list(range(5)))

    def test_few_boxes_stay_as_they_are(self):
        self.assertEqual(on_the_line([], []), [])
        self.assertEqual(on_the_line([(0, 0, 10, 10), (500, 0, 510, 10)], [0.9, 0.5]), [0, 1])


if __name__ == "__main__":
    unittest.main()
