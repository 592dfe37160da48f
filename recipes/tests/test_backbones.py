"""Exported backbones give what their weights give, and what is no ResNet-50 is refused."""

import contextlib
import io
import pickle
import tempfile
import unittest
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnxruntime

from backbones import check, kerasfile, layouts, resnet50, torchfile
from backbones.__main__ import main, read, section

from . import weights

IMAGE = check.images(64, 1)[0]


class Folder(unittest.TestCase):
    def setUp(self):
        kept = tempfile.TemporaryDirectory()
        self.addCleanup(kept.cleanup)
        self.folder = Path(kept.name)

    def run_main(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(list(map(str, arguments)))
        return code, out.getvalue(), err.getvalue()


class Exported(Folder):
    """Each layout, by ONNX Runtime, against a forward pass that shares no code with the exporter."""

    def agree(self, units, image, expected):
        model = resnet50.model(units, image.shape[1]).SerializeToString()
        found = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).run(["features"], {"images": image[None]})[0]
        self.assertEqual(found.shape, (1, 2048))
        self.assertGreater(np.ptp(expected), 1)
        np.testing.assert_allclose(found[0], expected, atol=1e-4, rtol=1e-4)

    def test_torchvision_with_tensors_that_are_not_contiguous(self):
        random = weights.random_units(1, biased=False)
        state = weights.torch_state(random) | {"fc.weight": np.ones((5, 2048), np.float32), "fc.bias": np.ones(5, np.float32)}
        weights.torch_zip(self.folder / "resnet50.pth", *weights.entries(state, reverse=True))
        code, out, err = self.run_main(self.folder / "resnet50.pth", self.folder / "backbone.onnx")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("mean = [0.485, 0.456, 0.406]", out)
        units, layout = read(self.folder / "resnet50.pth")
        self.assertEqual(layout.kind, "torchvision")
        self.agree(units, IMAGE, weights.forward(random, IMAGE, 1e-5, first_strides=False))
        # The file as it serves, at its full size.
        image = check.images(224, 1)[0]
        session = onnxruntime.InferenceSession(self.folder / "backbone.onnx", providers=["CPUExecutionProvider"])
        self.assertEqual([(i.name, i.shape) for i in session.get_inputs()], [("images", [1, 3, 224, 224])])
        np.testing.assert_allclose(session.run(["features"], {"images": image[None]})[0][0],
                                   weights.forward(random, image, 1e-5, first_strides=False), atol=1e-4, rtol=1e-4)

    def test_radimagenet(self):
        random = weights.random_units(2, biased=False)
        weights.torch_zip(self.folder / "ResNet50.pt", *weights.entries(weights.torch_state(random, prefix=True)))
        units, layout = read(self.folder / "ResNet50.pt")
        self.assertEqual(layout.kind, "radimagenet")
        self.agree(units, IMAGE, weights.forward(random, IMAGE, 1e-5, first_strides=False))

    def test_keras_and_its_conversion_to_torch(self):
        random = weights.random_units(3, biased=True)
        expected = weights.forward(random, IMAGE, 1.001e-5, first_strides=True)
        weights.keras_file(self.folder / "notop.h5", weights.keras_arrays(random))
        units, layout = read(self.folder / "notop.h5")
        self.assertEqual(layout.kind, "keras")
        self.agree(units, IMAGE, expected)
        units = layouts.units(weights.torch_state(random, biased=True), layouts.guess({"conv1.bias": None}))
        self.agree(units, IMAGE, expected)

    def test_the_check_sees_a_wrong_graph(self):
        random = weights.random_units(4, biased=False)
        units = layouts.units(weights.torch_state(random), layouts.LAYOUTS["torchvision"])
        difference, largest, apart = check.compare(units, resnet50.model(units, 64).SerializeToString(), 64)
        self.assertLess(difference, check.TOLERANCE * max(largest, 1))
        self.assertGreater(apart, 0.1)
        wrong = units | {(1, 0, 1): units[1, 0, 1].__class__(**vars(units[1, 0, 1]) | {"gamma": units[1, 0, 1].gamma * 1.01})}
        difference, largest, _ = check.compare(units, resnet50.model(wrong, 64).SerializeToString(), 64)
        self.assertGreater(difference, check.TOLERANCE * max(largest, 1))


class Described(Folder):
    def test_the_section_of_the_manifest(self):
        file = self.folder / "b.onnx"
        file.write_bytes(b"onnx")
        self.assertEqual(section(file, "radimagenet"), f"""[backbone]
file = "b.onnx"
width = 224
height = 224
channels = 3
window_percentiles = [1.0, 99.0]
scale = 255.0
mean = [127.5, 127.5, 127.5]
std = [127.5, 127.5, 127.5]
output = "features"
features = 2048

# and in [files]:
"b.onnx" = "{sha256(b'onnx').hexdigest()}\"""")
        given = section(file, "torchvision", scale=2.0, std=[1, 1, 1])
        self.assertIn("scale = 2.0\nmean = [0.485, 0.456, 0.406]\nstd = [1.0, 1.0, 1.0]\n", given)


class Refused(Folder):
    def shapes(self):
        """ResNet-50's tensors without values: enough to be refused."""
        zero = lambda shape: np.broadcast_to(np.float32(0), shape)
        empty = [[zero(shape)] + [zero(shape[:1])] * 5 for _, _, shape in weights.torch_names(False)]
        return weights.torch_state(empty), weights.keras_arrays([[w, *rest] for w, *rest in empty])

    def test_missing_extra_and_misshapen_tensors_are_named_at_once(self):
        state, _ = self.shapes()
        del state["layer1.0.conv1.weight"], state["bn1.running_var"]
        state["layer5.0.conv1.weight"] = state["layer1.0.bn1.bias"]
        state["layer2.0.conv2.weight"] = np.zeros((128, 64, 3, 3), np.float32)
        state["bn1.bias"] = np.full(64, np.nan, np.float32)
        with self.assertRaises(layouts.WrongWeights) as caught:
            layouts.units(state, layouts.guess(state))
        self.assertEqual(caught.exception.problems, [
            "bn1.bias has values that are no numbers", "bn1.running_var is missing", "layer1.0.conv1.weight is missing",
            "layer2.0.conv2.weight has the shape [128, 64, 3, 3], not that of ResNet-50 ([128, 128, 3, 3] as out, in, height, width)",
            "layer5.0.conv1.weight does not belong to ResNet-50"])

    def test_a_keras_file_is_held_against_its_own_configuration(self):
        _, arrays = self.shapes()
        layers = [{"name": "conv1_bn", "epsilon": 0.001}, {"name": "conv3_block1_1_conv", "strides": [1, 1]},
                  {"name": "conv3_block1_2_conv", "strides": [2, 2]}]
        weights.keras_file(self.folder / "a.h5", {k: np.zeros(v.shape[-1]) for k, v in arrays.items() if v.ndim == 1}, layers, root="")
        tensors, config = kerasfile.weights(self.folder / "a.h5")
        self.assertEqual(set(tensors), {k for k, v in arrays.items() if v.ndim == 1})
        self.assertEqual(layouts.units(arrays, layouts.LAYOUTS["keras"], {"conv1_bn": config["conv1_bn"]})[None, 0, 0].epsilon, 0.001)
        with self.assertRaises(layouts.WrongWeights) as caught:
            layouts.units(arrays, layouts.LAYOUTS["keras"], config)
        self.assertEqual(caught.exception.problems, ["conv3_block1_1_conv has the strides [1, 1] in the file, 2 here",
                                                     "conv3_block1_2_conv has the strides [2, 2] in the file, 1 here"])

    def test_exit_codes(self):
        weights.torch_zip(self.folder / "small.pth", *weights.entries({"conv1.weight": np.zeros((64, 3, 7, 7), np.float32)}))
        code, out, err = self.run_main(self.folder / "small.pth", self.folder / "b.onnx")
        self.assertEqual((code, out, len(err.splitlines())), (1, "", 53 * 5 - 1))
        self.assertFalse((self.folder / "b.onnx").exists())
        self.assertEqual(self.run_main(self.folder / "none.pth", self.folder / "b.onnx")[0], 2)
        (self.folder / "text.h5").write_text("text")
        self.assertEqual(self.run_main(self.folder / "text.h5", self.folder / "b.onnx")[0], 1)


class TorchFile(Folder):
    STATE = {"a": np.arange(24, dtype=np.float32).reshape(2, 3, 4), "b": np.array(5, np.int64), "c": np.arange(3, dtype=np.float32)}

    def test_both_formats_and_both_orders(self):
        for write in (weights.torch_zip, weights.torch_legacy):
            for reverse in (False, True):
                write(self.folder / "x.pth", *weights.entries(self.STATE, reverse))
                found = torchfile.state_dict(self.folder / "x.pth")
                self.assertEqual(list(found), list(self.STATE))
                for name, array in found.items():
                    np.testing.assert_array_equal(array, self.STATE[name])

    def refusal(self, code, storages=()):
        with zipfile.ZipFile(self.folder / "x.pth", "w") as archive:
            archive.writestr("x/data.pkl", code)
            for key, raw in dict(storages).items():
                archive.writestr(f"x/data/{key}", raw)
        with self.assertRaises(torchfile.Refused) as caught:
            torchfile.state_dict(self.folder / "x.pth")
        return str(caught.exception)

    def test_a_file_that_calls_something_else_is_refused_and_nothing_is_called(self):
        class Trap:
            def __reduce__(self):
                return (exec, (f"open({str(self_folder / 'called')!r}, 'w')",))
        self_folder = self.folder
        self.assertIn("builtins.exec", self.refusal(pickle.dumps({"a": Trap()}).replace(b"__builtin__", b"builtins")))
        self.assertFalse((self.folder / "called").exists())

    def test_a_view_outside_its_storage_is_refused(self):
        for offset, size, stride in ((0, (3,), (1,)), (1, (2,), (1,)), (0, (2,), (-1,)), (0, (2,), (2,)), (0, (9, 9), (0, 0)), (-1, (1,), (1,))):
            code = weights.Pickle().state({"a": ("0", "f", 2, offset, size, stride)})
            self.assertIn("does not fit its storage", self.refusal(code, {"0": b"\0" * 8}))

    def test_broken_files(self):
        entry = {"a": ("0", "f", 2, 0, (2,), (1,))}
        self.assertIn("announces 2 elements, which its 4 bytes do not hold", self.refusal(weights.Pickle().state(entry), {"0": b"\0" * 4}))
        self.assertIn("broken", self.refusal(weights.Pickle().state(entry)))
        self.assertIn("broken", self.refusal(b"\x80\x02"))
        self.assertIn("no tensors: a", self.refusal(pickle.dumps({"a": 1}, 2)))
        self.assertIn("a list", self.refusal(pickle.dumps([1], 2)))
        (self.folder / "y.pth").write_bytes(b"nothing")
        with self.assertRaises(torchfile.Refused):
            torchfile.state_dict(self.folder / "y.pth")


if __name__ == "__main__":
    unittest.main()
