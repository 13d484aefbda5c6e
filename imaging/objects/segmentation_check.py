"""A segmentation that was just written, read back and compared: header, every frame's place, every pixel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.encapsulated import find_fragments
from imaging.dicom.instance import Instance
from imaging.formats.label_file import LabelSegment
from imaging.objects.foreign_frames import frames_in
from imaging.objects.segment_items import segment_label
from imaging.objects.segmentation_header import SegmentationHeader, read_segmentation_header
from imaging.objects.writing import misread

_SAME_MM = 1e-3


@dataclass(frozen=True, eq=False)
class Expected:
    """What a file must say.

    Attributes:
        sop_instance_uid: which object.
        segments: in the order of their numbers, from 1.
        frame_segments: (n,) segment number of each frame, 0 in a label map.
        positions_mm: (n, 3) of each frame.
        orientation: (6,) of all.
        pixels: stored values of each frame, in the file's order.
    """

    sop_instance_uid: str
    segments: list[LabelSegment]
    frame_segments: NDArray[np.int64]
    positions_mm: NDArray[np.float64]
    orientation: NDArray[np.float64]
    pixels: Iterable[NDArray[Any]]


def check_segmentation(path: Path, expected: Expected) -> None:
    """Read a segmentation and compare it.

    Raises:
        UserError: something else stands there.
    """
    try:
        header = read_segmentation_header(path)
        found = _trusted_frames(header.instance)
        if not _is_same(header, expected) or not all(map(np.array_equal, found, expected.pixels)):
            raise misread()
    except ValueError as error:  # a frame that cannot be decoded
        raise misread() from error


def _is_same(header: SegmentationHeader, expected: Expected) -> bool:
    segments = [header.segments.get(n) for n in range(1, len(expected.segments) + 1)]
    return (
        header.instance.sop_uid == expected.sop_instance_uid
        and np.array_equal(header.frame_segments, expected.frame_segments)
        and np.allclose(header.positions_mm, expected.positions_mm, rtol=0, atol=_SAME_MM)
        and np.allclose(header.orientation, expected.orientation, rtol=0, atol=1e-6)
        and len(header.segments) == len(segments)
        and all(_is_same_segment(one, two) for one, two in zip(segments, expected.segments, strict=True))
    )


def _is_same_segment(found: LabelSegment | None, wanted: LabelSegment) -> bool:
    if found is None:
        return False
    is_same_color = wanted.color is None or found.color == tuple(wanted.color)
    is_same_type = wanted.type is None or found.type is None or found.type.value == wanted.type.value
    return found.name == segment_label(wanted) and is_same_color and is_same_type and found.number == wanted.number


def _trusted_frames(instance: Instance) -> Iterator[NDArray[Any]]:
    """Frames that this program wrote itself a moment ago: RLE is decoded here, without a child process."""
    if not instance.header.is_encapsulated:
        yield from frames_in(instance, range(instance.frame_count))
        return
    from imagecodecs import dicomrle_decode

    count = instance.rows * instance.columns
    with instance.source.open() as reader:
        fragments = find_fragments(reader, instance.header.pixel_offset, instance.frame_count)
        for number in range(instance.frame_count):
            raw = dicomrle_decode(fragments.read(reader, number), instance.stored_type)
            yield np.frombuffer(raw, instance.stored_type, count).reshape(instance.rows, instance.columns)
