"""One vtkVolume in somebody's vtkRenderer, kept up to date with a scene."""

from __future__ import annotations

from typing import Any

import numpy as np

from render.cinematic.scene import CUT, ClassMap
from render.raycast.class_functions import ClassFunctions, class_functions
from render.raycast.gpu import GpuStage
from render.raycast.kept import Kept
from render.raycast.scene import RaycastScene
from render.raycast.software import MOVING, STILL, SoftwareStage
from render.raycast.vtk_parts import lights_of
from session.look.lighting import Lighting


class RaycastVolume:
    """Shows scenes in a renderer. It belongs to the renderer's thread.

    While a scene is shown the look's lights take the place of the renderer's own, for everything in the picture.

    Args:
        renderer: a vtkRenderer.
        is_software: OpenGL is done by the processor, see ``graphics_probe``: fewer voxels, and VTK's mapper for that.
    """

    def __init__(self, renderer: Any, is_software: bool) -> None:
        from vtkmodules import vtkRenderingVolumeOpenGL2  # noqa: F401  (registers the OpenGL classes)
        from vtkmodules.vtkRenderingCore import vtkVolume

        self._renderer = renderer
        self._is_software = is_software
        self._volume: Any = vtkVolume()
        self._volume.PickableOff()
        self._kept = Kept()
        self._is_shown = False
        self._last: tuple[RaycastScene, bool] | None = None
        self._is_only_turned = False
        self._make_stages()
        self._own_lights: list[Any] = []

    def show(self, scene: RaycastScene | None, *, is_moving: bool = False) -> None:
        """Show a scene from the next frame on; what did not change since the last one is not touched.

        Args:
            scene: None for nothing.
            is_moving: a coarse picture, for as long as the user drags something.
        """
        if scene is None:
            self.remove()
            return
        self._is_only_turned = is_moving and self._last == (scene, True)
        self._last = scene, is_moving
        functions = self._functions(scene)
        if self._is_software:
            (self._moving if is_moving else self._still).show(self._volume, scene, functions)
        else:
            self._gpu.show(self._volume, scene, functions, is_moving)
        self._kept.of("lights", (scene.look.lighting,), lambda: self._light(scene.look.lighting))
        if not self._is_shown:
            self._renderer.AddVolume(self._volume)
            self._is_shown = True

    def note_seconds(self, seconds: float) -> None:
        """Tell what the last frame took, so that turning stays smooth on a slow or busy machine."""
        if self._is_software and self._is_only_turned:
            self._moving.adapt(seconds)

    def remove(self) -> None:
        """Take the volume out of the renderer, let its memory go, and give the renderer its own lights back."""
        if not self._is_shown:
            return
        self._renderer.RemoveVolume(self._volume)
        self._volume.ReleaseGraphicsResources(self._renderer.GetRenderWindow())
        self._volume.SetMapper(None)
        self._volume.SetProperty(None)
        self._light(None)
        self._kept.clear()
        self._last, self._is_only_turned = None, False
        self._make_stages()
        self._is_shown = False

    def _make_stages(self) -> None:
        self._moving, self._still, self._gpu = SoftwareStage(MOVING), SoftwareStage(STILL), GpuStage()

    def _functions(self, scene: RaycastScene) -> ClassFunctions:
        look, classes = scene.look, scene.classes
        has_cut = self._kept.of("has cut", (classes,), lambda: _has_cut(classes))
        key = (scene.field, classes, scene.records, look.transfer, look.matter, look.ghost, look.rest, look.segment)
        return self._kept.of(
            "functions",
            (*key, look.segments, look.material),
            lambda: class_functions(look, scene.field, classes, scene.records, has_cut),
        )

    def _light(self, lighting: Lighting | None) -> None:
        """Put a look's lights in the place of the renderer's own, or (None) take them out again."""
        for light in self._own_lights:
            self._renderer.RemoveLight(light)
        self._own_lights = [] if lighting is None else lights_of(lighting)
        others = self._renderer.GetLights()
        for n in range(others.GetNumberOfItems()):
            others.GetItemAsObject(n).SetSwitch(lighting is None)
        for light in self._own_lights:
            self._renderer.AddLight(light)


def _has_cut(classes: ClassMap | None) -> bool:
    return classes is not None and bool(np.any(classes.classes == CUT))
