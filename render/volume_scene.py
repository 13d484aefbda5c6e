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
from render.raycast.scene import RaycastScene
from render.rulers import UNIT, Ruler
from render.sheets import Sheet
from render.slice_geometry import SliceGrid, slice_grid
from render.surfaces import Surface
from session.presentation import Plane, PresentationState, VolumeCamera, Windowing

SMALL = 0.4  # of the image's diagonal: surfaces that are smaller are shown with the image's surroundings


@dataclass(frozen=True)
class ShownSurface:
    """One segment's surface in its colour; surfaces are compared by identity."""

    number: int
    surface: Surface
    color: Color


@dataclass(frozen=True)
class PlaneCut:
    """One slice of the volume as a picture in space.

    Attributes:
        grid: where its pixels are.
        volume: where their values come from; compared by identity.
        windowing, is_inverted: how values become grey.
        slab_mm: thickness of the maximum-intensity slab, 0 for a single slice.
        image_revision: counts the arrivals of voxels, so that a slice of a volume that is still loading is made again.
    """

    grid: SliceGrid
    volume: Volume
    windowing: Windowing
    is_inverted: bool = False
    slab_mm: float = 0.0
    image_revision: int = 0


@dataclass(frozen=True)
class Crosshair:
    """Three lines through a point along x, y and z, as long as the image is wide there."""

    point_mm: tuple[float, float, float]
    low_mm: tuple[float, float, float]
    high_mm: tuple[float, float, float]


@dataclass(frozen=True)
class VolumeSceneState:
    """Everything a picture depends on besides its size.

    ``rulers`` are as thick as many ``ruler_unit`` of the picture's height say, however large it is.
    """

    camera: VolumeCamera
    surfaces: tuple[ShownSurface, ...] = ()
    planes: tuple[PlaneCut, ...] = ()
    crosshair: Crosshair | None = None
    sheets: tuple[Sheet, ...] = ()
    raycast: RaycastScene | None = None
    rulers: tuple[Ruler, ...] = ()
    ruler_unit: float = UNIT


def resolved(
    shown: PresentationState,
    volume: Volume,
    segmentation: Segmentation,
    surfaces: tuple[ShownSurface, ...],
    camera: VolumeCamera,
    image_revision: int = 0,
) -> VolumeSceneState:
    """The scene of a document with the surfaces that can be seen now.

    Where no segment has voxels the slices are shown, so that
    there is something to see. The crosshair is drawn where no slices show it by the lines in which they cross.
    """
    shows_slices = shown.shows_slices_in_3d or not any(
        segmentation.voxel_count(s.number) for s in segmentation.segments
    )
    return VolumeSceneState(
        camera=camera,
        surfaces=surfaces,
        planes=plane_cuts(shown, volume, image_revision) if shows_slices else (),
        crosshair=_crosshair(shown, volume.geometry) if shown.shows_crosshair and not shows_slices else None,
    )


def resolved_with_volume(
    shown: PresentationState,
    volume: Volume,
    surfaces: tuple[ShownSurface, ...],
    camera: VolumeCamera,
    image_revision: int = 0,
) -> VolumeSceneState:
    """The opaque part of a scene that has a volume in it: surfaces; slices where they are on, else the crosshair."""
    if shown.shows_slices_in_3d:
        return VolumeSceneState(camera, surfaces, plane_cuts(shown, volume, image_revision))
    crosshair = _crosshair(shown, volume.geometry) if shown.shows_crosshair else None
    return VolumeSceneState(camera, surfaces, crosshair=crosshair)


def shown_surfaces(
    segmentation: Segmentation, surfaces: Mapping[int, Surface], hidden: frozenset[int]
) -> tuple[ShownSurface, ...]:
    """The surfaces of the segments that are not hidden."""
    return tuple(
        ShownSurface(s.number, surfaces[s.number], s.color)
        for s in segmentation.segments
        if s.number in surfaces and s.number not in hidden
    )


def plane_cuts(shown: PresentationState, volume: Volume, image_revision: int = 0) -> tuple[PlaneCut, ...]:
    """The three planes of the slice views, tilted where they are tilted."""
    inverted = volume.is_inverted != shown.is_inverted
    cuts = []
    for plane in Plane:
        camera = shown.slice_cameras[plane]
        grid = slice_grid(volume.geometry, plane, camera, shown.crosshair_mm)
        cuts.append(PlaneCut(grid, volume, shown.windowing, inverted, camera.slab_mm, image_revision))
    return tuple(cuts)


def corners_mm(geometry: Geometry) -> NDArray[np.float64]:
    """(8, 3) LPS positions of the grid's outermost corners, half a voxel beyond the centres."""
    k, j, i = geometry.shape
    return geometry.to_world([[x, y, z] for x in (-0.5, i - 0.5) for y in (-0.5, j - 0.5) for z in (-0.5, k - 0.5)])


def scene_points_mm(surfaces: tuple[ShownSurface, ...], geometry: Geometry) -> NDArray[np.float64]:
    """What a fitted camera must see: the box of the surfaces; of the whole image when they are none or only small."""
    whole = corners_mm(geometry)
    if not surfaces:
        return whole
    low = np.min([s.surface.points_mm.min(axis=0) for s in surfaces], axis=0)
    high = np.max([s.surface.points_mm.max(axis=0) for s in surfaces], axis=0)
    if np.linalg.norm(high - low) < SMALL * np.linalg.norm(np.ptp(whole, axis=0)):
        return whole
    return np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])


def _crosshair(shown: PresentationState, geometry: Geometry) -> Crosshair:
    corners = corners_mm(geometry)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return Crosshair(
        shown.crosshair_mm,
        (float(low[0]), float(low[1]), float(low[2])),
        (float(high[0]), float(high[1]), float(high[2])),
    )
