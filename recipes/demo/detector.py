"""The vertebra detector: a small centre-point network (Zhou et al. 2019, "Objects as Points").

Input `images` [1, 1, H, W], 0 to 1. Output `predictions` [1, 5, N]: cx, cy, w, h in input pixels and
the score of each cell that is a local maximum (0 elsewhere), the layout called `yolo` in bundle.toml.
Local contrast normalisation is the network's first layer, so the manifest needs no such thing.
"""

import torch
from torch import nn
from torch.nn import functional as F

STRIDE = 4
SIZE = 512
"""Rows and columns of the exported network's input."""


def block(inputs, outputs, stride=1):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = block(width, width), block(width, width)

    def forward(self, x):
        return x + self.second(self.first(x))


class LocalContrast(nn.Module):
    """The grey value, and its deviation from the neighbourhood's mean in standard deviations."""

    def forward(self, x):
        coarse = F.avg_pool2d(x, 4)
        mean = F.avg_pool2d(coarse, 15, 1, 7, count_include_pad=False)
        square = F.avg_pool2d(coarse * coarse, 15, 1, 7, count_include_pad=False)
        deviation = torch.sqrt(torch.clamp(square - mean * mean, min=0.0) + 1e-4) + 0.02
        up = lambda t: F.interpolate(t, scale_factor=4.0, mode="bilinear", align_corners=False)
        return torch.cat([x, torch.clamp((x - up(mean)) / up(deviation), -4.0, 4.0)], 1)


class Detector(nn.Module):
    """About 0.9 million parameters; cells of STRIDE input pixels."""

    def __init__(self, widths=(16, 32, 64, 96, 128), neck=48):
        super().__init__()
        a, b, c, d, e = widths
        self.contrast = LocalContrast()
        self.to4 = nn.Sequential(block(2, a, 2), block(a, b, 2), Residual(b))
        self.to8 = nn.Sequential(block(b, c, 2), Residual(c))
        self.to16 = nn.Sequential(block(c, d, 2), Residual(d))
        self.to32 = nn.Sequential(block(d, e, 2), Residual(e))
        self.sides = nn.ModuleList(nn.Conv2d(w, neck, 1) for w in (b, c, d, e))
        self.merge = nn.ModuleList(block(neck, neck) for _ in range(3))
        self.heat = nn.Sequential(block(neck, neck), nn.Conv2d(neck, 1, 1))
        self.size = nn.Sequential(block(neck, neck), nn.Conv2d(neck, 4, 1))
        nn.init.constant_(self.heat[-1].bias, -3.0)

    def forward(self, images):
        """Heat logits [B, 1, H/4, W/4]; and [B, 4, ...]: centre offset in cells, log of width and
        height in cells."""
        levels = [self.to4(self.contrast(images))]
        for stage in (self.to8, self.to16, self.to32):
            levels.append(stage(levels[-1]))
        merged = self.sides[3](levels[3])
        for side, merge, level in zip(reversed(self.sides[:3]), self.merge, reversed(levels[:3])):
            merged = merge(F.interpolate(merged, scale_factor=2.0, mode="nearest") + side(level))
        return self.heat(merged), self.size(merged)


class Exported(nn.Module):
    """The detector with its output decoded to the `yolo` layout."""

    def __init__(self, detector):
        super().__init__()
        self.detector = detector
        cells = torch.arange(SIZE // STRIDE, dtype=torch.float32)
        self.register_buffer("y", cells.view(1, 1, -1, 1).expand(1, 1, -1, SIZE // STRIDE).contiguous())
        self.register_buffer("x", cells.view(1, 1, 1, -1).expand(1, 1, SIZE // STRIDE, -1).contiguous())

    def forward(self, images):
        heat, geometry = self.detector(images)
        score = torch.sigmoid(heat)
        score = score * (F.max_pool2d(score, 3, 1, 1) == score).to(score.dtype)
        centre_x, centre_y = (self.x + geometry[:, 0:1]) * STRIDE, (self.y + geometry[:, 1:2]) * STRIDE
        size = torch.exp(torch.clamp(geometry[:, 2:4], -2.0, 5.0)) * STRIDE
        return torch.cat([centre_x, centre_y, size, score], 1).flatten(2)


def targets(boxes, whole, cells):
    """Heat map, geometry and weights of one image: `boxes` [n, 4] in pixels, `whole` says which are
    asked for (the others are neither right nor wrong)."""
    heat, geometry = torch.zeros(1, cells, cells), torch.zeros(4, cells, cells)
    weight, care = torch.zeros(1, cells, cells), torch.ones(1, cells, cells)
    ys = torch.arange(cells).float().view(-1, 1)
    xs = torch.arange(cells).float().view(1, -1)
    for (x0, y0, x1, y1), asked in zip(boxes, whole):
        cx, cy, w, h = (x0 + x1) / 2 / STRIDE, (y0 + y1) / 2 / STRIDE, (x1 - x0) / STRIDE, (y1 - y0) / STRIDE
        column, row = int(cx), int(cy)
        if not (0 <= column < cells and 0 <= row < cells):
            continue
        if not asked:
            care[0, max(int(y0 / STRIDE), 0):int(y1 / STRIDE) + 1, max(int(x0 / STRIDE), 0):int(x1 / STRIDE) + 1] = 0
            continue
        bell = torch.exp(-((xs - column) ** 2 / (2 * (w / 7) ** 2) + (ys - row) ** 2 / (2 * (h / 7) ** 2)))
        heat[0] = torch.maximum(heat[0], bell)
        heat[0, row, column] = 1
        near = bell > 0.6
        near[row, column] = True
        geometry[0][near] = (cx - xs).expand(cells, cells)[near]
        geometry[1][near] = (cy - ys).expand(cells, cells)[near]
        geometry[2][near], geometry[3][near] = torch.log(torch.tensor(w)), torch.log(torch.tensor(h))
        weight[0][near] = bell[near]
        care[0, row, column] = 1
    return heat, geometry, weight, care


def loss(outputs, heat, geometry, weight, care):
    """Penalty-reduced focal loss of the centres plus L1 of the geometry."""
    logits, predicted = outputs
    p = torch.clamp(torch.sigmoid(logits), 1e-4, 1 - 1e-4)
    hit = (heat == 1).float()
    focal = -(hit * (1 - p) ** 2 * torch.log(p) + (1 - hit) * (1 - heat) ** 4 * p ** 2 * torch.log(1 - p)) * care
    centres = focal.sum() / hit.sum().clamp(min=1)
    return centres + 2 * (torch.abs(predicted - geometry) * weight).sum() / weight.sum().clamp(min=1) / 2
