"""ResNet-50 as an ONNX graph: `images` [1, 3, side, side] to `features` [1, 2048].

Each batch normalisation is folded into the convolution before it:
weight x gamma / sqrt(variance + epsilon), and beta + (bias - mean) x gamma / sqrt(variance + epsilon).
Zeros around the pool, as Keras pads, and torch's minus infinity give the same maxima, since what is
pooled went through a ReLU and every window has a true pixel.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .layouts import FEATURES, STAGES

OPSET, IR_VERSION = 17, 8


def folded(unit):
    """Weight [out, in, k, k] and bias [out] of the one convolution, float32."""
    gain = unit.gamma / np.sqrt(unit.variance + unit.epsilon)
    return (unit.weight * gain[:, None, None, None]).astype(np.float32), (unit.beta + (unit.bias - unit.mean) * gain).astype(np.float32)


def model(units, side=224):
    """The ONNX model of `layouts.units`."""
    nodes, weights = [], []

    def node(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def convolution(x, key, relu=True):
        unit, name = units[key], "stem" if key[0] is None else "stage{}_{}_{}".format(*(n + 1 for n in key[:2]), key[2])
        arrays = folded(unit)
        for array, suffix in zip(arrays, ("weight", "bias")):
            weights.append(numpy_helper.from_array(array, f"{name}_{suffix}"))
        kernel = arrays[0].shape[2]
        y = node("Conv", [x, f"{name}_weight", f"{name}_bias"], f"{name}_sum", kernel_shape=[kernel] * 2,
                 strides=[unit.stride] * 2, pads=[kernel // 2] * 4)
        return node("Relu", [y], f"{name}_out") if relu else y

    x = convolution("images", (None, 0, 0))
    x = node("MaxPool", [x], "pooled", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    for stage, (_, blocks) in enumerate(STAGES):
        for block in range(blocks):
            shortcut = convolution(x, (stage, block, 0), relu=False) if block == 0 else x
            y = convolution(convolution(x, (stage, block, 1)), (stage, block, 2))
            y = convolution(y, (stage, block, 3), relu=False)
            name = f"stage{stage + 1}_{block + 1}"
            x = node("Relu", [node("Add", [y, shortcut], f"{name}_sum")], f"{name}_out")
    node("Flatten", [node("GlobalAveragePool", [x], "averaged")], "features", axis=1)

    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "resnet50", [value("images", [1, 3, side, side])], [value("features", [1, FEATURES])], weights)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="spinetriage recipes")
    made.ir_version = IR_VERSION
    onnx.checker.check_model(made)
    return made
