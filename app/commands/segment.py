"""``limner segment PATH -o OUT``: automatic segmentation into a mask file or a case."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.actions.segmentation import DEFAULT_MODEL
from app.commands.output import note, print_json, progress
from imaging.errors import UserError
from session.acceptance import accept
from session.exporting import export_masks, mask_suffix_of
from session.opening import CASE_SUFFIX, choose_series, new_document, note_pixel_hash, read_images
from session.segmenting import preview_of, segment_now
from session.settings import Settings


def add(parsers: Any) -> None:
    """Declare the command."""
    parser = parsers.add_parser("segment", help="segment an image automatically")
    parser.add_argument("path", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True, help="a mask file (.nii.gz, .seg.nrrd) or a case")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--series", metavar="ID")
    parser.add_argument("--regular-grid", action="store_true", help="resample uneven or tilted slices first")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Read, segment, write."""
    out: Path = arguments.out
    is_case = out.suffix == CASE_SUFFIX
    if not is_case:
        mask_suffix_of(out)
    series = choose_series(arguments.path, arguments.series)
    images = read_images(arguments.path, series, regular_grid=arguments.regular_grid, report=progress)
    result = segment_now(images.volumes[0], arguments.model, {}, progress)
    case_path = out if is_case else out.with_name(f".{out.name}{CASE_SUFFIX}.never-written")
    document = new_document(images, case_path, author=Settings()["person.name"])
    try:
        preview = preview_of(result, document)
        if is_case:
            document.set_preview(preview)
            accept(document)
            note_pixel_hash(document)
            if not document.case.journal.flush():
                raise document.case.journal.failure or UserError(f"{out} could not be written.")
            labels = [
                (s.name, s.label_value, document.segmentation.voxel_count(s.number))
                for s in document.segmentation.segments
            ]
        else:
            labels = export_masks(document.segmentation, out, proposed=preview)
    finally:
        document.close()
    ml = images.volumes[0].geometry.voxel_volume_ml
    report = {
        "labels": [{"name": n, "label_value": v, "volume_ml": round(c * ml, 3)} for n, v, c in labels],
        "seconds": result.seconds,
        "peak_rss_mb": result.peak_rss_mb,
        "model": result.model_id,
        "version": result.version,
        "notes": list(result.notes),
    }
    if arguments.json:
        print_json(report)
    else:
        for label in report["labels"]:
            print(f"{label['label_value']:>4}  {label['name']:<28}{label['volume_ml']:>12.1f} ml")
        for line in result.notes:
            note(line)
    return 0
