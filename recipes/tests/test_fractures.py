"""A fracture takes away the height it says, where it says, and its points go with it."""

import unittest

import numpy as np
from scipy import ndimage

from demo import bodies
from demo.fractures import CORNERS, MILD_BELOW, Fracture, Frame, broken, draw, intact

UPPER_FRONT, UPPER_MIDDLE, UPPER_BACK, LOWER_FRONT, LOWER_MIDDLE, LOWER_BACK = range(6)


def heights(fracture):
    """Anterior, middle and posterior height, parts of the intact one."""
    points = fracture.points()
    return np.linalg.norm(points[:3] - points[3:], axis=1) / 2


class FracturesChangeHeights(unittest.TestCase):
    def test_an_intact_body_keeps_its_points(self):
        np.testing.assert_allclose(Fracture().points(), CORNERS)

    def test_a_wedge_loses_anterior_height_and_keeps_posterior_height(self):
        for loss in (0.15, 0.3, 0.5):
            np.testing.assert_allclose(heights(Fracture("wedge", loss)), [1 - loss, 1 - loss / 2, 1], atol=1e-9)

    def test_a_biconcave_body_loses_height_in_the_middle(self):
        np.testing.assert_allclose(heights(Fracture("biconcave", 0.4)), [1, 0.6, 1], atol=1e-9)

    def test_a_crush_loses_height_everywhere_and_its_posterior_wall_moves_back(self):
        fracture = Fracture("crush", 0.4, widening=0.1, bulge=0.2)
        np.testing.assert_allclose(heights(fracture), [0.6, 0.7, 0.7], atol=0.01)
        outline = fracture.outline()
        self.assertAlmostEqual(outline[:, 0].max(), 1.1, places=3)
        self.assertAlmostEqual(outline[:, 0].min(), -1.3, delta=0.02)

    def test_the_warp_and_its_inverse_fit(self):
        rng = np.random.default_rng(3)
        u, v = rng.uniform(-1, 1, (2, 200))
        for fracture in [draw(rng, 0.7) for _ in range(40)]:
            back_u, back_v, density = fracture.source(*fracture.target(u, v))
            np.testing.assert_allclose(back_u, u, atol=1e-9)
            np.testing.assert_allclose(back_v, v, atol=1e-9)
            self.assertTrue((density > 0).all())

    def test_a_small_loss_is_no_fracture(self):
        self.assertEqual(Fracture("wedge", 0.08).astlof, 0)
        self.assertEqual(Fracture("wedge", 0.2).astlof, 1)
        self.assertEqual(Fracture("biconcave", 0.2).astlof, 1)
        self.assertEqual(Fracture("crush", 0.2).astlof, 2)
        self.assertTrue(Fracture("wedge", 0.2).mild)
        self.assertFalse(Fracture("wedge", 0.08).mild or Fracture("wedge", 0.3).mild)

    def test_drawn_bodies_are_of_all_classes_and_the_classes_touch(self):
        rng = np.random.default_rng(5)
        drawn = [draw(rng) for _ in range(1500)]
        self.assertEqual({f.astlof for f in drawn}, {0, 1, 2})
        self.assertAlmostEqual(np.mean([f.astlof > 0 for f in drawn]), 0.22, delta=0.03)
        self.assertLessEqual(max(f.loss for f in drawn), 0.8)
        self.assertGreater(np.mean([f.loss >= 0.5 for f in drawn if f.astlof]), 0.08, "collapsed ones are among them")
        whole = [intact(rng) for _ in range(300)]
        self.assertTrue(all(f.astlof == 0 for f in whole))
        self.assertGreater(max(f.widening for f in whole), min(f.widening for f in drawn if f.kind == "wedge"))
        self.assertTrue(all(broken(rng, "wedge", mild=True).loss < MILD_BELOW for _ in range(50)))


class IntactBodiesAreAsUnevenAsRealOnes(unittest.TestCase):
    """Against the published medians and percentiles that fractures.py names."""

    def drawn(self, level, count=4000):
        rng = np.random.default_rng(11)
        tall = np.array([heights(intact(rng, level)) for _ in range(count)])
        return tall[:, 0] / tall[:, 2], tall[:, 1] / tall[:, 2], tall.min(1) / tall.max(1)

    def test_front_to_back_and_middle_to_back_have_the_published_medians(self):
        for level, front in (("T7", 0.90), ("T11", 0.94), ("L1", 0.97), ("L2", 1.00), ("L5", 1.06)):
            of_front, of_middle, _ = self.drawn(level)
            self.assertAlmostEqual(np.median(of_front), front, delta=0.01, msg=level)
            self.assertAlmostEqual(np.median(of_middle), 0.86, delta=0.02, msg=level)

    def test_the_tails_are_those_of_elderly_people(self):
        of_front, of_middle, smallest = self.drawn("T11")
        self.assertAlmostEqual(np.percentile(of_front, 1), 0.79, delta=0.05)
        self.assertAlmostEqual(np.percentile(self.drawn("L4")[0], 1), 0.93, delta=0.05)
        self.assertTrue(0.68 <= np.percentile(of_middle, 5) <= 0.80, np.percentile(of_middle, 5))
        self.assertTrue(0.03 < np.mean(smallest < 0.75) < 0.15, np.mean(smallest < 0.75))


class PointsLieOnTheDrawnBody(unittest.TestCase):
    """The picture is made with the inverse warp, the points with the warp: they must meet."""

    def outline(self, fracture, frame):
        shape = (400, 400)
        window, u, v = frame.grid(shape, (-bodies.REACH, bodies.REACH), (-bodies.REACH, bodies.REACH))
        solid = ((np.abs(bodies.U) <= 1) & (np.abs(bodies.V) <= 1)).astype(np.float32)
        film = np.zeros(shape)
        u, v, _ = fracture.source(u, v)
        film[window] = bodies.sample(solid, u, v)
        return film > 0.5

    def test_points_are_at_the_corners_of_the_picture(self):
        rng = np.random.default_rng(9)
        for _ in range(25):
            tilt = np.deg2rad(rng.uniform(-35, 35))
            frame = Frame(np.array([200.0, 200.0]), 70 * np.array([np.sin(tilt), -np.cos(tilt)]), 50 * np.array([np.cos(tilt), np.sin(tilt)]))
            fracture = draw(rng, 0.6)
            mask = self.outline(fracture, frame)
            into, out_of = ndimage.distance_transform_edt(~mask), ndimage.distance_transform_edt(mask)
            for point in frame.pixels(fracture.points()):
                row, column = np.round(point).astype(int)
                self.assertLess(into[row, column], 3.5, fracture)
                self.assertLess(out_of[row, column], 2.5, fracture)


if __name__ == "__main__":
    unittest.main()
