"""The figures of the model card are counted right."""

import unittest

import numpy as np

from demo.evaluate_detector import compare, iou, letterboxed
from demo.films import Body


def body(box, whole=True):
    return Body("T12", 0, "intact", box, whole)


class Counting(unittest.TestCase):
    def test_intersection_over_union(self):
        self.assertAlmostEqual(iou((0, 0, 10, 10), (0, 0, 10, 10)), 1)
        self.assertAlmostEqual(iou((0, 0, 10, 10), (5, 0, 15, 10)), 1 / 3)
        self.assertEqual(iou((0, 0, 10, 10), (20, 20, 30, 30)), 0)

    def test_found_missed_and_wrong_boxes(self):
        bodies = [body((0, 0, 20, 10)), body((0, 20, 20, 30)), body((0, 40, 20, 50), whole=False)]
        found = [(np.array([0, 0, 22.0, 10]), 0.9), (np.array([0, 40, 20.0, 50]), 0.8), (np.array([90, 90, 99.0, 99]), 0.7)]
        asked, hit, wrong, errors = compare(found, bodies)
        self.assertEqual((asked, hit, wrong), (2, 1, 1))
        np.testing.assert_allclose(errors, [[0, 0, 0.1, 0]])

    def test_nothing_found(self):
        self.assertEqual(compare([], [body((0, 0, 20, 10))])[:3], (1, 0, 0))


class Letterbox(unittest.TestCase):
    def test_the_picture_keeps_its_shape_in_the_top_left_corner(self):
        frame, scale = letterboxed(np.ones((200, 100), np.float32), 64)
        self.assertEqual(frame.shape, (64, 64))
        self.assertAlmostEqual(scale, 0.32)
        self.assertTrue((frame[:64, :32] > 0.99).all())
        self.assertTrue((frame[:, 32:] == 0).all())

    def test_a_point_of_the_frame_is_the_same_point_of_the_picture(self):
        picture = np.zeros((300, 300), np.float32)
        picture[120:180, 60:90] = 1
        frame, scale = letterboxed(picture, 100)
        rows, columns = np.nonzero(frame > 0.5)
        found = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / scale
        np.testing.assert_allclose(found, [60, 120, 90, 180], atol=1.5)


if __name__ == "__main__":
    unittest.main()
