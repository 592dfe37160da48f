"""Random ResNet-50 weights in each published naming, their files, and a forward pass to hold against.

Nothing here uses `backbones`: names, strides and epsilons are written out again, so that a mistake
there is not repeated here. `python3 -m tests.weights FILE.pth` writes a file as torchvision's, for the
end-to-end tests.
"""

import io
import json
import struct
import sys
import zipfile

import numpy as np

STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))


def torch_names(prefix):
    """[(convolution, normalisation, [out, in, k, k])] as torchvision names them, or the Sequential of its children."""
    child = lambda name, number: f"backbone.{number}" if prefix else name
    found, inputs = [(child("conv1", 0), child("bn1", 1), (64, 3, 7, 7))], 64
    for stage, (width, blocks) in enumerate(STAGES):
        for block in range(blocks):
            at = f"{child(f'layer{stage + 1}', stage + 4)}.{block}"
            found += [(f"{at}.conv1", f"{at}.bn1", (width, inputs, 1, 1)), (f"{at}.conv2", f"{at}.bn2", (width, width, 3, 3)),
                      (f"{at}.conv3", f"{at}.bn3", (4 * width, width, 1, 1))]
            if block == 0:
                found.append((f"{at}.downsample.0", f"{at}.downsample.1", (4 * width, inputs, 1, 1)))
            inputs = 4 * width
    return found


def keras_names():
    """The same units in the same order, as keras.applications names them."""
    found, stage = [("conv1_conv", "conv1_bn")], 0
    for stage, (_, blocks) in enumerate(STAGES):
        for block in range(blocks):
            parts = "1230" if block == 0 else "123"
            found += [(f"conv{stage + 2}_block{block + 1}_{p}_conv", f"conv{stage + 2}_block{block + 1}_{p}_bn") for p in parts]
    return found


def random_units(seed, biased):
    """[weight, bias, gamma, beta, mean, variance] of each of the 53 units; signals keep their size through the net."""
    rng, units = np.random.default_rng(seed), []
    for _, _, shape in torch_names(False):
        n, scale = shape[0], np.float32(np.sqrt(2 / np.prod(shape[1:])))
        weight = rng.standard_normal(shape, np.float32) * scale
        bias = rng.normal(0, 0.3, n) if biased else np.zeros(n)
        rest = [bias, rng.uniform(0.5, 1.2, n), rng.normal(0, 0.2, n), rng.normal(0, 0.2, n), rng.uniform(0.3, 2, n)]
        units.append([weight, *(v.astype(np.float32) for v in rest)])
    return units


def torch_state(units, prefix=False, biased=False):
    state = {}
    for (conv, norm, _), (weight, bias, gamma, beta, mean, variance) in zip(torch_names(prefix), units):
        state[f"{conv}.weight"] = weight
        if biased:
            state[f"{conv}.bias"] = bias
        state.update({f"{norm}.weight": gamma, f"{norm}.bias": beta, f"{norm}.running_mean": mean, f"{norm}.running_var": variance,
                      f"{norm}.num_batches_tracked": np.array(7, np.int64)})
    return state


def keras_arrays(units):
    """{"conv1_conv/kernel": [k, k, in, out], ...}"""
    arrays = {}
    for (conv, norm), (weight, bias, gamma, beta, mean, variance) in zip(keras_names(), units):
        arrays |= {f"{conv}/kernel": weight.transpose(2, 3, 1, 0), f"{conv}/bias": bias, f"{norm}/gamma": gamma, f"{norm}/beta": beta,
                   f"{norm}/moving_mean": mean, f"{norm}/moving_variance": variance}
    return arrays


def forward(units, image, epsilon, first_strides):
    """[3, h, w] to [2048] in double precision, convolution and normalisation apart."""
    left = iter(units)

    def step(x, stride):
        weight, bias, gamma, beta, mean, variance = (np.asarray(v, np.float64)[..., None, None] if v.ndim == 1 else np.asarray(v, np.float64)
                                                     for v in next(left))
        kernel = weight.shape[2]
        x = np.pad(x, [(0, 0)] + [(kernel // 2, kernel // 2)] * 2)
        windows = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), (1, 2))[:, ::stride, ::stride]
        y = np.einsum("oikl,ihwkl->ohw", weight, windows, optimize=True) + bias
        return gamma * (y - mean) / np.sqrt(variance + epsilon) + beta

    relu = lambda v: np.maximum(v, 0)
    x = np.pad(relu(step(image, 2)), [(0, 0), (1, 1), (1, 1)])
    x = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (1, 2))[:, ::2, ::2].max((3, 4))
    for stage, (_, blocks) in enumerate(STAGES):
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            y = relu(step(x, stride if first_strides else 1))
            y = relu(step(y, 1 if first_strides else stride))
            y = step(y, 1)
            x = relu(y + (step(x, stride) if block == 0 else x))
    return x.mean((1, 2))


class Pickle:
    """The opcodes that torch.save writes, by hand (Python's pickletools describes them)."""

    STORAGE = {"f": "FloatStorage", "i": "LongStorage"}

    def __init__(self):
        self.code = b"\x80\x02"

    def name(self, module, attribute):
        self.code += f"c{module}\n{attribute}\n".encode()

    def text(self, value):
        self.code += b"X" + struct.pack("<I", len(value.encode())) + value.encode()

    def whole(self, value):
        self.code += b"J" + struct.pack("<i", value)

    def whole_numbers(self, values):
        self.code += b"("
        for value in values:
            self.whole(value)
        self.code += b"t"

    def ordered_dict(self):
        self.name("collections", "OrderedDict")
        self.code += b")R"

    def tensor(self, key, kind, count, offset, size, stride, view=False):
        """`view`: the older format's sixth part of a storage, None."""
        self.name("torch._utils", "_rebuild_tensor_v2")
        self.code += b"(("
        self.text("storage")
        self.name("torch", self.STORAGE[kind])
        self.text(key)
        self.text("cpu")
        self.whole(count)
        self.code += (b"N" if view else b"") + b"tQ"
        self.whole(offset)
        self.whole_numbers(size)
        self.whole_numbers(stride)
        self.code += b"\x89"
        self.ordered_dict()
        self.code += b"tR"

    def state(self, entries, view=False):
        """entries: {name: arguments of `tensor`}"""
        self.ordered_dict()
        self.code += b"("
        for name, entry in entries.items():
            self.text(name)
            self.tensor(*entry, view=view)
        self.code += b"u."
        return self.code


def entries(state, reverse=False):
    """What `Pickle.state` needs and the storages; `reverse` stores each tensor with its axes in reverse order."""
    listed, storages = {}, {}
    for number, (name, array) in enumerate(state.items()):
        stored = np.array(array.T if reverse else array, order="C")
        steps = [s // array.itemsize for s in stored.strides]
        listed[name] = (str(number), array.dtype.kind, array.size, 0, array.shape, steps[::-1] if reverse else steps)
        storages[str(number)] = stored.tobytes()
    return listed, storages


def torch_zip(path, listed, storages):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", Pickle().state(listed))
        for key, raw in storages.items():
            archive.writestr(f"archive/data/{key}", raw)
        archive.writestr("archive/version", "3\n")


def torch_legacy(path, listed, storages):
    """The format before torch 1.6."""
    import pickle
    out = io.BytesIO()
    for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
        out.write(pickle.dumps(value, 2))
    out.write(Pickle().state(listed, view=True))
    out.write(pickle.dumps(list(storages), 2))
    for key, raw in storages.items():
        out.write(struct.pack("<q", len(raw) // (8 if listed_kind(listed, key) == "i" else 4)) + raw)
    path.write_bytes(out.getvalue())


def listed_kind(listed, key):
    return next(entry[1] for entry in listed.values() if entry[0] == key)


def keras_file(path, arrays, layers=None, root="model_weights"):
    """`layers`: configurations for the attribute model_config."""
    import h5py
    with h5py.File(path, "w") as file:
        group = file.create_group(root) if root else file
        for name, array in arrays.items():
            layer, weight = name.split("/")
            group.create_dataset(f"{layer}/{layer}/{weight}:0", data=array)
        if layers is not None:
            file.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": {"layers": [{"config": c} for c in layers]}})


if __name__ == "__main__":
    torch_zip(sys.argv[1], *entries(torch_state(random_units(1, biased=False))))
