#!/usr/bin/env python3
"""Writes the ONNX files of this folder: one a layout, each says the same bodies on any film.

    pip install numpy onnx==1.23.2
    python3 tests/data/detectors/make.py

Input 64 x 128 pixels (width x height), classes T12 and L1. What they say, in input pixels:

    T12  12, 20, 36, 40  score 0.9
    L1   14, 44, 38, 64  score 0.8

Where suppression is left to the program there is also a worse box over each and one that is too
unlikely. Layouts, shapes and names are those of the exports that src/model/detector/layouts/ names.
Every output of floats depends on the input, times zero, so a network that is fed wrongly fails.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).resolve().parent
WIDTH, HEIGHT = 64, 128
CLASSES = 2
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64

# x0, y0, x1, y1, score, class
BODIES = [(12, 20, 36, 40, 0.9, 0), (14, 44, 38, 64, 0.8, 1)]
WORSE = [(13, 21, 37, 41, 0.6, 1), (14, 45, 39, 65, 0.5, 0)]
UNLIKELY = [(10, 90, 30, 110, 0.1, 0)]


def corners(bodies):
    return np.array([b[:4] for b in bodies], np.float32)


def centred(bodies):
    x0, y0, x1, y1 = corners(bodies).T
    return np.stack([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0], 1).astype(np.float32)


def fractions(boxes):
    return (boxes / np.array([WIDTH, HEIGHT, WIDTH, HEIGHT], np.float32)).astype(np.float32)


def class_scores(bodies, factor=1.0, other=0.01):
    scores = np.full((len(bodies), CLASSES), other, np.float32)
    for row, body in zip(scores, bodies):
        row[body[5]] = body[4] / factor
    return scores


def points(bodies, visible):
    """Upper anterior, middle, posterior, lower anterior, middle, posterior; the body looks left."""
    rows = []
    for x0, y0, x1, y1, *_ in bodies:
        upper = [(x0 + 1, y0 + 1), ((x0 + x1) / 2, y0 + 2), (x1 - 1, y0 + 3)]
        lower = [(x0 + 1, y1 - 1), ((x0 + x1) / 2, y1 - 2), (x1 - 1, y1 - 3)]
        rows.append([v for x, y in upper + lower for v in ((x, y, 0.95) if visible else (x, y))])
    return np.array(rows, np.float32)


class Graph:
    """A graph whose outputs are constants padded to their size, plus the input times zero."""

    def __init__(self, shape=(1, 3, HEIGHT, WIDTH), name="images", element=FLOAT):
        self.inputs = [helper.make_tensor_value_info(name, element, list(shape))]
        self.nodes, self.constants, self.outputs = [], [], []
        if element != FLOAT:
            self.node("Cast", [name], "image", to=FLOAT)
        self.node("ReduceMean", [name if element == FLOAT else "image"], "mean", keepdims=0)
        self.node("Mul", ["mean", self.constant("zero", np.float32(0))], "nothing")

    def node(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, name, value):
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def of_dynamic_shape(self, source, shape):
        """The same values, in a shape that only a run tells: it depends on the input, times zero."""
        fixed = self.constant(f"{source}_shape", np.array(shape, np.int64))
        self.node("Cast", ["nothing"], f"{source}_nothing", to=INT64)
        self.node("Add", [fixed, f"{source}_nothing"], f"{source}_any_shape")
        return self.node("Reshape", [source, f"{source}_any_shape"], f"{source}_of_any_shape")

    def floats(self, name, value, rows=None, axis=1, fill=0.0, declared=...):
        """An output; `rows`: its length along `axis`, filled at the end; `declared`: dynamic axes."""
        value = np.asarray(value, np.float32)
        source, shape = self.constant(f"{name}_values", value), list(value.shape)
        if rows is not None:
            pads = np.zeros((2, value.ndim), np.int64)
            pads[1, axis] = rows - value.shape[axis]
            shape[axis] = rows
            source = self.node(
                "Pad",
                [source, self.constant(f"{name}_pads", pads.ravel()), self.constant(f"{name}_fill", np.float32(fill))],
                f"{name}_padded",
            )
        if declared is not ...:
            source, shape = self.of_dynamic_shape(source, shape), declared
        self.node("Add", [source, "nothing"], name)
        self.outputs.append(helper.make_tensor_value_info(name, FLOAT, shape))

    def labels(self, name, value, declared=...):
        value = np.asarray(value, np.int64)
        source, shape = self.constant(f"{name}_values", value), list(value.shape)
        if declared is not ...:
            source, shape = self.of_dynamic_shape(source, shape), declared
        self.node("Identity", [source], name)
        self.outputs.append(helper.make_tensor_value_info(name, INT64, shape))

    def write(self, name):
        graph = helper.make_graph(self.nodes, name, self.inputs, self.outputs, self.constants)
        model = helper.make_model(
            graph,
            producer_name="spinetriage tests/data/detectors/make.py",
            ir_version=8,
            opset_imports=[helper.make_opsetid("", 17)],
        )
        onnx.checker.check_model(model, full_check=True)
        target = HERE / f"{name}.onnx"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(model.SerializeToString(deterministic=True))


def padded(rows, length, fill=0.0):
    return np.concatenate([rows, np.full((length - len(rows), rows.shape[1]), fill, np.float32)])


CELLS = sum((HEIGHT // s) * (WIDTH // s) for s in (8, 16, 32))
ALL = BODIES + WORSE + UNLIKELY


def yolo(name, visible=None):
    rows = [centred(ALL), class_scores(ALL)] + ([] if visible is None else [points(ALL, visible)])
    graph = Graph()
    graph.floats("output0", np.concatenate(rows, 1).T[None], rows=CELLS, axis=2)
    graph.write(name)


def end_to_end(name, visible=None):
    rows = [np.array(BODIES + UNLIKELY, np.float32)]
    rows += [] if visible is None else [points(BODIES + UNLIKELY, visible)]
    graph = Graph()
    graph.floats("output0", np.concatenate(rows, 1)[None], rows=300)
    graph.write(name)


def with_objectness(boxes, bodies):
    """Objectness differs from 1, so that the score is a product."""
    objectness = np.full((len(bodies), 1), 0.95, np.float32)
    return np.concatenate([boxes, objectness, class_scores(bodies, 0.95)], 1)


def yolov5():
    graph = Graph()
    graph.floats("output0", with_objectness(centred(ALL), ALL)[None], rows=3 * CELLS)
    graph.write("yolov5")


def yolov7():
    """With --grid, the levels before decoding follow the output."""
    graph = Graph()
    graph.floats("output", with_objectness(centred(ALL), ALL)[None], rows=3 * CELLS)
    for number, stride in enumerate((8, 16, 32)):
        raw = np.zeros((1, 3, HEIGHT // stride, 1, 5 + CLASSES), np.float32)
        graph.floats(str(500 + number), raw, rows=WIDTH // stride, axis=3)
    graph.write("yolov7")


def yolox_decoded():
    graph = Graph()
    graph.floats("output", with_objectness(centred(ALL), ALL)[None], rows=CELLS)
    graph.write("yolox-decoded")


def yolox():
    """T12 at the finest level, L1 at the middle one, the worse boxes at the coarsest."""
    output = np.zeros((CELLS, 5 + CLASSES), np.float32)
    first = {8: 0, 16: 16 * 8, 32: 16 * 8 + 8 * 4}
    for body, stride in zip(ALL, (8, 16, 32, 32, 8)):
        (row,) = with_objectness(centred([body]), [body])
        # The cell above and left of the centre's: offsets of more than one cell are allowed.
        column, line = int(row[0] // stride), int(row[1] // stride)
        row[:2] = row[:2] / stride - (column, line)
        row[2:4] = np.log(row[2:4] / stride)
        output[first[stride] + line * (WIDTH // stride) + column] = row
    graph = Graph()
    graph.floats("output", output[None])
    graph.write("yolox")


def detr():
    """Softmax with a column for "nothing"; Transformers adds its hidden state."""
    probabilities = np.concatenate([class_scores(BODIES, other=0.04), np.zeros((2, 1), np.float32)], 1)
    probabilities[:, 2] = 1 - probabilities[:, :2].sum(1)
    nothing = np.log(np.array([[0.01, 0.01, 0.98]], np.float32))
    logits = np.concatenate([np.log(probabilities), np.repeat(nothing, 98, 0)])
    graph = Graph(name="pixel_values")
    graph.floats("last_hidden_state", np.zeros((1, 1, 256), np.float32), rows=100)
    graph.floats("logits", logits[None])
    graph.floats("pred_boxes", fractions(centred(BODIES))[None], rows=100, fill=0.5)
    graph.write("detr")


def deformable_detr():
    scores = class_scores(BODIES)
    graph = Graph(name="pixel_values")
    graph.floats("logits", np.log(scores / (1 - scores))[None], rows=300, fill=-5.0)
    graph.floats("pred_boxes", fractions(centred(BODIES))[None], rows=300, fill=0.5)
    graph.write("deformable-detr")


def rt_detr():
    """The boxes are fractions times what orig_target_sizes (width, height) says."""
    graph = Graph()
    graph.inputs.append(helper.make_tensor_value_info("orig_target_sizes", INT64, [1, 2]))
    graph.labels("labels", [[b[5] for b in BODIES] + [0] * 298])
    boxes = padded(fractions(corners(BODIES)), 300)
    graph.node("Cast", ["orig_target_sizes"], "size", to=FLOAT)
    graph.node("Tile", ["size", graph.constant("twice", np.array([1, 2], np.int64))], "sizes")
    graph.node("Mul", [graph.constant("fractions", boxes[None]), "sizes"], "on_target")
    graph.node("Add", ["on_target", "nothing"], "boxes")
    graph.outputs.append(helper.make_tensor_value_info("boxes", FLOAT, [1, 300, 4]))
    graph.floats("scores", np.array([[b[4] for b in BODIES]]), rows=300, fill=0.02)
    graph.write("rt-detr")


def rt_detr_ultralytics():
    rows = np.concatenate([fractions(centred(BODIES)), class_scores(BODIES)], 1)
    graph = Graph()
    graph.floats("output0", rows[None], rows=300, fill=0.01)
    graph.write("rt-detr-ultralytics")


def faster_rcnn():
    """Named outputs; an input without batch axis and of any size."""
    found = BODIES + UNLIKELY
    graph = Graph((3, "height", "width"))
    graph.floats("boxes", corners(found), declared=["N", 4])
    graph.labels("labels", [1 + b[5] for b in found], declared=["N"])
    graph.floats("scores", [b[4] for b in found], declared=["N"])
    graph.write("faster-rcnn")


def retinanet():
    """Outputs named by the exporter, scores before labels."""
    found = BODIES + UNLIKELY
    graph = Graph((1, 3, "height", "width"))
    graph.floats("2881", corners(found), declared=["N", 4])
    graph.floats("2895", [b[4] for b in found], declared=["N"])
    graph.labels("2897", [1 + b[5] for b in found], declared=["N"])
    graph.write("retinanet")


def refused():
    """What a bundle must not hold."""
    rows = np.concatenate([centred(ALL), class_scores(ALL)], 1).T[None]
    for name, element in (("float16-input", TensorProto.FLOAT16), ("uint8-input", TensorProto.UINT8)):
        graph = Graph(element=element)
        graph.floats("output0", rows, rows=CELLS, axis=2)
        graph.write(f"refused/{name}")

    graph = Graph()
    graph.floats("float32", rows, rows=CELLS, axis=2)
    graph.outputs = [helper.make_tensor_value_info("output0", TensorProto.FLOAT16, [1, 4 + CLASSES, CELLS])]
    graph.node("Cast", ["float32"], "output0", to=TensorProto.FLOAT16)
    graph.write("refused/float16-output")

    graph = Graph(name="pixel_values")
    graph.inputs.append(helper.make_tensor_value_info("pixel_mask", INT64, [1, HEIGHT, WIDTH]))
    graph.floats("logits", class_scores(BODIES)[None])
    graph.floats("pred_boxes", fractions(centred(BODIES))[None])
    graph.write("refused/pixel-mask")

    # Axes that only a run tells, and then they are those of three classes.
    graph = Graph()
    graph.floats("output0", np.concatenate([rows, rows[:, -1:]], 1), declared=["batch", "rows", "N"])
    graph.write("refused/dynamic-three-classes")

    graph = Graph()
    logits = np.where(rows[:, 4:] > 0, 7.25, 0)
    graph.floats("output0", np.concatenate([rows[:, :4], logits], 1), rows=CELLS, axis=2)
    graph.write("refused/without-sigmoid")

    graph = Graph()
    unknown = [(*b[:5], 6) for b in BODIES]
    graph.floats("output0", np.array(unknown, np.float32)[None], rows=300)
    graph.write("refused/unknown-class")


if __name__ == "__main__":
    yolo("yolov8")
    yolo("yolo11-pose-xy", visible=False)
    yolo("yolo11-pose-xyv", visible=True)
    end_to_end("yolov10")
    end_to_end("yolo26-pose-xy", visible=False)
    end_to_end("yolo26-pose-xyv", visible=True)
    yolov5()
    yolov7()
    yolox()
    yolox_decoded()
    detr()
    deformable_detr()
    rt_detr()
    rt_detr_ultralytics()
    faster_rcnn()
    retinanet()
    refused()
