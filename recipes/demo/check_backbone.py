"""Checks the exported backbone: ONNX Runtime must give the features that torch gives.

Torch and ONNX Runtime live in two Pythons here (README.md), so the check has two halves:
usage: python3 -m demo.check_backbone torch WEIGHTS.pth FOLDER
       python3 -m demo.check_backbone onnx BACKBONE.onnx FOLDER
"""

import sys
from pathlib import Path

import numpy as np

TOLERANCE = 1e-4
"""Largest difference of a feature; the features reach about 4."""


def inputs():
    """Four fixed images [4, 3, 224, 224] in the backbone's range: smooth, of different contrast."""
    rows, columns = np.mgrid[0:224, 0:224] / 224
    waves = [np.sin(2 * np.pi * (k * rows + (k + 1) * columns + c / 3)) for k in range(1, 5) for c in range(3)]
    return (np.array(waves, np.float32).reshape(4, 3, 224, 224) * np.array([0.2, 0.5, 0.8, 1.0], np.float32)[:, None, None, None])


def by_torch(weights, folder):
    import torch

    from . import backbone
    with torch.no_grad():
        features = backbone.load(weights)(torch.from_numpy(inputs())).numpy()
    np.save(Path(folder) / "backbone_features.npy", features)


def by_onnx(file, folder):
    import onnxruntime
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    expected = np.load(Path(folder) / "backbone_features.npy")
    found = np.concatenate([session.run(["features"], {"images": image[None]})[0] for image in inputs()])
    difference = float(np.abs(found - expected).max())
    apart = float(np.abs(expected[0] - expected[1]).max())
    print(f"backbone: {found.shape[1]} features up to {np.abs(expected).max():.2f}, "
          f"largest difference to torch {difference:.1e}; two images differ by {apart:.2f}")
    if not difference < TOLERANCE < apart:
        raise SystemExit(f"{file} does not give the features of its weights: export it again")


if __name__ == "__main__":
    {"torch": by_torch, "onnx": by_onnx}[sys.argv[1]](*sys.argv[2:4])
