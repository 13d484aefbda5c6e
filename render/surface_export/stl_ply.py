"""STL and PLY, written by VTK."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from imaging.errors import UserError
from render.surface_export.parts import Part

SPACE = "SPACE=LPS"  # what 3D Slicer writes and looks for; coordinates are millimetres


def stl(parts: Sequence[Part]) -> bytes:
    """Binary STL: all parts in one soup of triangles; the format knows no names, colours or units."""
    from vtkmodules.vtkIOGeometry import vtkSTLWriter

    writer = vtkSTLWriter()
    writer.SetInputData(_poly_data(parts))
    writer.SetFileTypeToBinary()
    writer.SetHeader(f"Limner {SPACE} UNIT=mm")
    return _written(writer, "surface.stl")


def ply(parts: Sequence[Part]) -> bytes:
    """Binary PLY with a colour and a normal for each corner; the parts' names stand in comments."""
    from vtkmodules.vtkIOPLY import vtkPLYWriter

    writer = vtkPLYWriter()
    writer.SetInputData(_poly_data(parts))
    writer.SetFileTypeToBinary()
    writer.SetDataByteOrderToLittleEndian()
    writer.SetArrayName("RGB")
    writer.AddComment(f"Limner {SPACE} UNIT=mm")
    for part in parts:
        words = " ".join(part.name.split()).encode("ascii", "replace").decode()
        writer.AddComment(f"part {words}: {len(part.surface.triangles)} triangles")
    return _written(writer, "surface.ply")  # VTK appends the ending where it is missing


def _written(writer: Any, name: str) -> bytes:
    """What a VTK writer writes; it can only write files, and its strings are no bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        writer.SetFileName(str(path))
        if not writer.Write() or not path.exists():
            raise UserError("The surface could not be written.", "Is there room for temporary files?")
        return path.read_bytes()


def _poly_data(parts: Sequence[Part]) -> Any:
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

    points, triangles, normals = joined(parts)
    corners = vtkPoints()
    corners.SetData(numpy_to_vtk(points, deep=True))
    cells = vtkCellArray()
    cells.SetData(3, numpy_to_vtkIdTypeArray(triangles.astype(np.int64).ravel(), deep=True))
    data = vtkPolyData()
    data.SetPoints(corners)
    data.SetPolys(cells)
    colors = np.concatenate([np.tile(np.array(p.color, np.uint8), (len(p.surface.points_mm), 1)) for p in parts])
    array = numpy_to_vtk(colors, deep=True)
    array.SetName("RGB")
    data.GetPointData().AddArray(array)
    data.GetPointData().SetNormals(numpy_to_vtk(normals, deep=True))
    return data


def joined(parts: Sequence[Part]) -> tuple[Any, Any, Any]:
    """Points, triangles and normals of all parts as one mesh; bodies stay apart."""
    starts = np.cumsum([0] + [len(p.surface.points_mm) for p in parts[:-1]])
    return (
        np.concatenate([p.surface.points_mm for p in parts]),
        np.concatenate([p.surface.triangles + start for p, start in zip(parts, starts, strict=True)]),
        np.concatenate([p.surface.normals for p in parts]),
    )
