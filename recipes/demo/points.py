"""The points network: six points of one body to a fraction of a pixel, and how sure it is of each.

Input `crops` [N, 1, SIDE, SIDE], each in standard deviations from its own mean (crops.py says what it shows).
Outputs: `points` [N, 6, 3], x, y and spread of each point (upper anterior, middle, posterior, then lower) in parts of
the crop's side, the spread being the standard deviation of where the network thinks the point may be; `looks` [N, 5],
probabilities that the crop shows a vertebral body, all of it, from the side, that metal or cement lies on it, and that
its front is at the left.
"""

import torch
from torch import nn
from torch.nn import functional as F

from .crops import SIDE
from .detector import LocalContrast, Residual, block

CELLS = SIDE // 2
LOOKS = ("vertebra", "whole", "lateral", "metal", "front")
MOST = 3.5
"""Standard deviations beyond which a grey value says nothing more."""


class Points(nn.Module):
    """About 0.9 million parameters, 0.2 thousand million multiplications a crop."""

    def __init__(self, widths=(20, 40, 80, 128), neck=32):
        super().__init__()
        a, b, c, d = widths
        self.contrast = LocalContrast()
        self.to2 = nn.Sequential(block(2, a, 2), Residual(a))
        self.to4 = nn.Sequential(block(a, b, 2), Residual(b))
        self.to8 = nn.Sequential(block(b, c, 2), Residual(c), Residual(c))
        self.to16 = nn.Sequential(block(c, d, 2), Residual(d), Residual(d))
        self.sides = nn.ModuleList(nn.Conv2d(w, neck, 1) for w in widths)
        self.merge = nn.ModuleList(block(neck, neck) for _ in range(3))
        self.heat = nn.Conv2d(neck, 6, 3, 1, 1)
        self.looks = nn.Sequential(nn.Linear(d + c, 64), nn.ReLU(), nn.Linear(64, len(LOOKS)))

    def forward(self, crops):
        """Logits of where each point is [N, 6, CELLS, CELLS], and of `looks` [N, 5]."""
        levels = [self.to2(self.contrast(torch.clamp(crops, -MOST, MOST)))]
        for stage in (self.to4, self.to8, self.to16):
            levels.append(stage(levels[-1]))
        merged = self.sides[3](levels[3])
        for side, merge, level in zip(reversed(self.sides[:3]), self.merge, reversed(levels[:3])):
            merged = merge(F.interpolate(merged, scale_factor=2.0, mode="nearest") + side(level))
        pooled = torch.cat([levels[3].mean((2, 3)), levels[2].mean((2, 3))], 1)
        return self.heat(merged), self.looks(pooled)


def places(heat):
    """Mean x and y and the spread [N, 6, 3] of the places that logits speak of, in parts of the side."""
    share = torch.softmax(heat.flatten(2), 2).view_as(heat)
    steps = (torch.arange(CELLS, dtype=heat.dtype, device=heat.device) + 0.5) / CELLS
    columns, rows = share.sum(2), share.sum(3)
    x, y = (columns * steps).sum(2), (rows * steps).sum(2)
    variance = (columns * steps * steps).sum(2) - x * x + (rows * steps * steps).sum(2) - y * y
    return torch.stack([x, y, torch.sqrt(torch.clamp(variance, min=1e-8))], 2)


class Exported(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, crops):
        heat, looks = self.network(crops)
        return places(heat), torch.sigmoid(looks)


def loss(outputs, points, known, looks, asked):
    """`points` [N, 6, 2] in parts of the side, of the crops that `known` [N] says; `looks` [N, 5] of 0 or 1 and
    `asked` [N, 5], whether they count."""
    heat, said = outputs
    steps = (torch.arange(CELLS, dtype=heat.dtype) + 0.5) / CELLS
    bell = lambda t: torch.exp(-((steps - t[..., None]) * CELLS) ** 2 / 2)
    wanted = bell(points[..., 1])[..., None] * bell(points[..., 0])[..., None, :]
    wanted = wanted / wanted.sum((2, 3), keepdim=True).clamp(min=1e-6)
    seen = -(wanted * F.log_softmax(heat.flatten(2), 2).view_as(heat)).sum((2, 3)).mean(1)
    wrong = places(heat)[..., :2] - points
    apart = torch.abs(wrong).sum(2).mean(1)
    # Of a height, which is what is asked for, errors of two points the same way are none.
    tall = torch.abs(wrong[:, 3:, 1] - wrong[:, :3, 1]).mean(1)
    total = known.sum().clamp(min=1)
    shown = F.binary_cross_entropy_with_logits(said, looks, reduction="none") * asked
    return ((seen + 30 * apart + 20 * tall) * known).sum() / total + shown.sum() / asked.sum().clamp(min=1)
