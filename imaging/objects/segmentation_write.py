"""Masks as a DICOM segmentation (PS3.3 A.51, A.101): one bit per pixel and segment, fractions, or a label map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from imaging.dicom import syntax
from imaging.errors import UserError
from imaging.formats.label_file import LabelArray, LabelFile, flattened
from imaging.objects.frame_groups import REFERENCES, FrameGroups, encoded, encoded_references
from imaging.objects.frame_writer import (
    frames_with_voxels,
    masks_of,
    segments_with_voxels,
    write_bits,
    write_plain,
    write_rle,
)
from imaging.objects.header import file_meta_of
from imaging.objects.segment_items import changed_names
from imaging.objects.segmentation_dataset import MAXIMUM_FRACTION, Described, SegmentationKind, segmentation_dataset
from imaging.objects.slice_places import SlicePlaces
from imaging.objects.source_series import ObjectSource
from imaging.objects.writing import write_checked
from imaging.objects.written import WrittenObject

Maps = Mapping[int, NDArray[Any]]


def write_segmentation(
    labels: LabelFile,
    source: ObjectSource,
    path: Path,
    kind: SegmentationKind = SegmentationKind.BINARY,
    *,
    compress: bool = False,
    probabilities: Maps | None = None,
) -> WrittenObject:
    """Write masks as a segmentation of the source's study, read it back and compare every voxel.

    Args:
        labels: the masks; where their grid is the source's, each frame refers to its source image. Segments get the
            numbers 1, 2, 3... in the order of their own numbers, which stand in Tracking ID.
        source: what they are about.
        path: the file; one that was there is replaced.
        kind: BINARY is what every archive takes; LABELMAP is small and holds no overlap.
        compress: RLE Lossless; BINARY cannot be compressed.
        probabilities: for FRACTIONAL, by place in ``labels.segments`` an array (k, j, i) of 0 to 1, or uint8 of 0 to
            255; a segment without one becomes 0 and the maximum.

    Raises:
        UserError: there is nothing to write, the grid suits no DICOM image, segments overlap in a label map, or the
            file cannot be written.
    """
    if not labels.segments:
        raise UserError("There is no segment to write.")
    if kind is SegmentationKind.LABELMAP:
        labels = _on_one_layer(labels)
    content = _Content(labels, source, kind, compress and kind is not SegmentationKind.BINARY, probabilities)
    write_checked(path, content.write, content.check)
    return WrittenObject(content.uid, content.labels, (*source.filled_in, *content.filled_in), tuple(content.notes))


def _on_one_layer(labels: LabelFile) -> LabelFile:
    try:
        return flattened(labels)
    except UserError as error:
        hint = "--format seg holds overlapping segments; --stack lets upper ones hide lower ones."
        raise UserError(error.message.replace("this file format", "a label map"), hint) from error


class _Content:
    """Everything about one segmentation that is to be written."""

    def __init__(
        self, labels: LabelFile, source: ObjectSource, kind: SegmentationKind, compress: bool, maps: Maps | None
    ) -> None:
        self.kind = kind
        self.compress = compress
        order = sorted(range(len(labels.segments)), key=lambda n: labels.segments[n].number)
        self.maps = {place: maps[n] for place, n in enumerate(order) if n in maps} if maps else {}
        numbered = [replace(labels.segments[n], number=labels.segments[n].number or p) for p, n in enumerate(order, 1)]
        self.labels = replace(labels, segments=numbered)
        self.places = SlicePlaces.of(labels.geometry, source)
        self.highest_label = max((int(layer.max()) for layer in self.labels.layers), default=0)
        self.notes = changed_names(self.labels.segments)
        self.frames = self._chosen_frames()
        self.header, self.filled_in = segmentation_dataset(self._described(), source)
        self.references = encoded_references(source)
        self.uid = str(self.header.SOPInstanceUID)

    def _described(self) -> Described:
        _, rows, columns = self.labels.geometry.shape
        bits = {SegmentationKind.BINARY: 1, SegmentationKind.FRACTIONAL: 8}.get(self.kind, 8 * self._label_bytes)
        has_one_layer = len(self.labels.layers) <= 1 and not self.maps
        return Described(
            self.kind,
            self.labels.segments,
            self.places,
            rows,
            columns,
            bits,
            len(self.frames),
            overlap="NO" if has_one_layer else "UNDEFINED",
            fractions="PROBABILITY" if self.maps else "OCCUPANCY",
        )

    # ------------------------------------------------------------------------------------------------ frames

    def _chosen_frames(self) -> NDArray[np.int64]:
        """(segment, slice, first row, row behind the last) of each frame: those that hold something.

        A label map has every slice, as segment 0.
        """
        slices, rows, _ = self.labels.geometry.shape
        is_label_map = self.kind is SegmentationKind.LABELMAP
        found = np.zeros((0, 4), np.int64) if is_label_map else self._filled_frames()
        there = segments_with_voxels(self.labels) if is_label_map else set(found[:, 0].tolist())
        empty = [s.name for n, s in enumerate(self.labels.segments, 1) if n not in there]
        if empty:
            names = ", ".join(f"“{name}”" for name in empty[:5]) + (" and others" if len(empty) > 5 else "")
            self.notes.append(f"Without a voxel, and so described but without a frame: {names}.")
        if is_label_map:
            return np.array([(0, k, 0, rows) for k in range(slices)], np.int64)
        return found if len(found) else np.array([(1, 0, 0, rows)], np.int64)  # an image has at least one frame

    def _filled_frames(self) -> NDArray[np.int64]:
        found = frames_with_voxels(self.labels)
        if not self.maps:
            return found
        frames = [frame for frame in found.tolist() if frame[0] - 1 not in self.maps]
        for n, values in self.maps.items():
            frames += [[n + 1, k, 0, values.shape[1]] for k in np.flatnonzero(values.any(axis=(1, 2))).tolist()]
        return np.array(sorted(frames), np.int64).reshape(-1, 4)

    @property
    def _label_bytes(self) -> int:
        """Of one value of a label map."""
        return 1 if len(self.labels.segments) < 256 else 2

    def _label_planes(self) -> Iterator[LabelArray]:
        """The slices of the label map, with segment numbers as values."""
        layer = self.labels.layers[0]
        numbers = np.zeros(65536, np.uint8 if self._label_bytes == 1 else np.uint16)
        for number, segment in enumerate(self.labels.segments, 1):
            numbers[segment.label_value] = number
        highest = len(self.labels.segments)
        is_same = numbers.dtype == layer.dtype and np.array_equal(numbers[: highest + 1], np.arange(highest + 1))
        is_same &= self.highest_label <= highest
        for plane in layer:
            yield plane if is_same else numbers[plane]

    def _planes(self) -> Iterator[NDArray[Any]]:
        """Stored values of each frame, one at a time in the same memory."""
        if self.kind is SegmentationKind.LABELMAP:
            return self._label_planes()
        return self._mask_planes() if self.kind is SegmentationKind.BINARY else self._fraction_planes()

    def _mask_planes(self) -> Iterator[NDArray[np.uint8]]:
        mask = np.empty(self.labels.geometry.shape[1:], np.bool_)
        for fill in masks_of(self.labels, self.frames):
            fill(mask)
            yield mask.view(np.uint8)

    def _fraction_planes(self) -> Iterator[NDArray[np.uint8]]:
        for (number, k, *_), mask in zip(self.frames.tolist(), self._mask_planes(), strict=True):
            found = self.maps.get(number - 1)
            if found is None:
                yield mask * np.uint8(MAXIMUM_FRACTION)
            elif found.dtype == np.uint8:
                yield found[k]
            else:
                yield np.rint(np.clip(found[k], 0, 1) * MAXIMUM_FRACTION).astype(np.uint8)

    # ------------------------------------------------------------------------------------------------ the file

    def write(self, file: BinaryIO) -> None:
        """Header, functional groups, pixels."""
        first, rest = self.header[:REFERENCES], self.header[REFERENCES:]
        first.file_meta = file_meta_of(first, syntax.RLE if self.compress else syntax.EXPLICIT_LITTLE)
        head = BytesIO()
        first.save_as(head, enforce_file_format=True)
        file.write(head.getvalue() + self.references + encoded(rest))
        is_label_map = self.kind is SegmentationKind.LABELMAP
        groups = FrameGroups.of(self.places.positions_mm, self.places.images, names_segments=not is_label_map)
        groups.write(file, self.frames[:, :2])
        self._write_pixels(file)

    def _write_pixels(self, file: BinaryIO) -> None:
        count, (rows, columns) = len(self.frames), self.labels.geometry.shape[1:]
        if self.kind is SegmentationKind.BINARY:
            write_bits(file, masks_of(self.labels, self.frames), count, rows, columns)
            return
        if self.compress:
            write_rle(file, self._planes())
        else:
            size = self._label_bytes if self.kind is SegmentationKind.LABELMAP else 1
            write_plain(file, self._planes(), count, rows * columns * size, b"OW" if size == 2 else b"OB")

    def check(self, part: Path) -> None:
        """Read the file and compare it voxel by voxel."""
        from imaging.objects.segmentation_check import Expected, check_segmentation

        expected = Expected(
            self.uid,
            self.labels.segments,
            self.frames[:, 0],
            self.places.positions_mm[self.frames[:, 1]],
            self.places.orientation,
            self._planes(),
        )
        check_segmentation(part, expected)
