"""The VTK objects of ray casting: images that share numpy's memory, functions, cuts, lights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.cinematic.scene import Field
from render.raycast.class_functions import ClassFunctions
from render.raycast.cutting import box_in_voxels, unit_normal
from session.look.cut import Cut
from session.look.lighting import AreaLight, Lighting, Material

UNIT_MM = 1.0  # the thickness that opacities given to VTK are meant for
DEFAULT_SKY = 0.6  # the strength at which the sky lights as ``AMBIENT`` and ``FILL`` say
AMBIENT, DIFFUSE, SPECULAR = 0.38, 0.72, 0.6
FILL = 0.3


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
    made.SetAmbient(AMBIENT * lighting.sky_strength / DEFAULT_SKY)
    made.SetDiffuse(DIFFUSE)
    made.SetSpecular(SPECULAR * gloss)
    made.SetSpecularPower(4.0 + 60.0 * gloss)
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
    fill = FILL * max(lighting.sky_strength, 0.0) / DEFAULT_SKY
    own = [_light(_towards(o), max(o.strength, 0.0), o.color, o.turns_with_camera) for o in lighting.lights]
    own[0].SetAmbientColor(1.0, 1.0, 1.0)  # the property's ambient share is a share of this
    return [
        *own,
        _light((-_towards(lighting.lights[0])[0], 0.4, 0.8), fill, lighting.sky_top, lighting.turns_with_camera),
        _light((0.0, -0.8, 0.5), fill / 2, lighting.sky_bottom, lighting.turns_with_camera),
    ]


def _towards(light: AreaLight) -> tuple[float, float, float]:
    azimuth, elevation = np.radians(light.azimuth_deg), np.radians(light.elevation_deg)
    return (np.cos(elevation) * np.sin(azimuth), np.sin(elevation), np.cos(elevation) * np.cos(azimuth))


def _light(towards: tuple[float, float, float], strength: float, color: tuple[float, float, float], turns: bool) -> Any:
    """A light from a direction: right, up and towards the viewer, or somebody who stands before the patient."""
    from vtkmodules.vtkRenderingCore import vtkLight

    light = vtkLight()
    right, up, back = towards
    if turns:
        light.SetLightTypeToCameraLight()
        light.SetPosition(right, up, back)
    else:
        light.SetLightTypeToSceneLight()
        light.SetPosition(right, -back, up)  # LPS: the viewer's right is the patient's left
    light.SetFocalPoint(0.0, 0.0, 0.0)
    light.SetIntensity(strength)
    light.SetColor(*color)
    return light


def _in_voxels(functions: ClassFunctions, field: Field) -> tuple[float, float]:
    """The ends of the functions, in 16-bit voxels."""
    scale = 65535 / (field.high - field.low)
    return (functions.low - field.low) * scale, (functions.high - field.low) * scale
