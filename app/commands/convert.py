"""``limner convert PATH OUT``: a series as NIfTI, NRRD or MetaImage."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.commands.output import note, progress, warn
from imaging.formats.registry import write_volumes
from imaging.formats.replacing import check_replaces_none_of
from session.reading import choose_series, read_volumes_of


def add(parsers: Any) -> None:
    """Declare the command."""
    parser = parsers.add_parser("convert", help="write a series as .nii, .nii.gz, .nrrd or .mha")
    parser.add_argument("path", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--series", metavar="ID", help="which series, see `limner info`")
    parser.add_argument("--regular-grid", action="store_true", help="resample uneven or tilted slices")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Read and write."""
    series = choose_series(arguments.path, arguments.series, warn)
    check_replaces_none_of(arguments.out, (arguments.path, arguments.path / series.id))
    volumes = read_volumes_of(series, regular_grid=arguments.regular_grid, report=progress)
    write_volumes(volumes, arguments.out)
    for warning in volumes[0].warnings:
        note(f"warning: {warning.value}")
    return 0
