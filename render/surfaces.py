"""From a segment's voxels to a smooth closed surface in LPS millimetres."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.edit import Mask
from imaging.geometry import Box, Geometry
from render.coarse_mask import boundary_faces, coarsened, coarsening

PASS_BAND = 0.05  # of the smoothing: low enough to take the voxels' stairs away, high enough to keep ribs and vessels
SMOOTHING_ITERATIONS = 20
MOST_DECIMATION = 4.0  # a mesh more than so many times over its budget is made from a coarser mask instead
LEAST_TRIANGLES = 400  # no segment gets fewer, however small its share

_kept = threading.local()


@dataclass(frozen=True, eq=False)
class Surface:
    """A closed triangle mesh, seen from outside when its corners run anticlockwise.

    Attributes:
        points_mm: (n, 3) float32, LPS millimetres.
        triangles: (m, 3) int32 indices into the points.
        normals: (n, 3) float32 unit vectors that point outwards.
    """

    points_mm: NDArray[np.float32]
    triangles: NDArray[np.int32]
    normals: NDArray[np.float32]

    @property
    def volume_ml(self) -> float:
        """The enclosed volume: the sum of the signed tetrahedra between the triangles and a point."""
        points = self.points_mm.astype(np.float64)
        a, b, c = (points[self.triangles[:, n]] - points.mean(axis=0) for n in range(3))
        return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6000)


def triangle_shares(voxel_counts: dict[int, int], total: int) -> dict[int, int]:
    """How many triangles each segment may have: shares of ``total`` that grow with the segment's expected area."""
    areas = {number: count ** (2 / 3) for number, count in voxel_counts.items()}
    whole = sum(areas.values()) or 1.0
    return {number: max(LEAST_TRIANGLES, int(total * area / whole)) for number, area in areas.items()}


def segment_surface(
    mask: Mask, geometry: Geometry, box: Box, budget: int, iterations: int = SMOOTHING_ITERATIONS
) -> Surface | None:
    """The surface of one segment. Pure; may run on any thread and leaves the interpreter free most of the time.

    Surface Nets (Gibson 1998; VTK's vtkSurfaceNets3D), windowed sinc smoothing (Taubin 1996), quadric decimation, all
    in index space; then the geometry's true map to millimetres, so that sheared and unevenly sliced grids come out
    right. Surface Nets' own smoothing is off: it takes two thirds of a rib's volume away, windowed sinc a tenth.

    Args:
        mask: boolean array of ``box.shape``.
        geometry: of the whole grid.
        box: where the mask lies in the grid.
        budget: about how many triangles it may have.
        iterations: of the smoothing; 0 leaves the voxels' stairs.

    Returns:
        The surface, None when the mask is empty.
    """
    if not mask.any():
        return None
    factors = (1, 1, 1)
    excess = 2 * boundary_faces(mask) / (budget * MOST_DECIMATION)
    if excess > 1:
        x, y, z = geometry.spacing_mm
        factors = coarsening((z, y, x), excess)
        mask = coarsened(mask, factors)
    points, triangles = _mesh(mask, budget, iterations)
    first = np.array([box.i0, box.j0, box.k0], np.float64)
    steps = np.array(factors[::-1], np.float64)
    indices = first + (points + 0.5) * steps - 0.5  # a coarse voxel's centre is the middle of its block
    return surface_in_mm(geometry.to_world(indices), triangles)


def surface_in_mm(points_mm: NDArray[np.float64], triangles: NDArray[np.int32]) -> Surface:
    """Normals in millimetres, and corners turned round where the grid is left-handed."""
    a, b, c = (points_mm[triangles[:, n]] for n in range(3))
    facing = np.cross(b - a, c - a)
    middle = points_mm.mean(axis=0)
    if np.einsum("ij,ij->", a - middle, facing) < 0:
        triangles, facing = triangles[:, ::-1], -facing
    normals = np.zeros_like(points_mm)
    for corner in range(3):
        for axis in range(3):
            normals[:, axis] += np.bincount(triangles[:, corner], facing[:, axis], len(points_mm))
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    normals = np.divide(normals, lengths, out=np.zeros_like(normals), where=lengths > 0)
    return Surface(
        np.ascontiguousarray(points_mm, np.float32),
        np.ascontiguousarray(triangles, np.int32),
        np.ascontiguousarray(normals, np.float32),
    )


def _mesh(mask: Mask, budget: int, iterations: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Points in (i, j, k) index space of the mask, and triangles, thinned out to about the budget.

    The filters form one pipeline whose large intermediate meshes are freed inside ``Update``: there VTK has released
    the interpreter's lock, while freeing them from Python would keep the window waiting.
    """
    from vtkmodules.util.numpy_support import vtk_to_numpy

    padded = np.pad(mask, 1).astype(np.uint8)
    nets = _surface_nets(padded)
    last = smoothing = windowed_sinc(nets, iterations) if iterations else nets
    smoothing.Update()
    count = smoothing.GetOutput().GetNumberOfCells()
    if count > budget:
        smoothing.ReleaseDataFlagOn()
        last = _decimation()
        last.SetInputConnection(smoothing.GetOutputPort())
        last.SetTargetReduction(1 - budget / count)
        last.VolumePreservationOn()
        last.Update()
    mesh = last.GetOutput()
    points = vtk_to_numpy(mesh.GetPoints().GetData()).astype(np.float64)
    triangles = vtk_to_numpy(mesh.GetPolys().GetConnectivityArray()).reshape(-1, 3).astype(np.int32)
    return points, triangles


def _decimation() -> Any:
    """This thread's filter that thins a mesh out.

    It is kept, because deleting it frees a table of all edges from Python: 0.1 s for 300,000 triangles, in which the
    window stands still. Its next ``Update`` frees the table while the interpreter's lock is released.
    """
    from vtkmodules.vtkFiltersCore import vtkQuadricDecimation

    if not hasattr(_kept, "decimation"):
        _kept.decimation = vtkQuadricDecimation()
    return _kept.decimation


def _surface_nets(padded: NDArray[np.uint8]) -> Any:
    """The filter that makes triangles around the ones of a mask with a border of zeros; the array must stay alive."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkSurfaceNets3D

    image = vtkImageData()
    image.SetDimensions(*padded.shape[::-1])
    image.SetOrigin(-1.0, -1.0, -1.0)
    image.GetPointData().SetScalars(numpy_to_vtk(padded.reshape(-1), deep=False))
    nets = vtkSurfaceNets3D()
    nets.SetInputData(image)
    nets.SetValue(0, 1)
    nets.SetOutputMeshTypeToTriangles()
    nets.SetDataCaching(False)
    nets.SmoothingOff()
    nets.ReleaseDataFlagOn()
    return nets


def windowed_sinc(source: Any, iterations: int) -> Any:
    """The filter that takes the voxels' stairs away and leaves nearly the same volume."""
    from vtkmodules.vtkFiltersCore import vtkWindowedSincPolyDataFilter

    smoothing = vtkWindowedSincPolyDataFilter()
    smoothing.SetInputConnection(source.GetOutputPort())
    smoothing.SetPassBand(PASS_BAND)
    smoothing.SetNumberOfIterations(iterations)
    smoothing.NormalizeCoordinatesOn()
    smoothing.NonManifoldSmoothingOn()
    smoothing.FeatureEdgeSmoothingOff()
    smoothing.BoundarySmoothingOff()
    return smoothing
