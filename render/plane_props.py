"""A slice of the volume as a textured sheet in the 3D view."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Geometry
from imaging.volume import Voxels
from render.volume_scene import PlaneCut
from session.presentation import Windowing


def grey_slice(voxels: Voxels, windowing: Windowing, is_inverted: bool) -> NDArray[np.uint8]:
    """Grey values 0-255 of a slice, black at the window's lower end (white when inverted)."""
    low = windowing.level - windowing.width / 2
    scaled = (np.nan_to_num(voxels.astype(np.float32), nan=low) - low) * (255 / max(windowing.width, 1e-6))
    grey = np.clip(scaled, 0, 255).astype(np.uint8)
    return np.asarray(255 - grey if is_inverted else grey)


def sheet(geometry: Geometry, axis: int, index: int) -> tuple[NDArray[np.float64], NDArray[np.float64], int, int]:
    """The mesh that carries a slice.

    One quadrilateral is enough where the grid is even; where slices are uneven it has one row per slice.

    Returns:
        Points (rows * columns, 3) in LPS mm, their texture coordinates (rows * columns, 2), rows, columns. Rows run
        along the slower array axis of the slice, columns along the faster one.
    """
    slow, fast = [a for a in range(3) if a != axis]
    rows = _stations(geometry, slow)
    columns = _stations(geometry, fast)
    grid = np.zeros((len(rows), len(columns), 3))
    grid[..., 2 - axis] = index
    grid[..., 2 - slow] = rows[:, None]
    grid[..., 2 - fast] = columns[None, :]
    texture = np.stack(
        [
            np.broadcast_to((columns + 0.5) / geometry.shape[fast], grid.shape[:2]),
            np.broadcast_to(((rows + 0.5) / geometry.shape[slow])[:, None], grid.shape[:2]),
        ],
        axis=-1,
    )
    return geometry.to_world(grid).reshape(-1, 3), texture.reshape(-1, 2), len(rows), len(columns)


def plane_prop(cut: PlaneCut) -> Any:
    """A vtkActor that shows the slice, unlit, so that its grey values are those of the slice views."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkImageData, vtkPolyData
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkTexture

    grey = grey_slice(cut.volume.voxels.take(cut.index, cut.axis), cut.windowing, cut.is_inverted)
    image = vtkImageData()
    image.SetDimensions(grey.shape[1], grey.shape[0], 1)
    rgb = np.repeat(grey.reshape(-1, 1), 3, axis=1)
    image.GetPointData().SetScalars(numpy_to_vtk(rgb, deep=True))
    texture = vtkTexture()
    texture.SetInputData(image)
    texture.InterpolateOn()
    texture.EdgeClampOn()
    positions, coordinates, rows, columns = sheet(cut.volume.geometry, cut.axis, cut.index)
    points = vtkPoints()
    points.SetData(numpy_to_vtk(positions, deep=True))
    cells = vtkCellArray()
    corners = _quadrilaterals(rows, columns)
    cells.SetData(numpy_to_vtk(np.arange(0, corners.size + 1, 4), deep=True), numpy_to_vtk(corners.reshape(-1), True))
    mesh = vtkPolyData()
    mesh.SetPoints(points)
    mesh.SetPolys(cells)
    mesh.GetPointData().SetTCoords(numpy_to_vtk(coordinates.astype(np.float32), deep=True))
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(mesh)
    actor = vtkActor()
    actor.SetMapper(mapper)
    actor.SetTexture(texture)
    actor.GetProperty().LightingOff()
    return actor


def _stations(geometry: Geometry, axis: int) -> NDArray[np.float64]:
    """Where along an array axis the sheet has points, from half a voxel before the first to half one after the last."""
    ends = np.array([-0.5, geometry.shape[axis] - 0.5])
    if geometry.is_regular or axis != 0:
        return ends
    return np.concatenate([ends[:1], np.arange(geometry.shape[0], dtype=np.float64), ends[1:]])


def _quadrilaterals(rows: int, columns: int) -> NDArray[np.int64]:
    """(n, 4) corner indices of the cells of a rows x columns grid of points."""
    first = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)[None, :]).reshape(-1)
    return np.stack([first, first + 1, first + columns + 1, first + columns], axis=1).astype(np.int64)
