"""What a picture costs with VTK's own GPU mapper: the measure that the path tracer is held against."""

from __future__ import annotations

import statistics
import time
from enum import StrEnum
from typing import Any

from render.cinematic.scene import Field
from render.raycast.class_functions import class_functions
from render.raycast.vtk_parts import (
    color_function,
    gradient_function,
    image_of,
    lights_of,
    opacity_function,
    placement,
    surface_property,
)
from session.look.look import Look
from session.presentation import VolumeCamera

SCATTERING_BLEND, SCATTERING_REACH = 1.0, 0.5
STEP = 0.5  # along a ray, in voxels of the shortest edge


class ReferenceKind(StrEnum):
    """How VTK shades."""

    PHONG = "phong"
    SCATTERING = "scattering"  # shadows by rays towards the light


def reference_frame_seconds(
    kind: ReferenceKind, field: Field, look: Look, camera: VolumeCamera, size_px: tuple[int, int], repeats: int = 3
) -> float:
    """Median seconds of one frame of all voxels, after a first one that uploads them; segments are left out.

    Args:
        kind: how VTK shades.
        field, look, camera, size_px: the picture.
        repeats: frames measured.
    """
    window = reference_window(kind, field, look, camera, size_px)
    try:
        window.Render()
        return statistics.median(frame_seconds(window) for _ in range(repeats))
    finally:
        window.GetRenderers().GetFirstRenderer().RemoveAllViewProps()
        window.Finalize()


def reference_window(
    kind: ReferenceKind, field: Field, look: Look, camera: VolumeCamera, size_px: tuple[int, int]
) -> Any:
    """An off-screen vtkRenderWindow with one renderer that shows the volume."""
    from vtkmodules import vtkRenderingOpenGL2, vtkRenderingVolumeOpenGL2  # noqa: F401  (register OpenGL classes)
    from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow, vtkVolume

    renderer = vtkRenderer()
    renderer.AutomaticLightCreationOff()
    for light in lights_of(look.lighting):
        renderer.AddLight(light)
    volume = vtkVolume()
    volume.SetMapper(_mapper(kind, field))
    volume.SetProperty(_property(field, look))
    volume.SetUserMatrix(placement(field))
    renderer.AddVolume(volume)
    window = vtkRenderWindow()
    window.SetOffScreenRendering(True)
    window.SetMultiSamples(0)
    window.SetSize(*size_px)
    window.AddRenderer(renderer)
    active = renderer.GetActiveCamera()
    active.SetPosition(*camera.position_mm)
    active.SetFocalPoint(*camera.focal_point_mm)
    active.SetViewUp(*camera.view_up)
    active.SetViewAngle(camera.view_angle_deg)
    renderer.ResetCameraClippingRange()
    return window


def _mapper(kind: ReferenceKind, field: Field) -> Any:
    from vtkmodules.vtkRenderingVolumeOpenGL2 import vtkOpenGLGPUVolumeRayCastMapper

    mapper = vtkOpenGLGPUVolumeRayCastMapper()
    mapper.SetInputData(image_of(field.values, field.spacing_mm))
    mapper.AutoAdjustSampleDistancesOff()
    mapper.SetSampleDistance(STEP * min(field.spacing_mm))
    mapper.UseJitteringOn()
    if kind is ReferenceKind.SCATTERING:
        mapper.SetVolumetricScatteringBlending(SCATTERING_BLEND)
        mapper.SetGlobalIlluminationReach(SCATTERING_REACH)
    return mapper


def _property(field: Field, look: Look) -> Any:
    functions = class_functions(look, field, None, ())
    made = surface_property(look.material, look.lighting)
    made.SetColor(color_function(functions, 0, field))
    made.SetScalarOpacity(opacity_function(functions, 0, field))
    gradient = gradient_function(functions, field)
    if gradient is not None:
        made.SetGradientOpacity(gradient)
    made.SetScatteringAnisotropy(min(max(look.material.anisotropy, -0.95), 0.95))
    made.ShadeOn()
    return made


def frame_seconds(window: Any) -> float:
    """Seconds of one frame of a window, with its pixels read back so that it is finished."""
    from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

    began = time.perf_counter()
    window.Render()
    width, height = window.GetSize()
    window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 1, vtkUnsignedCharArray())
    return time.perf_counter() - began
