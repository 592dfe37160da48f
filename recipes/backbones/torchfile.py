"""The tensors of a PyTorch `.pth` file, without torch and without running what the file says.

A `.pth` is a pickle, and an ordinary unpickler calls whatever function the file names. This one
knows five names: the two functions that rebuild a tensor, the classes of storages, OrderedDict and
torch.Size. Any other is refused by its name, and none of torch's own code is there to be called.

Both formats of torch.save are read (torch/serialization.py): the zip archive of version 1.6 and
later (`<root>/data.pkl` beside `<root>/data/<key>`), and the older row of pickles followed by the
raw storages. A tensor is a view of a storage: offset, size and strides count elements. Strides
need not be those of a contiguous tensor; published files exist whose tensors are not.
"""

import collections
import math
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np

STORAGES = {"FloatStorage": "f4", "DoubleStorage": "f8", "HalfStorage": "f2", "LongStorage": "i8", "IntStorage": "i4",
            "ShortStorage": "i2", "CharStorage": "i1", "ByteStorage": "u1", "BoolStorage": "?"}
"""Storage classes of torch and the element they hold."""

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_PROTOCOL = 1001


class Refused(Exception):
    """The file is no state dict, or holds something that this reader does not build."""


class Storage(collections.namedtuple("Storage", "key dtype count")):
    """A storage's name in the file, its element and how many."""


class View(collections.namedtuple("View", "storage offset size stride")):
    """A tensor before its storage is read; offset and strides in elements."""

    def array(self, elements):
        """The tensor as a contiguous array; `elements` is the whole storage, [count]."""
        needed = 0 if 0 in self.size else self.offset + sum((n - 1) * s for n, s in zip(self.size, self.stride)) + 1
        wrong = (len(self.size) != len(self.stride) or min((self.offset, *self.size, *self.stride)) < 0
                 or needed > len(elements) or math.prod(self.size) > len(elements))
        if wrong:
            raise Refused(f"a tensor of size {self.size}, strides {self.stride} and offset {self.offset} "
                          f"does not fit its storage of {len(elements)} elements")
        width = elements.dtype.itemsize
        view = np.lib.stride_tricks.as_strided(elements[self.offset:], self.size, [s * width for s in self.stride])
        return np.array(view, order="C")


def _tensor(storage, offset, size, stride, *_):
    if not isinstance(storage, Storage):
        raise Refused("a tensor has no storage")
    return View(storage, int(offset), tuple(map(int, size)), tuple(map(int, stride)))


def _parameter(data, *_):
    return data


class Unpickler(pickle.Unpickler):
    """Builds dictionaries, numbers, text and views, and nothing else."""

    def find_class(self, module, name):
        known = {("collections", "OrderedDict"): collections.OrderedDict, ("torch", "Size"): tuple,
                 ("torch._utils", "_rebuild_tensor_v2"): _tensor, ("torch._utils", "_rebuild_parameter"): _parameter}
        if (module, name) in known:
            return known[module, name]
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        raise Refused(f"the file asks for {module}.{name}, which a state dict of plain tensors does not need; "
                      "save the model's state_dict() in a file of its own")

    def persistent_load(self, identity):
        if not (isinstance(identity, tuple) and len(identity) >= 5 and identity[0] == "storage"):
            raise Refused(f"the file refers to {identity!r}, which is no storage")
        if len(identity) > 5 and identity[5] is not None:
            raise Refused("a storage is a view of another storage")
        return Storage(str(identity[2]), identity[1], int(identity[4]))


def state_dict(path):
    """Every tensor of the file by its name, as arrays of the file's own types.

    A checkpoint that holds the state dict under `state_dict` or `model` is opened.
    """
    with open(path, "rb"):
        pass  # A file that cannot be opened is no broken one: that error is the caller's.
    try:
        if zipfile.is_zipfile(path):
            found, storages = _zip(path)
        else:
            found, storages = _legacy(path)
    except (pickle.UnpicklingError, zipfile.BadZipFile, OSError, EOFError, AttributeError, IndexError, KeyError, TypeError,
            ValueError, OverflowError, MemoryError, RuntimeError, struct.error) as error:
        raise Refused(f"not a PyTorch file, or a broken one: {error}") from error
    for wrapper in ("state_dict", "model"):
        if isinstance(found, dict) and isinstance(found.get(wrapper), dict):
            found = found[wrapper]
    if not isinstance(found, dict):
        raise Refused(f"the file holds a {type(found).__name__}, not a state dict")
    others = [str(name) for name, value in found.items() if not isinstance(value, View)]
    if others:
        raise Refused(f"no tensors: {', '.join(others[:10])}")
    return {str(name): view.array(storages[view.storage.key]) for name, view in found.items()}


def _zip(path):
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        pickles = [name for name in names if name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise Refused("a zip file without one data.pkl is no file of torch.save")
        root = pickles[0][:-len("data.pkl")]
        order = ">" if root + "byteorder" in names and archive.read(root + "byteorder") == b"big" else "<"
        with archive.open(pickles[0]) as file:
            found = Unpickler(file).load()
        storages = {}
        for storage in _storages(found):
            member = archive.getinfo(f"{root}data/{storage.key}")
            _fits(storage, member.file_size)
            storages[storage.key] = _elements(archive.read(member), storage, order)
    return found, storages


def _legacy(path):
    with open(path, "rb") as file:
        if Unpickler(file).load() != LEGACY_MAGIC or Unpickler(file).load() != LEGACY_PROTOCOL:
            raise Refused("the file is neither a zip archive nor the older format of torch.save")
        order = "<" if Unpickler(file).load().get("little_endian", True) else ">"
        found = Unpickler(file).load()
        known = {storage.key: storage for storage in _storages(found)}
        storages = {}
        for key in Unpickler(file).load():
            count, = struct.unpack(order + "q", file.read(8))
            if key not in known or count != known[key].count:
                raise Refused(f"the storage {key} belongs to no tensor of the state dict, or has another size there")
            _fits(known[key], Path(path).stat().st_size)
            storages[key] = _elements(file.read(count * np.dtype(known[key].dtype).itemsize), known[key], order)
    return found, storages


def _storages(found):
    """Every storage that the views in nested dictionaries use."""
    if isinstance(found, View):
        return [found.storage]
    return [s for value in found.values() for s in _storages(value)] if isinstance(found, dict) else []


def _fits(storage, size):
    """Before anything of the announced size is read."""
    if not 0 <= storage.count * np.dtype(storage.dtype).itemsize <= size:
        raise Refused(f"the storage {storage.key} announces {storage.count} elements, which its {size} bytes do not hold")


def _elements(raw, storage, order):
    return np.frombuffer(raw, np.dtype(storage.dtype).newbyteorder(order))[:storage.count]
