"""Measures the exported points network on simulated films of the rotation that the training never saw: it looks where a
detector would look that errs as the training's first stage does.

usage: python3 -m demo.evaluate_points LAYERS_FOLDER POINTS.onnx [--films N]
"""

import argparse
from dataclasses import replace

import numpy as np

from . import films
from .evaluate_detector import LOOKS, heights
from .points_section import LIMITS, Network
from .train_points import MOVE, SCALE, TURN

SEED = 77005
KINDS = {"mild": replace(LOOKS["mild"], longest=640, fov_mm=(200.0, 400.0)), "hard": replace(LOOKS["hard"], longest=640, fov_mm=(160.0, 650.0), strip=0.15)}


def shaken(rng, points):
    """Points as a first stage gives them that errs as in training."""
    points = np.asarray(points, float)
    middle, depth = points.mean(0), np.linalg.norm(points[0] - points[2])
    angle, scale = np.deg2rad(rng.normal(0, TURN)), np.exp(rng.normal(0, SCALE))
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return middle + rng.normal(0, MOVE, 2) * depth + (points - middle) @ turn.T


def measure(network, patients, look, count):
    """Errors of the points [n, 6] and of the three heights [n, 3], parts of the body's mean height, the spreads, and which
    bodies are fractured."""
    errors, of_heights, spreads, fractured = [], [], [], []
    for number in range(count):
        film = films.film(patients, SEED, number, look, view="lateral")
        rng = np.random.default_rng([SEED, 1, number])
        bodies = [b for b in film.bodies if b.whole and b.level != "S1" and b.share > 0.97]
        if not bodies:
            continue
        found, spread, _ = network.look(film.picture, [shaken(rng, b.points) for b in bodies])
        for b, points, wide in zip(bodies, found, spread):
            truth = np.array(b.points)
            tall = heights(truth)
            errors.append(np.linalg.norm(points - truth, axis=1) / tall.mean())
            of_heights.append(np.abs(heights(points) - tall) / tall.mean())
            spreads.append(wide.max())
            fractured.append(b.astlof > 0)
    return tuple(map(np.array, (errors, of_heights, spreads, fractured)))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("layers")
    arguments.add_argument("onnx")
    arguments.add_argument("--films", type=int, default=100)
    given = arguments.parse_args()
    patients, network = films.patients(given.layers, held_out=True), Network(given.onnx)
    print("points network, simulated lateral films of the held-out rotation; errors in parts of the body's height")
    for name, look in KINDS.items():
        errors, tall, spreads, fractured = measure(network, patients, look, given.films)
        sure = spreads <= LIMITS["spread_at_most"]
        for title, chosen in (("all", sure | True), ("sure enough to be assessed", sure), ("fractured", fractured)):
            e, h = errors[chosen], tall[chosen]
            print(f"{name}, {title}: {len(e)} bodies, points {np.median(e):.3f} (median), {np.percentile(e, 95):.3f} (95 %); heights, "
                  f"anterior, middle, posterior {' '.join(f'{v:.3f}' for v in np.median(h, 0))} (medians), {np.percentile(h, 95):.3f} (95 %)")


if __name__ == "__main__":
    main()
