"""Ray casting on a graphics card: VTK's GPU mapper, with a label map where structures look different."""

from __future__ import annotations

from typing import Any

import numpy as np

from render.raycast.class_functions import ClassFunctions
from render.raycast.cutting import kept_share
from render.raycast.kept import Kept
from render.raycast.scene import RaycastScene
from render.raycast.vtk_parts import (
    apply_cut,
    color_function,
    gradient_function,
    image_of,
    opacity_function,
    piecewise,
    placement,
    surface_property,
)
from session.look.cut import Cut

STEP_MOVING, STEP_STILL = 1.0, 0.5  # along a ray, in voxels of the shortest edge
MOST_LABELS = 255  # a byte's


class GpuStage:
    """One mapper on all voxels; moving pictures take longer steps along the rays."""

    def __init__(self) -> None:
        self._kept = Kept()

    def show(self, volume: Any, scene: RaycastScene, functions: ClassFunctions, is_moving: bool) -> None:
        """Make a vtkVolume show a scene; touches only what differs from the last one."""
        field = scene.field
        extent = (float(field.shape[2]), float(field.shape[1]), float(field.shape[0]))
        mapper = self._kept.of("mapper", (), _new_mapper)
        image = self._kept.of("image", (field,), lambda: image_of(field.values, field.spacing_mm))
        if mapper.GetInput() is not image:
            mapper.SetInputData(image)
        step_mm = (STEP_MOVING if is_moving else STEP_STILL) * min(field.spacing_mm)
        mapper.SetSampleDistance(step_mm)
        mask = self._mask(scene, functions, extent)
        if mapper.GetMaskInput() is not mask:
            mapper.SetMaskInput(mask)
        cut = scene.look.cut if functions.is_cut_alike and functions.is_cut else Cut()
        self._kept.of("cut", (field, cut), lambda: apply_cut(mapper, cut, field, extent))
        key = (functions, field, scene.look.material, scene.look.lighting, step_mm)
        volume.SetMapper(mapper)
        volume.SetProperty(self._kept.of("property", key, lambda: _property(scene, functions, step_mm)))
        volume.SetUserMatrix(self._kept.of("matrix", (field,), lambda: placement(field)))

    def _mask(self, scene: RaycastScene, functions: ClassFunctions, extent: tuple[float, float, float]) -> Any | None:
        """The kinds of matter as VTK's label map, None where there is only one kind."""
        if functions.count == 1 or scene.classes is None:
            self._kept.of("mask", (), lambda: None)
            return None
        classes, cut = scene.classes, scene.look.cut
        is_cut_here = functions.is_cut and not functions.is_cut_alike and not (cut.box.is_whole and not cut.planes)
        key = (
            classes, functions.kind_of_class.tobytes(), len(labels_of(functions)),
            cut if is_cut_here else None, functions.is_clipped.tobytes(), invisible_kind(functions),
        )  # fmt: skip

        def make() -> Any:
            kinds = functions.kind_of_class[classes.classes]
            if is_cut_here:
                gone = (kept_share(scene.field, cut, extent) < 0.5) & functions.is_clipped[kinds]
                kinds[gone] = invisible_kind(functions)
            return image_of(kinds, scene.field.spacing_mm)

        return self._kept.of("mask", key, make)


def invisible_kind(functions: ClassFunctions) -> int:
    """The label of what is not seen: the kind that is invisible anyway, or one more."""
    invisible = np.flatnonzero(~(functions.extinctions[1:] > 0).any(axis=1))
    return int(invisible[0]) + 1 if len(invisible) else functions.count


def labels_of(functions: ClassFunctions) -> range:
    """The labels that get functions: all kinds but the rest's, and one more for what a cut takes away.

    VTK 9.7.1 scales a label map by the number of labels at the time of its upload: a property with another number of
    them shows a map that is already on the card in wrong colours. So the number goes with the kinds, not with the look.
    """
    return range(1, min(functions.count, MOST_LABELS) + 1)


def _new_mapper() -> Any:
    from vtkmodules import vtkRenderingVolumeOpenGL2  # noqa: F401  (registers the OpenGL classes)
    from vtkmodules.vtkRenderingVolume import vtkGPUVolumeRayCastMapper

    mapper = vtkGPUVolumeRayCastMapper()
    mapper.AutoAdjustSampleDistancesOff()
    mapper.LockSampleDistanceToInputSpacingOff()
    mapper.UseJitteringOn()
    mapper.SetMaskTypeToLabelMap()
    return mapper


def _property(scene: RaycastScene, functions: ClassFunctions, step_mm: float) -> Any:
    """The functions of all kinds. VTK corrects opacities for the length of a step, but not those of labels (9.7.1)."""
    field = scene.field
    made = surface_property(scene.look.material, scene.look.lighting)
    made.SetColor(color_function(functions, 0, field))
    made.SetScalarOpacity(opacity_function(functions, 0, field))
    gradient = gradient_function(functions, field)
    if gradient is not None:
        made.SetGradientOpacity(gradient)
    if functions.count == 1:
        return made
    for label in labels_of(functions):
        is_known = label < functions.count
        made.SetLabelColor(label, color_function(functions, label if is_known else 0, field))
        opacity = opacity_function(functions, label, field, step_mm) if is_known else piecewise(0.0, 1.0, np.zeros(2))
        made.SetLabelScalarOpacity(label, opacity)
        if gradient is not None:
            made.SetLabelGradientOpacity(label, gradient)
    return made
