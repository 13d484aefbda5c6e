"""What the header of a DICOM segmentation says: its segments, and for each frame its segment and place (PS3.3 A.51)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imaging.dicom import tags
from imaging.dicom.instance import Instance, instance_of
from imaging.errors import UserError
from imaging.formats.label_file import LabelSegment, SegmentAlgorithm
from imaging.objects.display_colour import from_cielab
from imaging.objects.elements import Elements, ForeignObject, open_object
from imaging.objects.segment_items import TRACKING_PREFIX, UNKNOWN
from imaging.objects.segmentation_dataset import SegmentationKind
from imaging.segment import Color

SEGMENTATION_CLASSES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
MOST_FRAMES = 1_000_000
_ALGORITHM_TYPES = ("MANUAL", "SEMIAUTOMATIC", "AUTOMATIC")
_PADDING_VALUE = 0x00280120


@dataclass(frozen=True, eq=False)
class SegmentationHeader:
    """A segmentation without its pixels.

    Attributes:
        instance: size, bits and place of the pixels.
        kind: how the voxels are held.
        segments: segment number -> what the file says of it; ``label_value`` is the number.
        frame_segments: (n,) segment number of each frame, 0 in a label map.
        positions_mm: (n, 3) LPS place of each frame's first pixel.
        orientation: (6,) unit vectors along a row and down a column, of all frames.
        spacing_mm: (between rows, between columns).
        slice_spacing_mm: what the file says of the distance between slices, None where it says nothing.
        thickness_mm: of one slice, None where unknown.
        frame_of_reference_uid: empty where there is none.
        source_series_uids: of the series that it refers to.
        fraction: kind of fractions and the value that means all of a voxel, such as ("PROBABILITY", 255).
        background: the value of a label map that belongs to no segment.
    """

    instance: Instance
    kind: SegmentationKind
    segments: dict[int, LabelSegment]
    frame_segments: NDArray[np.int64]
    positions_mm: NDArray[np.float64]
    orientation: NDArray[np.float64]
    spacing_mm: tuple[float, float]
    slice_spacing_mm: float | None
    thickness_mm: float | None
    frame_of_reference_uid: str
    source_series_uids: tuple[str, ...]
    fraction: tuple[str, int] = ("", 1)
    background: int = 0


def is_segmentation(found: ForeignObject) -> bool:
    """True for the objects that `read_segmentation_header` reads."""
    return found.elements.text(tags.SOP_CLASS) in SEGMENTATION_CLASSES


def read_segmentation_header(path: Path) -> SegmentationHeader:
    """Read all but the pixels.

    Raises:
        UserError: no segmentation, damaged, or one that Limner cannot place.
    """
    return header_of(open_object(path))


def header_of(found: ForeignObject) -> SegmentationHeader:
    """The header of a segmentation, see `read_segmentation_header`."""
    if not is_segmentation(found):
        raise UserError("The file holds no DICOM segmentation.")
    elements, instance = found.elements, instance_of(found.header, found.source)
    kind = _kind(elements, instance)
    segments = _segments(elements)
    frames = elements.sequence(tags.FRAME_GROUPS)
    if not instance.rows or not instance.columns:
        raise UserError("The segmentation is damaged: it does not say how large its frames are.")
    if len(frames) != instance.frame_count or len(frames) > MOST_FRAMES:
        raise UserError(
            f"The segmentation claims {instance.frame_count} frames and describes {len(frames)}.",
            "Ask for the file again.",
        )
    groups = _Groups(elements.first(tags.SHARED_GROUPS), frames)
    background = int(instance.header.number(_PADDING_VALUE) or 0) if kind is SegmentationKind.LABELMAP else 0
    return SegmentationHeader(
        instance,
        kind,
        {n: s for n, s in segments.items() if kind is not SegmentationKind.LABELMAP or n not in (0, background)},
        groups.frame_segments(kind, segments),
        groups.positions(),
        groups.orientation(),
        groups.spacing(),
        groups.distance(tags.SPACING_BETWEEN_SLICES),
        groups.distance(tags.SLICE_THICKNESS),
        elements.text(tags.FRAME_OF_REFERENCE),
        tuple(s.text(tags.SERIES_INSTANCE) for s in elements.sequence(0x00081115)),
        (elements.text(0x00620010), elements.integer(0x0062000E, 255) or 255),
        background,
    )


def _kind(elements: Elements, instance: Instance) -> SegmentationKind:
    said = elements.text(0x00620001)
    try:
        kind = SegmentationKind(said)
    except ValueError:
        raise UserError(f"The segmentation is of a kind that Limner does not know ({said[:16] or 'none'}).") from None
    allowed = {SegmentationKind.BINARY: (1,), SegmentationKind.FRACTIONAL: (8,), SegmentationKind.LABELMAP: (8, 16)}
    if instance.bits_allocated not in allowed[kind] or instance.samples != 1:
        raise UserError(f"The segmentation is damaged: {kind.value} frames do not have {instance.bits_allocated} bits.")
    return kind


# ------------------------------------------------------------------------------------------------ segments


def _segments(elements: Elements) -> dict[int, LabelSegment]:
    found: dict[int, LabelSegment] = {}
    for one in elements.sequence(0x00620002):
        number = one.integer(0x00620004, -1)
        if number < 0 or number in found:
            raise UserError("The segmentation is damaged: its segments are not numbered one by one.")
        found[number] = _segment(one, number)
    if not found:
        raise UserError("The segmentation describes no segment.")
    return found


def _segment(one: Elements, number: int) -> LabelSegment:
    type_item = one.first(0x0062000F)
    kind = one.code(0x0062000F)
    name = one.text(0x00620005) or (kind.meaning if kind else "") or f"Segment {number}"
    tracked = re.fullmatch(re.escape(TRACKING_PREFIX) + r"(\d{1,5})", one.text(0x00620020))
    return LabelSegment(
        name,
        _color(one),
        number,
        category=one.code(0x00620003),
        type=kind,
        modifier=type_item.code(0x00620011),
        number=int(tracked.group(1)) if tracked else number,
        algorithm=_algorithm(one),
    )


def _color(one: Elements) -> Color | None:
    lab = one.integers(0x0062000D)
    if len(lab) == 3:
        return from_cielab((lab[0], lab[1], lab[2]))
    grey = one.integers(0x0062000C)
    return (grey[0] >> 8, grey[0] >> 8, grey[0] >> 8) if len(grey) == 1 else None


def _algorithm(one: Elements) -> SegmentAlgorithm | None:
    kind = one.text(0x00620008)
    if kind not in _ALGORITHM_TYPES:
        return None
    identified = one.first(0x00620007)
    name = one.text(0x00620009) or identified.text(0x00660036)
    return None if name == UNKNOWN else SegmentAlgorithm(kind, name, identified.text(0x00660031))


# ------------------------------------------------------------------------------------------------ frames


class _Groups:
    """Functional groups: a frame's own, else the shared ones (PS3.3 C.7.6.16)."""

    def __init__(self, shared: Elements, frames: Sequence[Elements]) -> None:
        self._shared = shared
        self._frames = frames

    def _all(self, group: int) -> list[Elements]:
        common = self._shared.first(group)
        return [frame.items[group][0] if frame.items.get(group) else common for frame in self._frames]

    def frame_segments(self, kind: SegmentationKind, segments: dict[int, LabelSegment]) -> NDArray[np.int64]:
        """Segment number of each frame."""
        if kind is SegmentationKind.LABELMAP:
            return np.zeros(len(self._frames), np.int64)
        numbers = [one.integer(0x0062000B, -1) for one in self._all(0x0062000A)]
        if any(number not in segments for number in numbers):
            raise UserError("The segmentation is damaged: a frame belongs to a segment that is not described.")
        return np.array(numbers, np.int64)

    def positions(self) -> NDArray[np.float64]:
        """(n, 3) Image Position Patient."""
        found = [one.numbers(tags.IMAGE_POSITION) for one in self._all(0x00209113)]
        if any(len(place) != 3 or max(map(abs, place)) > 1e6 for place in found):
            raise UserError(
                "The segmentation does not say where its frames lie, so they cannot be laid on an image.",
                "Limner reads segmentations of volumes, whose frames have positions.",
            )
        return np.array(found, np.float64)

    def orientation(self) -> NDArray[np.float64]:
        """(6,) of all frames."""
        found = self._same(0x00209116, tags.IMAGE_ORIENTATION, 6, "orientation")
        row, column = found[:3], found[3:]
        lengths = np.linalg.norm(row), np.linalg.norm(column)
        if max(abs(length - 1) for length in lengths) > 0.01 or abs(row @ column) > 0.01:
            raise UserError("The segmentation is damaged: its frames have no right orientation.")
        return np.concatenate([row / lengths[0], column / lengths[1]])

    def spacing(self) -> tuple[float, float]:
        """(between rows, between columns) of all frames."""
        rows, columns = self._same(0x00289110, tags.PIXEL_SPACING, 2, "pixel spacing")
        if not (1e-4 < rows < 1e4 and 1e-4 < columns < 1e4):
            raise UserError("The segmentation is damaged: its pixels have no size.")
        return float(rows), float(columns)

    def distance(self, tag: int) -> float | None:
        """A length of the first frame's pixel measures, None where there is none."""
        found = self._all(0x00289110)[0].numbers(tag)
        return abs(found[0]) if found and 1e-4 < abs(found[0]) < 1e4 else None

    def _same(self, group: int, tag: int, count: int, name: str) -> NDArray[np.float64]:
        distinct = {one.values.get(tag, b"") for one in self._all(group)}
        rows = [Elements({tag: raw}).numbers(tag) for raw in distinct]
        if any(len(row) != count for row in rows):
            raise UserError(f"The segmentation does not say the {name} of its frames.")
        found = np.array(rows, np.float64)
        if np.abs(found - found[0]).max() > 1e-4:
            raise UserError(f"The frames of the segmentation differ in their {name}; Limner reads one grid at a time.")
        return np.asarray(found[0])
