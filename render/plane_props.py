"""A slice of the volume as a textured sheet in the 3D view: the same plane and the same pixels as in the slice view."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.grey import grey_of
from render.reslice import grey_pixels, outside_value
from render.sheets import Sheet
from render.slice_geometry import SliceGrid
from render.volume_scene import PlaneCut

Pixels = NDArray[np.uint8]


def plane_pixels(cut: PlaneCut) -> Pixels:
    """RGBA pixels (rows, columns, 4) of a slice, first row at the grid's origin.

    What is black and reaches the border, the air around the patient, is transparent: it would hide what is behind.
    """
    voxels = cut.volume.voxels
    outside = outside_value(voxels.dtype, cut.is_inverted)
    values = grey_pixels(voxels, cut.volume.geometry, cut.grid, slab_mm=cut.slab_mm, outside=outside)
    if values.ndim == 3:
        return np.dstack([values.astype(np.uint8), np.full(values.shape[:2], 255, np.uint8)])
    grey = grey_of(np.ascontiguousarray(values), cut.windowing, cut.is_inverted)
    ground = np.uint8(255 if cut.is_inverted else 0)
    shown = np.where(reaching_border(grey == ground), 0, 255).astype(np.uint8)
    return np.dstack([grey, grey, grey, shown])


def reaching_border(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The connected parts of a 2D mask that touch the border of the array."""
    from scipy import ndimage  # heavy, and only needed on the drawing thread

    parts, count = ndimage.label(mask)
    touches = np.zeros(count + 1, bool)
    for edge in (parts[0], parts[-1], parts[:, 0], parts[:, -1]):
        touches[edge] = True
    touches[0] = False
    return np.asarray(touches[parts])


def sheet_corners_mm(grid: SliceGrid) -> NDArray[np.float64]:
    """(4, 3) LPS corners of a slice, half a pixel beyond the outer centres; from the first pixel along its row."""
    right, left = grid.columns - 0.5, -0.5
    bottom, top = grid.rows - 0.5, -0.5
    return np.array([grid.to_world(r, c) for r, c in ((top, left), (top, right), (bottom, right), (bottom, left))])


def plane_sheet(cut: PlaneCut) -> Sheet:
    """The slice, with the grey values of the slice views."""
    return Sheet(sheet_corners_mm(cut.grid), plane_pixels(cut))


def sheet_prop(sheet: Sheet) -> Any:
    """A vtkActor that shows a sheet, unlit."""
    return textured(sheet.corners_mm, np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32), sheet.pixels)


def textured(corners_mm: NDArray[np.float64], places: NDArray[np.float32], pixels: Pixels) -> Any:
    """A vtkActor of rectangles that show parts of a picture, unlit.

    Args:
        corners_mm: (4 n, 3) LPS, four for each rectangle, in the order of ``Sheet.corners_mm``.
        places: (4 n, 2) where in the picture each corner is, across and down, 0-1.
        pixels: (rows, columns, 4); alpha 0 is nothing, everything else opaque.
    """
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

    points = vtkPoints()
    points.SetData(numpy_to_vtk(corners_mm, deep=True))
    cells = vtkCellArray()
    for first in range(0, len(corners_mm), 4):
        cells.InsertNextCell(4, [first, first + 1, first + 2, first + 3])
    mesh = vtkPolyData()
    mesh.SetPoints(points)
    mesh.SetPolys(cells)
    mesh.GetPointData().SetTCoords(numpy_to_vtk(places, deep=True))
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(mesh)
    actor = vtkActor()
    actor.SetMapper(mapper)
    actor.SetTexture(_texture(pixels))
    actor.ForceOpaqueOn()  # a fragment is there or not (VTK's shader leaves out those of alpha 0); nothing is blended
    actor.GetProperty().LightingOff()
    return actor


def _texture(pixels: Pixels) -> Any:
    """A vtkTexture whose row 0 is the picture's first row."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkRenderingCore import vtkTexture

    image = vtkImageData()
    image.SetDimensions(pixels.shape[1], pixels.shape[0], 1)
    image.GetPointData().SetScalars(numpy_to_vtk(pixels.reshape(-1, 4), deep=True))
    texture = vtkTexture()
    texture.SetInputData(image)
    texture.InterpolateOn()
    texture.SetWrap(vtkTexture.ClampToEdge)
    return texture
