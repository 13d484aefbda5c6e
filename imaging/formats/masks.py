"""Masks from and to research files: label maps (.nii, .nii.gz, .nrrd, .mha) and Slicer's .seg.nrrd."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.formats.caret_labels import read_label_table, write_label_table
from imaging.formats.label_file import LabelArray, LabelFile, LabelSegment, flattened
from imaging.formats.registry import NIFTI, check_grid, read_stored, write_arrays
from imaging.formats.slicer_fields import read_slicer_segments, write_slicer_segments
from imaging.formats.stored_image import StoredImage
from imaging.formats.voxel_reading import read_voxels

SEGMENT_LIMIT = 1000  # FreeSurfer's richest atlas has about 200; an image has thousands of values
HIGHEST_LABEL = 65535


def read_labels(path: Path, volume: int | None = None) -> LabelFile:
    """Read a mask. Names, colours and codes come from Slicer's fields (.nrrd) or a Caret label table (NIfTI).

    A file with several volumes (Slicer's layers, one-hot channels, time points) gives one layer for each.

    Args:
        path: a label map or a .seg.nrrd.
        volume: take only this volume of a 4D file, such as a time point.

    Raises:
        UserError: no image, damaged, or voxels that are no labels (fractions, negative, colour, too many values).
    """
    stored = read_stored(path)
    if stored.is_colour:
        raise UserError(f"{path.name} is a colour image, not a mask.")
    if volume is not None and not 0 <= volume < stored.volume_count:
        raise UserError(f"{path.name} has {stored.volume_count} volumes; there is no number {volume}.")
    arrays = read_voxels(stored, is_mask=True)[0]
    layers = [_as_labels(path, arrays.pop(0)) for _ in range(len(arrays))]  # each is freed once converted
    segments = read_slicer_segments(stored.fields, len(layers)) or _found_segments(path, stored, layers)
    if volume is None:
        return LabelFile(stored.geometry, layers, segments)
    kept = [replace(segment, layer=0) for segment in segments if segment.layer == volume]
    return LabelFile(stored.geometry, [layers[volume]], kept)


def _as_labels(path: Path, array: NDArray[Any]) -> LabelArray:
    """Whole numbers 0 to 65535 as uint8 or uint16, whatever type held them."""
    low, high = array.min(), array.max()
    hint = "A mask holds whole numbers from 0 to 65535; a probability map must be thresholded first."
    if array.dtype.kind == "f" and not (np.isfinite([low, high]).all() and _is_whole(array)):
        raise UserError(f"{path.name} is not a mask: it holds fractions or values that are not numbers.", hint)
    if low < 0 or high > HIGHEST_LABEL:
        raise UserError(f"{path.name} is not a mask: its values run from {low:g} to {high:g}.", hint)
    return array.astype(np.uint8 if high < 256 else np.uint16, copy=False)


def _is_whole(array: NDArray[Any]) -> bool:
    return all(np.array_equal(plane, np.rint(plane)) for plane in array)


def label_values(layer: LabelArray) -> list[int]:
    """The values that occur in a label array, without 0."""
    counts = np.zeros(HIGHEST_LABEL + 1, np.int64)
    for plane in layer:  # bincount works on int64: slice by slice keeps that small
        found = np.bincount(plane.ravel())
        counts[: len(found)] += found
    return [int(value) for value in np.flatnonzero(counts) if value]


def _found_segments(path: Path, stored: StoredImage, layers: list[LabelArray]) -> list[LabelSegment]:
    table = read_label_table(stored.fields.get("extension", ""))
    segments = []
    for number, layer in enumerate(layers):
        values = label_values(layer)
        if len(values) > SEGMENT_LIMIT:
            raise UserError(f"{path.name} looks like an image, not a mask: it has {len(values)} different values.")
        suffix = f" ({number + 1})" if len(layers) > 1 else ""
        for value in values:
            name, color = table.get(value, (f"Label {value}", None))
            segments.append(LabelSegment(name + suffix, color, value, number))
    return segments


def write_labels(labels: LabelFile, path: Path) -> LabelFile:
    """Write a mask: .seg.nrrd and .nrrd with Slicer's fields, .nii and .nii.gz with a label table, .mha bare.

    Returns:
        What the file holds: one layer, and other label values where two layers used the same, except in .nrrd.

    Raises:
        UserError: overlapping segments in a format that holds one layer, or a file that cannot be written.
    """
    name = path.name.lower()
    if not labels.layers:
        labels = LabelFile(labels.geometry, [np.zeros(labels.geometry.shape, np.uint8)], labels.segments)
    if not name.endswith(".nrrd"):
        labels = flattened(labels)
    widest = np.result_type(*labels.layers)
    arrays = [layer.astype(widest, copy=False) for layer in labels.layers]
    if name.endswith(".nrrd"):
        _write_nrrd(labels, arrays, path)
    elif name.endswith(NIFTI):
        _write_nifti(labels, arrays, path)
    else:
        write_arrays(labels.geometry, arrays, path)
    return labels


def _write_nrrd(labels: LabelFile, arrays: list[LabelArray], path: Path) -> None:
    from imaging.formats.nrrd import write_nrrd

    check_grid(labels.geometry)
    write_nrrd(labels.geometry, arrays, path, write_slicer_segments(labels))


def _write_nifti(labels: LabelFile, arrays: list[LabelArray], path: Path) -> None:
    from imaging.formats.nifti import write_nifti

    check_grid(labels.geometry)
    write_nifti(labels.geometry, arrays, path, write_label_table(labels.segments))
