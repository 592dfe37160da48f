#!/usr/bin/env bash
# Rebuilds the font of the overlay pictures from Debian 12's packages: Latin letters and signs, the
# characters of the sources of src/report, and those of font/vocabulary.txt, of which the class names of
# a Chinese bundle are likely made. The same sources give the same bytes.
# usage: recipes/build_font.sh
source "$(dirname "$0")/../scripts/common.sh"

packages=(fonts-noto-cjk=1:20220127+repack1-1 fonts-noto-core=20201225-1)
collection=usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc
letters=usr/share/fonts/truetype/noto/NotoSans-Regular.ttf
out=src/report/fonts/NotoSansCJKsc-subset.otf

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf 'fonttools==4.68.0\n' > "$work/requirements.txt"
python_environment "$work/venv" "$work/requirements.txt"

say "Fetching ${packages[*]}"
(cd "$work" && apt-get download -q "${packages[@]}" && for package in *.deb; do dpkg-deb -x "$package" .; done)
sha256sum --check --quiet - << SUMS
b76b0433203017ca80401b2ee0dd69350349871c4b19d504c34dbdd80541690a  $work/$collection
89c3c497f618fdaa0b2d1e98fef93582f28c71debd2c4a8cdf41f190ced2909d  $work/$letters
SUMS

say "Building $out"
mapfile -t texts < <(find src/report -name '*.rs' | LC_ALL=C sort)
"$work/venv/bin/python" recipes/font/build.py "$work/$collection" "$work/$letters" "$out" \
    recipes/font/vocabulary.txt "${texts[@]}"
wc -c "$out"
