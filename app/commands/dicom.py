"""``limner dicom deidentify``: DICOM objects without what tells who the patient is, and the way back."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.commands.dicom_look import add_parts as add_looking
from app.commands.output import note, print_json, progress
from imaging.errors import UserError
from session.settings import Settings
from sync.deidentification.options import Dates, Options

SWITCHES = {
    "retain-uids": "instance UIDs stay as they are",
    "retain-device": "names and serial numbers of devices stay",
    "retain-institution": "name and address of the institution stay",
    "retain-patient-characteristics": "sex, age, size, weight stay",
    "clean-descriptors": "of descriptions, words that cannot name anybody stay",
    "clean-structured-content": "of reports, what is coded or measured stays",
    "clean-graphics": "drawn lines and arrows stay, their texts go",
    "retain-safe-private": "private elements that the standard lists as safe stay",
}


def add(parsers: Any) -> None:
    """Declare the command and its parts."""
    parser = parsers.add_parser("dicom", help="DICOM objects: checked, listed, identifiers removed and found again")
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
    part = parts.add_parser("deidentify", help="write objects without what tells who the patient is")
    part.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files or folders")
    part.add_argument("-o", "--out", type=Path, required=True, metavar="FOLDER")
    part.add_argument("--dates", choices=[d.value for d in Dates], default=Dates.REMOVE.value)
    for name, text in SWITCHES.items():
        part.add_argument(f"--{name}", action="store_true", help=text)
    part.add_argument("--pixels-confirmed", action="store_true", help="somebody looked: no pixels name the patient")
    part.add_argument(
        "--redact",
        type=_rectangle,
        action="append",
        default=[],
        metavar="X0,Y0,X1,Y1",
        help="black out this rectangle of pixels in all frames; may be given several times",
    )
    part.add_argument("--deface", action="store_true", help="take the face away from CT and MR images of a head")
    part.add_argument("--json", action="store_true", help="print the report")
    part.set_defaults(run=deidentify)
    part = parts.add_parser("reidentify", help="give an object that came back its patient again")
    part.add_argument("file", type=Path)
    part.add_argument("-o", "--out", type=Path, required=True, metavar="FILE")
    part.set_defaults(run=reidentify)
    add_looking(parts)


def _rectangle(text: str) -> tuple[int, int, int, int]:
    """``X0,Y0,X1,Y1`` in pixels; the last column and row are X1 - 1 and Y1 - 1."""
    try:
        x0, y0, x1, y1 = (int(part) for part in text.split(","))
    except ValueError:
        x0, y0, x1, y1 = 0, 0, 0, 0
    if x0 >= x1 or y0 >= y1:
        raise argparse.ArgumentTypeError("a rectangle is X0,Y0,X1,Y1 in pixels, with X0 < X1 and Y0 < Y1")
    return x0, y0, x1, y1


def deidentify(arguments: argparse.Namespace) -> int:
    """Write objects without identifiers."""
    from app.brain_points import brain_points
    from imaging.dicom.scan import files_below
    from sync.deidentification.engine import Deidentifier
    from sync.deidentification.faces import find_faces
    from sync.deidentification.key import read_or_make_key
    from sync.deidentification.pixels import EVERY, PixelWishes
    from sync.deidentification.register import Register
    from sync.deidentification.run import deidentify_files

    options = Options(
        Dates(arguments.dates), **{s.replace("-", "_"): getattr(arguments, s.replace("-", "_")) for s in SWITCHES}
    )
    workspace = Settings().workspace()
    paths = [p for path in arguments.paths for p in (map(Path, files_below(path)) if path.is_dir() else [path])]
    if any(path.resolve().is_relative_to(arguments.out.resolve()) for path in paths):
        raise UserError("The folder for the result must not hold the originals.", "Choose an empty folder.")
    worker = Deidentifier(read_or_make_key(workspace), options)
    wishes = PixelWishes(
        frozenset({EVERY}) if arguments.pixels_confirmed else frozenset(),
        {EVERY: tuple(arguments.redact)},
        find_faces(paths, brain_points) if arguments.deface else None,
    )
    with Register(workspace) as register:
        done = deidentify_files(
            paths,
            arguments.out,
            worker,
            register,
            pixels=wishes,
            on_progress=lambda n, total: progress(n / max(1, total), f"{n} of {total}"),
        )
    if arguments.json:
        print_json(done.to_json())
    else:
        for element, action, count in done.report.rows():
            print(f"{count:>6}  {action:<11}{element}")
        print(f"{len(done.written)} objects written, {len(done.refused)} refused, {done.others} files are no DICOM")
    for path, reason in done.refused:
        note(f"warning: {path.name}: {reason}")
    return 1 if done.refused else 0


def reidentify(arguments: argparse.Namespace) -> int:
    """Give an object that came back its patient again."""
    from session.identity import bring_back

    bring_back(arguments.file, arguments.out, Settings().workspace())
    return 0
