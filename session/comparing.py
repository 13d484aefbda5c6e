"""Comparing masks and cases: reading both sides, and what is written about the result."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from imaging.case.case import Case
from imaging.comparison.common_grid import OnOneGrid, on_one_grid
from imaging.comparison.label_comparison import (
    ComparedSegment,
    LabelComparison,
    Report,
    compare_labels,
    compare_pairing,
)
from imaging.comparison.measures import TOLERANCE_MM, Agreement
from imaging.comparison.pairing import chosen_pairs
from imaging.errors import UserError
from imaging.extent import Extent
from imaging.formats.label_file import LabelSegment
from imaging.formats.masks import read_labels
from imaging.formats.replacing import replacing
from imaging.geometry import Geometry
from imaging.objects.read_masks import ReadMasks
from session.exporting import labels_of
from session.object_import import holds_contours, is_object_file, read_object_masks
from session.opening import is_case

COLUMNS = (
    "segment", "in", "dice", "surface_dice", "hd95_mm", "hausdorff_mm", "volume_a_ml", "volume_b_ml", "difference_ml",
    "difference_percent", "farthest_x_mm", "farthest_y_mm", "farthest_z_mm", "tolerance_mm", "area_a_mm2", "area_b_mm2",
    "difference_mm2",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class ComparedFiles:
    """Two masks and what their comparison gave; ``notes`` say how objects were read."""

    masks: OnOneGrid
    result: LabelComparison
    notes: tuple[str, ...] = ()


def read_side(path: Path, grid: Geometry | None = None, *, consent: bool = False) -> ReadMasks:
    """The segments of a mask file, a case (its images need not be there) or a DICOM object.

    Args:
        path: the file.
        grid: of the image, for contours. Masks keep their own: laying one on another's is ``on_one_grid``'s.
        consent: the user agreed to a doubtful way of laying contours on the grid.

    Raises:
        UserError: it does not exist, holds no masks, or contours and there is no grid.
    """
    if not path.exists():
        raise UserError(f"{path} does not exist.")
    if path.is_dir():
        raise UserError(f"{path} is a folder.", "Name the file of the mask.")
    if is_case(path):
        case = Case.open(path, read_only=True)
        try:
            return ReadMasks(labels_of(case.segmentation))
        finally:
            case.close()
    if not is_object_file(path):
        return ReadMasks(read_labels(path))
    if holds_contours(path):
        if grid is None:
            hint = "Compare it with a mask file or a case on the image's grid."
            raise UserError(f"{path.name} holds contours, which have no grid of their own.", hint)
        return read_object_masks(path, grid, consent=consent)
    return read_object_masks(path)


def _read_sides(a: Path, b: Path, consent: bool) -> tuple[ReadMasks, ReadMasks]:
    """Both sides; contours on the grid of the other one, unless that is an object.

    A segmentation often has only the slices that hold something, and contours beyond them would be cut off unseen.
    """
    if holds_contours(a) and not is_object_file(b):
        other = read_side(b)
        return read_side(a, other.labels.geometry, consent=consent), other
    first = read_side(a)
    return first, read_side(b, None if is_object_file(a) else first.labels.geometry, consent=consent)


def compare_files(
    a: Path,
    b: Path,
    *,
    tolerance_mm: float = TOLERANCE_MM,
    names: Sequence[str] | None = None,
    pairs: Sequence[tuple[str, str]] = (),
    resample: bool = False,
    report: Report = lambda _fraction, _message: None,
) -> ComparedFiles:
    """Read two mask files, cases or DICOM objects, and compare their segments.

    Args:
        a, b: the files; differences are B minus A.
        tolerance_mm: of the surface Dice.
        names: only these segments.
        pairs: only these pairs of names or label values, whatever else has the same name; empty to pair by names.
        resample: lay B on A's grid by nearest neighbours where the grids differ.
        report: called with fraction and message; what it raises ends the work.

    Raises:
        UserError: a file that cannot be read, different or uneven grids, unknown names, a tolerance below 0.
    """
    one, other = _read_sides(a, b, resample)
    masks = on_one_grid(one.labels, other.labels, consent_to_resample=resample)
    if pairs:
        pairing = chosen_pairs(masks.a.segments, masks.b.segments, pairs)
        result = compare_pairing(masks.a, masks.b, pairing, tolerance_mm, report)
    else:
        result = compare_labels(masks.a, masks.b, tolerance_mm=tolerance_mm, names=names, report=report)
    return ComparedFiles(masks, result, tuple(dict.fromkeys((*one.notes, *other.notes))))


def comparison_record(result: LabelComparison) -> dict[str, Any]:
    """A JSON-able record; what is not a number or infinite is null."""
    return {
        "segments": [_segment_record(s) for s in result.segments],
        "only_in_a": [_alone_record(*s) for s in result.only_in_a],
        "only_in_b": [_alone_record(*s) for s in result.only_in_b],
        "mean_dice": _rounded(result.mean_dice),
    }


def comparison_csv(result: LabelComparison) -> str:
    """The same as a table: a row for each segment, also for those without a partner; empty where there is no number."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, restval="", extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    for segment in result.segments:
        record = _segment_record(segment) | {"segment": segment.name, "in": "both"}
        where = record["farthest_mm"] or ["", "", ""]
        record |= {f"farthest_{axis}_mm": mm for axis, mm in zip("xyz", where, strict=True)}
        table.writerow(record | {"tolerance_mm": segment.agreement.tolerance_mm})
    for side, alone in (("a", result.only_in_a), ("b", result.only_in_b)):
        for one, size in alone:
            found = {f"volume_{side}_ml": _rounded(size.volume_ml), f"area_{side}_mm2": _rounded(size.area_mm2)}
            table.writerow({"segment": one.name, "in": side, **found})
    return text.getvalue()


def write_table(result: LabelComparison, path: Path) -> None:
    """Write the table as a file that spreadsheets read; the old file stays until the new one is whole.

    Raises:
        UserError: the file cannot be written.
    """
    with replacing(path) as file:
        file.write(comparison_csv(result).encode("utf-8-sig"))  # else Excel garbles names


def _segment_record(segment: ComparedSegment) -> dict[str, Any]:
    found: Agreement = segment.agreement
    return {
        "name": segment.name,
        "paired_by": "name" if segment.is_by_name else "label value" if segment.is_by_value else "choice",
        "label_a": segment.a.label_value,
        "label_b": segment.b.label_value,
        "dice": _rounded(found.dice),
        "surface_dice": _rounded(found.surface_dice),
        "hd95_mm": _rounded(found.hd95_mm),
        "hausdorff_mm": _rounded(found.hausdorff_mm),
        "farthest_mm": None if found.farthest_mm is None else [round(mm, 3) for mm in found.farthest_mm],
        "volume_a_ml": _rounded(found.size_a.volume_ml),
        "volume_b_ml": _rounded(found.size_b.volume_ml),
        "difference_ml": _rounded(found.difference.volume_ml),
        "difference_percent": _rounded(found.difference_percent),
        **(_areas(found) if found.difference.is_area else {}),
    }


def _areas(found: Agreement) -> dict[str, float | None]:
    return {
        "area_a_mm2": _rounded(found.size_a.area_mm2),
        "area_b_mm2": _rounded(found.size_b.area_mm2),
        "difference_mm2": _rounded(found.difference.area_mm2),
    }


def _alone_record(segment: LabelSegment, size: Extent) -> dict[str, Any]:
    return {"name": segment.name, "label_value": segment.label_value, **size.to_json()}


def _rounded(number: float | None) -> float | None:
    return round(number, 6) if number is not None and isfinite(number) else None
