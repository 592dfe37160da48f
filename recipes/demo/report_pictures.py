"""Cuts pictures out of the report of `spinetriage evaluate`, as SVG files that stand alone.

usage: python3 -m demo.report_pictures REPORT.html FOLDER NAME=TITLE...

TITLE is what stands above the picture, NAME the file without its `.svg`. White behind it, and below it what the films are.
"""

import html
import re
import sys
from pathlib import Path

NOTICE = "Simulated films. Research use only, not for diagnosis."
BELOW = 24
"""Height of the notice's line."""


def pictures(page):
    """The pictures of a page by their titles."""
    drawn = re.findall(r'<svg [^>]*class="chart"[^>]*>.*?</svg>', page, re.DOTALL)
    return {html.unescape(re.search(r'aria-label="([^"]*)"', svg).group(1)): svg for svg in drawn}


def alone(svg):
    """A picture that needs no page around it."""
    head, body = re.match(r"(<svg [^>]*>)(.*)", svg, re.DOTALL).groups()
    width, height = map(int, re.search(r'viewBox="0 0 (\d+) (\d+)"', head).groups())
    size = f'viewBox="0 0 {width} {height + BELOW}" width="{width}" height="{height + BELOW}"'
    head = re.sub(r' class="chart"', "", re.sub(r'viewBox="[^"]*"', size, head))
    notice = f'<text x="{width / 2:g}" y="{height + BELOW / 2:g}" font-size="12" text-anchor="middle">{NOTICE}</text>'
    return f'{head}<rect width="100%" height="100%" fill="#fff"/>{body.removesuffix("</svg>")}{notice}</svg>\n'


def main(report, folder, *wanted):
    found = pictures(Path(report).read_text())
    for name, title in (one.split("=", 1) for one in wanted):
        if title not in found:
            raise SystemExit(f'{report} has no picture "{title}"; it has {", ".join(found)}')
        (Path(folder) / f"{name}.svg").write_text(alone(found[title]))


if __name__ == "__main__":
    main(*sys.argv[1:])
