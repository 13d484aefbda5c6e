"""The values of a slice picture: cut out of the array where that is possible, looked up at true positions elsewhere.

Regular grids, sheared ones too, go through ``vtkImageReslice`` in index coordinates, so that the true affine decides.
Unevenly spaced slices have no affine: their pixels are looked up one by one by ``Geometry.to_index``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Geometry
from render.slice_geometry import Floats, SliceGrid

Pixels = NDArray[Any]

LEAST_SLAB_SAMPLES, MOST_SLAB_SAMPLES = 2, 100
SAME = 1e-6  # of a voxel: what rounding may do to an index


def grey_pixels(
    voxels: Pixels,
    geometry: Geometry,
    grid: SliceGrid,
    *,
    slab_mm: float = 0.0,
    is_smooth: bool = True,
    outside: float | None = None,
) -> Pixels:
    """The values of a picture, (rows, columns) or (rows, columns, 3) for colours.

    Args:
        voxels: (k, j, i) or (k, j, i, 3).
        geometry: where they are.
        grid: the picture; one that ``slice_geometry.slice_grid`` made for this geometry.
        slab_mm: show the highest value within this thickness; colours have none.
        is_smooth: interpolate linearly where pixels and voxels do not coincide.
        outside: value beyond the volume, by default the type's lowest.
    """
    if voxels.ndim == 4:
        slab_mm = 0.0
    if grid.cut is not None:
        return _cut(voxels, geometry, grid, slab_mm)
    if outside is None:
        outside = float(_limits(voxels.dtype)[0])
    if voxels.ndim == 4:
        parts = [_resliced(voxels[..., c], geometry, grid, 0.0, is_smooth, outside) for c in range(3)]
        return np.stack(parts, axis=-1)
    return _resliced(voxels, geometry, grid, slab_mm, is_smooth, outside)


def label_pixels(labels: Pixels, geometry: Geometry, grid: SliceGrid) -> Pixels:
    """The label values of a picture, each from its nearest voxel, 0 outside."""
    if grid.cut is not None:
        return grid.cut.of(labels)
    return _resliced(labels, geometry, grid, 0.0, False, 0)


def _limits(dtype: np.dtype[Any]) -> tuple[float, float]:
    if dtype.kind == "f":
        return float(np.finfo(dtype).min), float(np.finfo(dtype).max)
    return float(np.iinfo(dtype).min), float(np.iinfo(dtype).max)


def outside_value(dtype: np.dtype[Any], is_inverted: bool) -> float:
    """A value that is black under every window."""
    return _limits(dtype)[1 if is_inverted else 0]


def _cut(voxels: Pixels, geometry: Geometry, grid: SliceGrid, slab_mm: float) -> Pixels:
    assert grid.cut is not None
    if slab_mm <= 0:
        return grid.cut.of(voxels)
    index = np.zeros((grid.count, 3))
    index[:, 2 - grid.cut.axis] = np.arange(grid.count)
    heights = geometry.to_world(index) @ np.array(grid.normal)
    near = np.flatnonzero(np.abs(heights - heights[grid.number]) <= slab_mm / 2 + 1e-6)
    thick = voxels[(slice(None),) * grid.cut.axis + (slice(near[0], near[-1] + 1),)]
    return grid.cut.turned(thick.max(axis=grid.cut.axis))


def _resliced(
    voxels: Pixels, geometry: Geometry, grid: SliceGrid, slab_mm: float, is_smooth: bool, outside: float
) -> Pixels:
    step = min(geometry.spacing_mm)
    samples = min(max(int(slab_mm / step) + 1, LEAST_SLAB_SAMPLES), MOST_SLAB_SAMPLES) if slab_mm > 0 else 1
    between_mm = slab_mm / (samples - 1) if samples > 1 else 0.0
    if geometry.is_regular:
        return _by_vtk(voxels, _index_of_pixel(geometry, grid, between_mm), grid, samples, is_smooth, outside)
    offsets = (np.arange(samples) - (samples - 1) / 2) * between_mm
    planes = [_looked_up(voxels, geometry, grid, float(o), is_smooth, outside) for o in offsets]
    return planes[0] if samples == 1 else np.maximum.reduce(planes)


def _index_of_pixel(geometry: Geometry, grid: SliceGrid, between_mm: float) -> Floats:
    """4x4 matrix from (column, row, sample across the slab, 1) to (i, j, k, 1)."""
    across = np.array(grid.normal) * (between_mm or 1.0)
    pixel = np.eye(4)
    pixel[:3, 0], pixel[:3, 1], pixel[:3, 2], pixel[:3, 3] = grid.right_mm, grid.down_mm, across, grid.origin_mm
    return np.asarray(np.linalg.inv(geometry.affine) @ pixel)


def _by_vtk(
    voxels: Pixels, index_of_pixel: Floats, grid: SliceGrid, samples: int, is_smooth: bool, outside: float
) -> Pixels:
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkCommonMath import vtkMatrix4x4
    from vtkmodules.vtkImagingCore import vtkImageReslice

    matrix = vtkMatrix4x4()
    matrix.DeepCopy(index_of_pixel.reshape(-1).tolist())
    reslice = vtkImageReslice()
    reslice.SetInputData(_vtk_image(voxels))
    reslice.SetResliceAxes(matrix)
    reslice.SetOutputOrigin(0, 0, 0)
    reslice.SetOutputSpacing(1, 1, 1)
    reslice.SetOutputExtent(0, grid.columns - 1, 0, grid.rows - 1, 0, 0)
    reslice.SetBackgroundLevel(outside)
    if is_smooth:
        reslice.SetInterpolationModeToLinear()
    else:
        reslice.SetInterpolationModeToNearestNeighbor()
    if samples > 1:
        reslice.SetSlabModeToMax()
        reslice.SetSlabNumberOfSlices(samples)
    reslice.Update()
    scalars = reslice.GetOutput().GetPointData().GetScalars()
    return np.array(vtk_to_numpy(scalars)).reshape(grid.rows, grid.columns)


def _vtk_image(voxels: Pixels) -> Any:
    """A VTK image in index coordinates that shares the array's memory; VTK only reads it."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData

    image = vtkImageData()
    image.SetDimensions(*voxels.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(voxels).reshape(-1), deep=False))
    return image


def _looked_up(
    voxels: Pixels, geometry: Geometry, grid: SliceGrid, offset_mm: float, is_smooth: bool, outside: float
) -> Pixels:
    """Pixels by the index of each one's position: for slices that no affine describes."""
    parts = _indices(geometry, grid, offset_mm)
    sizes = voxels.shape[::-1]
    is_inside = np.ones((1, 1), bool)
    for part, size in zip(parts, sizes, strict=True):
        is_inside = is_inside & (part >= -0.5) & (part < size - 0.5)
    parts = [np.clip(part, 0, size - 1) for part, size in zip(parts, sizes, strict=True)]
    values = _linear(voxels, parts) if is_smooth else _nearest(voxels, parts)
    if is_smooth and voxels.dtype.kind in "iu":
        values = np.round(values)
    picture = np.where(is_inside, values, outside).astype(voxels.dtype)
    return np.broadcast_to(picture, (grid.rows, grid.columns))


def _indices(geometry: Geometry, grid: SliceGrid, offset_mm: float) -> list[Floats]:
    """Continuous i, j and k of the pixels, as arrays that broadcast to (rows, columns).

    Along a row that lies in a slice the indices grow evenly. What does not change along rows or columns has one column
    or one row, which makes the rest of the work several times cheaper.
    """
    rows, columns = np.arange(grid.rows), np.arange(grid.columns)
    shift = np.array(grid.normal) * offset_mm
    slice_normal = np.cross(geometry.affine[:3, 0], geometry.affine[:3, 1])
    if abs(np.dot(slice_normal, grid.right_mm)) > SAME * np.linalg.norm(slice_normal) * grid.pixel_mm[0]:
        whole = geometry.to_index(grid.to_world(rows[:, None], columns[None, :]) + shift)
        return [whole[..., axis] for axis in range(3)]
    first = grid.to_world(rows, 0) + shift
    step = geometry.to_index(first[0] + np.array(grid.right_mm)) - geometry.to_index(first[0])
    starts = geometry.to_index(first).T
    return [_grown(start, along, columns) for start, along in zip(starts, step, strict=True)]


def _grown(start: Floats, step: float, columns: NDArray[np.intp]) -> Floats:
    if abs(step) * columns.size < SAME:
        return start[:, None]
    if np.ptp(start) < SAME:
        start = start[:1]
    return np.asarray(start[:, None] + columns[None, :] * step)


def _nearest(voxels: Pixels, parts: list[Floats]) -> Pixels:
    i, j, k = (np.floor(part + 0.5).astype(np.intp) for part in parts)
    return np.asarray(voxels[k, j, i])


def _linear(voxels: Pixels, parts: list[Floats]) -> NDArray[np.float32]:
    """Trilinear values at continuous indices inside the array."""
    strides = (1, voxels.shape[2], voxels.shape[1] * voxels.shape[2])
    flat = np.ascontiguousarray(voxels).reshape(-1)
    low = [
        np.minimum((p + SAME).astype(np.intp), max(n - 2, 0)) for p, n in zip(parts, voxels.shape[::-1], strict=True)
    ]
    share = [(p - n).astype(np.float32) for p, n in zip(parts, low, strict=True)]
    total = np.zeros((1, 1), np.float32)
    for corner in range(8):
        is_high = [corner >> axis & 1 for axis in range(3)]
        weights = [s if high else 1 - s for s, high in zip(share, is_high, strict=True)]
        if any(float(np.abs(w).max()) < SAME for w in weights):
            continue  # the pixels stand on the voxels along this axis
        i, j, k = ((n + high) * stride for n, high, stride in zip(low, is_high, strides, strict=True))
        total = total + np.take(flat, i + j + k, mode="clip") * weights[0] * weights[1] * weights[2]
    return total
