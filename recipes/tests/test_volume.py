"""The CT is read in the patient's axes, and a body is what lies in front of the spinal cord."""

import gzip
import struct
import tempfile
import unittest
from pathlib import Path

import numpy as np

from demo.project_ct import projections
from demo.volume import LEVELS, PIXEL_MM, SPINAL_CORD, body_masks, read_nifti


def nifti(file, voxels, affine):
    """A NIfTI-1 file of 16-bit voxels; `affine` has the three rows of its sform."""
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, *voxels.shape, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, 4, 16)
    struct.pack_into("<f", header, 108, 352.0)
    struct.pack_into("<2f", header, 112, 1.0, 0.0)
    for row, start in zip(affine, (280, 296, 312)):
        struct.pack_into("<4f", header, start, *row)
    file.write_bytes(gzip.compress(bytes(header) + voxels.astype("<i2").tobytes(order="F")))


class NiftiIsReadInThePatientsAxes(unittest.TestCase):
    truth = np.arange(2 * 3 * 4).reshape(2, 3, 4)
    """Indexed right, anterior, superior; voxels of 0.5 x 0.7 x 2.5 mm."""

    def read(self, stored, affine):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "ct.nii.gz"
            nifti(file, stored, affine)
            return read_nifti(file)

    def test_axes_that_already_fit(self):
        voxels, size = self.read(self.truth, [(0.5, 0, 0, 0), (0, 0.7, 0, 0), (0, 0, 2.5, 0)])
        np.testing.assert_array_equal(voxels, self.truth)
        np.testing.assert_allclose(size, [0.5, 0.7, 2.5])

    def test_flipped_axes(self):
        voxels, size = self.read(self.truth[::-1, ::-1], [(-0.5, 0, 0, 9), (0, -0.7, 0, 9), (0, 0, 2.5, 0)])
        np.testing.assert_array_equal(voxels, self.truth)
        np.testing.assert_allclose(size, [0.5, 0.7, 2.5])

    def test_exchanged_axes(self):
        stored = self.truth.transpose(2, 0, 1)[::-1]
        voxels, size = self.read(stored, [(0, 0.5, 0, 0), (0, 0, 0.7, 0), (-2.5, 0, 0, 9)])
        np.testing.assert_array_equal(voxels, self.truth)
        np.testing.assert_allclose(size, [0.5, 0.7, 2.5])


class BodiesLieInFrontOfTheCord(unittest.TestCase):
    def test_posterior_elements_are_left_out(self):
        labels = np.zeros((40, 80, 12), np.uint8)
        labels[8:32, 10:70, 2:10] = LEVELS["L1"]
        labels[16:24, 36:44, :] = SPINAL_CORD
        bodies = body_masks(labels, [1.0, 1.0, 2.5])
        index = 1 + list(LEVELS).index("L1")
        self.assertEqual(set(np.unique(bodies)), {0, index})
        y = np.flatnonzero((bodies == index).any((0, 2)))
        # Anterior is towards larger y; the body begins 2 mm in front of the cord's last row, 43.
        self.assertEqual((y.min(), y.max()), (46, 69))
        self.assertEqual(np.flatnonzero((bodies == index).any((0, 1))).tolist(), list(range(2, 10)))


class ProjectionsOfACt(unittest.TestCase):
    def test_the_head_is_on_top_and_the_front_or_the_right_on_the_left(self):
        hounsfield = np.full((60, 60, 40), -1000, np.int16)
        hounsfield[10:50, 10:50, :] = 0
        hounsfield[40:46, 40:46, 30:36] = 1500
        for _, sums in projections(hounsfield, (1.0, 1.0, 2.0)):
            self.assertEqual(sums.shape, (80 / PIXEL_MM, 60 / PIXEL_MM))
            row, column = np.unravel_index(sums.argmax(), sums.shape)
            # From above: 80 mm less the 60 to 72 of the bone; from the left: 60 mm less its 40 to 46.
            self.assertTrue(8 <= row * PIXEL_MM <= 20 and 14 <= column * PIXEL_MM <= 20, (row, column))

if __name__ == "__main__":
    unittest.main()
