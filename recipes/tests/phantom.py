"""A patient of boxes: layers whose geometry is known exactly, in the form that volume.py writes."""

import json

import numpy as np

from demo.volume import LEVELS, PIXEL_MM

DEPTH, HEIGHT, PITCH = 80, 48, 60
"""Front to back, upper to lower end plate, and level to level, in pixels of the layers."""

ROWS, COLUMNS = 960, 400
LEFT = 150
"""The anterior wall of every body."""


def top(level):
    """The row of a body's upper end plate; L2, the lowest, comes first in LEVELS."""
    return ROWS - 80 - PITCH * list(LEVELS).index(level) - HEIGHT


def write(folder):
    """One training patient and the held-out one."""
    layers = {"rest": np.full((ROWS, COLUMNS), 3.0, np.float32)}
    for level in LEVELS:
        body = np.zeros((ROWS, COLUMNS), np.float32)
        body[top(level):top(level) + HEIGHT, LEFT:LEFT + DEPTH] = 1
        layers[f"shape_{level}"], layers[f"excess_{level}"] = 40 * body, 0.4 * body
    for number in (0, 1):
        np.savez(folder / f"layers_{number}.npz", **layers)
    (folder / "layers.json").write_text(json.dumps({"rotations": [3.0, 0.0], "pixel_mm": PIXEL_MM}))
