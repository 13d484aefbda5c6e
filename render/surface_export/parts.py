"""From label arrays to named, coloured, checked surfaces."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.geometry import Box, Geometry
from imaging.palette import next_color
from imaging.segment import Color
from render.label_boxes import label_boxes
from render.surface_export.checking import MeshCheck, check_mesh
from render.surface_export.closed_surface import closed_surface
from render.surfaces import SMOOTHING_ITERATIONS, Surface

TRIANGLES = 200_000  # by default; 0 keeps all
LEAST_TRIANGLES = 100  # below, shapes are no shapes any more
LOOK_UP_S = 0.2  # how often somebody may stop the work
Report = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class Part:
    """One segment as a surface.

    Attributes:
        name, color: the segment's.
        surface: in LPS millimetres.
        check: what a look at the mesh found.
        mask_ml: the volume of the segment's voxels.
        parted: at how many corners the surface was drawn apart, because voxels touch only there.
    """

    name: str
    color: Color
    surface: Surface
    check: MeshCheck
    mask_ml: float
    parted: int = 0

    @property
    def change_percent(self) -> float:
        """By how much the mesh's volume differs from the voxels', after smoothing and thinning out."""
        return 100 * (self.check.volume_ml / self.mask_ml - 1)

    @property
    def sentence(self) -> str:
        """What people want to know about it."""
        state = "watertight" if self.check.is_watertight else f"NOT watertight: {self.check.defects}"
        places = "place" if self.parted == 1 else "places"
        parted = (
            f", parted at {self.parted} {places} where voxels touch only at an edge or corner" if self.parted else ""
        )
        return (
            f"{self.name}: {len(self.surface.triangles)} triangles, {self.mask_ml:.2f} ml of voxels, "
            f"{self.check.volume_ml:.2f} ml enclosed ({self.change_percent:+.1f} %), {state}{parted}"
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
            "parted": self.parted,
            "watertight": check.is_watertight,
            "open_edges": check.open_edges,
            "crowded_edges": check.crowded_edges,
            "twisted_edges": check.twisted_edges,
            "flat_triangles": check.flat_triangles,
            "euler_characteristic": check.euler_characteristic,
        }


@dataclass(frozen=True, eq=False)
class _Plan:
    """One segment to be made, and where its voxels are."""

    segment: LabelSegment
    color: Color
    box: Box


@dataclass(eq=False)
class _Work:
    """What all threads share: the voxels, the wishes, and whether anybody still waits."""

    labels: LabelFile
    smoothing: int
    budget: int | None
    stopped: threading.Event = field(default_factory=threading.Event)

    def still_wanted(self) -> None:
        if self.stopped.is_set():
            raise _Stopped

    def part(self, plan: _Plan) -> Part:
        self.still_wanted()
        mask = np.asarray(self.labels.layers[plan.segment.layer][plan.box.slices] == plan.segment.label_value)
        geometry = self.labels.geometry
        surface, parted = closed_surface(mask, geometry, plan.box, self.smoothing, self.budget, self.still_wanted)
        volumes_ml = geometry.slice_voxel_volumes_ml()[plan.box.k0 : plan.box.k1]
        mask_ml = float(np.count_nonzero(mask, axis=(1, 2)) @ volumes_ml)
        return Part(plan.segment.name, plan.color, surface, check_mesh(surface), mask_ml, parted)


class _Stopped(Exception):
    """Raised in a thread whose result nobody waits for any more."""


def make_parts(
    labels: LabelFile,
    names: list[str] | None = None,
    *,
    smoothing: int = SMOOTHING_ITERATIONS,
    triangles: int = TRIANGLES,
    report: Report | None = None,
) -> list[Part]:
    """Surfaces of segments, several at a time; slow, may run on any thread.

    Args:
        labels: the voxels.
        names: the segments wanted, whatever their case; None for all that have voxels.
        smoothing: iterations of the windowed sinc filter, 0 leaves the voxels' stairs.
        triangles: about how many triangles each surface may have, 0 for as many as it needs.
        report: told the fraction done and which segments are being made, a few times a second; what it raises ends
            the work.

    Raises:
        UserError: no such segment, a segment that was asked for is empty, or all are; a slice of unknown thickness.
    """
    require_thickness(labels.geometry)
    if smoothing < 0 or (triangles and triangles < LEAST_TRIANGLES):
        hint = f"A surface needs {LEAST_TRIANGLES} triangles or more; 0 keeps all."
        raise UserError("So much smoothing or so few triangles cannot be.", hint)
    plans = _plans(labels, names)
    work = _Work(labels, smoothing, triangles or None)
    with ThreadPoolExecutor(max(1, min(len(plans), os.cpu_count() or 1, 8)), "surfaces") as pool:
        futures = [pool.submit(work.part, plan) for plan in plans]
        try:
            _wait(futures, plans, report)
            return [future.result() for future in futures]
        except BaseException:
            work.stopped.set()
            raise


def require_thickness(geometry: Geometry) -> None:
    """Make sure that there is a body to have a surface.

    Raises:
        UserError: a single slice of which nobody says how thick it is.
    """
    if not geometry.has_thickness:
        hint = "Export a mask or contours instead; they stay in the slice's plane."
        raise UserError("The only slice is of unknown thickness, so its segments have no surfaces.", hint)


def _wait(futures: Sequence[Future[Part]], plans: Sequence[_Plan], report: Report | None) -> None:
    """Until all are made; the first that fails, fails the whole."""
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, None if report is None else LOOK_UP_S, FIRST_COMPLETED)
        for future in done:
            future.result()
        if report is not None:
            running = [plan.segment.name for f, plan in zip(futures, plans, strict=True) if f.running()]
            report(1 - len(waiting) / len(futures), ", ".join(running))


def _plans(labels: LabelFile, names: list[str] | None) -> list[_Plan]:
    chosen = labels.segments if names is None else [_find(labels, name) for name in names]
    boxes = [label_boxes(layer) for layer in labels.layers]
    plans: list[_Plan] = []
    for segment in dict.fromkeys(chosen):
        box = boxes[segment.layer].get(segment.label_value)
        if box is not None:
            plans.append(_Plan(segment, segment.color or next_color([p.color for p in plans]), box))
        elif names is not None:
            raise UserError(f"The segment “{segment.name}” is empty.", "Leave it out or paint it first.")
    if not plans:
        raise UserError("There is no segment with voxels, so there is no surface.")
    return plans


def _find(labels: LabelFile, name: str) -> LabelSegment:
    for segment in labels.segments:
        if segment.name.casefold() == name.strip().casefold():
            return segment
    listed = ", ".join(s.name for s in labels.segments) or "there are none"
    raise UserError(f"There is no segment “{name.strip()}”.", f"Segments: {listed}.")
