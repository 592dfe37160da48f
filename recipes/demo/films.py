"""Composes lateral films from the layers: fractures, posture, field of view, exposure, processing.

A film is an array of attenuation line integrals turned into grey values, bone bright, with the box,
level and class of every body on it. Film `i` of a seed is the same bytes whenever it is made.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from . import fractures
from .volume import LEVELS, PIXEL_MM

OBSCURED = ("T1", "T2", "T3", "T4")
"""Behind the shoulders: neither asked of the detector nor held against it."""


@dataclass
class Body:
    """One vertebral body on a film."""

    level: str
    astlof: int
    kind: str
    box: tuple
    whole: bool


class Patient:
    """The layers of one rotation, with the frame of each body."""

    def __init__(self, file):
        layers = np.load(file)
        self.rest = layers["rest"]
        self.excess = {l: layers[f"excess_{l}"] for l in LEVELS}
        self.shape = {l: layers[f"shape_{l}"] for l in LEVELS}
        names = list(LEVELS)
        centres = {l: np.argwhere(self.shape[l] > 0.35 * self.shape[l].max()).mean(0) for l in names}
        self.frames = {}
        for i, level in enumerate(names):
            below, above = names[max(i - 1, 0)], names[min(i + 1, len(names) - 1)]
            self.frames[level] = fractures.Frame.of(self.shape[level], centres[above], centres[below])


def patients(folder, held_out=False):
    """The patients to render from: the held-out rotation alone, or all others."""
    rotations = json.loads((Path(folder) / "layers.json").read_text())["rotations"]
    return [Patient(Path(folder) / f"layers_{i}.npz") for i, angle in enumerate(rotations) if (angle == 0.0) == held_out]


def compose(patient, broken, rng):
    """Line integrals of the patient with the fractures of `broken` (level to Fracture), and a map
    of the bodies: 0, or 1 + the level's position in LEVELS."""
    film = patient.rest * rng.uniform(0.75, 1.1)
    bodies = np.zeros(film.shape, np.uint8)
    bone = rng.uniform(0.9, 1.8)
    rim = rng.uniform(0.0, 0.35)
    for index, level in enumerate(LEVELS, 1):
        fracture = broken.get(level, fractures.Fracture())
        window, excess, shape = fractures.break_body(patient.excess[level], patient.shape[level], patient.frames[level], fracture)
        film[window] += bone * rng.uniform(0.85, 1.15) * excess
        inside = shape > 0.35 * patient.shape[level].max()
        depth = ndimage.distance_transform_edt(inside)
        film[window] += rim * np.exp(-((depth - 1.5) / 1.2) ** 2) * inside
        bodies[window][inside] = index
    return film, bodies


def coordinates(rng, shape, size, centre, mm_per_pixel, posture):
    """Where each pixel of a `size` film looks in the composed picture, in pixels of it: rotation,
    magnification, and a smooth deformation of up to `posture` mm."""
    rows, columns = np.mgrid[0:size[0], 0:size[1]].astype(np.float32)
    angle = np.deg2rad(rng.uniform(-12, 12) * min(posture / 4, 1))
    stretch = rng.uniform(0.88, 1.12) if posture else 1.0
    y, x = (rows - size[0] / 2) * mm_per_pixel, (columns - size[1] / 2) * mm_per_pixel * stretch
    down, right = np.cos(angle) * y - np.sin(angle) * x, np.sin(angle) * y + np.cos(angle) * x
    if posture:
        for target in (down, right):
            coarse = rng.normal(0, 1, (5, 4))
            bend = ndimage.zoom(coarse, (size[0] / 5, size[1] / 4), order=3)[:size[0], :size[1]]
            target += posture * bend[:size[0], :size[1]] / 1.5
    return centre[0] + down / PIXEL_MM, centre[1] + right / PIXEL_MM


def boxes(bodies_here, full_counts, mm_ratio, broken):
    """The bodies on a film, from its map: box in pixels, and whether the body is whole on it."""
    found = []
    rows, columns = bodies_here.shape
    for index, (level, where) in enumerate(zip(LEVELS, ndimage.find_objects(bodies_here, len(LEVELS))), 1):
        if where is None:
            continue
        y, x = where
        seen = np.count_nonzero(bodies_here[where] == index)
        touches = y.start == 0 or x.start == 0 or y.stop == rows or x.stop == columns
        whole = seen * mm_ratio > 0.8 * full_counts[index] and not touches and level not in OBSCURED
        fracture = broken.get(level, fractures.Fracture())
        found.append(Body(level, fractures.astlof_class(fracture), fracture.kind, (x.start, y.start, x.stop, y.stop), whole))
    return found


def expose(line_integrals, rng, mild=False):
    """Grey values 0 to 1: scatter, local contrast, gamma, noise, blur, collimation."""
    film = line_integrals
    spread = lambda sigma: ndimage.gaussian_filter(film, sigma)
    low, high = np.percentile(film, [1, 99.5])
    film = (film - low) / (high - low + 1e-6)
    local = film - ndimage.gaussian_filter(film, rng.uniform(18, 45))
    local /= np.sqrt(ndimage.gaussian_filter(local * local, 40)) + 0.05
    mix = rng.uniform(0.1, 0.25) if mild else rng.uniform(0.0, 0.35)
    film = np.clip((1 - mix) * film + mix * (0.5 + 0.22 * local), 0, 1.2)
    film = film ** rng.uniform(0.7, 1.4)
    if not mild and rng.random() < 0.4:
        film = ndimage.gaussian_filter(film, rng.uniform(0.3, 1.2))
    noise = rng.uniform(0.004, 0.012) if mild else rng.uniform(0.003, 0.05)
    film = film + rng.normal(0, noise, film.shape)
    if rng.random() < (0.3 if mild else 0.5):
        film = collimated(film, rng)
    return np.clip(film, 0, 1).astype(np.float32)


def collimated(film, rng):
    """Straight shutters at the edges."""
    rows, columns = film.shape
    top, bottom = int(rng.uniform(0, 0.06) * rows), int(rng.uniform(0.94, 1) * rows)
    left, right = int(rng.uniform(0, 0.12) * columns), int(rng.uniform(0.88, 1) * columns)
    shut = np.full_like(film, rng.choice([0.0, 0.0, 0.02, 1.0]))
    shut[top:bottom, left:right] = film[top:bottom, left:right]
    return shut


def film(everyone, seed, number, size, fov_mm, posture=4.0, mild=False, fixed=None):
    """Film `number` of `seed`: grey values [size], the bodies on it, mm per pixel.

    `size` (rows, columns); `fov_mm` the range of the film's height in mm; `fixed` replaces the
    random fractures (level to Fracture) and centres the film on the fractured levels."""
    rng = np.random.default_rng([seed, number])
    patient = everyone[rng.integers(len(everyone))]
    broken = fixed if fixed is not None else {l: fractures.draw(rng) for l in LEVELS}
    composed, bodies = compose(patient, broken, rng)
    mm_per_pixel = rng.uniform(*fov_mm) / size[0]
    levels = list(LEVELS)
    level = levels[rng.integers(0, 7)] if fixed is None else "T12"
    centre = patient.frames[level].centre + (rng.normal(0, 16, 2) if posture else 0)
    half = size[0] * mm_per_pixel / PIXEL_MM / 2
    if half < composed.shape[0] / 2:
        centre[0] = np.clip(centre[0], half, composed.shape[0] - half)
    where = coordinates(rng, composed.shape, size, centre, mm_per_pixel, posture)
    seen = ndimage.map_coordinates(composed, where, order=1, mode="nearest")
    labels = ndimage.map_coordinates(bodies, where, order=0, cval=0)
    counts = np.bincount(bodies.ravel(), minlength=len(LEVELS) + 1)
    ratio = (mm_per_pixel / PIXEL_MM) ** 2
    return expose(seen, rng, mild), boxes(labels, counts, ratio, broken), mm_per_pixel
