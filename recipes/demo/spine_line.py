"""Keeps the boxes that stand in one line as vertebrae do: the best chain from top to bottom."""

import numpy as np

NEAR, FAR, GAP = 0.55, 1.9, 3.2
"""Distance of two centres in mean heights: of neighbours, and at most across a body that was missed."""

GAP_COST = 0.25
LEAST = 2
"""A chain of fewer boxes says nothing about a line; then the boxes stay as they are."""


def step_cost(upper, lower):
    """Cost of going from one box (x0, y0, x1, y1) to the next below it, None when they cannot be
    neighbours."""
    centre = lambda b: np.array([(b[0] + b[2]) / 2, (b[1] + b[3]) / 2])
    size = lambda b: np.array([b[2] - b[0], b[3] - b[1]])
    (x, y), (width, height) = centre(lower) - centre(upper), (size(upper) + size(lower)) / 2
    if y <= 0.3 * height or abs(x) > 1.1 * y + 0.25 * width:
        return None
    distance = np.hypot(x, y) / height
    ratio = np.max(np.maximum(size(upper) / size(lower), size(lower) / size(upper)))
    if not NEAR <= distance <= GAP or ratio > 2.2:
        return None
    return 0.15 * abs(x) / width + 0.2 * (ratio - 1) ** 2 + (GAP_COST if distance > FAR else 0.0)


def on_the_line(boxes, scores):
    """Indices of the chain with the greatest sum of scores less costs, top first."""
    order = sorted(range(len(boxes)), key=lambda i: boxes[i][1] + boxes[i][3])
    best, before = {}, {}
    for k, i in enumerate(order):
        best[i], before[i] = float(scores[i]), None
        for j in order[:k]:
            cost = step_cost(boxes[j], boxes[i])
            if cost is not None and best[j] + scores[i] - cost > best[i]:
                best[i], before[i] = best[j] + scores[i] - cost, j
    chain, i = [], max(best, key=best.get, default=None)
    while i is not None:
        chain.append(i)
        i = before[i]
    return chain[::-1] if len(chain) >= LEAST else order
