"""Masks of a case, or of a model's result, as DICOM objects: one table of what can be written.

A new kind of object is one function and one line of ``OBJECT_FORMATS``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.case.images import ImageReference
from imaging.errors import UserError
from imaging.formats.label_file import LabelFile
from imaging.mask_matching import match
from imaging.objects.proof import prove
from imaging.objects.source_series import ObjectSource, source_of, source_of_series, source_without_dicom
from imaging.objects.writing import check_replaces_no_image
from imaging.objects.written import WrittenObject
from session.annotation_export import write_measurements, write_model_map, write_presentation_state
from session.case_content import CaseContent
from session.exporting import stacked
from session.opening import same_series
from session.reading import image_series

OBJECT_SUFFIX = ".dcm"


@dataclass(frozen=True, eq=False)
class ObjectContent:
    """What an object is made from; each kind takes what it needs.

    Attributes:
        labels: the masks.
        source: the images that they are about.
        probabilities: by place in ``labels.segments`` how probable a model finds a structure, uint8, 255 for 1.
        case: what else the case holds; None where there is no case.
    """

    labels: LabelFile
    source: ObjectSource
    probabilities: Mapping[int, NDArray[np.uint8]] = field(default_factory=dict)
    case: CaseContent | None = None


Write = Callable[[ObjectContent, Path], WrittenObject]

# What ``--format`` says -> how it is written. Functions import what they need when they run: start-up stays light.
OBJECT_FORMATS: dict[str, Write] = {
    "seg": lambda content, path: _segmentation(content, path, "BINARY"),
    "seg-labelmap": lambda content, path: _segmentation(content, path, "LABELMAP", compress=True),
    "seg-labelmap-plain": lambda content, path: _segmentation(content, path, "LABELMAP"),
    "seg-fractional": lambda content, path: _segmentation(content, path, "FRACTIONAL"),
    "rtstruct": lambda content, path: _structure_set(content, path),
    "sr": write_measurements,
    "gsps": write_presentation_state,
    "pm": write_model_map,
}

OF_CASES = ("gsps", "pm")  # kinds that need what only a case holds: a window, drawings, maps that were kept
ON_ONE_LAYER = ("seg-labelmap", "seg-labelmap-plain")  # kinds of object that cannot hold overlapping segments


def _segmentation(content: ObjectContent, path: Path, kind: str, *, compress: bool = False) -> WrittenObject:
    from imaging.objects.segmentation_dataset import SegmentationKind
    from imaging.objects.segmentation_write import write_segmentation

    maps = content.probabilities if kind == SegmentationKind.FRACTIONAL else None
    return write_segmentation(
        content.labels, content.source, path, SegmentationKind(kind), compress=compress, probabilities=maps or None
    )


def _structure_set(content: ObjectContent, path: Path) -> WrittenObject:
    from imaging.objects.structure_set_write import write_structure_set

    return write_structure_set(content.labels, content.source, path)


def write_object_of(content: ObjectContent, path: Path, format_name: str, *, stack: bool = False) -> WrittenObject:
    """Write an object; the file gets its name when it was read back and found right.

    Args:
        content: what it is made from. Masks on a grid that is the source's with turned axes are laid onto it.
        path: the file.
        format_name: a key of ``OBJECT_FORMATS``.
        stack: put overlapping segments on one layer where the kind of object holds only one.

    Raises:
        UserError: the masks do not suit the source or the kind of object, or the file cannot be written.
    """
    if path.suffix != OBJECT_SUFFIX:
        raise UserError(f"A DICOM object needs a file name that ends in {OBJECT_SUFFIX}.")
    if not path.parent.is_dir():
        raise UserError(f"There is no folder {path.parent}.")
    if stack and format_name in ON_ONE_LAYER and len(content.labels.layers) > 1:
        content = replace(content, labels=stacked(content.labels))
    return OBJECT_FORMATS[format_name](content, path)


def write_proven(content: ObjectContent, path: Path, format_name: str, on_written: Callable[[], None]) -> WrittenObject:
    """Write an object that takes its name only when another reader, too, found in it what was to be written.

    Args:
        content, path, format_name: see `write_object_of`; overlapping segments are put on one layer where need be.
        on_written: called before the other reader begins.

    Raises:
        UserError: see `write_object_of`, or the other reader finds something else; what stood there stays as it was.
    """
    check_replaces_no_image(path)
    try:
        with TemporaryDirectory(prefix=".limner-", dir=path.parent) as folder:
            part = Path(folder) / path.name
            written = write_object_of(content, part, format_name, stack=True)
            on_written()
            proven = prove(part, written.labels, written.sop_instance_uid)
            if not proven.is_right:
                raise UserError(f"{path.name} was not written: it is not what it should be.", proven.problems[0])
            os.replace(part, path)
    except OSError as error:
        raise UserError(f"{path.name} cannot be written: {error.strerror}.", "Choose another folder.") from error
    return written


def source_of_case(image: ImageReference, labels: LabelFile, series: Path | None = None) -> ObjectContent:
    """The masks of a case and the images that they are about.

    Args:
        image: the case's first image.
        labels: its masks.
        series: DICOM images that the masks belong to instead, such as those that a NIfTI file was made from.

    Raises:
        UserError: the images are not there, or lie elsewhere in space than the masks.
    """
    if series is not None:
        source = source_of(series, labels.geometry)
        return ObjectContent(_laid_on(labels, source), source)
    path = Path(image.path)
    if not path.exists():
        raise UserError("The images of this case are not where they were.", "Name their place by --series PATH.")
    found = same_series(image_series(path, image.series_id), image)
    if found.stack is None:
        return ObjectContent(labels, source_without_dicom(labels.geometry, image.pixel_hash))
    return ObjectContent(labels, source_of_series(found))


def object_record(written: WrittenObject) -> dict[str, Any]:
    """What was written, as JSON without identifiers of a patient."""
    segments = [] if written.labels is None else written.labels.segments
    return {
        "sop_instance_uid": written.sop_instance_uid,
        "labels": [{"name": s.name, "label_value": s.label_value, "layer": s.layer} for s in segments],
        "filled_in": [{"keyword": one.keyword, "why": one.why, "value": one.value} for one in written.filled_in],
        "notes": list(written.notes),
    }


def _laid_on(labels: LabelFile, source: ObjectSource) -> LabelFile:
    """The masks on the source's own grid, where that needs no interpolation."""
    try:
        return match(labels, source.geometry)
    except UserError as error:
        raise UserError(
            "These images do not lie where the masks lie.", "Name the series that was segmented."
        ) from error
