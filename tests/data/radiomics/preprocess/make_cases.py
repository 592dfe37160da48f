"""Writes image.npy, mask.npy and cases.json beside this file with PyRadiomics 3.0.1.

usage: vendor/pyradiomics/bin/python tests/data/radiomics/preprocess/make_cases.py
"""

import json
import logging
import os
import pathlib

os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = "1"

import numpy
import SimpleITK
from radiomics import featureextractor
from scipy import ndimage

HERE = pathlib.Path(__file__).resolve().parent
SPACING_XY = (0.2, 0.3)
CASES = [
    {"binWidth": 5, "normalize": True, "normalizeScale": 100},
    {"binWidth": 5, "normalize": True, "normalizeScale": 100, "removeOutliers": 1.5},
    {"binCount": 16, "resampledPixelSpacing": [0.35, 0.25], "interpolator": "sitkBSpline", "padDistance": 5},
    {"binCount": 16, "resampledPixelSpacing": [0.13, 0.41], "interpolator": "sitkLinear", "padDistance": 0},
    {"binCount": 16, "resampledPixelSpacing": [0.3, 0.0], "interpolator": "sitkNearestNeighbor", "padDistance": 2},
    {"binCount": 16, "resampledPixelSpacing": [0.2, 0.3], "interpolator": "sitkBSpline", "padDistance": 3},
    {"binWidth": 4, "normalize": True, "normalizeScale": 50, "resampledPixelSpacing": [0.11, 0.17], "interpolator": "sitkBSpline", "padDistance": 5},
    {"binCount": 8, "resegmentRange": [900, 2600], "resegmentMode": "absolute"},
    {"binCount": 8, "resegmentRange": [0.35], "resegmentMode": "relative", "resegmentShape": True},
    {"binCount": 8, "resegmentRange": [-1.0, 1.5], "resegmentMode": "sigma"},
    {"binCount": 32, "symmetricalGLCM": False, "distances": [1, 3]},
    {"binCount": 32, "weightingNorm": "euclidean", "gldm_a": 2},
    {"binCount": 32, "weightingNorm": "manhattan", "symmetricalGLCM": False},
    {"binCount": 32, "weightingNorm": "no_weighting", "distances": [2]},
]


def main():
    logging.getLogger("radiomics").setLevel(logging.CRITICAL)
    random = numpy.random.RandomState(23)
    image = ndimage.gaussian_filter(random.randn(41, 52), 1.5)
    image = numpy.round(3000 * (image - image.min()) / numpy.ptp(image)).astype(numpy.uint16)
    y, x = numpy.mgrid[:41, :52]
    # Cut by the right border.
    mask = (((y - 19) / 13.0) ** 2 + ((x - 36) / 21.0) ** 2 < 1).astype(numpy.uint8)
    numpy.save(HERE / "image.npy", image)
    numpy.save(HERE / "mask.npy", mask)
    pair = [SimpleITK.GetImageFromArray(array) for array in (image, mask)]
    for item in pair:
        item.SetSpacing(SPACING_XY)
    cases = []
    for settings in CASES:
        extractor = featureextractor.RadiomicsFeatureExtractor(additionalInfo=False, minimumROIDimensions=1, **settings)
        extractor.disableAllFeatures()
        for name in ("firstorder", "shape2D", "glcm", "glrlm", "glszm", "gldm", "ngtdm"):
            extractor.enableFeatureClassByName(name)
        for name in ("Wavelet", "LBP2D"):
            extractor.enableImageTypeByName(name)
        features = {name: float(numpy.asarray(value)) for name, value in extractor.execute(*pair).items()}
        cases.append({"settings": settings, "features": features})
    (HERE / "cases.json").write_text(json.dumps(cases, indent=0))


if __name__ == "__main__":
    main()
