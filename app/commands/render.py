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
    parser = parsers.add_parser("render", help="a ray-cast or cinematic picture of a volume")
    parser.add_argument("--transparent", action="store_true", help="no background")
    parser.add_argument(
        "--mark", choices=CORNERS, default="bottom-right", help="the corner of the mark “not for diagnosis”"
    )
    add_picture_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Read, draw, write."""
    from app.pictures.drawing import draw
    from app.pictures.subject import open_subject
    from render.picture_files import check_picture_name, write_picture

    out: Path = arguments.out
    check_picture_name(out)
    began = time.perf_counter()
    subject = open_subject(arguments.path, arguments.series, progress)
    drawn = draw(arguments, subject, SAMPLES, progress)
    write_picture(drawn.pixels, out)
    record = {
        "output": str(out),
        "size": [drawn.pixels.shape[1], drawn.pixels.shape[0]],
        "mode": arguments.mode,
        "backend": drawn.backend,
        "device": drawn.device,
        "samples": drawn.samples,
        "denoiser": drawn.denoiser,
        "reduced_by": drawn.reduction,
        "seconds": round(time.perf_counter() - began, 2),
    }
    if arguments.json:
        print_json(record)
    else:
        print(f"{out}: {drawn.pixels.shape[1]} × {drawn.pixels.shape[0]}, {drawn.backend} on {drawn.device}")
    for sentence in drawn.notes:
        note(sentence)
    return 0
