"""What lies around the spine on a film: the rest of the CT or clouds, ribs, gas, the pelvis.

Everything is in line integrals of attenuation (1) and film pixels (row, column); `spine` is the list
of placed vertebrae, `mm` a pixel's size.
"""

import numpy as np
from scipy import ndimage

from .shapes import Canvas, clouds
from .volume import PIXEL_MM


def at(spine, level):
    return next(v.frame for v in spine if v.level == level)


def from_ct(rng, patient, spine, shape, mm):
    """The CT without its vertebrae, bent so that its spine's course becomes the film's. Below the CT
    the last rows go on, blurred."""
    known = [(v.frame.centre, patient.cuts[v.level].points.mean(0)) for v in spine if v.level in patient.cuts]
    film, rest = (np.array(c) for c in zip(*known))
    order = np.argsort(film[:, 0])
    film, rest = film[order], rest[order]
    rows, scale = np.arange(shape[0], dtype=float), mm / PIXEL_MM
    along = lambda values: np.interp(rows, film[:, 0], values)
    row_map = along(rest[:, 0]) + scale * (np.minimum(rows - film[0, 0], 0) + np.maximum(rows - film[-1, 0], 0))
    row_map = ndimage.gaussian_filter1d(row_map, 8, mode="nearest") + rng.normal(0, 6)
    shift = ndimage.gaussian_filter1d(along(rest[:, 1]), 8, mode="nearest") + rng.normal(0, 8)
    course = ndimage.gaussian_filter1d(along(film[:, 1]), 8, mode="nearest")
    columns = shift[:, None] + (np.arange(shape[1])[None] - course[:, None]) * scale * rng.uniform(0.85, 1.15)
    end = patient.rest.shape[0]
    floor = ndimage.gaussian_filter1d(patient.rest[-24:-4].mean(0), 10)
    fade = np.clip((np.arange(end) - end + 70) / 64, 0, 1)[:, None].astype(np.float32)
    extended = patient.rest * (1 - fade) + floor * fade
    picture = ndimage.map_coordinates(extended, (np.repeat(row_map[:, None], shape[1], 1), columns), order=1, mode="nearest")
    below = np.clip((row_map[:, None] - end + 30) / 60, 0, 1)
    return picture * rng.uniform(0.75, 1.1) + 0.35 * below * clouds(rng, shape, 6) + rng.uniform(0, 0.2) * clouds(rng, shape, int(rng.integers(3, 9)))


def drawn(rng, view, spine, shape, mm):
    """Clouds of soft tissue, with lungs."""
    found = 6 + rng.uniform(0.2, 0.9) * clouds(rng, shape, 2) + rng.uniform(0.05, 0.25) * clouds(rng, shape, 7) + rng.uniform(0, 0.06) * clouds(rng, shape, 22)
    rows, columns = np.mgrid[0:shape[0], 0:shape[1]].astype(np.float32)
    course = np.interp(np.arange(shape[0]), [v.frame.centre[0] for v in spine], [v.frame.centre[1] for v in spine])[:, None]
    away = np.abs(columns - course) * mm
    found -= rng.uniform(0.5, 3) * (away / rng.uniform(90, 200)) ** 2
    dome = at(spine, "T11").centre[0] + rng.normal(0, 25) / mm
    air = 1 / (1 + np.exp(np.clip((rows - dome - (0.3 if view == "lateral" else 0.15) * (columns - course)) * mm / rng.uniform(2, 25), -50, 50)))
    if view == "frontal":
        air = air * (1 - np.exp(-(away / rng.uniform(30, 60)) ** 4))
    return (found - rng.uniform(0.1, 1.5) * air).astype(np.float32)


def ribs(rng, view, spine, shape, mm):
    canvas = Canvas(shape)
    for v in spine:
        if not v.level.startswith("T") or rng.random() < 0.15:
            continue
        frame = v.frame
        for side in (-1, 1):
            t = np.linspace(0, 1, 8)
            if view == "lateral":
                start = frame.pixels(np.array([[-1.3 + 0.5 * side, -0.6]]))[0]
                length, drop = rng.uniform(90, 170) / mm, rng.uniform(0.3, 1.0)
                bend = rng.uniform(10, 35) / mm
                back = np.sin(np.pi * t * 0.8) * bend
                points = np.stack([start[0] + t * length * drop, start[1] + back * (t < 0.7) - length * t ** 2 * 0.9], 1)
            else:
                start = frame.pixels(np.array([[side * 1.0, -0.5]]))[0]
                length = rng.uniform(70, 130) / mm
                points = np.stack([start[0] + length * (0.9 * t ** 2 - 0.25 * np.sin(np.pi * t)), start[1] - side * length * t], 1)
            width = rng.uniform(5, 10) / mm
            canvas.stroke(points, width, 1.0)
            canvas.stroke(points, width * 0.6, 0.65)
    return rng.uniform(0.05, 0.4) * canvas.array()


def gas(rng, spine, shape, mm):
    canvas = Canvas(shape)
    middle = at(spine, "L3").centre
    for _ in range(rng.integers(2, 14)):
        centre = middle + rng.normal(0, 55, 2) / mm
        canvas.ellipse(centre, rng.uniform(4, 24, 2) / mm, rng.uniform(0, 3), rng.uniform(0.3, 1))
    return -rng.uniform(0.1, 0.7) * canvas.array(rng.uniform(0.6, 5))


def sacrum_below(rng, view, spine, shape):
    """The sacrum under its first body, with remnants of discs. Not labelled."""
    canvas, frame = Canvas(shape), at(spine, "S1")
    corners = frame.pixels(np.array([(0.72, 1.0), (-0.72, 1.0)]))
    down, across, wide = frame.down.copy(), frame.anterior.copy(), 0.72
    centre = corners.mean(0)
    turn = np.deg2rad(rng.uniform(4, 18)) if view == "lateral" else 0.0
    found = np.zeros(shape, np.float32)
    for _ in range(3):
        c, s = np.cos(turn), np.sin(turn)
        # Backwards first, then down again: the sacrum's curve.
        down = np.array([c * down[0] + s * down[1], c * down[1] - s * down[0]]) * 0.9
        across = np.array([c * across[0] + s * across[1], c * across[1] - s * across[0]])
        nearly = centre + 1.8 * down
        quad = [centre + wide * across, centre - wide * across, nearly - 0.85 * wide * across, nearly + 0.85 * wide * across]
        canvas.polygon(quad, 0.55)
        canvas.stroke([quad[0], quad[3]], 2, 0.9)
        canvas.stroke([quad[1], quad[2]], 2, 0.9)
        canvas.stroke(quad[:2], 1.5, 0.8)
        centre, wide = nearly + 0.08 * down, 0.85 * wide
    return found + rng.uniform(0.15, 0.6) * canvas.array(rng.uniform(0.6, 1.5))


def pelvis(rng, view, spine, shape, mm):
    """Iliac bones (on a lateral film over L5 and the sacrum), hip joints, sacral wings."""
    found, base = np.zeros(shape, np.float32), at(spine, "S1").centre
    crest = at(spine, "L5").centre + at(spine, "L5").down * rng.uniform(-2.2, 0.8)
    t = np.linspace(0, np.pi, 14)
    for side in (-1, 1):
        canvas = Canvas(shape)
        if view == "lateral":
            centre = np.array([crest[0], base[1]]) + np.array([rng.normal(0, 5), rng.normal(-5, 12)]) / mm
            wide, tall = rng.uniform(38, 75) / mm, rng.uniform(70, 120) / mm
            dome = np.stack([centre[0] + tall * (1 - np.sin(t)), centre[1] + wide * np.cos(t)], 1)
            foot = centre + np.array([tall * rng.uniform(1.2, 1.7), wide * rng.uniform(-0.6, 0.2)])
            canvas.polygon(np.concatenate([dome, foot + wide * np.array([(0, -0.3), (0, 0.3)])]), 0.6)
            canvas.stroke(dome, rng.uniform(1.5, 4) / mm, 1.0)
            hip = centre + np.array([rng.uniform(120, 150), rng.uniform(-45, -15)]) / mm
        else:
            centre = base + np.array([rng.uniform(-10, 15), side * rng.uniform(65, 85)]) / mm
            canvas.ellipse(centre, (rng.uniform(50, 65) / mm, rng.uniform(35, 50) / mm), side * rng.uniform(0.2, 0.7), 0.6)
            canvas.stroke(np.roll(np.array([[0, 0]]) + centre + np.stack([-55 * np.sin(t), 45 * np.cos(t)], 1) / mm, 0, 0), 4 / mm, 1.0)
            wing = [base + np.array([-14, side * 22]) / mm, base + np.array([-4, side * 60]) / mm, base + np.array([40, side * 40]) / mm, base + np.array([45, side * 16]) / mm]
            canvas.polygon(wing, 0.8)
            canvas.stroke(wing[1:3], 2 / mm, 0.2)
            hip = centre + np.array([rng.uniform(95, 120), side * rng.uniform(5, 25)]) / mm
        canvas.ellipse(hip, np.full(2, rng.uniform(20, 27) / mm), 0, 0.9)
        canvas.ellipse(hip + np.array([70, side * 8.0]) / mm, (60 / mm, 15 / mm), 0, 0.9)
        found += rng.uniform(0.15, 0.75) * canvas.array(rng.uniform(0.6, 1.6))
    return found


def shoulders(rng, spine, shape, mm):
    """The dense upper end of a lateral film of the whole spine."""
    edge = at(spine, "T4").centre[0] + rng.normal(0, 20) / mm
    rows = np.arange(shape[0])[:, None]
    return rng.uniform(0, 2.5) / (1 + np.exp(np.clip((rows - edge) * mm / 14, -50, 50))) * np.ones(shape)


def around(rng, view, patient, spine, shape, mm):
    """All of it; `patient` None draws the background too."""
    found = drawn(rng, view, spine, shape, mm) if patient is None else from_ct(rng, patient, spine, shape, mm)
    if rng.random() < (0.8 if patient is None else 0.3):
        found = found + ribs(rng, view, spine, shape, mm)
    if rng.random() < 0.6:
        found = found + gas(rng, spine, shape, mm)
    found = found + sacrum_below(rng, view, spine, shape)
    if rng.random() < 0.93:
        found = found + pelvis(rng, view, spine, shape, mm)
    if view == "lateral" and rng.random() < 0.5:
        found = found + shoulders(rng, spine, shape, mm)
    return found
