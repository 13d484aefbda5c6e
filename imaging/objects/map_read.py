"""Parametric maps (PS3.3 A.75), whoever wrote them, with their numbers as the file's mapping means them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.dicom import tags
from imaging.dicom.scan import scan
from imaging.dicom.series import describe
from imaging.dicom.sort import stacks_of
from imaging.dicom.sources import FileSource
from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.objects.elements import Elements, open_object
from imaging.opening import open_series
from imaging.segment import CodedTerm

PARAMETRIC_MAP = "1.2.840.10008.5.1.4.1.1.30"
_MAPPINGS, _SLOPE, _INTERCEPT = 0x00409096, 0x00409225, 0x00409224
_LABEL, _EXPLANATION, _UNIT = 0x00409210, 0x00283003, 0x004008EA
_QUANTITIES, _CODE = 0x00409220, 0x0040A168


@dataclass(frozen=True, eq=False)
class FoundMap:
    """A map that was read.

    Attributes:
        name: what the file calls it.
        title: what made it, empty where the file does not say.
        quantity, unit: what the numbers are; None where the file does not say.
        values: (k, j, i) numbers.
        geometry: grid of the values.
    """

    name: str
    title: str
    quantity: CodedTerm | None
    unit: CodedTerm | None
    values: NDArray[Any]
    geometry: Geometry


def read_map(path: Path) -> FoundMap:
    """Read a parametric map.

    Raises:
        UserError: no parametric map, damaged, several at one place, or numbers mapped by a table.
    """
    elements = open_object(path).elements
    if elements.text(tags.SOP_CLASS) != PARAMETRIC_MAP:
        raise UserError(f"{path.name} holds no parametric map.")
    mapping = _mapping(elements)
    found = scan([FileSource(str(path))])
    if not found.frames:
        raise found.unreadable[0][1] if found.unreadable else UserError("The parametric map holds no frames.")
    stacks = stacks_of(found.frames)
    if len(stacks) != 1 or len(stacks[0].volumes) != 1:
        raise UserError("The file holds several maps of one place; Limner reads one at a time.")
    (volume,) = open_series(describe(stacks[0]))
    slope, intercept = _number(mapping, _SLOPE, 1.0), _number(mapping, _INTERCEPT, 0.0)
    values = volume.voxels if (slope, intercept) == (1.0, 0.0) else volume.voxels * slope + intercept
    quantity = mapping.first(_QUANTITIES).code(_CODE)
    name = mapping.text(_EXPLANATION) or mapping.text(_LABEL)
    return FoundMap(name, elements.text(0x00700081), quantity, mapping.code(_UNIT), values, volume.geometry)


def _mapping(elements: Elements) -> Elements:
    """The one mapping from stored to real numbers."""
    frames = elements.sequence(tags.FRAME_GROUPS)
    shared = elements.first(tags.SHARED_GROUPS)
    found = [one.first(_MAPPINGS) for one in (shared, *frames) if one.items.get(_MAPPINGS)]
    if not found:
        raise UserError("The parametric map does not say what its numbers mean.")
    kinds = {(_number(one, _SLOPE, 1.0), _number(one, _INTERCEPT, 0.0)) for one in found}
    if len(kinds) > 1:
        raise UserError("The frames of the parametric map are scaled differently, which Limner does not read.")
    if 0x00409212 in found[0].values:
        raise UserError("The numbers of the parametric map are mapped by a table, which Limner does not read.")
    return found[0]


def _number(mapping: Elements, tag: int, default: float) -> float:
    raw = mapping.values.get(tag, b"")
    return float(np.frombuffer(raw[:8], "<f8")[0]) if len(raw) >= 8 else default
