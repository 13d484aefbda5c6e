"""``limner surface PATH|CASE -o OUT``: segments as surfaces for printing, models and other programs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.commands.output import note, print_json, progress
from imaging.case.case import Case
from imaging.errors import UserError
from imaging.formats.label_file import LabelFile
from imaging.formats.masks import read_labels
from session.exporting import labels_of
from session.opening import is_case

FORMATS = ("stl", "obj", "ply", "3mf", "glb", "gltf")


def add(parsers: Any) -> None:
    """Declare the command."""
    parser = parsers.add_parser("surface", help="segments as surfaces: STL, OBJ, PLY, 3MF, glTF")
    parser.add_argument("path", type=Path, help="a case or a mask file")
    parser.add_argument("-o", "--out", type=Path, required=True, help="the file; its ending chooses the format")
    parser.add_argument("--segments", metavar="A,B", help="their names; all where it is left out")
    parser.add_argument("--format", choices=FORMATS, help="by the file's ending where it is left out")
    parser.add_argument("--smooth", type=int, metavar="N", help="iterations of smoothing, 0 for none; 20 by default")
    parser.add_argument("--triangles", type=int, metavar="N", help="for each segment, 0 for all; 200000 by default")
    files = parser.add_mutually_exclusive_group()
    files.add_argument("--one-file", action="store_true", help="all segments in one file, also as STL")
    files.add_argument("--per-segment", action="store_true", help="a file for each segment; STL's default")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Read, make the surfaces, check and write them."""
    from render.surface_export.files import check_surface_name, write_surfaces
    from render.surface_export.parts import TRIANGLES, make_parts
    from render.surfaces import SMOOTHING_ITERATIONS

    out = _named(arguments.out, arguments.format)
    check_surface_name(out)
    parts = make_parts(
        _labels(arguments.path),
        arguments.segments.split(",") if arguments.segments is not None else None,
        smoothing=SMOOTHING_ITERATIONS if arguments.smooth is None else arguments.smooth,
        triangles=TRIANGLES if arguments.triangles is None else arguments.triangles,
        report=progress,
    )
    per_segment = True if arguments.per_segment else False if arguments.one_file else None
    files = write_surfaces(parts, out, per_segment=per_segment)
    progress(1.0, "")
    if arguments.json:
        print_json({"files": [str(f) for f in files], "space": "LPS", "parts": [part.to_json() for part in parts]})
    else:
        for part in parts:
            print(part.sentence)
        for file in files:
            note(f"{file} was written.")
    return 0


def _named(out: Path, kind: str | None) -> Path:
    if kind is None or out.suffix.lower() == f".{kind}":
        return out
    if out.suffix:
        raise UserError(f"The format {kind} needs a file name that ends in .{kind}.")
    return out.with_name(f"{out.name}.{kind}")


def _labels(path: Path) -> LabelFile:
    if not path.exists():
        raise UserError(f"{path} does not exist.")
    if not is_case(path):
        return read_labels(path)
    case = Case.open(path, read_only=True)
    try:
        return labels_of(case.segmentation)
    finally:
        case.close()
