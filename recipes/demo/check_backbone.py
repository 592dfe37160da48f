"""Checks the exported backbone: ONNX Runtime must give the features that torch gives.

usage: python3 -m demo.check_backbone WEIGHTS.pth BACKBONE.onnx
"""

import sys

import numpy as np
import onnxruntime
import torch

from . import backbone

TOLERANCE = 1e-4
"""Largest difference of a feature; the features reach about 6."""


def images(size):
    """Four fixed images [4, 3, size, size] in the backbone's range: waves, of different contrast."""
    rows, columns = np.mgrid[0:size, 0:size] / size
    waves = [np.sin(2 * np.pi * (k * rows + (k + 1) * columns + c / 3)) for k in range(1, 5) for c in range(3)]
    contrast = np.array([0.2, 0.5, 0.8, 1.0], np.float32).reshape(4, 1, 1, 1)
    return np.array(waves, np.float32).reshape(4, 3, size, size) * contrast


def main(weights, file):
    network = backbone.load(weights)
    shown = images(network.size)
    with torch.no_grad():
        expected = network(torch.from_numpy(shown)).numpy()
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    found = np.concatenate([session.run(["features"], {"images": image[None]})[0] for image in shown])
    difference = float(np.abs(found - expected).max())
    apart = float(np.abs(expected[0] - expected[1]).max())
    print(f"backbone: {found.shape[1]} features up to {np.abs(expected).max():.2f}, "
          f"largest difference to torch {difference:.1e}; two images differ by {apart:.2f}")
    if not difference < TOLERANCE < apart:
        raise SystemExit(f"{file} does not give the features of its weights: export it again")


if __name__ == "__main__":
    main(*sys.argv[1:3])
