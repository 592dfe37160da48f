"""The picture of one body that the points network sees: turned so that the end plates lie level and the front is at
the left, and scaled by the body's depth.

A crop is made from six points (x, y), upper anterior, middle, posterior, then lower. It covers REACH times the mean
distance of the end plates' anterior and posterior points to each side of the points' middle.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

SIDE = 112
"""Rows and columns of the network's input."""

REACH = 1.15


@dataclass(frozen=True)
class View:
    """Where a crop lies on a film: its `centre` (x, y), the unit vectors from its middle to the left (`front`) and
    downwards (`down`), and how many pixels of the film it reaches to each side."""

    centre: np.ndarray
    front: np.ndarray
    down: np.ndarray
    reach: float

    @classmethod
    def of(cls, points, reach=REACH):
        points = np.asarray(points, float)
        along = (points[0] - points[2] + points[3] - points[5]) / 2
        depth = (np.linalg.norm(points[0] - points[2]) + np.linalg.norm(points[3] - points[5])) / 2
        front = along / np.linalg.norm(along)
        down = np.array([-front[1], front[0]])
        if down @ (points[3:].mean(0) - points[:3].mean(0)) < 0:
            down = -down
        return cls(points.mean(0), front, down, reach * depth)

    def to_film(self, xy):
        """Points of the film [n, 2] of points of the crop, which run from 0 to 1."""
        xy = np.asarray(xy, float)
        return self.centre + self.reach * ((1 - 2 * xy[..., :1]) * self.front + (2 * xy[..., 1:] - 1) * self.down)

    def to_crop(self, points):
        away = (np.asarray(points, float) - self.centre) / self.reach
        return np.stack([(1 - away @ self.front) / 2, (1 + away @ self.down) / 2], -1)


def crop(picture, view, side=SIDE):
    """The picture [side, side] of a view; each of its pixels is the mean of as many samples a side as it covers pixels
    of the film. Beyond the film its edge goes on."""
    times = max(int(np.ceil(2 * view.reach / side)), 1)
    steps = (np.arange(side * times) + 0.5) / (side * times)
    x, y = np.meshgrid(steps, steps)
    at = view.to_film(np.stack([x, y], -1)) - 0.5
    found = ndimage.map_coordinates(picture, (at[..., 1], at[..., 0]), order=1, mode="nearest")
    return found.reshape(side, times, side, times).mean((1, 3)).astype(np.float32)
