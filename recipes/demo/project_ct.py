"""A CT without labels as a lateral and a frontal film, to look at what a detector finds on it.

usage: python3 -m demo.project_ct CT.nii.gz OUT_FOLDER (needs pydicom); then `spinetriage analyze OUT_FOLDER/*.dcm`
"""

import sys
from pathlib import Path

import numpy as np

from .dicom_file import Header, dicom
from .volume import BEAM, PIXEL_MM, attenuation, picture, read_nifti

CENTILES = (0.5, 99.7)
"""Of the line integrals: black and white."""


def projections(hounsfield, size):
    """Line integrals of each view, [rows, columns] of PIXEL_MM, head on top, the patient's front or right
    side on the left; from voxels (x right, y anterior, z superior) of `size` mm."""
    slices = [attenuation(hounsfield[:, :, z].astype(np.float32)) for z in range(hounsfield.shape[2])]
    for view, beam in BEAM.items():
        sums = np.stack([s.sum(beam) * size[beam] for s in slices], 1)
        yield view, picture(sums, (size[1 - beam], size[2]))


def main(ct, out):
    Path(out).mkdir(parents=True, exist_ok=True)
    for view, sums in projections(*read_nifti(ct)):
        low, high = np.percentile(sums, CENTILES)
        film = np.clip((sums - low) / (high - low), 0, 1)
        header = Header(f"projection/{Path(ct).name}/{view}", "PROJECTED", "projection of a CT", view=view)
        dicom(film, PIXEL_MM, header).save_as(Path(out) / f"{view}.dcm", enforce_file_format=True)


if __name__ == "__main__":
    main(*sys.argv[1:3])
