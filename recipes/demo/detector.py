"""The vertebra detector: a small centre-point network (Zhou et al. 2019, "Objects as Points").

Input `images` [1, 1, HEIGHT, WIDTH], 0 to 1. Output `predictions` [1, 18, N], a column for each cell:
cx, cy, w, h in input pixels; the scores of `vertebra` and `sacrum`, 0 where the cell is no local
maximum; x, y in input pixels of six points: upper anterior, middle, posterior, lower anterior, middle,
posterior. Local contrast normalisation is the network's first layer, so the manifest needs no such thing.
"""

import torch
from torch import nn
from torch.nn import functional as F

STRIDE = 4
HEIGHT, WIDTH = 768, 512
"""Rows and columns of the exported network's input: spines are upright."""

CLASSES = ("vertebra", "sacrum")
SWAPPED = (2, 1, 0, 5, 4, 3)
"""The six points when left and right change places."""


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
    """About 1.9 million parameters; cells of STRIDE input pixels.

    Points are predicted twice: from the body's centre, which knows roughly where they are, and by the
    cells around them, which see the edge of the bone. `Exported` goes from the first to the second.

    Points are predicted as left and right; whether the patient faces left is a channel of its own. A
    film that could be either then has whole points whose names may be exchanged, instead of points
    drawn together in the middle."""

    def __init__(self, widths=(16, 32, 64, 112, 160), neck=48):
        super().__init__()
        a, b, c, d, e = widths
        self.contrast = LocalContrast()
        self.to4 = nn.Sequential(block(2, a, 2), block(a, b, 2), Residual(b))
        self.to8 = nn.Sequential(block(b, c, 2), Residual(c))
        self.to16 = nn.Sequential(block(c, d, 2), Residual(d), Residual(d))
        self.to32 = nn.Sequential(block(d, e, 2), Residual(e), Residual(e))
        self.sides = nn.ModuleList(nn.Conv2d(w, neck, 1) for w in (b, c, d, e))
        self.merge = nn.ModuleList(block(neck, neck) for _ in range(3))
        self.heat = nn.Sequential(block(neck, neck), nn.Conv2d(neck, len(CLASSES), 1))
        self.geometry = nn.Sequential(block(neck, neck), nn.Conv2d(neck, 17, 1))
        self.near = nn.Sequential(block(neck, neck), nn.Conv2d(neck, 12, 1))
        # Which side is the front shows from afar better than on a body.
        self.facing = nn.Conv2d(e, 1, 1)
        nn.init.constant_(self.heat[-1].bias, -3.0)

    def forward(self, images):
        """Heat logits [B, 2, H/4, W/4]; [B, 17, ...]: centre offset in cells (x, y), log of width
        and height in cells, x and y of six points from the centre in parts of width and height (the
        left ones where the anterior ones are named), and the logit of "the front is at the left"; and
        [B, 12, ...]: from each cell to the nearest point of each kind, in cells (x of the six, then y)."""
        levels = [self.to4(self.contrast(images))]
        for stage in (self.to8, self.to16, self.to32):
            levels.append(stage(levels[-1]))
        merged = self.sides[3](levels[3])
        for side, merge, level in zip(reversed(self.sides[:3]), self.merge, reversed(levels[:3])):
            merged = merge(F.interpolate(merged, scale_factor=2.0, mode="nearest") + side(level))
        geometry = self.geometry(merged)
        afar = F.interpolate(self.facing(levels[3]), scale_factor=8.0, mode="nearest")
        return self.heat(merged), torch.cat([geometry[:, :16], geometry[:, 16:] + afar], 1), self.near(merged)


class Exported(nn.Module):
    """The detector with its output decoded. All bodies of a film face the side that most of them do."""

    def __init__(self, detector):
        super().__init__()
        self.detector = detector
        rows, columns = HEIGHT // STRIDE, WIDTH // STRIDE
        cells = lambda count: torch.arange(count, dtype=torch.float32)
        self.register_buffer("y", cells(rows).view(1, 1, -1, 1).expand(1, 1, rows, columns).contiguous())
        self.register_buffer("x", cells(columns).view(1, 1, 1, -1).expand(1, 1, rows, columns).contiguous())
        self.register_buffer("order", torch.tensor([2 * p + a for p in SWAPPED for a in (0, 1)]))

    def forward(self, images):
        heat, geometry, near = self.detector(images)
        score = torch.sigmoid(heat)
        best = score.max(1, keepdim=True)[0]
        weight = best * best * best
        peak = (F.max_pool2d(best, 3, 1, 1) == best).to(score.dtype)
        centre = torch.cat([self.x + geometry[:, 0:1], self.y + geometry[:, 1:2]], 1) * STRIDE
        size = torch.exp(torch.clamp(geometry[:, 2:4], -2.0, 5.0)) * STRIDE
        points = self.settled(centre.repeat(1, 6, 1, 1) + geometry[:, 4:16] * size.repeat(1, 6, 1, 1), near)
        facing = (weight * geometry[:, 16:17]).sum((1, 2, 3), keepdim=True)
        left = (facing >= 0).to(score.dtype)
        points = left * points + (1 - left) * points[:, self.order]
        return torch.cat([centre, size, score * peak, points], 1).flatten(2)

    def settled(self, points, near):
        """Moves points [B, 12, rows, columns] (x, y of each in pixels) to where the cells they lie on say
        that the nearest point of their kind is."""
        rows, columns = near.shape[2:]
        column = torch.clamp(torch.floor(points[:, 0::2].flatten(2) / STRIDE), 0, columns - 1)
        row = torch.clamp(torch.floor(points[:, 1::2].flatten(2) / STRIDE), 0, rows - 1)
        cell = (row * columns + column).to(torch.int64)
        xs = column + torch.gather(near[:, :6].flatten(2), 2, cell)
        ys = row + torch.gather(near[:, 6:].flatten(2), 2, cell)
        return (torch.stack([xs, ys], 2) * STRIDE).reshape(points.shape)


def targets(boxes, points, kinds, facing, cells):
    """Heat maps, geometry and weights of one image. `boxes` [n, 4] and `points` [n, 6, 2] in pixels;
    `kinds` [n]: 0 vertebra, 1 sacrum, -1 neither right nor wrong; `facing` 1 when the front is left."""
    heat, geometry = torch.zeros(2, cells, cells), torch.zeros(17, cells, cells)
    near, close = torch.zeros(12, cells, cells), torch.zeros(6, cells, cells)
    weight, care = torch.zeros(1, cells, cells), torch.ones(2, cells, cells)
    ys = torch.arange(cells).float().view(-1, 1)
    xs = torch.arange(cells).float().view(1, -1)
    for (x0, y0, x1, y1), six, kind in zip(boxes, points, kinds):
        cx, cy, w, h = (x0 + x1) / 2 / STRIDE, (y0 + y1) / 2 / STRIDE, (x1 - x0) / STRIDE, (y1 - y0) / STRIDE
        column, row = int(cx), int(cy)
        if kind < 0:
            care[:, max(int(y0 / STRIDE), 0):max(int(y1 / STRIDE) + 1, 0), max(int(x0 / STRIDE), 0):max(int(x1 / STRIDE) + 1, 0)] = 0
            continue
        if not (0 <= column < cells and 0 <= row < cells):
            continue
        bell = torch.exp(-((xs - column) ** 2 / (2 * (w / 7) ** 2) + (ys - row) ** 2 / (2 * (h / 7) ** 2)))
        heat[kind] = torch.maximum(heat[kind], bell)
        heat[kind, row, column] = 1
        middle = bell > 0.6
        middle[row, column] = True
        geometry[0][middle] = (cx - xs).expand(cells, cells)[middle]
        geometry[1][middle] = (cy - ys).expand(cells, cells)[middle]
        six = torch.as_tensor(six, dtype=torch.float32) / STRIDE
        if not facing:
            six = six[list(SWAPPED)]
        around(near, close, six, max(w, h), xs, ys)
        from_centre = (six - torch.tensor([cx, cy])) / torch.tensor([w, h])
        known = torch.cat([torch.log(torch.tensor([w, h])), from_centre.flatten(), torch.tensor([float(facing)])])
        geometry[2:, middle] = known.float()[:, None]
        weight[0][middle] = bell[middle]
        care[:, row, column] = 1
    return heat, geometry, weight, care, near, close


def around(near, close, six, size, xs, ys):
    """Writes into `near` [12, ...] the way to the points `six` (in cells), and into `close` [6, ...] how
    much each cell counts, on the cells closer to them than to another body's; `size` is the body's."""
    for k, (px, py) in enumerate(six):
        weight = torch.exp(-((xs - px) ** 2 + (ys - py) ** 2) / (2 * max(REACH * size, 0.8) ** 2))
        nearer = (weight > close[k]) & (weight > 0.1)
        close[k][nearer] = weight[nearer]
        near[k][nearer] = (px - xs).expand_as(weight)[nearer]
        near[6 + k][nearer] = (py - ys).expand_as(weight)[nearer]


REACH = 0.14
"""Standard deviation, in parts of a body's longer side, of how much the cells around a point count."""

SACRUM_WEIGHT = 2.5
"""Centres of the sacrum count more: a film has at most one, and most have none."""


def loss(outputs, heat, geometry, weight, care, near, close):
    """Penalty-reduced focal loss of the centres, L1 of the geometry and of the way to the points,
    cross-entropy of the facing."""
    logits, predicted, ways = outputs
    p = torch.clamp(torch.sigmoid(logits), 1e-4, 1 - 1e-4)
    hit = (heat == 1).float()
    rare = torch.tensor([1.0, SACRUM_WEIGHT]).view(1, 2, 1, 1)
    focal = -(rare * hit * (1 - p) ** 2 * torch.log(p) + (1 - hit) * (1 - heat) ** 4 * p ** 2 * torch.log(1 - p)) * care
    total = weight.sum().clamp(min=1)
    apart = lambda a, b: (torch.abs(predicted[:, a:b] - geometry[:, a:b]) * weight).sum() / total
    facing = (F.binary_cross_entropy_with_logits(predicted[:, 16:], geometry[:, 16:], reduction="none") * weight).sum() / total
    settled = (torch.abs(ways - near) * close.repeat(1, 2, 1, 1)).sum() / close.sum().clamp(min=1)
    return focal.sum() / hit.sum().clamp(min=1) + 0.5 * apart(0, 2) + 1.5 * apart(2, 4) + 1.2 * apart(4, 16) + 1.0 * facing + 0.5 * settled
