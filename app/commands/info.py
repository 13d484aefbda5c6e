"""``limner info PATH``: the series that a file, folder or zip holds."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.commands.output import print_json, warn
from imaging.opening import Series, find_series


def add(parsers: Any) -> None:
    """Declare the command."""
    parser = parsers.add_parser("info", help="list the series that a file, folder, zip or DICOMDIR holds")
    parser.add_argument("path", type=Path)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the series."""
    listing = find_series(arguments.path)
    for remark in listing.remarks:
        warn(remark)
    series = listing.series
    if arguments.json:
        print_json({"series": [record(s) for s in series], "remarks": [remark.message for remark in listing.remarks]})
    else:
        for one in series:
            print(line(one))
    return 0


def record(series: Series) -> dict[str, Any]:
    """The JSON record of one series; without voxels ``shape`` is 0, 0, 0 and the rest of the geometry null."""
    geometry = series.geometry
    return {
        "id": series.id,
        "modality": series.modality,
        "shape": [0, 0, 0] if geometry is None else list(geometry.shape),
        "spacing_mm": None if geometry is None else list(geometry.spacing_mm),
        "affine_lps": None if geometry is None else geometry.affine.tolist(),
        "volume_count": series.volume_count,
        "quantity": series.quantity.value,
        "warnings": [w.value for w in series.warnings],
        "description": series.description,
        "transfer_syntax": series.transfer_syntax,
        "refusal": series.refusal,
    }


def line(series: Series) -> str:
    """One series for people."""
    parts = [series.id, series.modality or "?"]
    if series.geometry is not None:
        k, j, i = series.geometry.shape
        known = 3 if series.geometry.has_thickness else 2
        spacing = " x ".join(f"{s:.3g}" for s in series.geometry.spacing_mm[:known])
        times = f" x {series.volume_count}" if series.volume_count > 1 else ""
        parts += [f"{i} x {j} x {k}{times}", f"{spacing} mm", series.quantity.value]
    parts += [series.description, " ".join(series.warnings), series.refusal]
    return "  ".join(p for p in parts if p)
