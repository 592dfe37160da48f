"""Reads the labelled CT and projects it into layers.

A parallel projection along x turns the volume into a lateral film, along y into a frontal one.
Deformations that do not vary along the beam commute with it, so the slow part is done once here:
each vertebral body and each arch becomes a layer of its own, everything else one layer, at a few
rotations of the patient. Films are composed from the layers in 2-D (films.py).
"""

import gzip
import json
import struct
from pathlib import Path

import numpy as np
from scipy import ndimage

PIXEL_MM = 0.5
"""Pixel of the layers, mm."""

LEVELS = {"L2": 30, "L1": 31, "T12": 32, "T11": 33, "T10": 34, "T9": 35, "T8": 36, "T7": 37,
          "T6": 38, "T5": 39, "T4": 40, "T3": 41, "T2": 42, "T1": 43}
"""Levels that are whole in the CT, with their ids in the label volume."""

SPINAL_CORD = 79
WATER_PER_MM = 0.0195
"""Attenuation of water at about 70 keV, 1/mm."""

ROTATIONS = (-9.0, -3.0, 3.0, 9.0)
"""Rotations of the patient about the long axis, degrees. The samples use HELD_OUT_ROTATION."""

HELD_OUT_ROTATION = 0.0

BEAM = {"lateral": 0, "frontal": 1}
"""The axis that each view sums over."""

POSTERIOR = 100


def read_nifti(path):
    """Voxels of a NIfTI-1 file as (x right, y anterior, z superior), and the voxel size in mm."""
    raw = gzip.decompress(Path(path).read_bytes())
    dims = struct.unpack("<8h", raw[40:56])[1:4]
    kind = {2: "u1", 4: "<i2", 8: "<i4", 16: "<f4", 64: "<f8", 512: "<u2"}[struct.unpack("<h", raw[70:72])[0]]
    offset = int(struct.unpack("<f", raw[108:112])[0])
    slope, intercept = struct.unpack("<2f", raw[112:120])
    affine = np.array([struct.unpack("<4f", raw[a:a + 16]) for a in (280, 296, 312)])[:, :3]
    voxels = np.frombuffer(raw, kind, int(np.prod(dims)), offset).reshape(dims, order="F")
    if slope not in (0.0, 1.0) or intercept not in (0.0,):
        voxels = voxels * (slope or 1.0) + intercept
    axes = [int(np.argmax(np.abs(affine[:, i]))) for i in range(3)]
    size = [float(np.linalg.norm(affine[:, i])) for i in range(3)]
    order = [axes.index(world) for world in range(3)]
    voxels = voxels.transpose(order)
    flips = tuple(slice(None, None, -1) if affine[w, order[w]] < 0 else slice(None) for w in range(3))
    return voxels[flips], [size[order[w]] for w in range(3)]


def patient_only(slice_hu):
    """The patient's outline in one axial slice: the table is air."""
    dense = ndimage.binary_opening(slice_hu > -400, iterations=3)
    parts, count = ndimage.label(dense)
    if not count:
        return np.zeros_like(dense)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return ndimage.binary_dilation(ndimage.binary_fill_holes(parts == sizes.argmax()), iterations=2)


def body_masks(labels, size):
    """The vertebral bodies: the part of each vertebra in front of the spinal cord."""
    nz = labels.shape[2]
    front = np.full(nz, -1.0)
    for z in range(nz):
        rows = np.flatnonzero((labels[:, :, z] == SPINAL_CORD).any(axis=0))
        if rows.size:
            front[z] = rows.max() + round(2 / size[1])
    known = np.flatnonzero(front >= 0)
    front = np.interp(np.arange(nz), known, front[known]).astype(int)
    in_front = np.arange(labels.shape[1])[None, :, None] > front[None, None, :]
    bodies = np.zeros(labels.shape, np.uint8)
    for index, label in enumerate(LEVELS.values(), 1):
        region = ndimage.binary_opening((labels == label) & in_front, np.ones((3, 3, 1)), iterations=2)
        parts, count = ndimage.label(region)
        if count:
            sizes = np.bincount(parts.ravel())
            sizes[0] = 0
            bodies[parts == sizes.argmax()] = index
    return bodies


def attenuation(hounsfield):
    """Attenuation [x, y] in 1/mm of one axial slice; dense bone is raised, the table is air."""
    mu = WATER_PER_MM * (1 + np.clip(hounsfield, -1000, 3000) / 1000)
    mu *= 1 + 0.6 * np.clip((hounsfield - 150) / 150, 0, 1)
    return np.clip(mu, 0, None) * patient_only(hounsfield)


def parts(labels, bodies):
    """One code a voxel: the index of the vertebra's body, that index + POSTERIOR for the rest of the
    vertebra, 0 elsewhere."""
    codes = bodies.copy()
    for index, label in enumerate(LEVELS.values(), 1):
        codes[(labels == label) & (bodies == 0)] = POSTERIOR + index
    return codes


def project(ct, mask, folder, rotations=ROTATIONS + (HELD_OUT_ROTATION,)):
    """Writes `layers_<n>.npz` for each rotation. For each view: `<view>_rest` [rows, columns], line
    integrals without the vertebrae's bone; for each level `_excess_` (attenuation of the body above
    soft tissue), `_posterior_` (the same of its arch and processes) and `_shape_` (path length in the
    body, mm). Head on top; the patient's front, or on a frontal film the right side, on the left."""
    hounsfield, size = read_nifti(ct)
    labels, _ = read_nifti(mask)
    codes = parts(labels, body_masks(labels, size))
    soft = WATER_PER_MM * 1.05
    for number, angle in enumerate(rotations):
        sums = {view: {} for view in BEAM}
        for z in range(hounsfield.shape[2]):
            mu, code = attenuation(hounsfield[:, :, z].astype(np.float32)), codes[:, :, z]
            if angle:
                mu = ndimage.rotate(mu, angle, reshape=False, order=1)
                code = ndimage.rotate(code, angle, reshape=False, order=0)
            above = np.where(code > 0, np.maximum(mu - soft, 0), 0)
            for view, beam in BEAM.items():
                def add(name, values):
                    layer = sums[view].setdefault(name, np.zeros((mu.shape[1 - beam], hounsfield.shape[2]), np.float32))
                    layer[:, z] = values.sum(beam) * size[beam]
                add("rest", mu - above)
                for index, level in enumerate(LEVELS, 1):
                    body = code == index
                    if body.any():
                        add(f"excess_{level}", above * body)
                        add(f"shape_{level}", body)
                    posterior = code == POSTERIOR + index
                    if posterior.any():
                        add(f"posterior_{level}", above * posterior)
        layers = {f"{view}_{name}": picture(layer, (size[1 - BEAM[view]], size[2]))
                  for view in BEAM for name, layer in sums[view].items()}
        np.savez_compressed(Path(folder) / f"layers_{number}.npz", **layers)
        print(f"projected at {angle} degrees", flush=True)
    (Path(folder) / "layers.json").write_text(json.dumps({"rotations": rotations, "pixel_mm": PIXEL_MM}))


def picture(projection, size):
    """A projection [across, z] of `size` mm as a film: square pixels, rows from the head."""
    zoomed = ndimage.zoom(projection, (size[0] / PIXEL_MM, size[1] / PIXEL_MM), order=1, grid_mode=True, mode="nearest")
    smooth = ndimage.gaussian_filter(zoomed, (0.3, 0.5 * size[1] / PIXEL_MM / 2.355))
    return np.ascontiguousarray(smooth.T[::-1, ::-1]).astype(np.float32)


if __name__ == "__main__":
    import sys
    project(*sys.argv[1:4])
