"""Pixels of segmentations onto the disk, frame by frame: never more than a few frames in memory beside the labels."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.formats.label_file import LabelArray, LabelFile
from imaging.objects.frame_groups import element_head

GROUP = 8  # frames of any size together fill whole bytes
LONGEST = 0xFFFFFFFE
_PIXELS = 0x7FE00010
_UNDEFINED = 0xFFFFFFFF
_ITEM = struct.Struct("<HHI")

Frame = NDArray[Any]


def frames_with_voxels(labels: LabelFile) -> NDArray[np.int64]:
    """All pairs of segment and slice that share a voxel.

    Returns:
        (n, 4) of segment number (from 1, in the file's order), slice, first row and row behind the last.
    """
    found: list[tuple[int, ...]] = []
    for number, layer in enumerate(labels.layers):
        segment_of = {s.label_value: n for n, s in enumerate(labels.segments, 1) if s.layer == number}
        for k, plane in enumerate(layer):
            found += [(segment_of[value], k, *rows) for value, *rows in rows_of_values(plane) if value in segment_of]
    return np.array(sorted(found), np.int64).reshape(-1, 4)


def segments_with_voxels(labels: LabelFile) -> set[int]:
    """Numbers (from 1) of the segments that are not empty; slices are looked at only until all were met."""
    found: set[int] = set()
    for number, layer in enumerate(labels.layers):
        segment_of = {s.label_value: n for n, s in enumerate(labels.segments, 1) if s.layer == number}
        for plane in layer:
            if not segment_of:
                break
            for value, *_ in rows_of_values(plane):
                if value in segment_of:
                    found.add(segment_of.pop(value))
    return found


def rows_of_values(plane: LabelArray) -> list[list[int]]:
    """Each value of a slice with the first row that holds it and the row behind the last.

    It looks at the places where a new value begins: they are few, and quickly found.
    """
    flat = plane.reshape(-1)
    begins = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    last_rows = (np.append(begins[1:], flat.size) - 1) // plane.shape[1]
    values, first = np.unique(flat[begins], return_index=True)
    _, last = np.unique(flat[begins][::-1], return_index=True)
    found = np.stack([values, begins[first] // plane.shape[1], last_rows[::-1][last] + 1], axis=1)
    return [[int(number) for number in row] for row in found]


def masks_of(labels: LabelFile, frames: NDArray[np.int64]) -> Iterator[Callable[[Frame], None]]:
    """For each frame, as `frames_with_voxels` lists them, a function that fills a boolean frame."""
    for number, k, begin, end in frames.tolist():
        segment = labels.segments[number - 1]
        yield partial(_fill, labels.layers[segment.layer][k][begin:end], segment.label_value, begin)


def _fill(rows: LabelArray, value: int, begin: int, out: Frame) -> None:
    """Compare only the rows that hold the segment: most are without it."""
    end = begin + len(rows)
    out[:begin], out[end:] = False, False
    np.equal(rows, value, out=out[begin:end])


def write_bits(file: BinaryIO, masks: Iterable[Callable[[Frame], None]], count: int, rows: int, columns: int) -> None:
    """Pixel Data of 1 bit per pixel: frames follow each other without a gap, within a byte too (PS3.5 8.1.1).

    Raises:
        UserError: more than an element can hold.
    """
    length = (count * rows * columns + 7) // 8
    file.write(element_head(_PIXELS, b"OB", _even(length)))
    frames = np.empty((GROUP, rows, columns), np.bool_)
    waiting = 0
    for fill in masks:
        fill(frames[waiting])
        waiting += 1
        if waiting == GROUP:
            file.write(np.packbits(frames, bitorder="little").data)
            waiting = 0
    if waiting:
        file.write(np.packbits(frames[:waiting], bitorder="little").data)
    file.write(b"\0" * (length % 2))


def write_plain(
    file: BinaryIO, frames: Iterable[Frame], count: int, frame_bytes: int, vr: bytes = b"OB", tag: int = _PIXELS
) -> None:
    """Uncompressed Pixel Data, or Float Pixel Data by its tag.

    Raises:
        UserError: more than an element can hold.
    """
    length = count * frame_bytes
    file.write(element_head(tag, vr, _even(length)))
    for frame in frames:
        file.write(np.ascontiguousarray(frame).data)
    file.write(b"\0" * (length % 2))


def _even(length: int) -> int:
    if length > LONGEST:
        hint = "Write a label map (--format seg-labelmap), or fewer segments at a time."
        raise UserError(f"The object would hold {length >> 30} GB of pixels; DICOM allows 4.", hint)
    return length + length % 2


def write_rle(file: BinaryIO, frames: Iterable[Frame]) -> None:
    """Encapsulated Pixel Data, RLE Lossless: one fragment for each frame, an empty offset table (PS3.5 A.4.2)."""
    file.write(element_head(_PIXELS, b"OB", _UNDEFINED) + _ITEM.pack(0xFFFE, 0xE000, 0))
    for frame in frames:
        data = rle_frame(frame)
        file.write(_ITEM.pack(0xFFFE, 0xE000, len(data)) + data)
    file.write(_ITEM.pack(0xFFFE, 0xE0DD, 0))


def rle_frame(frame: Frame) -> bytes:
    """One frame in DICOM's RLE (PS3.5 annex G): a PackBits segment for each byte of a value, the highest first."""
    from imagecodecs import packbits_encode  # packs row by row, as the annex wants

    frame = np.ascontiguousarray(frame)
    bytes_of = frame.view(np.uint8).reshape(*frame.shape, frame.itemsize)
    planes = [np.ascontiguousarray(bytes_of[..., n]) for n in reversed(range(frame.itemsize))]
    parts = [packed + b"\0" * (len(packed) % 2) for packed in map(packbits_encode, planes)]
    offsets = np.zeros(16, "<u4")
    offsets[0] = len(parts)
    offsets[1 : 1 + len(parts)] = 64 + np.cumsum([0, *map(len, parts[:-1])])
    return offsets.tobytes() + b"".join(parts)
