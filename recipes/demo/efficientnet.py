"""The layouts of EfficientNet-Lite (Tan and Le 2019; the Lite variants without squeeze-and-excitation).

Lite1 is Lite0 with more blocks in the middle and a larger image; which of them weights are of is told
from the number of their blocks.
"""

from dataclasses import dataclass

STAGES = ((1, 16, 1, 3, 1), (6, 24, 2, 3, 2), (6, 40, 2, 5, 2), (6, 80, 3, 3, 2), (6, 112, 3, 5, 1), (6, 192, 4, 5, 2), (6, 320, 1, 3, 1))
"""Expansion, width, repeats, kernel, stride of the stages of Lite0."""

FEATURES = 1280


@dataclass(frozen=True)
class Layout:
    """`size` of the image in pixels, repeats in tenths of those of [`STAGES`]."""

    name: str
    size: int
    depth: int

    def stages(self):
        """As [`STAGES`]; the first stage and the last stay as they are."""
        last = len(STAGES) - 1
        deeper = lambda repeats: -(-repeats * self.depth // 10)
        return [(e, w, r if i in (0, last) else deeper(r), k, s) for i, (e, w, r, k, s) in enumerate(STAGES)]

    def blocks(self):
        return sum(repeats for _, _, repeats, _, _ in self.stages())


LAYOUTS = (Layout("EfficientNet-Lite0", 224, 10), Layout("EfficientNet-Lite1", 240, 11))


def of_weights(names):
    """The layout whose blocks are those of the weights' `names`."""
    blocks = len({name.split(".")[1] for name in names if name.startswith("_blocks.")})
    for layout in LAYOUTS:
        if layout.blocks() == blocks:
            return layout
    raise ValueError(f"weights of {blocks} blocks; known are {', '.join(f'{known.name} of {known.blocks()}' for known in LAYOUTS)}")
