"""The four ways in which published ResNet-50 weights are named, and where each puts its strides.

| layout | names | epsilon | stride 2 of a stage |
|---|---|---|---|
| `torchvision` | conv1, bn1, layer1.0.conv1 ... fc | 1e-5 | the 3x3 convolution |
| `radimagenet` | backbone.0, backbone.1, backbone.4.0.conv1 ... | 1e-5 | the 3x3 convolution |
| `keras` | conv1_conv/kernel, conv2_block1_1_bn/gamma ... | 1.001e-5 | the first 1x1 convolution |
| `keras-in-torch` | as torchvision, with conv1.bias ..., without fc | 1.001e-5 | the first 1x1 convolution |

Sources. torchvision: torchvision/models/resnet.py (its Bottleneck's comment on v1.5, BatchNorm2d's
default epsilon). radimagenet: BMEII-AI/RadImageNet, pytorch_example.ipynb: a Sequential of the first
nine children of torchvision's resnet50, as the attribute `backbone`. keras: keras-team/
keras-applications, resnet_common.py: zero padding of 3 then a valid 7x7, padding of 1 before the
pool, biases, epsilon; its block1 strides at `_1_conv` and `_0_conv`. keras-in-torch: Warvito/
radimagenet-models, which converts RadImageNet's Keras file so. The files themselves were not at
hand. A Keras file that carries its own configuration is held against this table.
"""

from dataclasses import dataclass

import numpy as np

STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))
"""Width and blocks of the four stages (He et al. 2016, table 1); a block puts out four widths."""

FEATURES = 2048


class WrongWeights(Exception):
    """All that does not fit, in `problems`."""

    def __init__(self, problems):
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass
class Unit:
    """A convolution and the batch normalisation after it. `weight` [out, in, k, k]; the rest [out]."""

    name: str
    stride: int
    weight: np.ndarray
    bias: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    epsilon: float


@dataclass
class Layout:
    """Names of a convolution and its normalisation, and the architecture's two variants."""

    kind: str
    epsilon: float
    first_strides: bool
    biased: bool
    keras: bool = False
    prefix: str = ""

    def names(self, stage, block, part):
        """Of `part` 1, 2, 3 or 0 (the shortcut) of a block; stage None is the stem."""
        if self.keras:
            name = "conv1" if stage is None else f"conv{stage + 2}_block{block + 1}_{part}"
            return f"{name}_conv/", f"{name}_bn/"
        if stage is None:
            return ("backbone.0.", "backbone.1.") if self.prefix else ("conv1.", "bn1.")
        name = f"{self.prefix}{stage + 4}.{block}." if self.prefix else f"layer{stage + 1}.{block}."
        return (f"{name}downsample.0.", f"{name}downsample.1.") if part == 0 else (f"{name}conv{part}.", f"{name}bn{part}.")

    def keys(self):
        """The names of weight, bias, gamma, beta, mean and variance within a layer."""
        if self.keras:
            return "kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance"
        return "weight", "bias", "weight", "bias", "running_mean", "running_var"


LAYOUTS = {layout.kind: layout for layout in (
    Layout("torchvision", 1e-5, False, False),
    Layout("radimagenet", 1e-5, False, False, prefix="backbone."),
    Layout("keras", 1.001e-5, True, True, keras=True),
    Layout("keras-in-torch", 1.001e-5, True, True),
)}


def guess(tensors):
    """The layout of a torch file, from its names."""
    if any(name.startswith("backbone.") for name in tensors):
        return LAYOUTS["radimagenet"]
    return LAYOUTS["keras-in-torch" if "conv1.bias" in tensors else "torchvision"]


def parts():
    """Every unit as (stage, block, part, inputs, outputs, kernel, strided), in the order of the file's graph."""
    yield None, 0, 0, 3, 64, 7, True
    inputs = 64
    for stage, (width, blocks) in enumerate(STAGES):
        for block in range(blocks):
            strided = stage > 0 and block == 0
            yield stage, block, 1, inputs, width, 1, strided
            yield stage, block, 2, width, width, 3, strided
            yield stage, block, 3, width, 4 * width, 1, False
            if block == 0:
                yield stage, block, 0, inputs, 4 * width, 1, strided
            inputs = 4 * width


def units(tensors, layout, config=None):
    """The 53 units by (stage, block, part); every missing, extra or misshapen array is named at once.

    `config` is what a Keras file says of its layers, by layer.
    """
    if tensors and all(name.startswith("module.") for name in tensors):
        tensors = {name[len("module."):]: value for name, value in tensors.items()}
    problems, found, used = [], {}, set()

    def take(name, shape, optional=False):
        used.add(name)
        if name not in tensors:
            if not optional:
                problems.append(f"{name} is missing")
            return np.zeros(shape)
        array = np.asarray(tensors[name], np.float64)
        if layout.keras and array.ndim == 4:
            array = array.transpose(3, 2, 0, 1)
        if array.shape != shape:
            problems.append(f"{name} has the shape {list(np.shape(tensors[name]))}, not that of ResNet-50 ({list(shape)} as out, in, height, width)")
            return np.zeros(shape)
        if not np.isfinite(array).all():
            problems.append(f"{name} has values that are no numbers")
        return array

    for stage, block, part, inputs, outputs, kernel, strided in parts():
        conv, norm = layout.names(stage, block, part)
        weight, bias, *rest = layout.keys()
        stride = 2 if stage is None or strided and (part == 0 or part == (1 if layout.first_strides else 2)) else 1
        epsilon = layout.epsilon
        if config:
            said = config.get(conv[:-1], {}).get("strides", [stride, stride])
            if list(said) != [stride, stride]:
                problems.append(f"{conv[:-1]} has the strides {list(said)} in the file, {stride} here")
            epsilon = float(config.get(norm[:-1], {}).get("epsilon", epsilon))
        found[stage, block, part] = Unit(
            conv[:-1], stride, take(conv + weight, (outputs, inputs, kernel, kernel)),
            take(conv + bias, (outputs,), optional=not layout.biased),
            *(take(norm + key, (outputs,)) for key in rest), epsilon)
        used.add(norm + "num_batches_tracked")
        if np.any(found[stage, block, part].variance < 0):
            problems.append(f"{norm + rest[-1]} has negative variances")
    head = {"fc.weight", "fc.bias", "probs/kernel", "probs/bias", "predictions/kernel", "predictions/bias"}
    extra = sorted(set(tensors) - used - head)
    problems += [f"{name} does not belong to ResNet-50" for name in extra]
    if problems:
        raise WrongWeights(problems)
    return found
