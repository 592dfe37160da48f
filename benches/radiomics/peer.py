"""Times one peer on the reference region and prints the fastest of its rounds in ms as JSON.

usage: peer.py pyradiomics|pyradiomics-all|pictologics IMAGE.npy MASK.npy ROUNDS
"""

import json
import os
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy


def pyradiomics(image, mask, all_images):
    import logging

    import SimpleITK
    from radiomics import featureextractor

    logging.getLogger("radiomics").setLevel(logging.CRITICAL)
    pair = [SimpleITK.GetImageFromArray(array) for array in (image, mask)]
    for item in pair:
        item.SetSpacing((0.15, 0.15))
    extractor = featureextractor.RadiomicsFeatureExtractor(additionalInfo=False, binCount=32)
    extractor.disableAllFeatures()
    for name in ("firstorder", "shape2D", "glcm", "glrlm", "glszm", "gldm", "ngtdm"):
        extractor.enableFeatureClassByName(name)
    if all_images:
        for name in ("Wavelet", "Square", "SquareRoot", "Logarithm", "Exponential", "Gradient", "LBP2D"):
            extractor.enableImageTypeByName(name)
        extractor.enableImageTypeByName("LoG", customArgs={"sigma": [1.0, 2.0, 3.0, 4.0, 5.0]})
    return lambda: extractor.execute(*pair)


def pictologics(image, mask):
    from pictologics.features.texture import calculate_all_texture_features

    inside = image[mask > 0]
    low, high = float(inside.min()), float(inside.max())
    levels = numpy.clip(numpy.floor(32 * (image - low) / (high - low)) + 1, 1, 32)[:, :, None]
    region = (mask > 0).astype(numpy.uint8)[:, :, None]
    families = ("glcm", "glrlm", "glszm", "ngtdm")
    return lambda: calculate_all_texture_features(levels, region, 32, families=families)


def main():
    what, image, mask, rounds = sys.argv[1:]
    image, mask = numpy.load(image), numpy.load(mask)
    run = pictologics(image, mask) if what == "pictologics" else pyradiomics(image, mask, what == "pyradiomics-all")
    count = len(run())
    times = []
    for _ in range(int(rounds)):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1e3)
    print(json.dumps({"ms": min(times), "features": count}))


if __name__ == "__main__":
    main()
