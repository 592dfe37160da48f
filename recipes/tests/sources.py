"""Small sources on disk, and the importer run on them."""

import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from importers.__main__ import main


def picture(path, width, height, mode="L"):
    """A film without anything on it; JPG or PNG by its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if mode == "I;16":
        Image.fromarray(np.full((height, width), 4000, np.uint16)).save(path)
    else:
        Image.new(mode, (width, height)).save(path)


def dicom(path, width, height, patient="P1", **spacing):
    """A header with an image's size; no pixels, since none are read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    d, d.file_meta = Dataset(), FileMetaDataset()
    d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    d.file_meta.MediaStorageSOPClassUID, d.file_meta.MediaStorageSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1.1", "1.2.3"
    d.SOPClassUID, d.SOPInstanceUID, d.PatientID, d.Rows, d.Columns = "1.2.840.10008.5.1.4.1.1.1.1", "1.2.3", patient, height, width
    for keyword, value in spacing.items():
        setattr(d, keyword, value)
    d.save_as(path, enforce_file_format=True)


class Source(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        kept = tempfile.TemporaryDirectory()
        self.addCleanup(kept.cleanup)
        self.source, self.out = Path(kept.name) / "source", Path(kept.name) / "out"
        self.source.mkdir()

    def text(self, name, text):
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run_main(self, form, *options, source=None):
        """The exit code, what was printed, and the lines of complaint."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = main([form, str(source or self.source), str(self.out), *map(str, options)])
            except SystemExit as ended:
                code = ended.code
        return code, out.getvalue().strip(), err.getvalue().splitlines()

    def imported(self, form, *options, source=None):
        """cases.csv without its header, and the labels; the import must succeed."""
        code, _, err = self.run_main(form, *options, source=source)
        self.assertEqual(code, 0, err)
        header, *rows = (self.out / "cases.csv").read_text().splitlines()
        self.assertIn(header, ("path,x0,y0,x1,y1,level,class,set,patient,spacing_mm", "path,x0,y0,x1,y1,level,class,set,patient"))
        labels = self.out / "labels.jsonl"
        return rows, [json.loads(line) for line in labels.read_text().splitlines()] if labels.exists() else None

    def refused(self, form, *options, source=None):
        """The problems; nothing may be written."""
        code, out, err = self.run_main(form, *options, source=source)
        self.assertEqual((code, out), (1, ""), err)
        self.assertFalse(self.out.exists())
        self.assertRegex(err[-1], f"^{len(err) - 1} problems, nothing is written")
        return err[:-1]
