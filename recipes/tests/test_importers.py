"""Each format on a small source: what is written, to the digit, and every problem by its line."""

import json
import unittest

from PIL import Image

from .sources import Source, dicom, picture


def plates(count, left=10, right=50, last=""):
    """`count` end plates of BUU-LSPINE, 10 pixels apart, each slightly tilted."""
    return "".join(f"{left}.5,{10 * n},{right},{10 * n + 2},0\n" for n in range(1, count + 1)) + last


class Buu(Source):
    def film(self, name, rows, size=(100, 200)):
        picture(self.source / f"{name}.jpg", *size)
        self.text(f"{name}.csv", rows)

    def test_lateral_and_frontal_films(self):
        self.film("LA/0001-F-037Y1", plates(11))
        self.film("AP/0001-F-037Y0", plates(10, left=60, right=20))
        self.text("spacing.csv", "filename,pixel_spacing\n0001-F-037Y,\"[0.14, 0.14]\"\n")
        rows, labels = self.imported("buu", "--spacings", self.source / "spacing.csv")
        self.assertEqual(rows[:2], ["images/AP_0001-F-037Y0.png,20.00,10.00,60.50,22.00,L1,,train,0001,0.14",
                                    "images/AP_0001-F-037Y0.png,20.00,30.00,60.50,42.00,L2,,train,0001,0.14"])
        self.assertEqual(rows[9], "images/LA_0001-F-037Y1.png,10.50,90.00,50.00,102.00,L5,,train,0001,0.14")
        self.assertEqual(len(rows), 10)
        self.assertEqual([f["path"] for f in labels], ["images/AP_0001-F-037Y0.png", "images/LA_0001-F-037Y1.png"])
        # The frontal film's first point is at the left; the lateral one's is anterior, as it stands.
        self.assertEqual(labels[0]["bodies"][0], {"box": [20, 10, 60.5, 22], "class": "vertebra", "level": "L1", "points": [
            [20, 12], [40.25, 11], [60.5, 10], [20, 22], [40.25, 21], [60.5, 20]]})
        self.assertEqual(labels[1]["bodies"][0]["points"], [[10.5, 10], [30.25, 11], [50, 12], [10.5, 20], [30.25, 21], [50, 22]])
        self.assertEqual({k: v for k, v in labels[1].items() if k != "bodies"}, {
            "path": "images/LA_0001-F-037Y1.png", "width": 100, "height": 200, "set": "train", "patient": "0001", "middles_interpolated": True})
        with Image.open(self.out / "images/LA_0001-F-037Y1.png") as image:
            self.assertEqual((image.size, image.mode), ((100, 200), "L"))

    def test_problems(self):
        self.film("LA/0002-M-040Y1", plates(10))
        self.film("LA/0003-M-040Y1", plates(10, last="10.5,10,50,12,0\n"))
        self.film("LA/0004-M-040Y1", plates(11).replace("10.5,30,50,32,0", "10.5,30,x,32,0"))
        self.film("LA/0005-M-040Y1", plates(11).replace("50,42,0", "150,42,0.5"))
        self.film("LA/0006-M-040Y1", plates(11).replace("10.5,20,50,22", "50,20,10.5,22"))
        self.film("LA/0007-M-040Y1", plates(11), size=(40, 60))
        self.text("LA/0008-M-040Y1.csv", plates(11))
        self.assertEqual(self.refused("buu", "--spacing-mm", 0.2), [
            "LA/0002-M-040Y1.csv: 10 end plates, not 11",
            "LA/0003-M-040Y1.csv:11: the same end plate as line 1",
            "LA/0004-M-040Y1.csv:3: not the five numbers x1,y1,x2,y2,class",
            "LA/0004-M-040Y1.csv: 10 end plates, not 11",
            "LA/0005-M-040Y1.csv:4: the class 0.5 is no whole number",
            "LA/0008-M-040Y1.csv: 0008-M-040Y1.jpg: the image is missing",
            "LA/0005-M-040Y1.csv:3: L2: the box (10.5, 30, 150, 42) is outside the film of 100 x 200",
            "LA/0006-M-040Y1.csv:1: L1: the corners of its end plates are not on the same sides",
            *(f"LA/0007-M-040Y1.csv:{2 * n - 1}: L{n}: the box (10.5, {20 * n - 10}, 50, {20 * n + 2}) is outside the film of 40 x 60" for n in range(1, 6)),
        ])


class Aasce(Source):
    def row(self, top=0.05, count=17):
        """17 bodies in a column, as fractions."""
        corners = [(x, top + 0.05 * n + dy) for n in range(count) for x, dy in ((0.4, 0), (0.6, 0), (0.4, 0.04), (0.6, 0.04))]
        return [f"{x:g}" for x, _ in corners] + [f"{y:g}" for _, y in corners]

    def test_films_with_their_sets_and_patients(self):
        for folder, name in (("training", "sunhl-1th-01-Jan-2017-162 A AP.jpg"), ("test", "sunhl-1th-02-Jan-2017-7 A AP.jpg")):
            picture(self.source / "data" / folder / name, 100, 1000)
            self.text(f"labels/{folder}/filenames.csv", name + "\n")
            self.text(f"labels/{folder}/landmarks.csv", ",".join(self.row()) + "\n")
        rows, labels = self.imported("aasce", "--spacing-mm", 0.5)
        self.assertEqual(len(rows), 34)
        self.assertEqual(rows[0], "images/data_test_sunhl-1th-02-Jan-2017-7_A_AP.png,40.00,50.00,60.00,90.00,T1,,internal,sunhl-1th-02-Jan-2017-7,0.5")
        self.assertEqual(rows[33], "images/data_training_sunhl-1th-01-Jan-2017-162_A_AP.png,40.00,850.00,60.00,890.00,L5,,train,sunhl-1th-01-Jan-2017-162,0.5")
        self.assertEqual(labels[0]["bodies"][12], {"box": [40, 650, 60, 690], "class": "vertebra", "level": "L1", "points": [
            [40, 650], [50, 650], [60, 650], [40, 690], [50, 690], [60, 690]]})

    def test_problems(self):
        for name in "abcdefg":
            picture(self.source / f"{name}.jpg", 100, 1000)
        shifted = self.row()
        shifted = shifted[64:68] + shifted[:64] + shifted[132:] + shifted[68:132]   # L5's corners at the top
        swapped = self.row()
        swapped[68:72] = swapped[70:72] + swapped[68:70]                            # T1's upper and lower corners
        low = self.row(top=0.17)
        rows = [self.row(), self.row()[:-1], ["1", *self.row()[1:-1], "x"], shifted, swapped, low, self.row(), [*self.row()[:-1], "400"], self.row()]
        self.text("filenames.csv", "a.jpg\nb.jpg\nc.jpg\nd.jpg\ne.jpg\nf.jpg\na.jpg\ng.jpg\nghost.jpg\n")
        self.text("landmarks.csv", "".join(",".join(r) + "\n" for r in rows))
        self.assertEqual(self.refused("aasce", "--spacing-mm", 1), [
            "landmarks.csv:2: 135 coordinates, not 136 (68 landmarks)",
            "landmarks.csv:3: a coordinate is no number",
            "filenames.csv:7: a.jpg: the same film as line 1",
            "landmarks.csv:8: a coordinate is 400: not fractions of the film's size",
            "filenames.csv:9: ghost.jpg: the image is missing",
            "landmarks.csv:4: T2: it is not below T1",
            "landmarks.csv:5: T1: the lower end plate is not below the upper one",
            "landmarks.csv:6: L5: the box (40, 970, 60, 1010) is outside the film of 100 x 1000"])
        self.text("filenames.csv", "a.jpg\n")
        self.assertEqual(self.refused("aasce"), ["landmarks.csv: 9 rows, filenames.csv has 1: which film a row belongs to is unknown"])


class Vindr(Source):
    HEADER = "study_id,series_id,image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\n"

    def test_collapses_become_cases_and_nothing_becomes_a_label(self):
        dicom(self.source / "train_images/i1.dicom", 400, 900, PixelSpacing=[0.15, 0.15])
        dicom(self.source / "test_images/i2.dicom", 400, 900, ImagerPixelSpacing=[0.2, 0.2])
        self.text("annotations/train.csv", self.HEADER + "s1,r,i1,R1,Vertebral collapse,10,20,110.5,90\ns1,r,i1,R1,Osteophytes,1,2,3,4\n"
                  "s9,r,i9,R1,No finding,,,,\n")
        self.text("annotations/test.csv", self.HEADER + "s2,r,i2,R1,Vertebral collapse,10,20,110,90\n")
        rows, labels = self.imported("vindr")
        self.assertEqual(rows, ["../source/test_images/i2.dicom,10.00,20.00,110.00,90.00,,,internal,s2,0.2",
                                "../source/train_images/i1.dicom,10.00,20.00,110.50,90.00,,,train,s1,0.15"])
        self.assertIsNone(labels)
        self.assertEqual(self.run_main("vindr")[2], ["note: VinDr-SpineXR marks lesions, not every body: no detector labels are written",
                                                     "note: left out: 1 No finding, 1 Osteophytes"])
        self.assertTrue(self.imported("vindr", "--class", "Vertebral collapse=vertebra:1")[0][0].endswith("90.00,,1,internal,s2,0.2"))

    def test_problems(self):
        dicom(self.source / "i1.dicom", 400, 900, PixelSpacing=[0.15, 0.15])
        (self.source / "i3.dicom").write_text("no DICOM")
        collapse = "s1,r,i1,R1,Vertebral collapse,"
        self.text("train.csv", self.HEADER + collapse + "10,20,110,90\n" + collapse + "10,20,110,90\n" + collapse + "a,20,110,90\n" + collapse + "10,200,9,290\n"
                  "s1,r,i1,R1,Fracture,1,2,3,4\ns2,r,i2,R1,Vertebral collapse,1,2,3,4\ns4,r,i1,R1,Vertebral collapse,1,2,30,40\n"
                  "s3,r,i3,R1,Vertebral collapse,1,2,3,4\n")
        self.text("test.csv", "image_id,lesion_type,xmin\n")
        found = self.refused("vindr")
        self.assertIn("the image cannot be read", found.pop(6))
        self.assertEqual(found, [
            "test.csv:1: the columns study_id, series_id, ymin, xmax, ymax are missing",
            "train.csv:3: the same row as line 2",
            "train.csv:4: Vertebral collapse: xmin, ymin, xmax, ymax are no four numbers",
            "train.csv:6: unknown lesion type 'Fracture'",
            "train.csv:7: i2: the image is missing",
            "train.csv:8: i1 is in two files or studies",
            "train.csv:5: vertebra: the box (10, 200, 9, 290) is empty"])


class Yolo(Source):
    NAMES = "path: .\nnames:\n  0: vertebra\n  1: 'S1'   # the sacrum\n  2: L1\n"

    def test_boxes_points_and_sets(self):
        self.text("data.yaml", self.NAMES)
        picture(self.source / "images/train/a.png", 200, 100, "I;16")
        picture(self.source / "images/val/b.png", 200, 100, "RGB")
        picture(self.source / "images/val/c.png", 200, 100)
        picture(self.source / "images/val/unlabelled.png", 200, 100)
        six = ["0.2 0.2", "0.25 0.22", "0.3 0.2", "0.2 0.4", "0.25 0.38", "0.3 0.4"]
        self.text("labels/train/a.txt", f"0 0.25 0.3 0.1 0.2 {' '.join(six)}\n1 0.5 0.8 0.25 0.25\n")
        self.text("labels/val/b.txt", f"2 0.25 0.3 0.1 0.2 {' 2 '.join(six)} 1\n\n0 0.25 0.7 0.1 0.2 {' 2 '.join(six)} 0\n")
        self.text("labels/val/c.txt", "")
        rows, labels = self.imported("yolo", "--spacing-mm", 0.3, "--patient-from", "stem")
        self.assertEqual(rows, ["../source/images/train/a.png,40.00,20.00,60.00,40.00,,,train,a,0.3",
                                "images/images_val_b.png,40.00,20.00,60.00,40.00,L1,,internal,b,0.3",
                                "images/images_val_b.png,40.00,60.00,60.00,80.00,,,internal,b,0.3"])
        points = [[40, 20], [50, 22], [60, 20], [40, 40], [50, 38], [60, 40]]
        self.assertEqual(labels[0]["bodies"], [{"box": [40, 20, 60, 40], "class": "vertebra", "level": None, "points": points},
                                               {"box": [75, 67.5, 125, 92.5], "class": "sacrum", "level": None, "points": None}])
        self.assertEqual([b["points"] for b in labels[1]["bodies"]], [points, None])
        self.assertEqual((labels[2]["path"], labels[2]["bodies"]), ("../source/images/val/c.png", []))
        self.assertEqual(len(labels), 3)

    def test_the_order_of_points_and_classes_of_fractures(self):
        self.text("classes.txt", "intact\nburst\nscrew\n")
        picture(self.source / "a.png", 100, 100)
        self.text("a.txt", "0 0.3 0.3 0.2 0.2 0.4 0.4 0.3 0.4 0.2 0.4 0.4 0.2 0.3 0.2 0.2 0.2\n1 0.3 0.8 0.2 0.2\n2 0.5 0.5 0.1 0.1\n")
        rows, labels = self.imported("yolo", "--spacing-mm", 1, "--point-order", "5,4,3,2,1,0", "--class", "intact=vertebra:0", "--class",
                                     "burst=vertebra:2", "--class", "screw=ignore")
        self.assertEqual(rows, ["../source/a.png,20.00,20.00,40.00,40.00,,0,train,a,1", "../source/a.png,20.00,70.00,40.00,90.00,,2,train,a,1"])
        self.assertEqual(labels[0]["bodies"][0]["points"], [[20, 20], [30, 20], [40, 20], [20, 40], [30, 40], [40, 40]])

    def test_problems(self):
        self.text("data.yaml", "names: [vertebra, \"L1\", osteophyte]\n")
        for name in ("images/a.png", "images/b.png"):
            picture(self.source / name, 100, 100)
        self.text("labels/a.txt", "0 0.5 0.5 0.1 0.1\n0 0.5 0.5 0.1 0.1\n7 0.5 0.5 0.1 0.1\n0 0.5 0.5 0.1\n0 0.98 0.5 0.2 0.1\n0 0.5 0.5 0.1 0.1 0.3 0.3\n")
        self.text("labels/b.txt", "1 0.5 0.5 0.1 0.1\n1 0.2 0.2 0.1 0.1\n0 nan 0.2 0.1 0.1\n")
        self.text("labels/ghost.txt", "0 0.5 0.5 0.1 0.1\n")
        self.assertEqual(self.refused("yolo", "--spacing-mm", 1), [
            ".: the class 'osteophyte' is unknown: give --class 'osteophyte'=MEANING",
            "labels/ghost.txt: the image is missing",
            "labels/a.txt:3: unknown class 7",
            "labels/a.txt:4: not `class cx cy w h` and points, as numbers",
            "labels/a.txt:6: 2 numbers after the box, not 12 or 18 (six points; see --no-points)",
            "labels/a.txt:2: vertebra: the same box as line 1",
            "labels/a.txt:5: vertebra: the box (88, 45, 108, 55) is outside the film of 100 x 100",
            "labels/b.txt:2: L1: the same level as line 1",
            "labels/b.txt:3: vertebra: a coordinate is no number"])
        self.assertIn("no names of the classes", self.refused_without_names()[0])

    def refused_without_names(self):
        (self.source / "data.yaml").unlink()
        return self.refused("yolo", "--spacing-mm", 1)


class Coco(Source):
    def write(self, **changes):
        body = {"image_id": 1, "category_id": 1}
        content = {"images": [{"id": 1, "file_name": "films/a.dcm", "width": 200, "height": 300}],
                   "categories": [{"id": 1, "name": "Th12"}, {"id": 2, "name": "sacrum"}],
                   "annotations": [{**body, "id": 7, "bbox": [10, 20, 30, 40], "keypoints": [10, 20, 2, 25, 22, 2, 40, 20, 1, 10, 60, 2, 25, 58, 2, 40, 60, 2]},
                                   {"image_id": 1, "category_id": 2, "id": 8, "bbox": [10, 100, 30.5, 40], "keypoints": [], "iscrowd": 0}]}
        self.text("coco.json", json.dumps(content | changes))
        return self.source / "coco.json"

    def test_boxes_and_points(self):
        dicom(self.source / "films/a.dcm", 200, 300, patient="P7", PixelSpacing=[0.2, 0.3])
        rows, labels = self.imported("coco", source=self.write())
        self.assertEqual(rows, ["../source/films/a.dcm,10.00,20.00,40.00,60.00,T12,,train,P7"])
        self.assertEqual(labels, [{"path": "../source/films/a.dcm", "width": 200, "height": 300, "set": "train", "patient": "P7",
                                   "middles_interpolated": False, "bodies": [
            {"box": [10, 20, 40, 60], "class": "vertebra", "level": "T12", "points": [[10, 20], [25, 22], [40, 20], [10, 60], [25, 58], [40, 60]]},
            {"box": [10, 100, 40.5, 140], "class": "sacrum", "level": None, "points": None}]}])

    def test_problems(self):
        dicom(self.source / "films/a.dcm", 200, 300)
        box = {"bbox": [1, 2, 3, 4], "image_id": 1, "category_id": 1}
        source = self.write(
            images=[{"id": 1, "file_name": "films/a.dcm", "width": 300, "height": 200}, {"id": 1, "file_name": "b.png"},
                    {"id": 3, "file_name": "films/a.dcm"}, {"id": 4, "file_name": "c.png"}, {"id": 5}],
            categories=[{"id": 1, "name": "vertebra"}, {"id": 9, "name": "rib"}],
            annotations=[{**box, "id": 1, "image_id": 77}, {**box, "id": 2, "category_id": 5}, {**box, "id": 3, "iscrowd": 1},
                         {**box, "id": 4, "bbox": [1, 2, 3]}, {**box, "id": 5, "keypoints": [1, 2, 2] * 4}, {**box, "id": 6, "bbox": [1, 2, 300, 4]},
                         {**box, "id": 6}, {"bbox": []}])
        self.assertEqual(self.refused("coco", source=source), [
            "coco.json:image 1: the id is not its own", "coco.json:annotation 6: the id is not its own", "coco.json:annotation number 7: it has no id",
            "coco.json:category 9: the class 'rib' is unknown: give --class 'rib'=MEANING",
            "coco.json:image 1: films/a.dcm is 200 x 300, not 300 x 200", "coco.json:image 3: films/a.dcm: the same file as image 1",
            "coco.json:image 4: c.png: the image is missing", "coco.json:image 5: it has no file_name",
            "coco.json:annotation 1: unknown image 77", "coco.json:annotation 2: unknown category 5", "coco.json:annotation 3: a crowd is no body",
            "coco.json:annotation 4: bbox or keypoints are no numbers, or bbox not four", "coco.json:annotation 5: 4 keypoints, not 6 (see --no-points)",
            "coco.json:annotation 6: vertebra: the box (1, 2, 301, 6) is outside the film of 200 x 300"])
        self.text("coco.json", "{\n\n")
        self.assertRegex(self.refused("coco", source=source)[0], "^coco.json:3: not a COCO file")


if __name__ == "__main__":
    unittest.main()
