"""Makes the font of the overlay pictures: the characters that are asked for, as outlines of Noto Sans CJK SC,
and of Noto Sans those letters that it lacks. No hints, no layout tables: the pictures use neither."""

import argparse
import sys
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

SIMPLIFIED_CHINESE = 2  # its place in the collection
BLOCKS = [
    (0x20, 0x7E), (0xA0, 0x17F),  # Basic Latin, Latin-1, Latin Extended-A
    (0x391, 0x3A9), (0x3B1, 0x3C9),  # Greek
    (0x2010, 0x2026), (0x2030, 0x2033), (0x2080, 0x2089), (0x20AC, 0x20AC),  # dashes, quotes, primes, indices
    (0x2103, 0x2103), (0x2122, 0x2122), (0x2160, 0x2169), (0x2190, 0x2193),  # degrees Celsius, numerals, arrows
    (0x2212, 0x2212), (0x2248, 0x2248), (0x2264, 0x2265), (0x25A0, 0x25CF),  # signs and squares
    (0x3000, 0x3011), (0xFF01, 0xFF5E),  # Chinese punctuation, full width letters
]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path, help="NotoSansCJK-Regular.ttc")
    parser.add_argument("letters", type=Path, help="NotoSans-Regular.ttf")
    parser.add_argument("out", type=Path)
    parser.add_argument("texts", type=Path, nargs="+", help="files whose characters are needed")
    given = parser.parse_args()

    chinese = TTFont(given.collection, fontNumber=SIMPLIFIED_CHINESE)
    fonts = [chinese, TTFont(given.letters)]
    needed = {ord(c) for text in given.texts for c in text.read_text(encoding="utf-8") if c.isprintable()}
    usual = {code for first, last in BLOCKS for code in range(first, last + 1)}
    lacking = [chr(code) for code in sorted(needed) if not any(code in font.getBestCmap() for font in fonts)]
    if lacking:
        sys.exit(f"neither font has {' '.join(lacking)}")
    build(fonts, sorted(needed | usual)).save(given.out)


def build(fonts, codes):
    """A font of the first of `fonts` with outlines of the first that has each character."""
    names, outlines, widths, characters = [".notdef"], {}, {}, {}
    outlines[".notdef"], widths[".notdef"] = outline(fonts[0], ".notdef")
    for code in codes:
        font = next((font for font in fonts if code in font.getBestCmap()), None)
        if font is not None:
            name = f"u{code:04X}"
            names.append(name)
            characters[code] = name
            outlines[name], widths[name] = outline(font, font.getBestCmap()[code])

    first = fonts[0]
    about = {number: first["name"].getDebugName(number) for number in (0, 1, 2, 4, 5, 6, 13, 14)}
    builder = FontBuilder(1000, isTTF=False)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap(characters)
    builder.setupCFF(about[6], {"FullName": about[4]}, outlines, {})
    builder.setupHorizontalMetrics({name: (widths[name], 0) for name in names})
    builder.setupHorizontalHeader(ascent=first["hhea"].ascent, descent=first["hhea"].descent)
    builder.setupNameTable({})
    for number, text in about.items():
        builder.font["name"].setName(text, number, 3, 1, 0x409)
    builder.setupOS2()
    builder.setupPost(keepGlyphNames=False)
    head = builder.font["head"]
    head.created = head.modified = first["head"].modified
    builder.font.recalcTimestamp = False
    return builder.font


def outline(font, name):
    """Outline and width of a glyph on an em of 1000 units."""
    scale = 1000 / font["head"].unitsPerEm
    glyphs = font.getGlyphSet()
    drawing = DecomposingRecordingPen(glyphs)
    glyphs[name].draw(drawing)
    width = round(glyphs[name].width * scale)
    pen = T2CharStringPen(width, None)
    drawing.replay(TransformPen(pen, (scale, 0, 0, scale, 0, 0)))
    return pen.getCharString(), width


if __name__ == "__main__":
    main()
