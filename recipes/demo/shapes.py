"""Soft-edged shapes on a film, as arrays of 0 to 1."""

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage


class Canvas:
    """A film of `shape` (rows, columns) to draw on in pixels; shapes add up at most to 1."""

    def __init__(self, shape):
        self.image = Image.new("L", (shape[1], shape[0]))
        self.pen = ImageDraw.Draw(self.image)

    @staticmethod
    def xy(points):
        return [(float(x), float(y)) for y, x in points]

    def polygon(self, points, shade=1.0):
        """Filled; points are (row, column)."""
        self.pen.polygon(self.xy(points), fill=int(255 * shade))

    def stroke(self, points, width, shade=1.0):
        self.pen.line(self.xy(points), fill=int(255 * shade), width=max(int(round(width)), 1), joint="curve")

    def ellipse(self, centre, radius, angle=0.0, shade=1.0):
        self.polygon(oval(centre, radius, angle), shade)

    def array(self, blur=0.7):
        return ndimage.gaussian_filter(np.asarray(self.image, np.float32) / 255, blur)


def oval(centre, radius, angle=0.0):
    """Points (row, column) around an ellipse of `radius` (rows, columns)."""
    t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    y, x = radius[0] * np.sin(t), radius[1] * np.cos(t)
    return np.stack([centre[0] + np.cos(angle) * y + np.sin(angle) * x, centre[1] + np.cos(angle) * x - np.sin(angle) * y], 1)


def clouds(rng, shape, cells):
    """A smooth random field, standard deviation about 1, that changes over `cells` parts of a side."""
    coarse = Image.fromarray(rng.normal(0, 1, (cells + 2, cells + 2)).astype(np.float32))
    return np.asarray(coarse.resize((shape[1], shape[0]), Image.BICUBIC, (1, 1, cells + 1, cells + 1)))


COARSE_FROM, CELL = 8.0, 4.0
"""The blur from which a picture is made coarse first, and the blur in coarse cells that is left to do."""


def blurred(picture, sigma):
    """A Gaussian blur of `sigma` pixels; a wide one by way of a coarser picture, which it cannot be told from."""
    if sigma < COARSE_FROM:
        return ndimage.gaussian_filter(picture, sigma)
    step = int(sigma / CELL)
    rows, columns = picture.shape
    coarse = np.asarray(Image.fromarray(np.asarray(picture, np.float32)).reduce(step))
    smooth = Image.fromarray(ndimage.gaussian_filter(coarse, sigma / step))
    return np.asarray(smooth.resize((columns, rows), Image.BILINEAR, (0, 0, columns / step, rows / step)))
