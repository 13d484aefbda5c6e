"""What the 3D view shows, as frozen data: resolved from the document and the presentation, compared, then drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Geometry
from imaging.segment import Color
from imaging.segmentation import Segmentation
from imaging.volume import Volume
from render.surfaces import Surface
from session.presentation import Plane, PresentationState, VolumeCamera, Windowing


@dataclass(frozen=True)
class ShownSurface:
    """One segment's surface in its colour."""

    number: int
    surface: Surface
    color: Color


@dataclass(frozen=True)
class PlaneCut:
    """One slice of the volume as a picture in space.

    Attributes:
        plane: which of the three.
        axis: the array axis it is perpendicular to: 0 for k, 1 for j, 2 for i.
        index: its place along that axis.
        revision: counts the arrivals of voxels, so that a slice of a volume that is still loading is drawn again.
    """

    plane: Plane
    volume: Volume
    axis: int
    index: int
    windowing: Windowing
    is_inverted: bool
    revision: int = 0


@dataclass(frozen=True)
class Crosshair:
    """Three lines through a point along x, y and z, as long as the image is wide there."""

    point_mm: tuple[float, float, float]
    low_mm: tuple[float, float, float]
    high_mm: tuple[float, float, float]


@dataclass(frozen=True)
class VolumeSceneState:
    """Everything a picture depends on besides its size."""

    camera: VolumeCamera
    surfaces: tuple[ShownSurface, ...] = ()
    planes: tuple[PlaneCut, ...] = ()
    crosshair: Crosshair | None = None


def resolved(
    presentation: PresentationState,
    volume: Volume,
    segmentation: Segmentation,
    surfaces: Mapping[int, Surface],
    camera: VolumeCamera,
    image_revision: int = 0,
) -> VolumeSceneState:
    """The scene of a document; segments whose surface is not made yet are left out."""
    planes: tuple[PlaneCut, ...] = ()
    if presentation.shows_slices_in_3d and volume.voxels.ndim == 3:
        planes = plane_cuts(presentation, volume, image_revision)
    return VolumeSceneState(
        camera=camera,
        surfaces=shown_surfaces(segmentation, surfaces, presentation.hidden_segments),
        planes=planes,
        crosshair=_crosshair(presentation, volume.geometry) if presentation.shows_crosshair else None,
    )


def shown_surfaces(
    segmentation: Segmentation, surfaces: Mapping[int, Surface], hidden: frozenset[int]
) -> tuple[ShownSurface, ...]:
    """The surfaces of the segments that are not hidden."""
    return tuple(
        ShownSurface(s.number, surfaces[s.number], s.color)
        for s in segmentation.segments
        if s.number in surfaces and s.number not in hidden
    )


def plane_cuts(presentation: PresentationState, volume: Volume, revision: int) -> tuple[PlaneCut, ...]:
    """The three slices through the crosshair, along the grid's own axes."""
    axes = array_axes(volume.geometry)
    ijk = volume.geometry.to_index(presentation.crosshair_mm)
    cuts = []
    for plane in Plane:
        axis = axes[plane]
        index = int(np.clip(round(float(ijk[2 - axis])), 0, volume.geometry.shape[axis] - 1))
        cuts.append(PlaneCut(plane, volume, axis, index, presentation.windowing, presentation.is_inverted, revision))
    return tuple(cuts)


def array_axes(geometry: Geometry) -> dict[Plane, int]:
    """For each plane the array axis that its slices stand on: the one that runs most nearly along its normal."""
    steepness = np.abs(geometry.direction)  # rows x, y, z; columns i, j, k
    found: dict[Plane, int] = {}
    pairs = sorted((float(steepness[row, column]), row, column) for row in range(3) for column in range(3))
    free_rows, free_columns = {0, 1, 2}, {0, 1, 2}
    for _, row, column in reversed(pairs):
        if row in free_rows and column in free_columns:
            found[(Plane.SAGITTAL, Plane.CORONAL, Plane.AXIAL)[row]] = 2 - column
            free_rows.discard(row)
            free_columns.discard(column)
    return found


def corners_mm(geometry: Geometry) -> NDArray[np.float64]:
    """(8, 3) LPS positions of the grid's outermost corners, half a voxel beyond the centres."""
    k, j, i = geometry.shape
    return geometry.to_world([[x, y, z] for x in (-0.5, i - 0.5) for y in (-0.5, j - 0.5) for z in (-0.5, k - 0.5)])


def scene_points_mm(surfaces: tuple[ShownSurface, ...], geometry: Geometry) -> NDArray[np.float64]:
    """What a fitted camera must see: the box of the surfaces, or of the image when there are none."""
    if not surfaces:
        return corners_mm(geometry)
    lows = np.min([s.surface.points_mm.min(axis=0) for s in surfaces], axis=0)
    highs = np.max([s.surface.points_mm.max(axis=0) for s in surfaces], axis=0)
    ends = (lows, highs)
    return np.array([[ends[a][0], ends[b][1], ends[c][2]] for a in (0, 1) for b in (0, 1) for c in (0, 1)])


def _crosshair(presentation: PresentationState, geometry: Geometry) -> Crosshair:
    corners = corners_mm(geometry)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return Crosshair(
        presentation.crosshair_mm,
        (float(low[0]), float(low[1]), float(low[2])),
        (float(high[0]), float(high[1]), float(high[2])),
    )
