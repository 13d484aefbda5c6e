"""From label arrays to named, coloured, checked surfaces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from imaging.edit import Mask
from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.geometry import Box
from imaging.palette import next_color
from imaging.segment import Color
from render.surface_export.checking import MeshCheck, check_mesh
from render.surfaces import SMOOTHING_ITERATIONS, Surface, segment_surface

TRIANGLES = 200_000
Report = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class Part:
    """One segment as a surface.

    Attributes:
        name, color: the segment's.
        surface: in LPS millimetres.
        check: what a look at the mesh found.
        mask_ml: the volume of the segment's voxels.
    """

    name: str
    color: Color
    surface: Surface
    check: MeshCheck
    mask_ml: float

    @property
    def change_percent(self) -> float:
        """By how much the mesh's volume differs from the voxels', after smoothing and thinning out."""
        return 100 * (self.check.volume_ml / self.mask_ml - 1)

    @property
    def sentence(self) -> str:
        """What people want to know about it."""
        state = "watertight" if self.check.is_watertight else f"NOT watertight: {self.check.defects}"
        return (
            f"{self.name}: {len(self.surface.triangles)} triangles, {self.mask_ml:.2f} ml of voxels, "
            f"{self.check.volume_ml:.2f} ml enclosed ({self.change_percent:+.1f} %), {state}"
        )

    def to_json(self) -> dict[str, Any]:
        """The same as a JSON-able record."""
        check = self.check
        return {
            "name": self.name,
            "color": list(self.color),
            "triangles": len(self.surface.triangles),
            "mask_ml": round(self.mask_ml, 4),
            "volume_ml": round(check.volume_ml, 4),
            "volume_change_percent": round(self.change_percent, 3),
            "watertight": check.is_watertight,
            "open_edges": check.open_edges,
            "crowded_edges": check.crowded_edges,
            "twisted_edges": check.twisted_edges,
            "flat_triangles": check.flat_triangles,
            "euler_characteristic": check.euler_characteristic,
        }


def make_parts(
    labels: LabelFile,
    names: list[str] | None = None,
    *,
    smoothing: int = SMOOTHING_ITERATIONS,
    triangles: int = TRIANGLES,
    report: Report | None = None,
) -> list[Part]:
    """Surfaces of segments; slow, may run on any thread.

    Args:
        labels: the voxels.
        names: the segments wanted, whatever their case; None for all that have voxels.
        smoothing: iterations of the windowed sinc filter, 0 leaves the voxels' stairs.
        triangles: about how many triangles each surface may have.
        report: told the fraction done and the segment's name; what it raises ends the work.

    Raises:
        UserError: no such segment, a segment that was asked for is empty, or all are.
    """
    if smoothing < 0 or triangles < 4:
        raise UserError("Smoothing cannot be negative, and a surface needs 4 triangles or more.")
    chosen = labels.segments if names is None else [_find(labels, name) for name in names]
    parts: list[Part] = []
    for place, segment in enumerate(dict.fromkeys(chosen)):
        if report is not None:
            report(place / len(chosen), segment.name)
        part = _part(labels, segment, smoothing, triangles, [p.color for p in parts])
        if part is not None:
            parts.append(part)
        elif names is not None:
            raise UserError(f"The segment “{segment.name}” is empty.", "Leave it out or paint it first.")
    if not parts:
        raise UserError("There is no segment with voxels, so there is no surface.")
    return parts


def _find(labels: LabelFile, name: str) -> LabelSegment:
    for segment in labels.segments:
        if segment.name.casefold() == name.strip().casefold():
            return segment
    listed = ", ".join(s.name for s in labels.segments) or "there are none"
    raise UserError(f"There is no segment “{name.strip()}”.", f"Segments: {listed}.")


def _part(labels: LabelFile, segment: LabelSegment, smoothing: int, triangles: int, used: list[Color]) -> Part | None:
    mask = labels.mask(segment)
    box = _tight(mask)
    if box is None:
        return None
    surface = segment_surface(mask[box.slices], labels.geometry, box, triangles, smoothing)
    if surface is None or not len(surface.triangles):
        raise UserError(f"The segment “{segment.name}” is too small for so few triangles.", "Allow more of them.")
    counts = np.count_nonzero(mask, axis=(1, 2))
    mask_ml = float(counts @ labels.geometry.slice_voxel_volumes_ml())
    return Part(segment.name, segment.color or next_color(used), surface, check_mesh(surface), mask_ml)


def _tight(mask: Mask) -> Box | None:
    if not mask.any():
        return None
    ends: list[int] = []
    for others in ((1, 2), (0, 2), (0, 1)):
        places = np.flatnonzero(mask.any(axis=others))
        ends += [int(places[0]), int(places[-1]) + 1]
    return Box(*ends)
