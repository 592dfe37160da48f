"""From line integrals to a film: scatter, exposure, processing, noise, collimation, writing."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from .shapes import blurred


def equalised(film, tiles, limit, bins=64):
    """Contrast-limited adaptive histogram equalisation (Zuiderveld 1994) of a film of 0 to 1: `tiles`
    a side, counts above `limit` times the mean shared out among all bins."""
    rows, columns = film.shape
    index = np.clip((film * bins).astype(int), 0, bins - 1)
    edges = lambda n: np.linspace(0, n, tiles + 1).astype(int)
    r, c = edges(rows), edges(columns)
    curves = np.empty((tiles, tiles, bins), np.float32)
    for i in range(tiles):
        for j in range(tiles):
            counts = np.bincount(index[r[i]:r[i + 1], c[j]:c[j + 1]].ravel(), minlength=bins).astype(float)
            most = limit * counts.mean()
            counts = np.minimum(counts, most) + np.maximum(counts - most, 0).mean()
            curves[i, j] = counts.cumsum() / counts.sum()
    y = np.clip((np.arange(rows) + 0.5) * tiles / rows - 0.5, 0, tiles - 1)
    x = np.clip((np.arange(columns) + 0.5) * tiles / columns - 0.5, 0, tiles - 1)
    i, j = np.minimum(y.astype(int), tiles - 2)[:, None], np.minimum(x.astype(int), tiles - 2)[None]
    fy, fx = y[:, None] - i, x[None] - j
    mix = lambda k: curves[k, j, index] * (1 - fx) + curves[k, j + 1, index] * fx
    return mix(i) * (1 - fy) + mix(i + 1) * fy


def expose(line_integrals, rng, mild=False, metal=None):
    """Grey values 0 to 1, bone bright. `mild` leaves out what spoils a film. `metal` is added after the
    range of values is found: it saturates."""
    film = line_integrals.astype(np.float32)
    if rng.random() < 0.6:
        film = film - rng.uniform(0.0, 0.5) * blurred(film, rng.uniform(15, 60))
    top = 99.7 if mild else rng.uniform(96, 99.9)
    low, high = np.percentile(film[::3, ::3], [1 if mild else rng.uniform(0, 12), top])
    if metal is not None:
        film = film + metal
    film = np.clip((film - low) / (high - low + 1e-6), -0.1, 1.25)
    local = film - blurred(film, rng.uniform(12, 45))
    local /= np.sqrt(np.maximum(blurred(local * local, 40), 0)) + 0.05
    mix = rng.uniform(0.1, 0.25) if mild else rng.choice([0.0, rng.uniform(0, 0.3), rng.uniform(0.2, 0.6)])
    film = np.clip((1 - mix) * film + mix * (0.5 + 0.2 * local), 0, 1.2)
    if not mild and rng.random() < 0.3:
        film = (1 - 0.7) * film + 0.7 * equalised(np.clip(film, 0, 1), int(rng.integers(3, 9)), rng.uniform(1.5, 4))
    film = np.clip(film, 0, 1.2) ** (rng.uniform(0.8, 1.3) if mild else np.exp(rng.uniform(-0.6, 0.6)))
    if not mild and rng.random() < 0.12:
        film = washed_out(film, rng)
    if not mild and rng.random() < 0.4:
        film = ndimage.gaussian_filter(film, rng.uniform(0.3, 1.4))
    noise = rng.uniform(0.004, 0.012) if mild else np.exp(rng.uniform(np.log(0.003), np.log(0.07)))
    grain = rng.normal(0, 1, film.shape).astype(np.float32)
    if rng.random() < 0.5:
        grain = ndimage.gaussian_filter(grain, 0.7) * 2
    return np.clip(film + noise * grain, 0, 1).astype(np.float32)


def stitched(film, rng, mm):
    """A film put together of two or three, of unlike brightness, often with a grid on it."""
    film = film.copy()
    for seam in np.sort(rng.uniform(0.25, 0.75, rng.integers(0, 3))):
        row = int(seam * film.shape[0])
        film[row:] = film[row:] * rng.uniform(0.75, 1.25) + rng.uniform(-0.12, 0.12)
        if rng.random() < 0.7:
            film[row:row + int(rng.integers(1, 3))] += rng.choice([-0.3, 0.3, 0.6])
    if rng.random() < 0.5:
        step, strength = rng.uniform(45, 110) / mm, rng.uniform(0.05, 0.35)
        for axis in (0, 1):
            lines = np.arange(rng.uniform(0, step), film.shape[axis], step).astype(int)
            (film if axis == 0 else film.T)[lines] += strength
    return np.clip(film, 0, 1).astype(np.float32)


def washed_out(film, rng):
    """Little contrast in a part of the film or all of it, as behind the shoulders or the hips."""
    rows = np.linspace(0, 1, film.shape[0], dtype=np.float32)[:, None]
    edge, way = rng.uniform(0, 1), rng.choice([-1, 1])
    share = 1 / (1 + np.exp(way * (rows - edge) / rng.uniform(0.04, 0.2)))
    contrast = 1 - share * rng.uniform(0.4, 0.85)
    return rng.uniform(0.2, 0.9) * (1 - contrast) + film * contrast


def shutters(rng, shape):
    """What collimation leaves open, (top, bottom, left, right) in pixels."""
    rows, columns = shape
    if rng.random() < 0.5:
        return 0, rows, 0, columns
    part = lambda most: rng.uniform(0, most) if rng.random() < 0.7 else 0.0
    return int(part(0.1) * rows), int((1 - part(0.1)) * rows), int(part(0.2) * columns), int((1 - part(0.2)) * columns)


def shut(film, open_, rng):
    top, bottom, left, right = open_
    closed = np.full_like(film, rng.choice([0.0, 0.0, 0.02, 0.15, 1.0]))
    closed[top:bottom, left:right] = film[top:bottom, left:right]
    return closed


WORDS = ("L", "R", "L", "R", "LAT", "AP", "ERECT", "PORTABLE", "TH 04", "3", "X-TABLE")


def written(film, rng, count):
    """Letters and markers on the film."""
    image = Image.fromarray(np.round(np.clip(film, 0, 1) * 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    for _ in range(count):
        x, y = rng.uniform(0, film.shape[1]), rng.uniform(0, film.shape[0])
        shade = int(rng.choice([255, 255, 230, 0]))
        kind = rng.random()
        if kind < 0.7:
            word = str(rng.choice(WORDS))
            glyph = Image.new("L", (7 * len(word), 12))
            ImageDraw.Draw(glyph).text((0, 0), word, 255, ImageFont.load_default())
            times = rng.uniform(0.8, 3.0)
            glyph = glyph.resize((int(glyph.width * times), int(glyph.height * times)))
            image.paste(shade, (int(x), int(y)), glyph)
        elif kind < 0.85:
            pen.line([x, y, x + rng.normal(0, 60), y + rng.normal(0, 60)], shade, int(rng.integers(1, 3)))
        else:
            r = rng.uniform(2, 9)
            pen.ellipse([x - r, y - r, x + r, y + r], outline=shade, width=int(rng.integers(1, 4)))
    return np.asarray(image, np.float32) / 255
