"""ResNet-50 weights (.pth, .pt, .h5) to a bundle's backbone.onnx, and the [backbone] section to paste.

usage: python3 -m backbones WEIGHTS BACKBONE.onnx [options]

Exit codes: 0 written; 1 the file's weights are not ResNet-50's (all problems are listed); 2 the
command line is wrong or a file cannot be read or written.
"""

import argparse
import sys
from hashlib import sha256
from pathlib import Path

from . import kerasfile, layouts, resnet50, torchfile

IMAGENET = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
CAFFE_BGR = [103.939, 116.779, 123.68]

PREPROCESSING = {
    "torchvision": (1.0, *IMAGENET),
    "radimagenet": (255.0, [127.5] * 3, [127.5] * 3),
    "radimagenet-downstream": (255.0, CAFFE_BGR, [255.0] * 3),
    "keras-imagenet": (255.0, CAFFE_BGR, [1.0] * 3),
}
"""Scale, mean and standard deviation of the input: (grey in 0..1 x scale - mean) / std."""

EPILOG = """\
Prints the [backbone] section for bundle.toml. The layout is read off the names in the file.

preprocessing: how the images were prepared that the weights were trained on
  torchvision             its published weights: ImageNet's means and deviations of 0..1
  radimagenet             -1..1, as RadImageNet's pytorch_example.ipynb: (x - 127.5) x 2 / 255
  radimagenet-downstream  RadImageNet's Keras scripts for further training (breast_train.py): caffe's
                          means in the order blue, green, red, then 1/255 (ImageDataGenerator applies
                          its function before its scale)
  keras-imagenet          keras.applications' own ImageNet weights: caffe's means
RadImageNet's two ways differ, and its issue 18 that asks which one the weights were made with is
open. A public project that solved the first normalisation's running means for the input found -1..1,
which is what is taken unless you say otherwise.
"""

DEFAULT_PREPROCESSING = {"torchvision": "torchvision", "radimagenet": "radimagenet",
                         "keras": "radimagenet", "keras-in-torch": "radimagenet"}


def read(path, kind=None):
    """The units of a weights file and its layout."""
    if path.suffix.lower() in (".h5", ".hdf5"):
        tensors, config = kerasfile.weights(path)
        layout = layouts.LAYOUTS["keras"]
    else:
        tensors, config = torchfile.state_dict(path), None
        layout = layouts.LAYOUTS[kind] if kind else layouts.guess(tensors)
    return layouts.units(tensors, layout, config), layout


def section(file, preprocessing, scale=None, mean=None, std=None, percentiles=(1.0, 99.0)):
    """The manifest's part about this backbone."""
    default = PREPROCESSING[preprocessing]
    scale, mean, std = (given or fallback for given, fallback in zip((scale, mean, std), default))
    listed = lambda values: "[" + ", ".join(repr(float(v)) for v in values) + "]"
    return "\n".join([
        "[backbone]", f'file = "{file.name}"', "width = 224", "height = 224", "channels = 3",
        f"window_percentiles = {listed(percentiles)}", f"scale = {float(scale)!r}", f"mean = {listed(mean)}", f"std = {listed(std)}",
        'output = "features"', f"features = {layouts.FEATURES}",
        "", "# and in [files]:", f'"{file.name}" = "{sha256(file.read_bytes()).hexdigest()}"'])


def parser():
    made = argparse.ArgumentParser(prog="python3 -m backbones", description=__doc__.splitlines()[0],
                                   epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("weights", type=Path, help="a state dict (.pth, .pt) or Keras 2 weights (.h5) of ResNet-50")
    made.add_argument("onnx", type=Path, help="the file to write")
    made.add_argument("--layout", choices=[k for k in layouts.LAYOUTS if k != "keras"],
                      help="of a torch file, when the names mislead (keras-in-torch: Keras weights that were converted)")
    made.add_argument("--preprocessing", choices=list(PREPROCESSING), help="how the weights' images were prepared; "
                      "torchvision for torchvision's names, otherwise radimagenet ([-1, 1])")
    made.add_argument("--scale", type=float, help="instead of the preprocessing's")
    made.add_argument("--mean", type=float, nargs=3, metavar="V", help="instead of the preprocessing's")
    made.add_argument("--std", type=float, nargs=3, metavar="V", help="instead of the preprocessing's")
    made.add_argument("--window-percentiles", type=float, nargs=2, default=(1.0, 99.0), metavar="P",
                      help="grey values of the crop that become 0 and 1 (1 99)")
    return made


def main(arguments=None):
    given = parser().parse_args(arguments)
    try:
        units, layout = read(given.weights, given.layout)
        given.onnx.write_bytes(resnet50.model(units).SerializeToString())
    except (torchfile.Refused, kerasfile.Refused, layouts.WrongWeights) as error:
        for line in getattr(error, "problems", [str(error)]):
            print(f"{given.weights}: {line}", file=sys.stderr)
        return 1
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    preprocessing = given.preprocessing or DEFAULT_PREPROCESSING[layout.kind]
    print(f"# {layout.kind} layout, {preprocessing} preprocessing")
    print(section(given.onnx, preprocessing, given.scale, given.mean, given.std, given.window_percentiles))
    return 0


if __name__ == "__main__":
    sys.exit(main())
