"""Boxes and points of a film are those of its bodies, and a film is the same whenever it is made."""

import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

import numpy as np

from demo import films, fractures, spine
from demo.fractures import Fracture
from demo.volume import PIXEL_MM
from tests import phantom

LOOK = films.Look(size=(700, 420), fov_mm=(279.9, 280), drawn=0, negative=0, inverted=0, metal=0, mild=True)
WILD = films.Look(longest=200)


class FilmsFitTheirLabels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            phantom.write(Path(folder))
            cls.patients = films.patients(folder)
            cls.held_out = films.patients(folder, held_out=True)

    def film(self, fixed, number=3, view="lateral"):
        return films.film(self.patients, 1, number, LOOK, view, fixed, "T12")

    def test_the_cuts_have_their_points_at_the_corners_of_the_boxes(self):
        for view in ("lateral", "frontal"):
            points = self.patients[view][0].cuts["T10"].points
            top = phantom.top("T10")
            np.testing.assert_allclose(points[[0, 2]], [(top, phantom.LEFT), (top, phantom.LEFT + phantom.DEPTH - 1)], atol=2.5)
            np.testing.assert_allclose(points[[1, 4], 0], [top, top + phantom.HEIGHT - 1], atol=1.5)

    def test_the_heights_of_the_points_are_those_of_the_fracture(self):
        fixed = {"T12": Fracture("wedge", 0.35), "T11": Fracture("biconcave", 0.3), "L1": Fracture("crush", 0.4, 0.1, 0.1)}
        for number in range(6):
            found = {b.level: b for b in self.film(fixed, number).bodies}
            for level, expected in (("T12", [0.65, 0.825, 1]), ("T11", [1, 0.7, 1]), ("L1", [0.6, 0.7, 0.7])):
                points = np.array(found[level].points)
                heights = np.linalg.norm(points[:3] - points[3:], axis=1)
                np.testing.assert_allclose(heights / heights.max(), np.array(expected) / max(expected), atol=0.03)
                self.assertAlmostEqual(found[level].loss, fixed[level].loss)
            self.assertEqual([found[l].astlof for l in ("T11", "T12", "L1")], [1, 1, 2])

    def test_a_box_holds_its_points_and_touches_them(self):
        for number in range(6):
            for b in films.film(self.patients, 4, number, replace(WILD, negative=0)).bodies:
                points, (x0, y0, x1, y1) = np.array(b.points), b.box
                self.assertTrue((points.min(0) >= [x0 - 0.01, y0 - 0.01]).all() and (points.max(0) <= [x1 + 0.01, y1 + 0.01]).all(), b)
                self.assertLess(abs(points[:, 1].min() - y0), 0.12 * (y1 - y0) + 1)

    def test_on_a_strip_the_body_ends_at_the_skin_and_the_spine_is_all_there(self):
        look = films.Look(strip=1.0, negative=0, inverted=0, metal=0, mild=True)
        for number, view in ((1, "lateral"), (2, "frontal")):
            film = films.film(self.patients, 5, number, look, view)
            self.assertEqual(film.picture.shape[0], films.STRIP["longest"])
            self.assertGreater(sum(b.whole for b in film.bodies), 10)
            # The air: away from the spine at the height of L1 it is darker than beside the body.
            (x0, y0, x1, y1) = next(b.box for b in film.bodies if b.level == "L1")
            row = film.picture[int(y0):int(y1)].mean(0)
            self.assertLess(min(row[:10].mean(), row[-10:].mean()), 0.7 * row[int(x0):int(x1)].mean())

    def test_the_bodies_of_some_rows_are_moved_and_what_is_cut_off_is_not_whole(self):
        found = self.film({}).bodies
        cut = next(b for b in found if b.level == "T12")
        first = int((cut.box[1] + cut.box[3]) / 2)
        part = {b.level: b for b in films.on_rows(found, first, first + 200)}
        self.assertFalse(part["T12"].whole)
        self.assertNotIn("T10", part)
        below = next(b for b in found if b.level == "L1")
        self.assertTrue(part["L1"].whole)
        np.testing.assert_allclose(part["L1"].box, np.array(below.box) - [0, first, 0, first])
        np.testing.assert_allclose(part["L1"].points, np.array(below.points) - [0, first])

    def test_a_box_lies_on_the_bone_of_the_picture(self):
        film = self.film({})
        for body in (b for b in film.bodies if b.whole and b.level in ("T11", "T12", "L1")):
            points = np.array(body.points)
            centre, upper = points.mean(0), points[:3].mean(0)
            value = lambda p: film.picture[int(p[1]) - 4:int(p[1]) + 5, int(p[0]) - 8:int(p[0]) + 9].mean()
            front = centre + 1.5 * (points[[0, 3]].mean(0) - centre)
            self.assertGreater(value(centre + 0.3 * (upper - centre)), value(front) + 0.05, body.level)

    def test_the_front_of_the_patient_and_the_left_of_a_frontal_film_are_at_the_left(self):
        for view in ("lateral", "frontal"):
            for b in self.film({}, view=view).bodies:
                points = np.array(b.points)
                self.assertLess(points[0, 0], points[2, 0])
                self.assertLess(points[3, 0], points[5, 0])
                self.assertLess(points[1, 1], points[4, 1])

    def test_a_wedge_bends_the_spine_above_it_forwards(self):
        tilt = lambda course, level: np.rad2deg(np.arcsin(next(v for v in course if v.level == level).frame.anterior[0]
                / np.linalg.norm(next(v for v in course if v.level == level).frame.anterior)))
        build = lambda fixed: spine.build(np.random.default_rng(8), "lateral", fixed=fixed)
        straight, bent = build({"L1": Fracture()}), build({"L1": Fracture("wedge", 0.5)})
        self.assertAlmostEqual(tilt(straight, "L2"), tilt(bent, "L2"))
        self.assertGreater(tilt(bent, "T12"), tilt(straight, "T12") + 5)

    def test_cut_off_and_obscured_bodies_are_not_whole(self):
        for number in range(10):
            film = films.film(self.patients, 2, number, replace(WILD, negative=0))
            rows, columns = film.picture.shape
            for b in film.bodies:
                x0, y0, x1, y1 = b.box
                inside = max(min(x1, columns) - max(x0, 0), 0) * max(min(y1, rows) - max(y0, 0), 0) / ((x1 - x0) * (y1 - y0))
                self.assertLessEqual(b.share, inside + 0.01)
                if b.whole:
                    self.assertGreaterEqual(b.share, films.WHOLE_FROM)
                    self.assertNotIn(b.level, films.OBSCURED[film.view])

    def test_the_same_seed_and_number_give_the_same_bytes(self):
        film = lambda seed, number: films.film(self.patients, seed, number, WILD)
        for number in range(3):
            one, again = film(7, number), film(7, number)
            self.assertEqual(one.picture.tobytes(), again.picture.tobytes())
            self.assertEqual((one.bodies, one.mm, one.view), (again.bodies, again.mm, again.view))
            self.assertNotEqual(one.picture.tobytes(), film(8, number).picture.tobytes())

    def test_films_are_of_both_views_and_of_none_finite_and_between_0_and_1(self):
        views = set()
        for number in range(40):
            film = films.film(self.patients, 9, number, WILD)
            views.add(film.view)
            self.assertTrue(np.isfinite(film.picture).all())
            self.assertTrue(0 <= film.picture.min() and film.picture.max() <= 1)
            self.assertFalse(film.view == "none" and film.bodies)
        self.assertEqual(views, {"lateral", "frontal", "none"})

    def test_a_whole_spine_ends_in_a_tapering_sacrum(self):
        course = spine.build(np.random.default_rng(1), "lateral")
        self.assertEqual([v.level for v in course], list(spine.LEVELS))
        rows = [v.frame.centre[0] for v in course]
        self.assertEqual(rows, sorted(rows))
        points = course[-1].fracture.points()
        self.assertLess(points[3, 0] - points[5, 0], 0.85 * (points[0, 0] - points[2, 0]))

    def test_training_and_samples_share_no_rotation(self):
        self.assertEqual((len(self.patients["lateral"]), len(self.held_out["lateral"])), (1, 1))


if __name__ == "__main__":
    unittest.main()
