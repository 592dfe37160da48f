"""Pictures of single vertebrae in the body's own frame: cut out of the CT's layers, or drawn.

A picture of a body covers `u`, `v` from -REACH to REACH; its six points lie at exactly u = -1, 0, +1
and v = -1, +1, whatever the body's own shape was, so that a frame and a fracture say everything about
where they are on a film. An arch (with its processes) has a picture of its own, of a wider window.
Values are line integrals of attenuation above soft tissue.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from .volume import BEAM, LEVELS

REACH = 1.5
CELLS = 112
ARCH = {"lateral": ((-4.2, 1.2), (-2.4, 3.4)), "frontal": ((-2.2, 2.2), (-2.4, 3.0))}
"""Windows of `u` and `v` of an arch."""

ARCH_CELLS = (144, 144)

WHOLE_ARCH = "L1"
"""The lowest level whose processes end above the edge of the CT."""


def mesh(u_range, v_range, cells):
    """`u`, `v` [rows, columns]; rows follow v."""
    return np.meshgrid(np.linspace(*u_range, cells[1], dtype=np.float32), np.linspace(*v_range, cells[0], dtype=np.float32))


FADE = np.minimum(1, np.outer(*(np.clip(np.minimum(np.arange(n), np.arange(n)[::-1]) / 14, 0, 1) for n in ARCH_CELLS))).astype(np.float32)
"""An arch has no hard edge where its window ends."""

U, V = mesh((-REACH, REACH), (-REACH, REACH), (CELLS, CELLS))


def sample(picture, u, v, u_range=(-REACH, REACH), v_range=(-REACH, REACH)):
    """Values of a picture at points of the frame, 0 outside."""
    rows = (v - v_range[0]) * ((picture.shape[0] - 1) / (v_range[1] - v_range[0]))
    columns = (u - u_range[0]) * ((picture.shape[1] - 1) / (u_range[1] - u_range[0]))
    return ndimage.map_coordinates(picture, (rows, columns), order=1, cval=0.0)


@dataclass
class Cut:
    """One vertebra of the CT in one view, and where its six points lie in the layer (row, column)."""

    body: np.ndarray
    arch: np.ndarray
    points: np.ndarray


def six_points(shape, above, below):
    """The six points (row, column) of a body's path-length picture: the farthest bone towards each
    corner, and the end plates in the middle. `above` and `below` are its neighbours' centres."""
    inside = np.argwhere(shape > 0.35 * shape.max()).astype(float)
    centre = inside.mean(0)
    down = np.asarray(below, float) - above
    down /= np.linalg.norm(down)
    anterior = np.array([down[1], -down[0]])
    if anterior[1] > 0:
        anterior = -anterior
    a, d = (inside - centre) @ anterior, (inside - centre) @ down
    reach = lambda t: (np.percentile(t, 98) - np.percentile(t, 2)) / 2
    side, tall = reach(a), reach(d)
    corner = lambda su, sv: inside[np.argsort(-(su * a / side + sv * d / tall))[:12]].mean(0)
    middle = lambda sv: centre + down * sv * np.percentile(sv * d[np.abs(a) < 0.2 * side], 98)
    return np.array([corner(1, -1), middle(-1), corner(-1, -1), corner(1, 1), middle(1), corner(-1, 1)])


def straightened(layer, points, u, v):
    """A layer seen in the frame in which the six `points` are those of a square."""
    ua, um, up, la, lm, lp = points
    hollow = np.clip(1 - u * u, 0, None)[..., None]
    front, back = ((1 + u) / 2)[..., None], ((1 - u) / 2)[..., None]
    upper = ua * front + up * back + (um - (ua + up) / 2) * hollow
    lower = la * front + lp * back + (lm - (la + lp) / 2) * hollow
    where = upper * ((1 - v) / 2)[..., None] + lower * ((1 + v) / 2)[..., None]
    return ndimage.map_coordinates(layer, (where[..., 0], where[..., 1]), order=1, cval=0.0).astype(np.float32)


class Patient:
    """The CT at one rotation and in one view: `cuts` by level, and `rest`, all else."""

    def __init__(self, layers, view):
        self.view = view
        self.rest = layers[f"{view}_rest"]
        names = list(LEVELS)
        shapes = {l: layers[f"{view}_shape_{l}"] for l in names}
        centres = {l: np.argwhere(shapes[l] > 0.35 * shapes[l].max()).mean(0) for l in names}
        self.cuts = {}
        wide = mesh(*ARCH[view], ARCH_CELLS)
        for i, level in enumerate(names):
            below, above = centres[names[max(i - 1, 0)]], centres[names[min(i + 1, len(names) - 1)]]
            points = six_points(shapes[level], above, below)
            empty = np.zeros_like(self.rest)
            flat = points.copy()
            flat[1], flat[4] = (points[0] + points[2]) / 2, (points[3] + points[5]) / 2
            arch = straightened(layers[f"{view}_posterior_{level}"] if f"{view}_posterior_{level}" in layers else empty, flat, *wide)
            self.cuts[level] = Cut(straightened(layers[f"{view}_excess_{level}"], points, U, V), arch * FADE, points)


def patients(folder, held_out=False):
    """By view, the patients to render from: the held-out rotation alone, or all others."""
    rotations = json.loads((Path(folder) / "layers.json").read_text())["rotations"]
    chosen = [np.load(Path(folder) / f"layers_{i}.npz") for i, angle in enumerate(rotations) if (angle == 0.0) == held_out]
    return {view: [Patient(layers, view) for layers in chosen] for view in BEAM}


def line(distance, thickness):
    return np.exp(-(distance / thickness) ** 2)


@dataclass(frozen=True)
class Style:
    """What the drawn bodies of one spine have in common: attenuation of cancellous bone and of the
    rims, thickness of the rims and how open the ellipses of the end plates are (parts of half the
    height), waist, grain."""

    bone: float
    rim: float
    thick: float
    open: float
    waist: float
    grain: float

    @classmethod
    def draw(cls, rng):
        return cls(np.exp(rng.uniform(np.log(0.08), np.log(0.4))), np.exp(rng.uniform(np.log(0.06), np.log(0.4))), rng.uniform(0.025, 0.075),
                   rng.uniform(0, 0.14), rng.uniform(0.02, 0.12), rng.uniform(0, 0.22))


def drawn_body(rng, view, style, bone=1.0):
    """A waisted box of cancellous bone with end plates as double ellipses and cortical walls."""
    waist = style.waist * rng.uniform(0.7, 1.3)
    side = 1 - waist * (1 - V * V) * np.where(np.abs(V) < 1, 1, 0)
    inside = ndimage.gaussian_filter(((np.abs(U) < side) & (np.abs(V) < 1)).astype(np.float32), rng.uniform(0.6, 1.4))
    path = np.sqrt(np.clip(1 - np.abs(U / side) ** rng.uniform(2.5, 6), 0.05, 1))
    grain = ndimage.gaussian_filter(rng.normal(0, 1, U.shape), (rng.uniform(1, 3), rng.uniform(0.5, 1.2)))
    cloud = ndimage.zoom(rng.normal(0, 1, (6, 6)), CELLS / 6, order=1)[:CELLS, :CELLS]
    body = bone * style.bone * rng.uniform(0.87, 1.15) * path * (1 + style.grain * grain / grain.std() + rng.uniform(0, 0.12) * cloud)
    body = body * inside
    thick = style.thick * rng.uniform(0.8, 1.2)
    lines = np.zeros_like(body)
    for sign in (-1, 1):
        open_ = style.open * rng.uniform(0.5, 1.4) * np.sqrt(np.clip(1 - U * U, 0, 1))
        near = np.abs(U) < 1.02
        strong = rng.uniform(0.4, 0.8)
        lines += strong * line(V - sign + open_, thick) * near + strong * rng.uniform(0.3, 1) * line(V - sign - open_, thick) * near
        lines += rng.uniform(0.1, 0.6) * line(U - sign * side, thick * 0.8) * (np.abs(V) < 1)
    if view == "frontal":
        for sign in (-1, 1):
            ring = np.hypot((U - sign * rng.uniform(0.5, 0.68)) / 0.17, (V + rng.uniform(0.1, 0.45)) / 0.36)
            lines += rng.uniform(0.3, 0.8) * line(ring - 1, 0.28) + rng.uniform(0, 0.3) * (ring < 1)
    return (body + style.rim * rng.uniform(0.8, 1.2) * lines).astype(np.float32)


def spurs(rng):
    """Osteophytes at some of the corners."""
    found = np.zeros_like(U)
    for u in (-1, 1):
        for v in (-1, 1):
            if rng.random() < 0.4:
                reach = rng.uniform(0.1, 0.32)
                found += rng.uniform(0.1, 0.35) * line(V - v * rng.uniform(0.93, 1.12), 0.09) * line(np.clip(np.abs(U - u * (0.95 + reach / 2)) - reach / 2, 0, None), 0.08)
    return found


def blob(u, v, centre, radius, angle=0.0):
    """A soft ellipse."""
    c, s = np.cos(angle), np.sin(angle)
    x, y = u - centre[0], v - centre[1]
    return 1 / (1 + np.exp(np.clip(9 * (np.hypot((c * x + s * y) / radius[0], (c * y - s * x) / radius[1]) - 1), -50, 50)))


def drawn_arch(rng, view):
    """Pedicles, joints and processes, roughly."""
    u, v = mesh(*ARCH[view], ARCH_CELLS)
    if view == "frontal":
        found = 0.25 * blob(u, v, (rng.normal(0, 0.05), rng.uniform(0.3, 0.9)), (0.12, rng.uniform(0.3, 0.6)))
        for sign in (-1, 1):
            found += 0.2 * blob(u, v, (sign * 0.5, rng.uniform(0.6, 1.1)), (0.2, 0.5), sign * 0.2)
            found += rng.uniform(0, 0.2) * blob(u, v, (sign * rng.uniform(1.2, 1.5), -0.2), (0.5, 0.14), sign * rng.uniform(-0.2, 0.4))
        return (found * rng.uniform(0.3, 1.4)).astype(np.float32)
    found = 0.35 * blob(u, v, (-1.3, -0.4), (0.45, 0.28)) + 0.4 * blob(u, v, (-1.75, rng.uniform(0.1, 0.5)), (0.3, 0.95), rng.uniform(-0.2, 0.5))
    found += rng.uniform(0.15, 0.45) * blob(u, v, (rng.uniform(-3.0, -2.5), rng.uniform(0.4, 1.5)), (rng.uniform(0.6, 0.9), rng.uniform(0.25, 0.5)), rng.uniform(-0.8, 0.0))
    return (found * rng.uniform(0.4, 1.5)).astype(np.float32)
