"""Composes lateral and frontal films: a spine's course, a picture for each body, all around it, the
exposure. Film `i` of a seed is the same bytes whenever it is made.

A film is grey values of 0 to 1, bone bright, with the box, level, class and six points of every body
on it. Points and picture come from the same frame and the same warp.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy import ndimage

from . import bodies, exposure, fractures, implants, negatives, scenery, spine, whole_body
from .bodies import patients
from .volume import LEVELS

NECK = ("C1", "C2", "C3", "C4", "C5", "C6", "C7")
OBSCURED = {"lateral": (*NECK, "T1", "T2", "T3"), "frontal": NECK}
"""Of the neck, or behind the shoulders: neither asked of the detector nor held against it."""

STRIP = {"longest": 1024, "ratio": (0.36, 0.6), "fov_mm": (750.0, 1250.0)}
"""A film of the whole spine: rows in pixels, width over height, height."""

WHOLE_FROM = 0.9
"""The share of a body's box that must be seen for the body to be asked for."""

LEAST_SEEN = 0.02
"""The share of a box from which the body is on the film."""


@dataclass
class Body:
    """One vertebral body on a film. `box` (x0, y0, x1, y1) and `points` (x, y) of the six points in
    pixels, whole numbers between them; `share`: the part of the box that is on the film and not behind a shutter;
    `metal`: the part of the box that metal or cement covers."""

    level: str
    astlof: int
    kind: str
    loss: float
    mild: bool
    box: tuple
    share: float
    whole: bool
    points: tuple
    metal: float = 0.0


@dataclass
class Film:
    """Grey values [rows, columns], the bodies on it, mm a pixel, and the view ("none" without spine)."""

    picture: np.ndarray
    bodies: list = field(default_factory=list)
    mm: float = 1.0
    view: str = "none"


@dataclass(frozen=True)
class Look:
    """How films are drawn. `size` (rows, columns), None for a random one that fits `longest`;
    `fov_mm` the range of the film's longer side; `lateral`, `drawn`, `negative`, `inverted`, `strip` the
    shares of such films (a strip is a standing film of the whole spine), `broken` of such bodies; `mild` leaves out what spoils a film or the
    spine's posture; `metal` the share of films with implants."""

    longest: int = 512
    size: tuple | None = None
    fov_mm: tuple = (160.0, 600.0)
    lateral: float = 0.72
    drawn: float = 0.4
    negative: float = 0.07
    inverted: float = 0.2
    broken: float = 0.22
    metal: float = 0.22
    strip: float = 0.0
    mild: bool = False


def texture(rng, view, level, patient, style, mild=False):
    """Pictures of a body and its arch: the CT's (beyond the CT, its nearest ones), in 60 %
    with a drawn rim, because the CT's slices blur it; or drawn."""
    bone = rng.uniform(0.85, 1.15)
    if patient is None or level == "S1":
        body = bodies.drawn_body(rng, view, style)
        arch = bodies.drawn_arch(rng, view) if level != "S1" else None
    else:
        known = level if level in LEVELS else "T1" if level.startswith("C") else str(rng.choice(["L2", "L1", "T12"]))
        cut = patient.cuts[known]
        body, arch = cut.body * bone, patient.cuts[bodies.WHOLE_ARCH if known == "L2" else known].arch
        if rng.random() < 0.6:
            body = body + bodies.drawn_body(rng, view, style, rng.uniform(0, 0.3))
    if not mild and rng.random() < 0.2:
        body = body + bodies.spurs(rng)
    return body, arch


def paste(film, picture, frame, fracture, u_range, v_range, gain):
    """Adds a picture of the frame to the film through the fracture's warp."""
    window, u, v = frame.grid(film.shape, u_range, v_range)
    if not u.size:
        return
    per_pixel = (u_range[1] - u_range[0]) / picture.shape[1] * np.array([np.linalg.norm(frame.down), np.linalg.norm(frame.anterior)])
    smooth = np.maximum(1 / np.maximum(per_pixel, 1e-3) - 1, 0) * 0.45
    if smooth.max() > 0.2:
        picture = ndimage.gaussian_filter(picture, smooth)
    density = 1.0
    if fracture is not None:
        u, v, density = fracture.source(u, v)
    film[window] += gain * bodies.sample(picture, u, v, u_range, v_range) * density ** 0.7


RAY_MM = (1000.0, 2600.0)
"""From the X-ray tube to the film."""

RIM = 0.33
"""How far from the body's middle, parts of its width, its rims at the left and right lie on average."""


class Rays:
    """Rays that spread from the tube: bodies away from the central ray, or tilted or turned, show their left and
    their right rim apart, as double contours. The points are in the middle between the two."""

    def __init__(self, rng, shape, mm):
        self.centre = rng.uniform(0.2, 0.8) * shape[0]
        self.per_pixel = mm / rng.uniform(*RAY_MM)
        self.tilt, self.turn = np.deg2rad(rng.normal(0, 3.0)), np.deg2rad(rng.normal(0, 4.0))

    def frames(self, rng, vertebra, mm):
        """Where the left and the right half of a body lie."""
        f = vertebra.frame
        wide = RIM * spine.WIDTH[spine.LEVELS.index(vertebra.level)] / mm
        across = (f.centre[0] - self.centre) * self.per_pixel + self.tilt + rng.normal(0, np.deg2rad(1.2))
        down = wide * np.tan(across) * f.down / np.linalg.norm(f.down)
        front = wide * np.tan(self.turn + rng.normal(0, np.deg2rad(1.5))) * f.anterior / np.linalg.norm(f.anterior)
        return [replace(f, centre=f.centre + side * (down + front)) for side in (-1, 1)]


def describe(vertebra, view, open_, metal=None):
    """The body as the film's label; None when nothing of it is on the film."""
    # A frame counts from the middle of the first pixel, a label from its corner.
    outline = vertebra.frame.pixels(vertebra.fracture.outline()) + 0.5
    (y0, x0), (y1, x1) = outline.min(0), outline.max(0)
    top, bottom, left, right = open_
    seen = max(min(y1, bottom) - max(y0, top), 0) * max(min(x1, right) - max(x0, left), 0)
    share = seen / ((y1 - y0) * (x1 - x0))
    if share < LEAST_SEEN:
        return None
    f, points = vertebra.fracture, vertebra.frame.pixels(vertebra.fracture.points()) + 0.5
    whole = share >= WHOLE_FROM and vertebra.level not in OBSCURED[view]
    box = tuple(round(float(t), 3) for t in (x0, y0, x1, y1))
    covered = 0.0 if metal is None else float((metal[max(int(y0), 0):int(y1) + 1, max(int(x0), 0):int(x1) + 1] > 0.2).mean())
    return Body(vertebra.level, f.astlof, f.kind, round(float(f.loss), 4), f.mild, box, round(float(share), 4), bool(whole),
                tuple((round(float(x), 3), round(float(y), 3)) for y, x in points), round(covered, 4))


def layout(rng, look, view, fixed, focus, strip=False):
    """The film's shape, its spine in pixels, and mm a pixel."""
    fov_mm = look.fov_mm
    if look.size:
        shape = look.size
    elif strip:
        shape, fov_mm = (STRIP["longest"], int(STRIP["longest"] * rng.uniform(*STRIP["ratio"]))), STRIP["fov_mm"]
    else:
        ratio = rng.uniform(0.36, 1.0) if rng.random() < 0.88 else rng.uniform(1.0, 1.4)
        shape = (look.longest, int(look.longest * ratio)) if ratio <= 1 else (int(look.longest / ratio), look.longest)
    mm = np.exp(rng.uniform(*np.log(fov_mm))) / max(shape)
    course = spine.build(rng, view, look.broken, fixed)
    level = focus or str(rng.choice(["T10", "T11", "T12", "L1"] if strip else spine.LEVELS[6:]))
    stretch = np.ones(2) if look.mild else np.exp(rng.uniform(-0.06, 0.06) * np.array([1, -1]))
    matrix = np.diag(stretch) / mm
    middle = matrix @ next(v.frame.centre for v in course if v.level == level)
    aim = np.array(shape) / 2 + (0 if fixed is not None else rng.normal(0, 0.06 if strip else 0.13, 2) * shape)
    return shape, spine.placed(course, matrix, aim - middle), mm


def film(everyone, seed, number, look=Look(), view=None, fixed=None, focus=None):
    """Film `number` of `seed` as a Film; `fixed` replaces the random fractures (level to Fracture),
    `focus` is the level in the middle."""
    rng = np.random.default_rng([seed, number])
    view = view or ("lateral" if rng.random() < look.lateral else "frontal")
    negative = rng.random() < look.negative
    strip = not negative and np.random.default_rng([seed, number, 1]).random() < look.strip
    shape, course, mm = layout(rng, look, view, fixed, focus, strip)
    if negative:
        return Film(finished(exposure.expose(negatives.draw(rng, shape), rng), rng, look, (0, shape[0], 0, shape[1])))
    patient = None if rng.random() < look.drawn else everyone[view][rng.integers(len(everyone[view]))]
    background = patient if patient is not None and rng.random() < 0.85 else None
    picture = scenery.around(rng, view, background, course, shape, mm).astype(np.float32)
    bone, arches = rng.uniform(0.8, 1.9), rng.uniform(0.5, 1.4)
    if not look.mild:
        bone *= np.exp(rng.uniform(-0.7, 0.2))
    reach, style, rays = (-bodies.REACH, bodies.REACH), bodies.Style.draw(rng), Rays(rng, shape, mm)
    for vertebra in course:
        body, arch = texture(rng, view, vertebra.level, patient, style, look.mild)
        if arch is not None:
            paste(picture, arch, vertebra.frame, None, *bodies.ARCH[view], bone * arches)
        halves = rays.frames(rng, vertebra, mm) if view == "lateral" else [vertebra.frame]
        for half in halves:
            paste(picture, body, half, vertebra.fracture, reach, reach, bone / len(halves))
    if strip:
        picture = whole_body.around(rng, view, picture, course, mm)
    metal = implants.any_(rng, view, course, shape, mm, look.metal)
    open_ = exposure.shutters(rng, shape)
    shown = exposure.expose(picture, rng, look.mild, metal)
    if strip:
        shown = exposure.stitched(shown, rng, mm)
    shown = finished(shown, rng, look, open_)
    labels = [b for b in (describe(v, view, open_, metal) for v in course) if b is not None]
    return Film(shown, labels, float(mm), view)


def on_rows(found, first, last):
    """The bodies of a film as those of its rows from `first` up to `last`."""
    kept = []
    for b in found:
        (x0, y0, x1, y1), points = b.box, tuple((x, y - first) for x, y in b.points)
        seen = (min(y1, last) - max(y0, first)) / (y1 - y0)
        if seen > LEAST_SEEN:
            kept.append(replace(b, box=(x0, y0 - first, x1, y1 - first), points=points, whole=b.whole and seen >= WHOLE_FROM))
    return kept


def finished(shown, rng, look, open_):
    """Shutters, letters, polarity."""
    if not look.mild and rng.random() < 0.5:
        shown = exposure.written(shown, rng, int(rng.integers(1, 5)))
    shown = exposure.shut(shown, open_, rng)
    if rng.random() < 0.3:
        shown = exposure.written(shown, rng, 1)
    return (1 - shown if rng.random() < look.inverted else shown).astype(np.float32)
