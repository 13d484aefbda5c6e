"""``limner render PATH|CASE -o out.png``: a ray-cast or cinematic picture of a volume."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from app.commands.output import note, print_json, progress
from app.pictures.options import CORNERS, add_picture_options

SAMPLES = 64


def add(parsers: Any) -> None:
    """Declare the command."""
    parser = parsers.add_parser("render", help="a ray-cast or cinematic picture of a volume (PNG, TIFF or DICOM)")
    parser.add_argument("--transparent", action="store_true", help="no background")
    parser.add_argument(
        "--mark", choices=CORNERS, default="bottom-right", help="the corner of the mark “not for diagnosis”"
    )
    add_picture_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Read, draw, write."""
    from app.pictures.drawing import draw
    from app.pictures.manner import manner_of
    from app.pictures.output import check_output, derivation, write_output
    from app.pictures.scene_option import apply_scene
    from app.pictures.subject import open_subject

    out: Path = arguments.out
    check_output(out, is_transparent=arguments.transparent)
    apply_scene(arguments)
    manner = manner_of(arguments, SAMPLES)
    began = time.perf_counter()
    subject = open_subject(arguments.path, arguments.series, progress)
    drawn = draw(arguments, subject, manner, progress)
    write_output(drawn.pixels, out, subject.volume, "Limner 3D picture", derivation(drawn.made_by))
    height, width = drawn.pixels.shape[:2]
    if arguments.json:
        seconds = round(time.perf_counter() - began, 2)
        print_json({"output": str(out), "size": [width, height], **drawn.made_by, "seconds": seconds})
    else:
        print(f"{out}: {width} × {height}, {drawn.made_by['backend']} on {drawn.made_by['device']}")
    for sentence in drawn.notes:
        note(sentence)
    return 0
