"""``limner segment PATH -o OUT``: automatic segmentation into a mask file or a case."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.actions.segmentation import DEFAULT_MODEL
from app.commands.output import note, print_json, progress
from imaging.formats.replacing import replacing
from imaging.geometry import Geometry
from inference.client import InferenceFailed
from inference.record.run_record import RunRecord
from inference.result import InferenceResult
from session.acceptance import accept
from session.exporting import check_mask_name, export_masks, labels_of_preview
from session.opening import CASE_SUFFIX, OpenedImages, new_document, note_pixel_hash, read_images
from session.reading import choose_series
from session.run_recording import RECORD_SUFFIX
from session.segmenting import preview_of, segment_recorded
from session.settings import Settings

Label = tuple[str, int, float]  # name, label value, millilitres


def add(parsers: Any) -> None:
    """Declare the command."""
    parser = parsers.add_parser("segment", help="segment an image automatically")
    parser.add_argument("path", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True, help="a mask file (.nii.gz, .seg.nrrd) or a case")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--series", metavar="ID")
    parser.add_argument("--regular-grid", action="store_true", help="resample uneven or tilted slices first")
    parser.add_argument("--measure-idle", action="store_true", help="look 5 s at the power at rest first")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Read, segment, write."""
    out: Path = arguments.out
    is_case = out.suffix == CASE_SUFFIX
    if not is_case:
        check_mask_name(out)
    series = choose_series(arguments.path, arguments.series)
    images = read_images(arguments.path, series, regular_grid=arguments.regular_grid, report=progress)
    settings = Settings()
    if arguments.measure_idle:
        note_idle_power()
    try:
        result, record = segment_recorded(
            images.volumes[0],
            arguments.model,
            {},
            progress,
            settings=settings,
            tell=lambda error: note(f"warning: {error.message}"),
        )
    except InferenceFailed as failure:
        note(f"error: {' '.join(failure.message.split())}")
        note(failure.details)
        return 1
    if is_case:
        labels = _into_case(result, record, images, out)
    else:
        labels = _into_mask(result, images.volumes[0].geometry, out)
        with replacing(record_path(out)) as file:
            file.write(record.to_text().encode())
    rows = [{"name": n, "label_value": v, "volume_ml": round(ml, 3)} for n, v, ml in labels]
    if arguments.json:
        print_json(
            {
                "labels": rows,
                "seconds": result.seconds,
                "peak_rss_mb": result.peak_rss_mb,
                "model": result.model_id,
                "version": result.version,
                "missing": list(result.missing),
                "notes": list(result.notes),
                "run": record.to_json(),
            }
        )
        return 0
    for row in rows:
        print(f"{row['label_value']:>4}  {row['name']:<28}{row['volume_ml']:>12.1f} ml")
    for line in result.notes:
        note(line)
    return 0


def _into_mask(result: InferenceResult, geometry: Geometry, out: Path) -> list[Label]:
    """Write a mask file. On one layer, what encloses others keeps the rest of its voxels; volumes are the whole."""
    labels = labels_of_preview(preview_of(result, geometry), geometry)
    written = export_masks(labels, out, stack=True)
    ml = {label.name: label.voxel_count * geometry.voxel_volume_ml for label in result.labels}
    return [(s.name, s.label_value, ml[s.name]) for s in written.segments]


def record_path(out: Path) -> Path:
    """Where the record of a run stands whose mask is ``out``: ``liver.nii.gz`` has ``liver.run.json``."""
    name = out.name
    for ending in (".nii.gz", ".seg.nrrd"):
        if name.lower().endswith(ending):
            return out.with_name(name[: -len(ending)] + RECORD_SUFFIX)
    return out.with_name(out.stem + RECORD_SUFFIX)


def note_idle_power() -> None:
    """Look for some seconds what the computer draws at rest, so that the record has the energy above that."""
    from inference.record.computer import idle_watch

    if idle_watch().measure_now() is None:
        note("This computer does not count its energy, so its power at rest cannot be measured.")


def _into_case(result: InferenceResult, record: RunRecord, images: OpenedImages, out: Path) -> list[Label]:
    """Write a case, as if somebody had accepted the result in the window."""
    document = new_document(images, out, author=Settings()["person.name"])
    try:
        document.set_preview(preview_of(result, document.segmentation.geometry, record))
        accept(document)
        note_pixel_hash(document)
        journal = document.case.journal
        if not journal.flush() and journal.failure is not None:
            raise journal.failure
        segmentation = document.segmentation
        return [(s.name, s.label_value, segmentation.volume_ml(s.number)) for s in segmentation.segments]
    finally:
        document.close()
