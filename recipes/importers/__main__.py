"""Annotations to cases.csv for `spinetriage extract` and labels.jsonl for a detector's training.

usage: python3 -m importers FORMAT SOURCE OUT [options]

Exit codes: 0 written; 1 the source has problems, which are all listed, and nothing was written; 2 the
command line is wrong, or a file or folder cannot be read or written.
"""

import argparse
import csv
import sys
from pathlib import Path

from . import aasce, buu, cases, coco, patients, vindr, yolo

FORMATS = {"buu": buu, "aasce": aasce, "vindr": vindr, "yolo": yolo, "coco": coco}

EPILOG = """\
OUT gets cases.csv (a body a row: box in pixels; level and class where the source has them, else empty),
labels.jsonl (a film a line: path, width, height, set, patient, bodies with box, class vertebra or
sacrum, level or null, six points or null: upper end plate anterior, middle, posterior, then the lower
one's; middles_interpolated says that the middle points were not marked) and, under images/, the films
that extract cannot read as they are, as grey PNG. Paths are relative to OUT.
"""


def parser():
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("source", type=Path, metavar="SOURCE", help="folder of the set; for coco the JSON file")
    shared.add_argument("out", type=Path, metavar="OUT", help="folder to write")
    shared.add_argument("--patient-from", metavar="RULE", help="who a film is of: stem, folder, dicom, or a regular expression with one group, "
                        "searched in the image's path within SOURCE; by default what the format knows, else the DICOM's PatientID, else each "
                        "film its own")
    shared.add_argument("--sets", type=_argument(patients.shares), metavar="NAME=SHARE,...", help="divide the patients, as in train=0.8,internal=0.2; "
                        "by default the source's own sets, else train")
    shared.add_argument("--seed", type=int, default=1, help="of --sets (1)")
    shared.add_argument("--spacing-mm", type=float, metavar="MM", help="size of a pixel of every PNG or JPG that has no other")
    shared.add_argument("--spacings", type=Path, metavar="CSV", help="sizes by file: columns filename, pixel_spacing in mm")
    shared.add_argument("--leave-out", action="store_true", help="list the problems, and write the films that have none")
    made = argparse.ArgumentParser(prog="python3 -m importers", description=__doc__.splitlines()[0])
    chosen = made.add_subparsers(dest="format", required=True, metavar="FORMAT")
    for name, module in FORMATS.items():
        one = chosen.add_parser(name, help=module.HELP, parents=[shared], description=module.__doc__, epilog=EPILOG,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
        module.add_options(one)
    return made


def _argument(parse):
    def parsed(text):
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
    return parsed


def main(arguments=None):
    given = parser().parse_args(arguments)
    try:
        return run(given)
    except (OSError, ValueError, csv.Error) as error:
        print(error, file=sys.stderr)
        return 2


def run(given):
    """Read, check, divide, write."""
    module, wanted = FORMATS[given.format], Path.is_file if given.format == "coco" else Path.is_dir
    if not wanted(given.source):
        raise ValueError(f"{given.source}: there is no such {'file' if given.format == 'coco' else 'folder'}")
    if given.spacing_mm is not None and not 0 < given.spacing_mm < 10:
        raise ValueError(f"--spacing-mm {given.spacing_mm:g} is no size of a pixel in mm")
    if given.out.resolve().is_relative_to(given.source.resolve()):
        raise ValueError(f"{given.out}: OUT lies in SOURCE, and would be read as a part of it the next time")
    table = patients.spacing_table(given.spacings) if given.spacings else {}
    problems = cases.Problems(given.source if given.source.is_dir() else given.source.parent)
    films = module.read(given.source, given, problems)
    if not films and not problems.found:
        raise ValueError(f"{given.source}: nothing of this format is there")
    for film in films:
        cases.check(film, problems)
    patients.identify(films, given.patient_from, problems)
    patients.measure(films, given.spacing_mm, table, problems)
    if given.leave_out:
        films = [film for film in films if not film.faulty]
    if given.sets:
        patients.divide(films, given.sets, given.seed)
    else:
        patients.keep(films, problems)
        films = [film for film in films if not (given.leave_out and film.faulty)]
    for line in problems.lines():
        print(line, file=sys.stderr)
    if problems.found and not (given.leave_out and films):
        print(f"{len(problems.found)} problems, nothing is written" + ("" if given.leave_out else " (--leave-out writes the films that have none)"),
              file=sys.stderr)
        return 1
    count = cases.write(films, given.out, problems, module.LABELS)
    for note in problems.notes:
        print(f"note: {note}", file=sys.stderr)
    sets = {name: len({film.patient for film in films if film.set == name}) for name in sorted({film.set for film in films})}
    print(f"{count} bodies on {len(films)} films; patients: " + ", ".join(f"{n} {name}" for name, n in sets.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
