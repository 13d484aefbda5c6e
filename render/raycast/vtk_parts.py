"""The VTK objects of ray casting: images that share numpy's memory, functions, cuts, lights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.cinematic.scene import Field
from render.raycast.class_functions import ClassFunctions
from render.raycast.cutting import box_in_voxels, unit_normal
from render.raycast.sources import DEFAULT_SKY, Source, brightest, sources_of
from session.look.cut import Cut
from session.look.lighting import Lighting, Material

UNIT_MM = 1.0  # the thickness that opacities given to VTK are meant for
AMBIENT, DIFFUSE, SPECULAR = 0.38, 0.72, 0.6
MOST_LIGHT = 1.95  # that matter may send back; VTK's fixed-point mapper counts to 2, and begins again at 0


def image_of(voxels: NDArray[Any], spacing_mm: tuple[float, float, float]) -> Any:
    """A vtkImageData on an array's own memory, which VTK's array keeps alive.

    Args:
        voxels: (k, j, i) or (k, j, i, channels), contiguous.
        spacing_mm: along (i, j, k).
    """
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData

    flat = np.ascontiguousarray(voxels).reshape(-1, *voxels.shape[3:])
    image = vtkImageData()
    image.SetDimensions(*voxels.shape[2::-1])
    image.SetSpacing(*spacing_mm)
    image.GetPointData().SetScalars(numpy_to_vtk(flat))
    return image


def placement(field: Field) -> Any:
    """The vtkMatrix4x4 from the image's own millimetres (index times spacing) to LPS; oblique and sheared grids too."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    world = np.linalg.inv(field.index_from_world) @ np.diag([*(1 / np.asarray(field.spacing_mm)), 1.0])
    matrix = vtkMatrix4x4()
    matrix.DeepCopy(world.ravel().tolist())
    return matrix


def color_function(functions: ClassFunctions, kind: int, field: Field) -> Any:
    """A vtkColorTransferFunction over the field's 16-bit voxels."""
    from vtkmodules.vtkRenderingCore import vtkColorTransferFunction

    function: Any = vtkColorTransferFunction()
    low, high = _in_voxels(functions, field)
    colors = np.ascontiguousarray(functions.colors[kind], np.float64)
    function.BuildFunctionFromTable(low, high, len(colors), colors.reshape(-1))
    return function


def opacity_function(functions: ClassFunctions, kind: int, field: Field, thickness_mm: float = UNIT_MM) -> Any:
    """A vtkPiecewiseFunction over the field's 16-bit voxels, for a layer of some thickness."""
    low, high = _in_voxels(functions, field)
    return piecewise(low, high, functions.opacities(kind, thickness_mm))


def piecewise(low: float, high: float, values: NDArray[np.float64]) -> Any:
    """A vtkPiecewiseFunction through equally spaced values, constant beyond."""
    from vtkmodules.vtkCommonDataModel import vtkPiecewiseFunction

    function: Any = vtkPiecewiseFunction()
    function.BuildFunctionFromTable(low, high, len(values), np.ascontiguousarray(values, np.float64))
    return function


def gradient_function(functions: ClassFunctions, field: Field) -> Any | None:
    """A vtkPiecewiseFunction over VTK's gradient magnitudes: change of 16-bit voxels per mean spacing."""
    from vtkmodules.vtkCommonDataModel import vtkPiecewiseFunction

    if not len(functions.gradient_points):
        return None
    per_mm = 65535 / (field.high - field.low) * float(np.mean(field.spacing_mm))
    function = vtkPiecewiseFunction()
    for magnitude, factor in functions.gradient_points:
        function.AddPoint(magnitude * per_mm, min(max(factor, 0.0), 1.0))
    return function


def surface_property(material: Material, lighting: Lighting) -> Any:
    """A vtkVolumeProperty with the shading of a look and no functions yet."""
    from vtkmodules.vtkRenderingCore import vtkVolumeProperty

    made = vtkVolumeProperty()
    made.SetInterpolationTypeToLinear()
    made.SetScalarOpacityUnitDistance(UNIT_MM)
    made.SetShade(material.surface > 0)
    gloss = min(max(material.gloss, 0.0), 1.0)
    power = 4.0 + 60.0 * gloss
    shares = np.array([AMBIENT * lighting.sky_strength / DEFAULT_SKY, DIFFUSE, SPECULAR * gloss])
    shares *= min(1.0, MOST_LIGHT / max(brightest(lighting, shares, power), 1e-6))
    made.SetAmbient(shares[0])
    made.SetDiffuse(shares[1])
    made.SetSpecular(shares[2])
    made.SetSpecularPower(power)
    return made


def apply_cut(mapper: Any, cut: Cut, field: Field, extent: tuple[float, float, float]) -> None:
    """Give a mapper the planes and the crop box of a look."""
    from vtkmodules.vtkCommonDataModel import vtkPlane

    mapper.RemoveAllClippingPlanes()
    for plane in cut.planes:
        made = vtkPlane()
        made.SetOrigin(*plane.point_mm)
        made.SetNormal(*unit_normal(plane))
        mapper.AddClippingPlane(made)
    mapper.SetCropping(not cut.box.is_whole)
    if not cut.box.is_whole:
        ends = box_in_voxels(cut, extent) * np.asarray(field.spacing_mm)[:, None]
        mapper.SetCroppingRegionPlanes(*ends.ravel())
        mapper.SetCroppingRegionFlagsToSubVolume()


def lights_of(lighting: Lighting) -> list[Any]:
    """vtkLights: the look's own, and two weak ones for the sky."""
    made = [_light(source) for source in sources_of(lighting)]
    made[0].SetAmbientColor(1.0, 1.0, 1.0)  # the property's ambient share is a share of this
    return made


def _light(source: Source) -> Any:
    """A light from a direction: right, up and towards the viewer, or somebody who stands before the patient."""
    from vtkmodules.vtkRenderingCore import vtkLight

    light = vtkLight()
    right, up, back = source.towards
    if source.turns_with_camera:
        light.SetLightTypeToCameraLight()
        light.SetPosition(right, up, back)
    else:
        light.SetLightTypeToSceneLight()
        light.SetPosition(right, -back, up)  # LPS: the viewer's right is the patient's left
    light.SetFocalPoint(0.0, 0.0, 0.0)
    light.SetIntensity(source.strength)
    light.SetColor(*source.color)
    return light


def _in_voxels(functions: ClassFunctions, field: Field) -> tuple[float, float]:
    """The ends of the functions, in 16-bit voxels."""
    scale = 65535 / (field.high - field.low)
    return (functions.low - field.low) * scale, (functions.high - field.low) * scale
