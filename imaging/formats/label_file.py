"""A mask as files hold it: label arrays on one grid and what each value means."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.segment import CodedTerm, Color

LabelArray = NDArray[Any]  # uint8 or uint16, (k, j, i)


@dataclass(frozen=True)
class SegmentAlgorithm:
    """How a segment was made, as DICOM says it.

    Attributes:
        type: MANUAL, SEMIAUTOMATIC or AUTOMATIC.
        name, version: of the algorithm, empty where nobody says.
    """

    type: str
    name: str = ""
    version: str = ""


@dataclass(frozen=True)
class LabelSegment:
    """One structure of a label file: the voxels of ``layer`` that hold ``label_value``.

    Attributes:
        name: as the file says, or ``Label 3`` where it does not.
        color: red, green, blue, 0-255; None where the file says none.
        label_value: 1 or more.
        layer: index into ``LabelFile.layers``.
        category, type, modifier: coded terminology, None where the file says none.
        number: what its case or its DICOM object calls it, 0 where it has no number.
        algorithm: how it was made, None where nobody says.
    """

    name: str
    color: Color | None
    label_value: int
    layer: int = 0
    category: CodedTerm | None = None
    type: CodedTerm | None = None
    modifier: CodedTerm | None = None
    number: int = 0
    algorithm: SegmentAlgorithm | None = None

    @property
    def is_automatic(self) -> bool:
        """True when an algorithm made it and nobody changed it."""
        return self.algorithm is not None and self.algorithm.type == "AUTOMATIC"


@dataclass(frozen=True, eq=False)
class LabelFile:
    """Label arrays that share one grid, and their segments. Segments overlap by standing on different layers.

    Attributes:
        geometry: grid of every layer.
        layers: uint8 or uint16 arrays of (k, j, i).
        segments: in the file's order; a segment may be empty.
    """

    geometry: Geometry
    layers: list[LabelArray]
    segments: list[LabelSegment] = field(default_factory=list)

    def __post_init__(self) -> None:
        if any(layer.shape != self.geometry.shape for layer in self.layers):
            raise ValueError("a label layer does not fit the geometry")

    def mask(self, segment: LabelSegment) -> NDArray[np.bool_]:
        """Boolean (k, j, i) array of one segment."""
        return np.asarray(self.layers[segment.layer] == segment.label_value)


def flattened(labels: LabelFile) -> LabelFile:
    """The same segments on one layer; a label value that two layers use is replaced by a free one.

    Raises:
        UserError: two segments overlap.
    """
    if len(labels.layers) <= 1:
        return labels
    renumbered = unique_values(labels.segments)
    highest = max((segment.label_value for segment in renumbered), default=0)
    flat = np.zeros(labels.geometry.shape, np.uint8 if highest < 256 else np.uint16)
    for number, layer in enumerate(labels.layers):
        new_values = np.zeros(int(layer.max()) + 1, flat.dtype)
        for old, new in zip(labels.segments, renumbered, strict=True):
            if old.layer == number and old.label_value < len(new_values):
                new_values[old.label_value] = new.label_value
        for into, plane in zip(flat, layer, strict=True):  # slice by slice: no second volume in memory
            _merge(into, new_values[plane], renumbered)
    return LabelFile(labels.geometry, [flat], renumbered)


def _merge(into: LabelArray, values: LabelArray, segments: list[LabelSegment]) -> None:
    filled = values > 0
    twice = values[filled & (into > 0)]
    if twice.size:
        name = next(segment.name for segment in segments if segment.label_value == twice[0])
        hint = "Write a .seg.nrrd file, which holds overlapping segments."
        raise UserError(f"{name} overlaps another segment; this file format cannot hold that.", hint)
    into[filled] = values[filled]


def unique_values(segments: list[LabelSegment]) -> list[LabelSegment]:
    """The segments on one layer, those with a free label value whose own is taken by one before them."""
    used: set[int] = set()
    wanted = {segment.label_value for segment in segments}
    result = []
    for segment in segments:
        value = segment.label_value
        if value in used:
            value = next(number for number in range(1, 65536) if number not in used | wanted)
        used.add(value)
        result.append(replace(segment, label_value=value, layer=0))
    return result
