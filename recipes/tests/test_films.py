"""The boxes of a film are those of its bodies, and a film is the same whenever it is made."""

import tempfile
import unittest
from pathlib import Path

import numpy as np

from demo import films
from demo.fractures import Fracture
from demo.volume import PIXEL_MM
from tests import phantom

MM = 0.4
SIZE = (700, 400)


class FilmsFitTheirLabels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            phantom.write(Path(folder))
            cls.patients = films.patients(folder)
            cls.held_out = films.patients(folder, held_out=True)

    def straight(self, broken, number=3):
        """A film without posture: scaled and shifted only."""
        fov = (SIZE[0] * MM, SIZE[0] * MM)
        return films.film(self.patients, 1, number, SIZE, fov, posture=0, mild=True, fixed=broken)

    def test_boxes_have_the_size_and_distance_of_the_bodies(self):
        _, bodies, mm = self.straight({})
        self.assertAlmostEqual(mm, MM)
        boxes = {b.level: b.box for b in bodies if b.whole}
        self.assertGreaterEqual(len(boxes), 7)
        for x0, y0, x1, y1 in boxes.values():
            self.assertAlmostEqual(x1 - x0, phantom.DEPTH * PIXEL_MM / MM, delta=1.01)
            self.assertAlmostEqual(y1 - y0, phantom.HEIGHT * PIXEL_MM / MM, delta=1.01)
        self.assertAlmostEqual(boxes["T12"][1] - boxes["T11"][1], phantom.PITCH * PIXEL_MM / MM, delta=1.01)

    def test_a_box_lies_on_the_bone_of_the_picture(self):
        picture, bodies, _ = self.straight({})
        x0, y0, x1, y1 = next(b.box for b in bodies if b.level == "T12")
        inside = picture[y0 + 4:y1 - 4, x0 + 4:x1 - 4].mean()
        disc = picture[y1 + 3:y1 + 6, x0 + 4:x1 - 4].mean()
        in_front = picture[y0 + 4:y1 - 4, x0 - 20:x0 - 5].mean()
        self.assertGreater(inside, disc + 0.1)
        self.assertGreater(inside, in_front + 0.1)

    def test_a_broken_body_has_its_class_and_a_lower_box(self):
        _, bodies, _ = self.straight({"T12": Fracture("burst", 0.4, 0.1, 0.1), "T11": Fracture("wedge", 0.3)})
        found = {b.level: b for b in bodies}
        self.assertEqual((found["T12"].astlof, found["T11"].astlof, found["T10"].astlof), (2, 1, 0))
        height = lambda level: found[level].box[3] - found[level].box[1]
        self.assertAlmostEqual(height("T12") / height("T10"), 0.7, delta=0.05)

    def test_cut_off_and_obscured_bodies_are_not_whole(self):
        rows, columns = SIZE
        everything = films.film(self.patients, 1, 5, SIZE, (640, 640), posture=0, mild=True, fixed={})[1]
        obscured = [b for b in everything if b.level in films.OBSCURED]
        self.assertIn("T4", [b.level for b in obscured])
        self.assertFalse([b for b in obscured if b.whole])
        for number in range(8):
            _, bodies, _ = films.film(self.patients, 2, number, SIZE, (150, 200))
            for body in bodies:
                x0, y0, x1, y1 = body.box
                if x0 == 0 or y0 == 0 or x1 == columns or y1 == rows:
                    self.assertFalse(body.whole, body)

    def test_the_same_seed_and_number_give_the_same_bytes(self):
        film = lambda seed, number: films.film(self.patients, seed, number, (200, 160), (170, 340))
        picture, bodies, mm = film(7, 1)
        again, bodies_again, mm_again = film(7, 1)
        self.assertEqual(picture.tobytes(), again.tobytes())
        self.assertEqual((bodies, mm), (bodies_again, mm_again))
        self.assertNotEqual(picture.tobytes(), film(7, 2)[0].tobytes())
        self.assertNotEqual(picture.tobytes(), film(8, 1)[0].tobytes())

    def test_a_film_is_finite_and_between_0_and_1(self):
        for number in range(4):
            picture, _, _ = films.film(self.patients, 9, number, (200, 160), (170, 340))
            self.assertTrue(np.isfinite(picture).all())
            self.assertTrue(0 <= picture.min() and picture.max() <= 1)

    def test_the_front_of_the_patient_is_at_the_left(self):
        for frame in self.patients[0].frames.values():
            self.assertLess(frame.anterior[1], -0.99)

    def test_training_and_samples_share_no_rotation(self):
        self.assertEqual((len(self.patients), len(self.held_out)), (1, 1))


if __name__ == "__main__":
    unittest.main()
