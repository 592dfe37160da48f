"""The figures of the model card are counted right."""

import unittest

import numpy as np

from demo.evaluate_detector import Found, Tally, decoded, iou, letterboxed, mirrored
from demo.films import Body, Film


def six(box):
    x0, y0, x1, y1 = box
    middle = (x0 + x1) / 2
    return ((x0, y0), (middle, y0), (x1, y0), (x0, y1), (middle, y1), (x1, y1))


def body(box, whole=True, level="T12"):
    return Body(level, 0, "intact", 0.0, False, box, 1.0 if whole else 0.4, whole, six(box))


def found(box, score, kind=0):
    return Found(np.array(box, float), score, kind, np.array(six(box), float))


class Counting(unittest.TestCase):
    def tally(self, detections, bodies, mm=0.5):
        result = Tally()
        result.add(detections, Film(np.zeros((100, 100)), bodies, mm, "lateral"))
        return result

    def test_intersection_over_union(self):
        self.assertAlmostEqual(iou((0, 0, 10, 10), (0, 0, 10, 10)), 1)
        self.assertAlmostEqual(iou((0, 0, 10, 10), (5, 0, 15, 10)), 1 / 3)
        self.assertEqual(iou((0, 0, 10, 10), (20, 20, 30, 30)), 0)

    def test_found_missed_and_wrong_boxes(self):
        bodies = [body((0, 0, 20, 10)), body((0, 20, 20, 30)), body((0, 40, 20, 50), whole=False)]
        t = self.tally([found((0, 0, 22, 10), 0.9), found((0, 40, 20, 50), 0.8), found((90, 90, 99, 99), 0.7)], bodies)
        self.assertEqual((t.asked, t.hit, t.wrong), (2, 1, 1))
        # The right corners are 2 pixels off, the middles 1, the left corners none.
        np.testing.assert_allclose(t.errors, [[0, 0.5, 1, 0, 0.5, 1]])

    def test_a_second_box_on_a_body_is_wrong(self):
        t = self.tally([found((0, 0, 20, 10), 0.9), found((0, 0, 20, 11), 0.8)], [body((0, 0, 20, 10))])
        self.assertEqual((t.hit, t.wrong), (1, 1))

    def test_average_precision(self):
        bodies = [body((0, 0, 20, 10)), body((0, 20, 20, 30))]
        right, wrong, second = found(bodies[0].box, 0.9), found((60, 60, 80, 70), 0.8), found(bodies[1].box, 0.7)
        self.assertAlmostEqual(self.tally([right, second], bodies).average_precision(), 1)
        self.assertAlmostEqual(self.tally([right, wrong, second], bodies).average_precision(), (1 + 2 / 3) / 2)
        self.assertAlmostEqual(self.tally([right], bodies).average_precision(), 0.5)

    def test_the_class_and_the_facing_are_counted(self):
        mirrored = found((0, 0, 20, 10), 0.9, kind=1)
        mirrored.points = mirrored.points[[2, 1, 0, 5, 4, 3]]
        t = self.tally([mirrored], [body((0, 0, 20, 10))])
        self.assertEqual((t.kinds_right, t.facing_wrong), (0, 1))
        np.testing.assert_allclose(t.errors, np.zeros((1, 6)))

    def test_nothing_found(self):
        t = self.tally([], [body((0, 0, 20, 10))])
        self.assertEqual((t.asked, t.hit, t.wrong), (1, 0, 0))


class Output(unittest.TestCase):
    def test_a_column_is_read_as_box_scores_and_points(self):
        column = np.array([50, 40, 20, 10, 0.2, 0.9, *np.array(six((40, 35, 60, 45))).ravel()])
        weak = column.copy()
        weak[4:6] = 0.1
        [f] = decoded(np.stack([weak, column], 1), 0.5, 0.15)
        np.testing.assert_allclose(f.box, [80, 70, 120, 90])
        np.testing.assert_allclose(f.points[5], [120, 90])
        self.assertEqual((f.kind, f.score), (1, 0.9))


class Mirror(unittest.TestCase):
    def test_a_mirrored_film_has_its_body_and_its_anterior_points_at_the_other_side(self):
        picture = np.zeros((40, 100), np.float32)
        picture[10:20, 5:25] = 1
        film = mirrored(Film(picture, [body((5, 10, 25, 20))], 0.5, "lateral"))
        x0, y0, x1, y1 = film.bodies[0].box
        self.assertEqual((x0, y0, x1, y1), (75, 10, 95, 20))
        self.assertTrue((film.picture[y0:y1, x0:x1] == 1).all())
        self.assertEqual(film.picture.sum(), 200)
        self.assertEqual(film.bodies[0].points[0], (95, 10))


class Letterbox(unittest.TestCase):
    def test_the_picture_keeps_its_shape_in_the_top_left_corner(self):
        frame, scale = letterboxed(np.ones((200, 100), np.float32), 64, 64)
        self.assertEqual(frame.shape, (64, 64))
        self.assertAlmostEqual(scale, 0.32)
        self.assertTrue((frame[:64, :32] > 0.99).all())
        self.assertTrue((frame[:, 32:] == 0).all())

    def test_the_side_that_fits_worse_decides_and_nothing_is_enlarged(self):
        picture = np.ones((200, 100), np.float32)
        self.assertAlmostEqual(letterboxed(picture, 300, 50)[1], 0.5)
        frame, scale = letterboxed(picture, 300, 400)
        self.assertEqual((frame.shape, scale), ((300, 400), 1))
        np.testing.assert_array_equal(frame[:200, :100], picture)

    def test_a_point_of_the_frame_is_the_same_point_of_the_picture(self):
        picture = np.zeros((300, 300), np.float32)
        picture[120:180, 60:90] = 1
        frame, scale = letterboxed(picture, 100, 100)
        rows, columns = np.nonzero(frame > 0.5)
        found = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / scale
        np.testing.assert_allclose(found, [60, 120, 90, 180], atol=1.5)


if __name__ == "__main__":
    unittest.main()
