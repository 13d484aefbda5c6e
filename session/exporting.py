"""Masks out of a case and into it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from imaging.case.entry import Entry
from imaging.edit import AddSegment, Batch, Edit, LabelsEdit, Overwrite, PaintRule
from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment, SegmentAlgorithm, unique_values
from imaging.formats.masks import read_labels, write_labels
from imaging.geometry import Box, Geometry
from imaging.mask_matching import match
from imaging.palette import next_color
from imaging.segment import Segment, SegmentState
from imaging.segmentation import Segmentation
from session.document import Document
from session.object_import import is_object_file, read_object_masks
from session.preview import Preview, ProposedSegment

MODEL_ORIGIN = "model "
LABEL_VALUES = 1 << 16  # that a layer can hold
MASK_SUFFIXES = (".seg.nrrd", ".nii.gz", ".nii", ".nrrd", ".mha")


def check_mask_name(path: Path) -> None:
    """Make sure that a mask can be written under this name.

    Raises:
        UserError: no format for this ending, or no such folder.
    """
    if not path.name.lower().endswith(MASK_SUFFIXES):
        raise UserError(f"Masks are not written as “{path.suffix}”.", f"One of {', '.join(MASK_SUFFIXES)}.")
    if not path.parent.is_dir():
        raise UserError(f"There is no folder {path.parent}.")


def labels_of(segmentation: Segmentation) -> LabelFile:
    """A segmentation as a label file, each layer as it is; those that enclose others come last, by their size."""
    sizes = {s.number: segmentation.voxel_count(s.number) if s.encloses else -1 for s in segmentation.segments}
    segments = sorted(segmentation.segments, key=lambda s: sizes[s.number])
    return LabelFile(segmentation.geometry, list(segmentation.layers), [_of_case(s) for s in segments])


def frozen_labels(document: Document) -> Callable[[], LabelFile]:
    """The open case's masks as they are now, for a job: work on the case goes on meanwhile.

    Returns:
        Copies the voxels; to be called on the job's thread, for it takes as long as the volume is large.

    Raises:
        UserError: a change of many voxels is still being worked out.
    """
    labels, snapshot = labels_of(document.segmentation), document.snapshot()
    return lambda: replace(labels, layers=snapshot.layers())


def labels_of_preview(preview: Preview, geometry: Geometry) -> LabelFile:
    """A result that nobody accepted yet, as a label file; of structures that overlap the inner ones come first."""
    algorithm = algorithm_of(preview.author, is_untouched=True)
    segments = [_described(s, algorithm) for s in sorted(preview.segments, key=lambda s: s.layer)]
    return LabelFile(geometry, preview.layers, segments)


def _of_case(segment: Segment) -> LabelSegment:
    algorithm = algorithm_of(segment.origin, is_untouched=segment.state is SegmentState.AI_ONLY)
    return replace(_described(segment, algorithm), number=segment.number)


def _described(s: Segment | ProposedSegment, algorithm: SegmentAlgorithm | None) -> LabelSegment:
    return LabelSegment(s.name, s.color, s.label_value, s.layer, s.category, s.type, s.modifier, algorithm=algorithm)


def algorithm_of(origin: str, *, is_untouched: bool) -> SegmentAlgorithm | None:
    """In DICOM's words who made a segment; None where nobody knows (an imported one).

    Args:
        origin: as ``Segment.origin``.
        is_untouched: nobody changed what a model made.
    """
    if origin == "person":
        return SegmentAlgorithm("MANUAL")
    if not origin.startswith(MODEL_ORIGIN):
        return None
    name, _, version = origin.removeprefix(MODEL_ORIGIN).partition("@")
    return SegmentAlgorithm("AUTOMATIC" if is_untouched else "SEMIAUTOMATIC", name, version)


def exported_on_one_layer(path: Path) -> bool:
    """True when the format that the path's ending names cannot hold overlapping segments."""
    return not path.name.lower().endswith(".nrrd")


def stacked(labels: LabelFile) -> LabelFile:
    """One layer from overlapping ones: upper entries of the list hide lower ones.

    Use it only where people know that voxels get lost: a structure that contains others keeps the rest.
    """
    segments = unique_values(labels.segments)
    nobody = len(segments)
    ranks = np.full((len(labels.layers), LABEL_VALUES), nobody, np.int32)  # by layer and label value, place in the list
    for place, segment in enumerate(labels.segments):
        ranks[segment.layer, segment.label_value] = place
    highest = max((segment.label_value for segment in segments), default=0)
    value_of = np.array([*(segment.label_value for segment in segments), 0], np.uint8 if highest < 256 else np.uint16)
    flat = np.zeros(labels.geometry.shape, value_of.dtype)
    for k, into in enumerate(flat):  # slice by slice: no volume for each segment
        uppermost = np.full(into.shape, nobody, np.int32)
        for rank_of, layer in zip(ranks, labels.layers, strict=True):
            np.minimum(uppermost, rank_of[layer[k]], out=uppermost)
        into[:] = value_of[uppermost]
    return LabelFile(labels.geometry, [flat], segments)


def export_masks(labels: LabelFile, path: Path, *, stack: bool = False) -> LabelFile:
    """Write masks in the format that the path's ending names.

    Args:
        labels: what to write.
        path: the file; replaced only when the new one is safely on disk.
        stack: put overlapping segments on one layer, upper ones of the list on top.

    Returns:
        What the file holds.

    Raises:
        UserError: segments overlap in a format that cannot hold it, or the file cannot be written.
    """
    check_mask_name(path)
    if stack and exported_on_one_layer(path) and len(labels.layers) > 1:
        labels = stacked(labels)
    return write_labels(labels, path)


def origin_of(algorithm: SegmentAlgorithm | None) -> str:
    """``Segment.origin`` of an imported segment: what its file says, else that it was imported."""
    if algorithm is None or (algorithm.type != "MANUAL" and not algorithm.name):
        return "import"
    if algorithm.type == "MANUAL":
        return "person"
    return f"{MODEL_ORIGIN}{algorithm.name}@{algorithm.version}" if algorithm.version else MODEL_ORIGIN + algorithm.name


@dataclass(frozen=True, eq=False)
class FittedMasks:
    """A mask file's segments on the image's grid.

    Attributes:
        was_refitted: they came on another grid.
        notes: what people should know of how the file was read.
    """

    labels: LabelFile
    file_name: str
    was_refitted: bool
    notes: tuple[str, ...] = ()


def read_masks(
    path: Path, geometry: Geometry, *, consent_to_resample: bool = False, series_id: str = ""
) -> FittedMasks:
    """Read a mask file for an image; slow for large files, touches no document.

    Args:
        path: a mask in any format that ``read_labels`` knows, or a DICOM object that holds masks.
        geometry: the image's grid.
        consent_to_resample: a mask on another grid is resampled (nearest) instead of refused.
        series_id: of the image, to note when an object is about another series.

    Raises:
        UserError: no mask, or on another grid without consent.
    """
    if is_object_file(path):
        read = read_object_masks(path, geometry, consent=consent_to_resample, series_uid=series_id)
        return FittedMasks(read.labels, path.name, read.was_resampled, read.notes)
    labels = read_labels(path)
    fitted = match(labels, geometry, consent_to_resample)
    return FittedMasks(fitted, path.name, not labels.geometry.same_space(geometry))


def twins_of(document: Document, masks: FittedMasks) -> str:
    """A sentence when the case holds segments of these names already, perhaps from the same file; else nothing."""
    known = {segment.name for segment in document.segmentation.segments}
    twice = list(dict.fromkeys(f"“{s.name}”" for s in masks.labels.segments if s.name in known))
    if not twice:
        return ""
    more = f" and {len(twice) - 3} others" if len(twice) > 3 else ""
    return f"The case held {', '.join(twice[:3])}{more} already: now there are two. Undo takes the import back."


def add_masks(
    document: Document, masks: FittedMasks, *, initiator: str = "", done: Callable[[Entry | None], None] | None = None
) -> None:
    """Add the segments of a mask file to the case, as one entry.

    Raises:
        UserError: a read-only case, or busy with another change.
    """
    count = len(masks.labels.segments)
    document.apply_soon(
        _adding(document.segmentation, masks.labels),
        title=f"Import {count} segment{'s' if count != 1 else ''}",
        tool="file.import_masks",
        parameters={"file": masks.file_name, "refitted": masks.was_refitted, **_noted(masks)},
        author="import",
        initiator=initiator,
        done=done,
    )


def _noted(masks: FittedMasks) -> dict[str, object]:
    """What a DICOM object says of how its segments were made, for the journal."""
    made_by = {s.name: [s.algorithm.type, s.algorithm.name] for s in masks.labels.segments if s.algorithm is not None}
    noted: dict[str, object] = {"notes": list(masks.notes)} if masks.notes else {}
    return {**noted, "made_by": made_by} if made_by else noted


def _adding(segmentation: Segmentation, labels: LabelFile) -> Batch:
    edits: list[Edit] = []
    number = segmentation.next_number
    first_layer = len(segmentation.layers)
    colors = [s.color for s in segmentation.segments]
    segment_of: dict[int, dict[int, int]] = {}
    for found in labels.segments:
        color = found.color or next_color(colors)
        colors.append(color)
        edits.append(
            AddSegment(
                Segment(
                    number,
                    found.name,
                    color,
                    label_value=found.label_value,
                    layer=first_layer + found.layer,
                    state=SegmentState.AI_ONLY if found.is_automatic else SegmentState.IN_PROGRESS,
                    category=found.category,
                    type=found.type,
                    modifier=found.modifier,
                    origin=origin_of(found.algorithm),
                )
            )
        )
        segment_of.setdefault(found.layer, {})[found.label_value] = number
        number += 1
    rule = PaintRule(overwrite=Overwrite.NONE)
    for layer, values in segment_of.items():
        edits.append(LabelsEdit(Box.whole(labels.geometry.shape), labels.layers[layer], values, rule))
    return Batch(tuple(edits))
