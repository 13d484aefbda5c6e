"""A slice of the volume as a textured sheet in the 3D view: the same plane and the same pixels as in the slice view."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.grey import grey_of
from render.reslice import grey_pixels, outside_value
from render.slice_geometry import SliceGrid
from render.volume_scene import PlaneCut

Pixels = NDArray[np.uint8]


def plane_pixels(cut: PlaneCut) -> Pixels:
    """RGB pixels (rows, columns, 3) of a slice, first row at the grid's origin."""
    voxels = cut.volume.voxels
    outside = outside_value(voxels.dtype, cut.is_inverted)
    values = grey_pixels(voxels, cut.volume.geometry, cut.grid, slab_mm=cut.slab_mm, outside=outside)
    if values.ndim == 3:
        return np.ascontiguousarray(values, np.uint8)
    grey = grey_of(np.ascontiguousarray(values), cut.windowing, cut.is_inverted)
    return np.repeat(grey[..., None], 3, axis=2)


def sheet_corners_mm(grid: SliceGrid) -> NDArray[np.float64]:
    """(4, 3) LPS corners of a slice, half a pixel beyond the outer centres; from the first pixel along its row."""
    right, left = grid.columns - 0.5, -0.5
    bottom, top = grid.rows - 0.5, -0.5
    return np.array([grid.to_world(r, c) for r, c in ((top, left), (top, right), (bottom, right), (bottom, left))])


def plane_prop(cut: PlaneCut) -> Any:
    """A vtkActor that shows the slice, unlit, so that its grey values are those of the slice views."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

    points = vtkPoints()
    points.SetData(numpy_to_vtk(sheet_corners_mm(cut.grid), deep=True))
    cells = vtkCellArray()
    cells.InsertNextCell(4, [0, 1, 2, 3])
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    mesh = vtkPolyData()
    mesh.SetPoints(points)
    mesh.SetPolys(cells)
    mesh.GetPointData().SetTCoords(numpy_to_vtk(corners, deep=True))
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(mesh)
    actor = vtkActor()
    actor.SetMapper(mapper)
    actor.SetTexture(_texture(plane_pixels(cut)))
    actor.GetProperty().LightingOff()
    return actor


def _texture(pixels: Pixels) -> Any:
    """A vtkTexture whose row 0 is the picture's first row."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkRenderingCore import vtkTexture

    image = vtkImageData()
    image.SetDimensions(pixels.shape[1], pixels.shape[0], 1)
    image.GetPointData().SetScalars(numpy_to_vtk(pixels.reshape(-1, 3), deep=True))
    texture = vtkTexture()
    texture.SetInputData(image)
    texture.InterpolateOn()
    texture.EdgeClampOn()
    return texture
