"""Patients, sets, sizes of pixels and what is left out, whatever the format."""

import unittest
from types import SimpleNamespace

from importers import patients

from .sources import Source, dicom, picture


def films(*names):
    return [SimpleNamespace(patient=name, set=None) for name in names]


class Sets(unittest.TestCase):
    def test_a_patient_is_in_one_set_whatever_the_order(self):
        everyone = films(*(f"p{n % 50}" for n in range(200)))
        patients.divide(everyone, {"train": 0.8, "internal": 0.2}, seed=1)
        sets = {film.patient: set() for film in everyone}
        for film in everyone:
            sets[film.patient].add(film.set)
        self.assertEqual({len(s) for s in sets.values()}, {1})
        self.assertEqual(sum(s == {"internal"} for s in sets.values()), 10)
        again = films(*(f"p{n % 50}" for n in reversed(range(200))))
        patients.divide(again, {"train": 0.8, "internal": 0.2}, seed=1)
        self.assertEqual([f.set for f in again], [f.set for f in reversed(everyone)])
        patients.divide(again, {"train": 0.8, "internal": 0.2}, seed=2)
        self.assertNotEqual([f.set for f in again], [f.set for f in reversed(everyone)])

    def test_the_division_stays_the_same_between_versions(self):
        known = films("a", "b", "c", "d", "e")
        patients.divide(known, {"train": 0.6, "internal": 0.2, "external": 0.2}, seed=7)
        self.assertEqual([f.set for f in known], ["train", "external", "train", "internal", "train"])

    def test_shares(self):
        self.assertEqual(patients.shares("train=0.8,internal=0.2"), {"train": 0.8, "internal": 0.2})
        for wrong in ("train", "train=0.8", "a=0.5,a=0.5", "a=x", "a=1.5,b=-0.5", "a b=1"):
            with self.assertRaises(ValueError):
                patients.shares(wrong)


class Options(Source):
    def yolo(self, *names):
        self.text("classes.txt", "vertebra\n")
        for name in names:
            picture(self.source / f"{name}.png", 100, 100)
            self.text(f"{name}.txt", "0 0.5 0.5 0.2 0.2\n")

    def patients(self, *options):
        return [row.split(",")[8] for row in self.imported("yolo", "--spacing-mm", 1, *options)[0]]

    def test_patient_rules(self):
        self.yolo("p1/a_1", "p1/a_2", "p2/b_1")
        self.assertEqual(self.patients(), ["p1/a_1", "p1/a_2", "p2/b_1"])
        self.assertIn("note: the source names no patients: each film counts as a patient of its own (see --patient-from)",
                      self.run_main("yolo", "--spacing-mm", 1)[2])
        self.assertEqual(self.patients("--patient-from", "folder"), ["p1", "p1", "p2"])
        self.assertEqual(self.patients("--patient-from", "stem"), ["a_1", "a_2", "b_1"])
        self.assertEqual(self.patients("--patient-from", r"/([a-z])_\d"), ["a", "a", "b"])

    def test_patients_that_cannot_be_told_or_written(self):
        self.yolo("a_1", "b")
        self.assertEqual(self.refused("yolo", "--spacing-mm", 1, "--patient-from", r"(\w)_"), [r"b.png: the path does not match --patient-from (\w)_"])
        self.assertEqual(len(self.refused("yolo", "--spacing-mm", 1, "--patient-from", "dicom")), 2)
        dicom(self.source / "b.dcm", 100, 100, patient="P,1", PixelSpacing=[1, 1])
        self.assertIn("b.dcm: the patient 'P,1' has a comma, quote or line break, which cases.csv cannot hold",
                      self.refused("yolo", "--spacing-mm", 1))

    def test_one_patient_in_two_published_sets(self):
        self.yolo("train/x_1", "test/x_2")
        rule = ("--spacing-mm", 1, "--patient-from", r"(\w)_")
        self.assertEqual(self.refused("yolo", *rule), ["train/x_1.txt: patient x is in the sets internal and train (see --sets)"])
        self.assertEqual({row.split(",")[7] for row in self.imported("yolo", *rule, "--sets", "train=1")[0]}, {"train"})

    def test_sizes_of_pixels(self):
        self.yolo("a", "b")
        self.assertEqual(self.refused("yolo"), [f"{n}.png: the size of a pixel is unknown: give --spacing-mm or --spacings" for n in "ab"])
        table = self.source.parent / "sizes.csv"
        table.write_text("a,0.25\nb.png,\"[0.5, 0.5]\"\n")
        self.assertEqual([row.split(",")[9] for row in self.imported("yolo", "--spacings", table)[0]], ["0.25", "0.5"])
        table.write_text("filename,pixel_spacing\na,\"[0.5, 0.6]\"\nb,0\n")
        code, _, err = self.run_main("yolo", "--spacings", table)
        self.assertEqual((code, err), (2, [f"{table}:{n}: no name and one pixel size in mm" for n in (2, 3)]))

    def test_a_dicom_knows_its_own_size(self):
        self.text("classes.txt", "vertebra\n")
        for name, spacing in (("a", {"PixelSpacing": [0.2, 0.2], "ImagerPixelSpacing": [0.3, 0.3]}), ("b", {"ImagerPixelSpacing": [0.3, 0.3]})):
            dicom(self.source / f"{name}.dcm", 100, 100, **spacing)
            self.text(f"{name}.txt", "0 0.5 0.5 0.2 0.2\n")
        self.assertEqual([row.split(",")[9] for row in self.imported("yolo", "--spacing-mm", 9)[0]], ["0.2", "0.3"])
        dicom(self.source / "b.dcm", 100, 100)
        self.assertEqual([len(row.split(",")) for row in self.imported("yolo")[0]], [9, 9])
        self.assertIn("note: spacing_mm is left out: a DICOM film has no single pixel size (extract reads what the file says)", self.run_main("yolo")[2])

    def test_films_with_problems_are_left_out_when_asked(self):
        self.yolo("a", "b")
        self.text("b.txt", "0 0.5 0.5 0.2 0.2\n3 0.5 0.5 0.2 0.2\n")
        code, out, err = self.run_main("yolo", "--spacing-mm", 1, "--leave-out")
        self.assertEqual((code, out, err[0]), (0, "1 bodies on 1 films; patients: 1 train", "b.txt:2: unknown class 3"))
        self.assertEqual(len((self.out / "cases.csv").read_text().splitlines()), 2)
        self.text("a.txt", "3 0.5 0.5 0.2 0.2\n")
        self.assertEqual(self.run_main("yolo", "--spacing-mm", 1, "--leave-out")[0], 1)

    def test_a_wrong_command_line(self):
        self.yolo("a")
        for options in (("--sets", "train=2"), ("--spacing-mm", "0"), ("--spacing-mm", "x"), ("--point-order", "0,1"), ("--class", "a=b"),
                        ("--spacings", "none.csv"), ("--unknown",)):
            self.assertEqual(self.run_main("yolo", *options)[0], 2, options)
        self.assertEqual(self.run_main("yolo", source=self.source / "none")[0], 2)
        self.assertEqual(self.run_main("buu", "--spacing-mm", 1)[0], 2)
        self.out = self.source / "out"
        self.assertEqual(self.run_main("yolo", "--spacing-mm", 1)[0], 2)


if __name__ == "__main__":
    unittest.main()
