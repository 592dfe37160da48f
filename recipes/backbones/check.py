"""Checks an exported backbone: ONNX Runtime must give what the weights give, computed in another way.

usage: python3 -m backbones.check WEIGHTS BACKBONE.onnx

The other way is a forward pass in plain numpy, convolution and batch normalisation apart and in
double precision, with the file's own values: nothing of the exporter's folding or graph is used.
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime

from .layouts import STAGES

TOLERANCE = 1e-4
"""Largest difference of a feature, relative to the largest feature when that is above 1."""


def convolved(x, weight, stride, padding):
    """[channels, height, width] with [out, in, k, k]: one matrix product a kernel position."""
    kernel = weight.shape[2]
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    rows, columns = ((n - kernel) // stride + 1 for n in x.shape[1:])
    total = np.zeros((len(weight), rows * columns))
    for i in range(kernel):
        for j in range(kernel):
            seen = x[:, i:i + stride * (rows - 1) + 1:stride, j:j + stride * (columns - 1) + 1:stride]
            total += weight[:, :, i, j] @ seen.reshape(len(x), -1)
    return total.reshape(-1, rows, columns)


def normalised(x, unit):
    column = lambda v: v[:, None, None]
    return (x - column(unit.mean)) / np.sqrt(column(unit.variance) + unit.epsilon) * column(unit.gamma) + column(unit.beta)


def step(x, unit):
    """Convolution, its bias, batch normalisation."""
    return normalised(convolved(x, unit.weight, unit.stride, unit.weight.shape[2] // 2) + unit.bias[:, None, None], unit)


def pooled(x):
    """Maxima of 3x3 windows, stride 2."""
    x = np.pad(x, ((0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    rows, columns = ((n - 3) // 2 + 1 for n in x.shape[1:])
    windows = [x[:, i:i + 2 * rows - 1:2, j:j + 2 * columns - 1:2] for i in range(3) for j in range(3)]
    return np.max(windows, axis=0)


def features(units, image):
    """[3, height, width] to [2048]."""
    relu = lambda v: np.maximum(v, 0)
    x = pooled(relu(step(np.asarray(image, np.float64), units[None, 0, 0])))
    for stage, (_, blocks) in enumerate(STAGES):
        for block in range(blocks):
            unit = lambda part: units[stage, block, part]
            y = step(relu(step(relu(step(x, unit(1))), unit(2))), unit(3))
            x = relu(y + (step(x, unit(0)) if block == 0 else x))
    return x.mean((1, 2))


def images(side, count=2):
    """Fixed images [count, 3, side, side] in -1..1: waves of different contrast."""
    rows, columns = np.mgrid[0:side, 0:side] / side
    waves = [np.sin(2 * np.pi * (k * rows + (k + 1) * columns + c / 3)) * k / count for k in range(1, count + 1) for c in range(3)]
    return np.array(waves, np.float32).reshape(count, 3, side, side)


def compare(units, model, side):
    """Largest difference of a feature between the numpy pass and ONNX Runtime; largest feature; largest
    difference of a feature between two images, without which the first figure says nothing."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    expected = np.array([features(units, image) for image in images(side)])
    found = np.array([session.run(["features"], {"images": image[None]})[0][0] for image in images(side)])
    return (float(np.abs(found - expected).max()), float(np.abs(expected).max()), float(np.abs(expected[0] - expected[1]).max()))


def main(weights, file):
    from .__main__ import read
    units, layout = read(Path(weights))
    difference, largest, apart = compare(units, str(file), 224)
    print(f"{layout.kind}: 2048 features up to {largest:.2f}, largest difference to the weights {difference:.1e}; "
          f"two images differ by {apart:.2f}")
    return 0 if difference < TOLERANCE * max(largest, 1) < apart else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
