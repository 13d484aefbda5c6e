"""Ray casting on the processor: VTK's fixed-point mapper on a volume of fewer voxels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.cinematic.scene import Field
from render.raycast.class_functions import ClassFunctions
from render.raycast.cutting import kept_share
from render.raycast.fixed_point import fixed_point_mapper
from render.raycast.kept import Kept
from render.raycast.preclassified import color_table, colored, gradient_factors, lookup_places, opacity_ramp
from render.raycast.reduction import ReducedField, reduced, reduced_classes, smoothed
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


@dataclass(frozen=True)
class Effort:
    """How fine a picture is.

    Attributes:
        most_voxels: along each axis.
        most_colored: the same where structures look different: an edit makes colours and normals anew.
        image_step_px: one ray for so many pixels along each axis.
        step: along a ray, in voxels of the shortest edge.
    """

    most_voxels: int
    most_colored: int
    image_step_px: float
    step: float


MOVING = Effort(128, 96, 2.0, 1.0)
STILL = Effort(256, 200, 1.0, 0.5)
SLOW_SECONDS, QUICK_SECONDS = 0.15, 0.06  # five pictures a second must hold
STEP_CHANGE_PX, COARSEST_PX = 0.5, 4.0
UNITED_WEIGHT, WHOLE_WEIGHT = 2, 6  # of the middle when voxels are smoothed: much where some were united, else little


class SoftwareStage:
    """The mapper of one effort. It keeps what it made, so that going from one effort to the other and back is quick."""

    def __init__(self, effort: Effort) -> None:
        self._effort = effort
        self._kept = Kept()
        self._image_step_px = effort.image_step_px

    def show(self, volume: Any, scene: RaycastScene, functions: ClassFunctions) -> None:
        """Make a vtkVolume show a scene; touches only what differs from the last one."""
        is_colored = functions.count > 1
        most = self._effort.most_colored if is_colored else self._effort.most_voxels
        least = self._kept.of("field", (scene.field, most), lambda: _reduced(scene.field, most))
        mapper = self._kept.of("mapper", (is_colored,), fixed_point_mapper)
        if is_colored:
            image, made = self._colored(scene, functions, least)
        else:
            image = self._kept.of("image", (least,), lambda: image_of(least.field.values, least.field.spacing_mm))
            made = self._scalar_property(scene, functions, least.field)
        if mapper.GetInput() is not image:
            mapper.SetInputData(image)
            mapper.SetSampleDistance(self._effort.step * min(least.field.spacing_mm))
        cut = scene.look.cut if functions.is_cut_alike and functions.is_cut else Cut()
        self._kept.of("cut", (mapper, least, cut), lambda: apply_cut(mapper, cut, least.field, least.extent))
        if mapper.GetImageSampleDistance() != self._image_step_px:
            mapper.SetImageSampleDistance(self._image_step_px)
        volume.SetMapper(mapper)
        volume.SetProperty(made)
        volume.SetUserMatrix(self._kept.of("matrix", (least,), lambda: placement(least.field)))

    def adapt(self, seconds: float) -> None:
        """Cast fewer rays when a picture took too long for smooth turning, more again when there is time.

        Args:
            seconds: of a picture in which nothing but the camera was new.
        """
        finest = self._effort.image_step_px
        if seconds > SLOW_SECONDS:
            self._image_step_px = min(self._image_step_px + STEP_CHANGE_PX, COARSEST_PX)
        elif seconds < QUICK_SECONDS:
            self._image_step_px = max(self._image_step_px - STEP_CHANGE_PX, finest)

    def _scalar_property(self, scene: RaycastScene, functions: ClassFunctions, field: Field) -> Any:
        """Values are classified by VTK, after interpolation."""

        def make() -> Any:
            made = surface_property(scene.look.material, scene.look.lighting)
            made.SetColor(color_function(functions, 0, field))
            made.SetScalarOpacity(opacity_function(functions, 0, field))
            gradient = gradient_function(functions, field)
            if gradient is not None:
                made.SetGradientOpacity(gradient)
            return made

        return self._kept.of("property", (functions, field, scene.look.material, scene.look.lighting), make)

    def _colored(self, scene: RaycastScene, functions: ClassFunctions, least: ReducedField) -> tuple[Any, Any]:
        """Values are classified here, before interpolation, because each structure has a function of its own."""
        kinds = functions.kind_of_class
        labels = self._kept.of("labels", (scene.classes, least), lambda: _labels(scene, least))
        places = self._kept.of(
            "places", (labels is None, scene.classes, least, kinds.tobytes()),
            lambda: lookup_places(least.field.values, None if labels is None else kinds[labels]),
        )  # fmt: skip
        factors = self._factors(scene, functions, least)

        def make() -> Any:
            rgba = colored(places, color_table(functions, least.field), factors)
            rgba[..., 3] = smoothed(rgba[..., 3], UNITED_WEIGHT)  # softens the stairs of the segments' borders, too
            return image_of(rgba, least.field.spacing_mm)

        image = self._kept.of("image", (functions, least, places, factors), make)
        key = (scene.look.material, scene.look.lighting, "colored")
        return image, self._kept.of("property", key, lambda: _colored_property(scene))

    def _factors(
        self, scene: RaycastScene, functions: ClassFunctions, least: ReducedField
    ) -> NDArray[np.float32] | None:
        """What VTK cannot do with colours: factors by gradients, and cuts that leave some structures alone."""
        points, cut = functions.gradient_points, scene.look.cut
        is_cut_here = functions.is_cut and not functions.is_cut_alike and not (cut.box.is_whole and not cut.planes)
        key: tuple[Any, ...] = (points.tobytes(), cut if is_cut_here else None, least, scene.classes)
        if is_cut_here:
            key = (*key, functions.is_clipped.tobytes(), functions.kind_of_class.tobytes())

        def make() -> NDArray[np.float32] | None:
            found = gradient_factors(least.field, points) if len(points) else None
            if not is_cut_here:
                return found
            share = kept_share(least.field, cut, least.extent)
            labels = _labels(scene, least)
            if labels is not None:
                share[~functions.is_clipped[functions.kind_of_class[labels]]] = 1.0
            return share if found is None else share * found

        return self._kept.of("factors", key, make)


def _labels(scene: RaycastScene, least: ReducedField) -> NDArray[np.uint8] | None:
    return None if scene.classes is None else reduced_classes(scene.classes, least.factors)


def _reduced(field: Field, most: int) -> ReducedField:
    found = reduced(field, most)
    weight = UNITED_WEIGHT if max(found.factors) > 1 else WHOLE_WEIGHT
    return replace(found, field=replace(found.field, values=smoothed(found.field.values, weight)))


def _colored_property(scene: RaycastScene) -> Any:
    made = surface_property(scene.look.material, scene.look.lighting)
    made.IndependentComponentsOff()
    made.SetScalarOpacity(piecewise(0.0, 255.0, opacity_ramp()))
    return made
