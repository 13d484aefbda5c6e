"""The options that the commands `render` and `movie` share."""

from __future__ import annotations

import argparse
from pathlib import Path

VIEWS = ("anterior", "posterior", "left", "right", "superior", "inferior", "corner")
BACKENDS = ("auto", "glsl", "numba", "vtk")
MODES = ("raycast", "cinematic")
CORNERS = ("top-left", "top-right", "bottom-left", "bottom-right")  # for the mark "not for diagnosis"
REST = "rest"  # what `--ghost` and `--segments` call the voxels of no segment


def add_picture_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("path", type=Path, help="images or a case")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--series", metavar="ID")
    parser.add_argument("--preset", metavar="NAME|FILE", help="a preset, or a file with one")
    parser.add_argument("--mode", choices=MODES, help="cinematic unless a scene says otherwise")
    parser.add_argument(
        "--scene", type=Path, metavar="FILE", help="look, camera and so on as in a file of --save-scene"
    )
    parser.add_argument("--save-scene", type=Path, metavar="FILE", help="write all that makes this picture as JSON")
    parser.add_argument("--spp", type=int, metavar="N", help="samples for each pixel of a cinematic picture")
    parser.add_argument("--size", metavar="WxH")
    parser.add_argument("--camera", metavar="FILE|VIEW", help=f"{', '.join(VIEWS)}, or a JSON file")
    parser.add_argument("--zoom", type=float, default=1.0, metavar="FACTOR")
    parser.add_argument("--segments", metavar="A,B", help=f"only these are shown; “{REST}” is what belongs to none")
    parser.add_argument("--ghost", metavar="A,B", help="these are a veil")
    parser.add_argument("--clip", action="append", default=[], metavar="SIDE:MM|SIDE:PERCENT%%", help="cut so much off")
    parser.add_argument("--window", metavar="LEVEL,WIDTH", help="of the grey values on cut faces")
    parser.add_argument("--open-cuts", action="store_true", help="cut faces without grey values")
    parser.add_argument("--measurements", action="store_true", help="draw the lengths, angles and boxes of a case")
    parser.add_argument("--backend", choices=BACKENDS, default="auto")
    parser.add_argument("--no-denoise", action="store_true")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--json", action="store_true")
