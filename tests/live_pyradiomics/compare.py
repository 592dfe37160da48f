"""Compares `spinetriage radiomics` with a live PyRadiomics on random images, masks and settings.

usage: compare.py SPINETRIAGE [--cases N] [--seed S] [--only CASE]

Both read the same PyRadiomics parameter file. A case agrees when both refuse it, or when every
feature differs by at most 1e-6 of its value (1e-5 on LoG and gradient images, which PyRadiomics
keeps in 32 bits), or 1e-9 near zero. The worst difference of each family of features is printed.
Exit code 1 when a case disagrees.
"""

import argparse
import collections
import json
import logging
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"):
    os.environ[variable] = "1"

import numpy
import SimpleITK
from radiomics import featureextractor, imageoperations
from scipy import ndimage

CLASSES = ("shape2D", "firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm")
CANCELLING = ("Mean", "Median", "10Percentile", "90Percentile", "Skewness", "Minimum", "Maximum")
IMAGE_TYPES = ("Original", "Wavelet", "LoG", "Square", "SquareRoot", "Logarithm", "Exponential", "Gradient", "LBP2D")


def random_image(random):
    """A film-like image of 8 to 70 pixels a side, and its largest magnitude."""
    rows, columns = random.randint(8, 70, 2)
    smooth = ndimage.gaussian_filter(random.randn(rows, columns), random.uniform(0.0, 4.0))
    ramp = numpy.add.outer(numpy.linspace(0, random.uniform(-2, 2), rows), numpy.linspace(0, random.uniform(-2, 2), columns))
    image = smooth / (smooth.std() + 1e-12) + ramp
    image = (image - image.min()) / (numpy.ptp(image) + 1e-12)
    kind = random.choice(["uint8", "uint16", "int16", "few", "float64"])
    if kind == "uint8":
        return numpy.round(image * 255).astype(numpy.uint8)
    if kind == "uint16":
        return numpy.round(image * random.choice([1000, 4095, 65535])).astype(numpy.uint16)
    if kind == "int16":
        return numpy.round(image * 3000 - random.randint(0, 3000)).astype(numpy.int16)
    if kind == "few":
        return numpy.floor(image * random.randint(1, 6)).astype(numpy.uint16)
    return image * random.choice([1.0, 300.0, 5000.0]) - random.choice([0.0, 0.5, 150.0])


def random_mask(random, shape):
    """A blob, a box, nearly the whole image, or scattered pixels."""
    kind = random.choice(["blob", "blob", "box", "whole", "scattered"])
    if kind == "whole":
        # PyRadiomics takes a mask without any pixel outside for an empty one.
        mask = numpy.ones(shape, numpy.uint8)
        mask[random.choice([0, -1]), random.choice([0, -1])] = 0
        return mask
    if kind == "scattered":
        return (random.rand(*shape) < random.uniform(0.02, 0.6)).astype(numpy.uint8)
    mask = numpy.zeros(shape, numpy.uint8)
    if kind == "box":
        top, left = random.randint(0, shape[0] - 1), random.randint(0, shape[1] - 1)
        mask[top : top + random.randint(1, shape[0]), left : left + random.randint(1, shape[1])] = 1
        mask[0, 0] = 0
        return mask
    blob = ndimage.gaussian_filter(random.randn(*shape), random.uniform(1.0, 6.0))
    return (blob > numpy.quantile(blob, random.uniform(0.3, 0.9))).astype(numpy.uint8)


def random_parameters(random, image, spacing):
    """A parameter file: settings, image types and classes, each used often enough to be tried."""
    largest = float(numpy.abs(image).max()) or 1.0
    spread = float(numpy.ptp(image)) or 1.0
    setting = {"additionalInfo": False, "minimumROIDimensions": int(random.randint(1, 3))}
    if random.rand() < 0.6:
        setting["binCount"] = int(random.choice([1, 2, 8, 16, 32, 64, 100]))
    else:
        setting["binWidth"] = float(numpy.round(max(spread, 1e-3) / random.uniform(2, 120), 6))
    if random.rand() < 0.25:
        setting["distances"] = sorted(int(d) for d in set(random.randint(1, 5, random.randint(1, 3))))
    if random.rand() < 0.2:
        setting["symmetricalGLCM"] = False
    if random.rand() < 0.25:
        setting["weightingNorm"] = str(random.choice(["manhattan", "euclidean", "infinity", "no_weighting"]))
    if random.rand() < 0.15:
        setting["gldm_a"] = int(random.randint(0, 4))
    if random.rand() < 0.2:
        setting["voxelArrayShift"] = int(random.randint(0, 500))
    if random.rand() < 0.2:
        setting["minimumROISize"] = int(random.randint(1, 60))
    if random.rand() < 0.2:
        setting.update(normalize=True, normalizeScale=float(random.choice([1.0, 100.0])))
        if random.rand() < 0.6:
            setting["removeOutliers"] = float(random.choice([1.0, 2.0, 3.0]))
        setting.pop("binCount", None)
        setting["binWidth"] = float(setting["normalizeScale"] / random.uniform(2, 20))
    if random.rand() < 0.2:
        mode = str(random.choice(["absolute", "relative", "sigma"]))
        low, high = {"absolute": (image.min() + 0.2 * spread, image.min() + 0.9 * spread), "relative": (0.1, 0.9), "sigma": (-1.5, 2.0)}[mode]
        if not (mode == "absolute" and setting.get("normalize")):
            limits = [float(numpy.round(low, 3)), float(numpy.round(high, 3))]
            setting.update(resegmentRange=limits[: random.randint(1, 3)], resegmentMode=mode)
            setting["resegmentShape"] = bool(random.rand() < 0.5)
    if random.rand() < 0.25:
        factor = random.uniform(0.6, 1.8, 2)
        new = [float(numpy.round(mm * by, 4)) for mm, by in zip(spacing, factor)]
        if random.rand() < 0.2:
            new[random.randint(0, 2)] = 0.0
        setting["resampledPixelSpacing"] = new
        setting["interpolator"] = str(random.choice(["sitkBSpline", "sitkLinear", "sitkNearestNeighbor"]))
        setting["padDistance"] = int(random.randint(0, 8))
    image_types = {}
    for name in IMAGE_TYPES:
        if random.rand() < (0.8 if name == "Original" else 0.3):
            image_types[name] = {}
    if not image_types:
        image_types["Original"] = {}
    if "LoG" in image_types:
        smallest = min(spacing)
        image_types["LoG"] = {"sigma": [float(numpy.round(smallest * by, 3)) for by in random.uniform(0.7, 4.0, random.randint(1, 3))]}
    if random.rand() < 0.15:
        name = str(random.choice(sorted(image_types)))
        image_types[name]["binCount"] = int(random.choice([4, 20, 50]))
    # Exponentials of large values are of that size as well: no binWidth fits them all.
    if "Exponential" in image_types and largest > 1 and image.min() < 0:
        image_types["Exponential"]["binCount"] = 32
    return {"setting": setting, "imageType": image_types, "featureClass": {name: [] for name in CLASSES}}


def theirs(image, mask, spacing_xy, parameters):
    """PyRadiomics' features, or why it has none."""
    pair = [SimpleITK.GetImageFromArray(array) for array in (image, mask)]
    for item in pair:
        item.SetSpacing(spacing_xy)
    try:
        extractor = featureextractor.RadiomicsFeatureExtractor(str(parameters))
        features = extractor.execute(*pair)
    except Exception as problem:  # PyRadiomics raises what its libraries raise
        return None, f"{type(problem).__name__}: {problem}"
    features = {name: float(numpy.asarray(value).real) for name, value in features.items()}
    # Imc2 is the root of a number that rounding can make negative; ours is 0 then.
    features = {name: value for name, value in features.items() if math.isfinite(value) or not name.endswith("_Imc2")}
    strange = [name for name, value in features.items() if not math.isfinite(value)]
    return (None, f"not finite: {', '.join(strange[:3])}") if strange else (features, None)


def ours(program, files, spacing_xy, parameters):
    """Our features, or why there are none."""
    spacing = f"{spacing_xy[1]!r},{spacing_xy[0]!r}"
    command = [program, "radiomics", *map(str, files), "--spacing", spacing, "--settings", str(parameters), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return json.loads(done.stdout), None
    if done.returncode < 0 or "panicked" in done.stderr:
        sys.exit(f"the program ended badly on {' '.join(command)}:\n{done.stderr}")
    return None, done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit code {done.returncode}"


def family(name):
    image, feature_class, _ = name.split("_", 2)
    kind = "LoG, gradient" if image.startswith("log-sigma") or image == "gradient" else "other images"
    return feature_class, kind


def allowed(name, features):
    """The difference a feature may have. Where values of 32 bits cancel out, that of the values."""
    image, feature_class, feature = name.split("_", 2)
    value = abs(features[name])
    if family(name)[1] == "other images":
        return max(1e-9, 1e-6 * value)
    if feature_class == "firstorder" and feature in CANCELLING:
        value = max(value, *(abs(features[f"{image}_firstorder_{end}"]) for end in ("Minimum", "Maximum")))
    return max(1e-9, 1e-5 * value)


def is_noise(name, features):
    """Whether all pixels are equal but for rounding: what is measured on such an image is rounding."""
    image = name.split("_")[0]
    low, high = (features.get(f"{image}_firstorder_{end}", math.nan) for end in ("Minimum", "Maximum"))
    return high - low <= 1e-9 * max(abs(low), abs(high))


def rounding_decides(name):
    """Whether PyRadiomics' own value hangs on the last bit, for which it is listed apart.

    It leaves a direction out of the mean of MCC or Imc2 when rounding makes the number under the
    root negative; and a pixel of 32 bits on the edge of a bin or on a percentile falls to one side.
    """
    _, feature_class, feature = name.split("_", 2)
    on_an_edge = feature_class not in ("firstorder", "shape2D") or feature in ("RobustMeanAbsoluteDeviation", "Entropy", "Uniformity")
    return feature in ("MCC", "Imc2") or (family(name)[1] == "LoG, gradient" and on_an_edge)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("program", help="the spinetriage binary")
    arguments.add_argument("--cases", type=int, default=500)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--only", type=int, help="this case alone, with its files kept in the working folder")
    options = arguments.parse_args()
    logging.getLogger("radiomics").setLevel(logging.CRITICAL)
    logging.getLogger("pykwalify").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")

    worst = collections.defaultdict(lambda: (0.0, ""))
    counts = collections.Counter()
    disagreements, undecided = [], []
    cases = range(options.cases) if options.only is None else [options.only]
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch if options.only is None else ".")
        for case in cases:
            random = numpy.random.RandomState([options.seed, case])
            image = random_image(random)
            mask = random_mask(random, image.shape)
            spacing_xy = tuple(float(mm) for mm in numpy.round(random.uniform(0.1, 1.2, 2), 3))
            if random.rand() < 0.5:
                spacing_xy = (spacing_xy[0],) * 2
            parameters = folder / "parameters.yaml"
            # JSON is YAML.
            parameters.write_text(json.dumps(random_parameters(random, image, spacing_xy), indent=1))
            numpy.save(folder / "image.npy", image)
            numpy.save(folder / "mask.npy", mask)

            expected, their_reason = theirs(image, mask, spacing_xy, parameters)
            found, our_reason = ours(options.program, (folder / "image.npy", folder / "mask.npy"), spacing_xy, parameters)
            if expected is None or found is None:
                counts["refused by both" if expected is None and found is None else "refused by one"] += 1
                if (expected is None) != (found is None):
                    disagreements.append(f"case {case}: PyRadiomics: {their_reason or 'fine'}; spinetriage: {our_reason or 'fine'}")
                continue
            counts["compared"] += 1
            missing = [name for name in sorted(expected.keys() ^ found.keys()) if not name.endswith("_Imc2")]
            if missing:
                disagreements.append(f"case {case}: only one has {', '.join(missing[:3])}")
            differing = collections.defaultdict(list)
            for name in expected.keys() & found.keys():
                if is_noise(name, expected):
                    continue
                counts["features"] += 1
                difference = abs(found[name] - expected[name])
                relative = difference / max(abs(expected[name]), 1e-3)
                if difference > allowed(name, expected):
                    differing[name.split("_")[0]].append((relative, name, found[name], expected[name]))
                elif relative > worst[family(name)][0]:
                    worst[family(name)] = (relative, f"case {case} {name}")

            for image_name, features in differing.items():
                _, name, mine, other = max(features)
                text = f"case {case}: {len(features)} features of {image_name}, {name}: {mine!r}, PyRadiomics {other!r}"
                decided = all(rounding_decides(name) for _, name, _, _ in features)
                (undecided if decided else disagreements).append(text)

    for (feature_class, kind), (relative, place) in sorted(worst.items()):
        print(f"{feature_class:<11} {kind:<14} worst relative difference {relative:.1e}  {place}")
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    if undecided:
        print(f"{len(undecided)} images on which rounding decides in PyRadiomics:", *undecided, sep="\n  ")
    for disagreement in disagreements[:40]:
        print(disagreement)
    if disagreements or len(undecided) > 0.02 * options.cases:
        sys.exit(f"{len(disagreements)} disagreements, {len(undecided)} undecided")


if __name__ == "__main__":
    main()
