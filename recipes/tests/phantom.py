"""A patient of boxes: layers whose geometry is known exactly, in the form that volume.py writes."""

import json

import numpy as np

from demo.volume import BEAM, LEVELS, PIXEL_MM

DEPTH, HEIGHT, PITCH = 80, 48, 60
"""Front to back (and side to side), upper to lower end plate, and level to level, in pixels."""

ROWS, COLUMNS = 960, 400
LEFT = 150
"""The anterior wall of every body."""


def top(level):
    """The row of a body's upper end plate; L2, the lowest, comes first in LEVELS."""
    return ROWS - 80 - PITCH * list(LEVELS).index(level) - HEIGHT


def write(folder):
    """One training patient and the held-out one."""
    layers = {}
    for view in BEAM:
        layers[f"{view}_rest"] = np.full((ROWS, COLUMNS), 3.0, np.float32)
        for level in LEVELS:
            body = np.zeros((ROWS, COLUMNS), np.float32)
            body[top(level):top(level) + HEIGHT, LEFT:LEFT + DEPTH] = 1
            arch = np.zeros((ROWS, COLUMNS), np.float32)
            arch[top(level) + 15:top(level) + 35, LEFT + DEPTH + 20:LEFT + DEPTH + 60] = 0.3
            for name, layer in (("shape", 40 * body), ("excess", 0.4 * body), ("posterior", arch)):
                layers[f"{view}_{name}_{level}"] = layer
    for number in (0, 1):
        np.savez(folder / f"layers_{number}.npz", **layers)
    (folder / "layers.json").write_text(json.dumps({"rotations": [3.0, 0.0], "pixel_mm": PIXEL_MM}))
