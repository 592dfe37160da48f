"""A crop shows its body level, front at the left, at a size of its own, and a warp moves end plates as it says."""

import unittest

import numpy as np

from demo.crops import SIDE, View, crop
from demo.deform import frame_of, warped
from demo.evaluate_real import area, height, matched, study, wilson
from demo.fractures import Fracture


def body(angle=0.0, mirrored=False, depth=40.0, tall=30.0, centre=(80.0, 70.0)):
    """Six points (x, y) of a body whose front looks along `angle`."""
    c, s = np.cos(angle), np.sin(angle)
    side = -1 if mirrored else 1
    at = lambda u, v: np.array(centre) + np.array([c * u - side * s * v, s * u + side * c * v])
    return np.array([at(u, v) for v in (-tall / 2, tall / 2) for u in (depth / 2, 0, -depth / 2)])


class CropsShowBodiesAlike(unittest.TestCase):
    def test_points_have_the_same_places_however_the_body_lies(self):
        places = [View.of(body(angle, mirrored)).to_crop(body(angle, mirrored)) for angle, mirrored in ((np.pi, True), (0, False), (0.5, False), (2.8, True))]
        for found in places:
            np.testing.assert_allclose(found, places[0], atol=1e-9)
        self.assertLess(places[0][0, 0], 0.5, "the front is at the left")
        self.assertLess(places[0][0, 1], 0.5, "the upper end plate is above")

    def test_places_and_points_undo_each_other(self):
        view = View.of(body(0.3))
        np.testing.assert_allclose(view.to_film(view.to_crop(body(0.3))), body(0.3), atol=1e-9)

    def test_a_crop_shows_what_lies_there(self):
        rows, columns = np.mgrid[0:140, 0:160]
        picture = (columns + 0.5 + 1000 * (rows + 0.5)).astype(np.float32)
        view = View.of(body(0.2), reach=1.0)
        shown = crop(picture, view)
        self.assertEqual(shown.shape, (SIDE, SIDE))
        x, y = view.to_film(np.array([[(40 + 0.5) / SIDE, (70 + 0.5) / SIDE]]))[0]
        self.assertAlmostEqual(float(shown[70, 40]), x + 1000 * y, delta=0.5)


class WarpsDeformBodies(unittest.TestCase):
    """A bright body between dark discs loses the height that the fracture says."""

    def setUp(self):
        self.corners = body(np.pi, True)[[0, 2, 3, 5]]
        rows, columns = np.mgrid[0:140, 0:160]
        self.picture = ((np.abs(columns + 0.5 - 80) < 20) & (np.abs(rows + 0.5 - 70) < 15)).astype(np.float32)

    def test_a_wedge_loses_its_front(self):
        shown, points = warped(self.picture, self.corners, Fracture("wedge", 0.4))
        tall = lambda column: shown[:, column].sum()
        self.assertAlmostEqual(tall(62), 30 * (1 - 0.4 * 0.95), delta=2)
        self.assertAlmostEqual(tall(98), 30 * (1 - 0.4 * 0.05), delta=2)
        np.testing.assert_allclose(np.linalg.norm(points[:3] - points[3:], axis=1), [18, 24, 30], atol=1e-6)

    def test_what_is_far_away_stays(self):
        shown, _ = warped(self.picture, self.corners, Fracture("crush", 0.5))
        np.testing.assert_array_equal(shown[:40], self.picture[:40])
        np.testing.assert_array_equal(shown[:, :50], self.picture[:, :50])

    def test_the_frame_knows_uneven_plates(self):
        corners = self.corners.copy()
        corners[0, 1] += 6
        _, ((front, back), _) = frame_of(corners)
        self.assertGreater(front, back)
        self.assertAlmostEqual(height(corners), 27.0, places=6)


class FiguresAreCountedByHand(unittest.TestCase):
    def findings(self, probabilities, triage=True):
        point = lambda p: {"study": p, "body": p}
        model = {"intercept": 0, "highest": 1, "second": 0, "bodies": 0, "at_least": 1, "sensitive": point(0.3), "specific": point(0.7)}
        box = lambda i: {"x0": 60, "x1": 100, "y0": 55 + 40 * i, "y1": 85 + 40 * i}
        bodies = [{"probabilities": [1 - p, p], "bounding_box": box(i)} for i, p in enumerate(probabilities)]
        return {"vertebrae": bodies, "bundle": {"triage": model if triage else None}}

    def test_a_study_is_as_the_router_says(self):
        self.assertEqual([study(self.findings(p))[1] for p in ([0.9, 0.1], [0.5], [0.1], [])],
                         ["suspected", "uncertain", "nothing suspected", "not assessed"])
        self.assertEqual(study(self.findings([0.9], triage=False)), (None, "not assessed"))

    def test_a_body_is_found_where_it_is(self):
        marked = {"L1": self.corners(0), "L2": self.corners(1), "L3": self.corners(3)}
        self.assertEqual(sorted(matched(self.findings([0.1, 0.2]), marked)), ["L1", "L2"])

    def corners(self, i):
        return body(np.pi, True, centre=(80.0, 70.0 + 40 * i))[[0, 2, 3, 5]].tolist()

    def test_areas_and_intervals(self):
        self.assertEqual(area([2, 3], [1, 2]), 0.875)
        self.assertEqual(wilson(0, 0), "none")
        self.assertTrue(wilson(5, 10).startswith("0.500 (0.237 to 0.763"), wilson(5, 10))


if __name__ == "__main__":
    unittest.main()
