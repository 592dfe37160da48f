"""The weights of a Keras `.h5` file: one array a name, and what the file says of its layers.

Keras 2 writes `<layer>/<layer>/<weight>:0`, at the root (`save_weights`) or under `model_weights`
(`save`), which also leaves the attribute `model_config`. Public code that converts RadImageNet's
ResNet50 reads it under `model_weights`; that file itself was not at hand.
"""

import json

import h5py
import numpy as np


class Refused(Exception):
    """The file is no Keras 2 weights file."""


def weights(path):
    """`{"conv1_conv/kernel": array, ...}` and the configuration of each layer by name ({} without)."""
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise Refused(f"not an HDF5 file: {error}") from error
    with file:
        root = file["model_weights"] if "model_weights" in file else file
        if "layers" in root and "vars" in str(list(root["layers"])[:1]):
            raise Refused("this is Keras 3's layout; save the weights as Keras 2 does (.h5)")
        found = {}

        def visit(name, item):
            if isinstance(item, h5py.Dataset):
                parts = name.split("/")
                found[f"{parts[0]}/{parts[-1].split(':')[0]}"] = np.array(item)

        root.visititems(visit)
        config = file.attrs.get("model_config")
    layers = json.loads(config)["config"]["layers"] if config is not None else []
    return found, {layer["config"]["name"]: layer["config"] for layer in layers}
