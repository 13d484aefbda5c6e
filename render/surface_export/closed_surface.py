"""From a segment's voxels to a closed surface for files: no voxel is added or taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.edit import Mask
from imaging.geometry import Box, Geometry
from render.surface_export.thinning import Points, Triangles, thinned
from render.surface_export.voxel_hull import Hull, voxel_hull
from render.surfaces import Surface, surface_in_mm, windowed_sinc

PART_BY = 0.1  # of a voxel, or so: how far surfaces are drawn apart that meet in a corner or an edge
STEP, GROWTHS = 0.2, 8  # of a voxel: how far the surface may move at a time to get its volume back, and how often
NEAR_ENOUGH = 0.001  # of the volume
Squares = NDArray[np.int32]


def closed_surface(
    mask: Mask,
    geometry: Geometry,
    box: Box,
    iterations: int,
    budget: int | None,
    still_wanted: Callable[[], None] = lambda: None,
) -> tuple[Surface, int]:
    """The surface of one segment, in which every edge joins exactly two triangles. May run on any thread.

    The voxels' outer faces (``voxel_hull``), windowed sinc smoothing in index space, the geometry's true map to
    millimetres, and collapsed edges where there are more triangles than wanted.

    Args:
        mask: boolean array of ``box.shape`` with voxels in it.
        geometry: of the whole grid.
        box: where the mask lies in the grid.
        iterations: of the smoothing; 0 leaves the voxels' stairs.
        budget: about how many triangles it may have; None for all.
        still_wanted: called now and then; what it raises ends the work.

    Returns:
        The surface, and at how many corners of voxels it was parted because voxels touch only there.
    """
    hull = voxel_hull(mask)
    still_wanted()
    points = _parted(hull)
    if iterations:
        points = with_volume(smoothed(points, hull.squares, iterations), hull)
    points, triangles = triangulated(hull, points)
    still_wanted()
    points_mm = geometry.to_world(points + np.array([box.i0, box.j0, box.k0], np.float64))
    if budget is not None:
        points_mm, triangles = thinned(points_mm, triangles, budget, still_wanted)
    places = np.unique(hull.points[hull.copies], axis=0)
    return surface_in_mm(points_mm, triangles), len(places)


def _parted(hull: Hull) -> Points:
    """The points, where several share their place each drawn a little to the middle of its neighbours."""
    slots = np.full(len(hull.points), -1, np.int64)
    slots[hull.copies] = np.arange(len(hull.copies))
    sums, counts = np.zeros((len(hull.copies), 3)), np.zeros(len(hull.copies))
    for turn in range(4):
        rows = np.flatnonzero(slots[hull.squares[:, turn]] >= 0)
        into = slots[hull.squares[rows, turn]]
        for step in (1, 3):
            np.add.at(sums, into, hull.points[hull.squares[rows, (turn + step) % 4]])
            np.add.at(counts, into, 1)
    points = hull.points.copy()
    points[hull.copies] += PART_BY * (sums / counts[:, None] - points[hull.copies])
    return points


def smoothed(points: Points, squares: Squares, iterations: int) -> Points:
    """Windowed sinc smoothing (Taubin et al. 1996) along the squares' edges."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkCommonExecutionModel import vtkTrivialProducer

    corners, cells, data, source = vtkPoints(), vtkCellArray(), vtkPolyData(), vtkTrivialProducer()
    corners.SetData(numpy_to_vtk(points, deep=True))
    cells.SetData(4, numpy_to_vtkIdTypeArray(squares.astype(np.int64).ravel(), deep=True))
    data.SetPoints(corners)
    data.SetPolys(cells)
    source.SetOutput(data)
    smoothing: Any = windowed_sinc(source, iterations)
    smoothing.Update()
    moved: Points = vtk_to_numpy(smoothing.GetOutput().GetPoints().GetData()).astype(np.float64)
    if moved.shape != points.shape:
        raise ValueError("the smoothing changed the number of points")
    return moved


def with_volume(points: Points, hull: Hull) -> Points:
    """The mesh grown or shrunk along its normals, body by body, until each has the volume that it has in the hull.

    Smoothing takes a fifth of a thin rib's volume away, nearly all of a single voxel's, and hardly anything of a
    liver's; this gives it back.
    """
    points = points.copy()
    bodies = _bodies(hull)
    wanted = _volumes(hull.points, hull.squares, bodies)
    squares = hull.squares
    for _ in range(GROWTHS):
        missing = wanted - _volumes(points, squares, bodies)
        rough = np.abs(missing) > NEAR_ENOUGH * np.abs(wanted)
        squares = squares[rough[bodies[squares[:, 0]]]]
        if not len(squares):
            break
        facing = _facing(points, squares)
        areas = np.bincount(bodies[squares[:, 0]], np.linalg.norm(facing, axis=1), len(wanted))
        steps = np.clip(np.divide(missing, areas, out=np.zeros_like(areas), where=areas > 0), -STEP, STEP)
        points += np.where(rough, steps, 0)[bodies][:, None] * _normals(points, squares, facing)
    return points


def _bodies(hull: Hull) -> NDArray[np.int32]:
    """The number of the connected surface that each point is in."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    a, b, c, d = hull.squares.T
    ends = np.concatenate([a, a, a]), np.concatenate([b, c, d])
    size = len(hull.points)
    graph = coo_array((np.ones(len(ends[0]), np.int8), ends), (size, size))
    numbers: NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return numbers


def _facing(points: Points, squares: Squares) -> Points:
    """The squares' normals, each as long as its square is large."""
    a, b, c, d = (points[squares[:, turn]] for turn in range(4))
    return np.asarray(np.cross(c - a, d - b) / 2)


def _volumes(points: Points, squares: Squares, bodies: NDArray[np.int32]) -> NDArray[np.float64]:
    """What each body's squares enclose; cavities are negative. Bodies without squares have 0."""
    middles = points[squares].mean(axis=1)
    parts = np.einsum("ij,ij->i", middles - points.mean(axis=0), _facing(points, squares)) / 3
    return np.asarray(np.bincount(bodies[squares[:, 0]], parts, int(bodies.max()) + 1), np.float64)


def _normals(points: Points, squares: Squares, facing: Points) -> Points:
    """Unit vectors at the points of the squares, 0 elsewhere."""
    normals = np.zeros_like(points)
    for turn in range(4):
        for axis in range(3):
            normals[:, axis] += np.bincount(squares[:, turn], facing[:, axis], len(points))
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray(np.divide(normals, lengths, out=np.zeros_like(normals), where=lengths > 0))


def triangulated(hull: Hull, points: Points) -> tuple[Points, Triangles]:
    """Each square cut along its shorter diagonal; beside doubled edges, cut to its middle."""
    squares = hull.squares
    odd = _beside_doubled(hull)
    a, b, c, d = (squares[~odd, turn] for turn in range(4))
    one = ((points[a] - points[c]) ** 2).sum(axis=1)
    other = ((points[b] - points[d]) ** 2).sum(axis=1)
    first = (one <= other)[:, None]
    halves = (
        np.where(first, np.stack([a, b, c], axis=1), np.stack([a, b, d], axis=1)),
        np.where(first, np.stack([a, c, d], axis=1), np.stack([b, c, d], axis=1)),
    )
    if not odd.any():
        return points, np.concatenate(halves)
    added, fans = _fans(hull, points, squares[odd])
    return np.concatenate([points, added]), np.concatenate([*halves, fans])


def _beside_doubled(hull: Hull) -> NDArray[np.bool_]:
    """Which squares have an edge that is there twice."""
    odd = np.zeros(len(hull.squares), bool)
    if not len(hull.doubled):
        return odd
    is_end = np.zeros(len(hull.points), bool)
    is_end[hull.doubled] = True
    wanted = _keys(hull.doubled)
    for turn in range(4):
        ends = hull.squares[:, [turn, (turn + 1) % 4]]
        rows = np.flatnonzero(is_end[ends[:, 0]] & is_end[ends[:, 1]])
        odd[rows] |= np.isin(_keys(ends[rows]), wanted)
    return odd


def _keys(ends: NDArray[np.int32]) -> NDArray[np.int64]:
    """One number for each edge, whichever way round its ends stand."""
    return np.asarray((ends.min(axis=1).astype(np.int64) << 32) | ends.max(axis=1))


def _fans(hull: Hull, points: Points, squares: Squares) -> tuple[Points, Triangles]:
    """Triangles around the middle of each square; the two copies of a doubled edge each get a middle of their own.

    Of the four squares at such an edge, two belong together: those of the same inner voxel.
    """
    wanted = {(min(pair), max(pair)) for pair in hull.doubled.tolist()}
    added: list[NDArray[np.float64]] = []
    triangles: list[tuple[int, int, int]] = []
    middles: dict[tuple[int, int, tuple[int, ...]], int] = {}
    pulls: dict[int, list[NDArray[np.float64]]] = {}
    for square in squares.tolist():
        voxel = _inner_voxel(hull.points[square])
        centre = len(points) + len(added)
        added.append(points[square].mean(axis=0))
        rim: list[int] = []
        for a, b in zip(square, square[1:] + square[:1], strict=True):
            rim.append(a)
            pair = (min(a, b), max(a, b))
            if pair in wanted:
                key = (*pair, voxel)
                if key not in middles:
                    middles[key] = len(points) + len(added)
                    added.append((points[a] + points[b]) / 2)
                pulls.setdefault(middles[key], []).append(points[square].mean(axis=0))
                rim.append(middles[key])
        triangles += [(m, n, centre) for m, n in zip(rim, rim[1:] + rim[:1], strict=True)]
    for number, centres in pulls.items():
        place = number - len(points)
        added[place] = added[place] + PART_BY * (np.mean(centres, axis=0) - added[place])
    return np.array(added), np.array(triangles, np.int32)


def _inner_voxel(corners: NDArray[np.float64]) -> tuple[int, ...]:
    """The voxel that a square of the hull bounds, (i, j, k)."""
    normal = np.cross(corners[1] - corners[0], corners[3] - corners[0])
    return tuple(np.rint(corners.mean(axis=0) - normal / 2).astype(int).tolist())
