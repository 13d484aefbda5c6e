"""DICOM segmentations as masks: binary, fractional and label maps, on their own grid or on an image's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.formats.label_file import LabelArray, LabelFile, LabelSegment
from imaging.formats.masks import SEGMENT_LIMIT
from imaging.geometry import Geometry
from imaging.mask_matching import match
from imaging.objects.foreign_frames import frames_in
from imaging.objects.frame_layout import FrameLayout, FramePlaces, layout_on, own_layout
from imaging.objects.read_masks import ReadMasks
from imaging.objects.segmentation_dataset import SegmentationKind
from imaging.objects.segmentation_header import SegmentationHeader, read_segmentation_header
from imaging.objects.uids import is_of_series

THRESHOLD = 0.5  # of a fraction: half a voxel, or as likely as not
_MOST_LAYERS = 64
_OUTSIDE = "A part of the mask lies outside the image."


def read_segmentation(
    path: Path, target: Geometry | None = None, *, consent: bool = False, series_uid: str = ""
) -> ReadMasks:
    """Read a DICOM segmentation.

    Args:
        path: the file.
        target: an image's grid. Frames whose pixels are its voxels are laid out exactly, flipped or turned ones, too;
            any other grid needs consent. Without a target the frames make their own grid.
        consent: the user agreed to nearest-neighbour resampling and to losing what lies outside.
        series_uid: of the image (`Series.id`), to note when the segmentation is about another series.

    Raises:
        UserError: no segmentation, damaged, or on another grid without consent.
    """
    header = read_segmentation_header(path)
    places = _places(header)
    layout = layout_on(places, target) if target is not None else None
    notes = _notes(header, target, series_uid, consent=consent)
    was_resampled = target is not None and layout is None
    labels, lost = _Filling(header, layout or own_layout(places)).labels()
    if lost and not consent:
        raise UserError(_OUTSIDE, "Use --resample to cut it off.")
    if target is not None and layout is None:
        matched = match(labels, target, consent)
        was_resampled = was_resampled and not _is_exact(labels, target)
        labels = matched
    return ReadMasks(labels, tuple(notes), was_resampled or lost)


def _is_exact(labels: LabelFile, target: Geometry) -> bool:
    """True when the matching needed no consent: turned axes, such as sagittal frames of an axial volume."""
    try:
        match(LabelFile(labels.geometry, []), target)
    except UserError:
        return False
    return True


def _places(header: SegmentationHeader) -> FramePlaces:
    return FramePlaces(
        header.positions_mm,
        header.orientation,
        header.spacing_mm,
        header.instance.rows,
        header.instance.columns,
        header.slice_spacing_mm,
        header.thickness_mm,
        header.frame_of_reference_uid,
    )


def _notes(header: SegmentationHeader, target: Geometry | None, series_uid: str, *, consent: bool) -> list[str]:
    notes = []
    if header.kind is SegmentationKind.FRACTIONAL:
        what = "occupancy" if header.fraction[0] == "OCCUPANCY" else "probability"
        notes.append(f"The file holds fractions ({what}): voxels of {THRESHOLD:.0%} and more were taken.")
    if not header.frame_of_reference_uid:
        notes.append("The file names no frame of reference: its masks were laid out by their positions.")
    elif target is not None and target.frame_of_reference_uid not in (None, header.frame_of_reference_uid):
        if not consent:  # on the very same grid, too: two patients on one scanner may share it
            hint = "Use --resample when you know that its positions are those of this image."
            raise UserError("The segmentation belongs to another frame of reference than the image.", hint)
        notes.append("The file names another frame of reference than the image has; only the positions agree.")
    is_told = bool(series_uid and header.source_series_uids)
    if is_told and not any(is_of_series(series_uid, uid) for uid in header.source_series_uids):
        notes.append("The file says that it was made on another series.")
    return notes


class _Filling:
    """Frames into label layers."""

    def __init__(self, header: SegmentationHeader, layout: FrameLayout) -> None:
        self._header = header
        self._layout = layout
        highest = max(header.segments, default=0)
        if header.kind is SegmentationKind.LABELMAP and header.instance.bits_allocated == 16:
            highest = max(highest, 256)
        self._type = np.uint8 if highest < 256 else np.uint16
        self._layers: list[LabelArray] = []
        self._lost = False

    def labels(self) -> tuple[LabelFile, bool]:
        """The masks, and whether labelled voxels lie outside the grid."""
        self._add_layer()
        is_label_map = self._header.kind is SegmentationKind.LABELMAP
        segments = self._label_map() if is_label_map else self._segment_by_segment()
        return LabelFile(self._layout.geometry, self._layers, segments), self._lost

    def _add_layer(self) -> None:
        import psutil

        k, j, i = self._layout.geometry.shape
        wanted = k * j * i * np.dtype(self._type).itemsize
        if wanted > psutil.virtual_memory().available or len(self._layers) == _MOST_LAYERS:
            raise UserError("The segmentation does not fit this computer's memory.", "Close other programs.")
        self._layers.append(np.zeros(self._layout.geometry.shape, self._type))

    def _part(self, number: int, frame: NDArray[Any]) -> tuple[int, NDArray[Any], tuple[slice, slice]] | None:
        """Slice, kept pixels and their place; None where nothing of the frame lies inside."""
        k = int(self._layout.slices[number])
        kept, part, is_whole = self._layout.laid_out(frame)
        is_inside = 0 <= k < self._layout.geometry.shape[0]
        if not is_inside or not is_whole:
            self._lost |= bool(np.count_nonzero(frame) != (np.count_nonzero(kept) if is_inside else 0))
        return (k, kept, part) if is_inside else None

    # ------------------------------------------------------------------------------------------------ one by one

    def _segment_by_segment(self) -> list[LabelSegment]:
        """Each segment onto the first layer where it hides nothing."""
        header = self._header
        order = np.lexsort((self._layout.slices, header.frame_segments))
        frames = frames_in(header.instance, order.tolist())
        layer_of: dict[int, int] = {}
        written: list[tuple[int, tuple[slice, slice]]] = []
        current = -1
        for number, frame in zip(order.tolist(), frames, strict=True):
            segment = int(header.frame_segments[number])
            if segment != current:
                current, layer_of[segment], written = segment, 0, []
            found = self._part(number, self._mask(frame))
            if found is None:
                continue
            k, mask, part = found
            while self._hides(layer_of[segment], k, part, mask, segment):
                layer_of[segment] = self._moved_up(layer_of[segment], segment, written)
            plane = self._layers[layer_of[segment]][k][part]
            np.maximum(plane, mask * self._type(segment), out=plane)
            written.append((k, part))
        return [replace(s, layer=layer_of.get(n, 0)) for n, s in header.segments.items()]

    def _mask(self, frame: NDArray[Any]) -> NDArray[np.uint8]:
        """Zeros and ones."""
        if self._header.kind is SegmentationKind.BINARY:
            return frame
        limit = max(1, int(np.ceil(THRESHOLD * self._header.fraction[1])))
        return np.asarray(frame >= limit).view(np.uint8)

    def _hides(self, layer: int, k: int, part: tuple[slice, slice], mask: NDArray[Any], segment: int) -> bool:
        plane = self._layers[layer][k][part]
        if not plane.any():
            return False
        there = plane[mask != 0]
        return bool(there.any()) and bool(((there != 0) & (there != segment)).any())

    def _moved_up(self, layer: int, segment: int, written: list[tuple[int, tuple[slice, slice]]]) -> int:
        """Move what is written of a segment to the next layer where it hides nothing; returns that layer."""
        planes = [(k, part, self._layers[layer][k][part] == segment) for k, part in written]
        upper = layer + 1
        while upper < len(self._layers) and any(self._layers[upper][k][part][mask].any() for k, part, mask in planes):
            upper += 1
        if upper == len(self._layers):
            self._add_layer()
        for k, part, mask in planes:
            self._layers[layer][k][part][mask] = 0
            self._layers[upper][k][part][mask] = segment
        return upper

    # ------------------------------------------------------------------------------------------------ label maps

    def _label_map(self) -> list[LabelSegment]:
        header, layer = self._header, self._layers[0]
        order = np.argsort(self._layout.slices, kind="stable")
        present = np.zeros(65536, np.bool_)
        for number, frame in zip(order.tolist(), frames_in(header.instance, order.tolist()), strict=True):
            if header.background:
                frame = np.where(frame == header.background, 0, frame)
            found = self._part(number, frame)
            if found is None:
                continue
            k, values, part = found
            plane = layer[k][part]
            if plane.any() and plane[values != 0].any():
                raise UserError("The label map is damaged: two of its frames lie at the same place.")
            np.maximum(plane, values, out=plane, casting="unsafe")
            present[values_in(values)] = True
        strange = [int(v) for v in np.flatnonzero(present) if v and v not in header.segments]
        if len(strange) > SEGMENT_LIMIT:
            raise UserError(f"The label map is damaged: {len(strange)} of its values are described nowhere.")
        return [*header.segments.values(), *(LabelSegment(f"Label {v}", None, v, number=v) for v in strange)]


def values_in(values: NDArray[Any]) -> NDArray[np.intp]:
    """The distinct values of a slice."""
    flat = np.ascontiguousarray(values).reshape(-1)
    begins = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    return np.unique(np.concatenate([flat[:1], flat[begins]])).astype(np.intp)
