"""One off-screen VTK window that turns a scene state into pixels.

An object belongs to the thread that made it: VTK's window keeps its OpenGL context current there. VTK leaves the
interpreter free while it draws, so a thread of its own keeps the user's thread free (see ``render_thread``).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from render.graphics_probe import capabilities, is_software
from render.plane_props import plane_sheet, sheet_prop
from render.raycast.scene import RaycastScene
from render.raycast.volume import RaycastVolume
from render.ruler_props import TurningSheets
from render.rulers import ruler_sheets
from render.sheets import Sheet
from render.surfaces import Surface
from render.volume_camera import point_under
from render.volume_scene import Crosshair, PlaneCut, ShownSurface, VolumeSceneState
from render.vtk_log import route_vtk_messages
from session.look.inside import Region
from session.presentation import VolumeCamera

BACKGROUND_TOP = (74, 82, 98)
BACKGROUND_BOTTOM = (27, 29, 33)
PLAIN_BACKGROUND = np.add(BACKGROUND_TOP, BACKGROUND_BOTTOM) / 510
OCCLUSION_RADIUS = 0.06  # of the distance from the camera to what it looks at

# Three lights that turn with the camera: position (right, up, towards the viewer), strength, colour.
LIGHTS = (
    ((-0.5, 0.7, 1.0), 0.88, (1.0, 0.97, 0.93)),
    ((0.9, 0.1, 0.6), 0.27, (0.85, 0.92, 1.0)),
    ((0.0, -0.8, 0.5), 0.18, (1.0, 1.0, 1.0)),
)


class Quality(StrEnum):
    """How much a frame may cost."""

    MOVING = "moving"  # bare shading
    STILL = "still"  # smooth edges and soft contact shadows


class Pickable(Protocol):
    """A volume in a frame."""

    def point_under(
        self, camera: VolumeCamera, x_px: float, y_px: float, size_px: tuple[int, int], most_mm: float
    ) -> tuple[float, float, float] | None:
        """See ``render.volume_pick.PickableVolume``."""


@dataclass(frozen=True, eq=False)
class Frame:
    """A finished picture.

    Attributes:
        rgb: (height, width, 3) uint8, first row at the top.
        depth_mm: (height, width) float32 distance along the line of sight; infinite where there is only background.
            Of surfaces, slices and lines: a volume that is ray cast has no depth.
        camera: what it was seen with.
        quality: how it was made.
        seconds: how long it took.
        samples, target_samples, noise: of a traced picture: for each pixel, how many there will be, how noisy it is.
        is_final: no better one follows.
        backend, device, denoiser, note: what made a picture of a volume, for people.
        reduction: how many voxels per axis one stands for that was drawn.
        volume: tells what of a volume lies under a pixel.
        awaits: the region that is still looked for; everything is shown until it is found.
    """

    rgb: NDArray[np.uint8]
    depth_mm: NDArray[np.float32]
    camera: VolumeCamera
    quality: Quality
    seconds: float = 0.0
    samples: int = 0
    target_samples: int = 0
    noise: float = 0.0
    is_final: bool = True
    backend: str = ""
    device: str = ""
    denoiser: str = ""
    note: str = ""
    reduction: int = 1
    volume: Pickable | None = None
    awaits: Region = Region.EVERYTHING

    def point_at(self, x_px: float, y_px: float) -> tuple[float, float, float] | None:
        """The LPS point of the surface, slice or volume seen at a pixel of this frame, None on the background."""
        height, width = self.depth_mm.shape
        column, row = int(x_px), int(y_px)
        if not (0 <= column < width and 0 <= row < height):
            return None
        depth = float(self.depth_mm[row, column])
        if self.volume is not None:
            point = self.volume.point_under(self.camera, x_px, y_px, (width, height), depth)
            if point is not None:
                return point
        if not np.isfinite(depth):
            return None
        return point_under(self.camera, column + 0.5, row + 0.5, (width, height), depth)


class VolumeRenderer:
    """Draws scene states; between two calls it changes only what differs."""

    def __init__(self) -> None:
        from vtkmodules import vtkRenderingOpenGL2  # noqa: F401  (registers the OpenGL classes)
        from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow

        route_vtk_messages()
        self._window = vtkRenderWindow()
        self._window.SetOffScreenRendering(True)
        self._window.SetMultiSamples(0)
        self._renderer = vtkRenderer()
        self._renderer.AutomaticLightCreationOff()
        self._renderer.SetBackground(*PLAIN_BACKGROUND)
        self._renderer.SetSSAOKernelSize(32)
        self._renderer.SSAOBlurOn()
        self._window.AddRenderer(self._renderer)
        for place, strength, color in LIGHTS:
            self._renderer.AddLight(_light(place, strength, color))
        self._surfaces: dict[int, tuple[ShownSurface, Any]] = {}
        self._planes: dict[str, tuple[PlaneCut, Any, Sheet]] = {}
        self._crosshair: tuple[Crosshair, Any] | None = None
        self._raycast: RaycastVolume | None = None
        self._sheets: dict[Sheet, Any] = {}
        self._rulers = TurningSheets(self._renderer)

    @property
    def window(self) -> Any:
        """The vtkRenderWindow, for others that draw in its OpenGL context."""
        return self._window

    @property
    def device(self) -> str:
        """What OpenGL calls itself, such as ``llvmpipe (LLVM 15.0.6, 256 bits)``; known after the first frame."""
        return capabilities(self._window.ReportCapabilities()).get("OpenGL renderer string", "")

    def render(
        self,
        state: VolumeSceneState,
        size_px: tuple[int, int],
        quality: Quality = Quality.STILL,
        frame_px: tuple[int, int] | None = None,
        corner_px: tuple[int, int] = (0, 0),
    ) -> Frame:
        """One picture of a scene.

        Args:
            state: what to show.
            size_px: width and height.
            quality: how much it may cost.
            frame_px, corner_px: for a tile: the whole picture's width and height, and the tile's first column and row.
        """
        began = time.perf_counter()
        self._show_surfaces(state.surfaces)
        self._show_planes(state.planes)
        self._show_crosshair(state.crosshair)
        self._show_raycast(state.raycast, quality)
        self._show_sheets(state.sheets)
        walls = [*(sheet for _, _, sheet in self._planes.values()), *state.sheets]
        self._rulers.show(ruler_sheets(state.rulers, state.camera, state.ruler_unit, walls))
        self._aim(state.camera, quality, state.raycast is not None)
        width, height = (max(1, int(n)) for n in size_px)
        self._aim_tile(state.camera, (width, height), frame_px or (width, height), corner_px)
        if tuple(self._window.GetSize()) != (width, height):
            self._window.SetSize(width, height)
        self._window.Render()
        depth = self._depth(width, height)
        rgb = self._colors(width, height, depth, state.raycast is None)
        seconds = time.perf_counter() - began
        if self._raycast is not None:
            self._raycast.note_seconds(seconds)
        return Frame(rgb, depth, state.camera, quality, seconds)

    def close(self) -> None:
        """Let everything go, in the order VTK wants: props, renderer, then the window's OpenGL context."""
        self._renderer.RemoveAllViewProps()
        self._renderer.RemoveAllLights()
        self._surfaces.clear()
        self._planes.clear()
        self._sheets.clear()
        self._crosshair = None
        if self._raycast is not None:
            self._raycast.remove()
        self._window.RemoveRenderer(self._renderer)
        self._window.Finalize()

    def _show_surfaces(self, shown: tuple[ShownSurface, ...]) -> None:
        wanted = {item.number: item for item in shown}
        for number in [n for n in self._surfaces if n not in wanted]:
            self._renderer.RemoveActor(self._surfaces.pop(number)[1])
        for number, item in wanted.items():
            present = self._surfaces.get(number)
            if present is None or present[0].surface is not item.surface:
                if present is not None:
                    self._renderer.RemoveActor(present[1])
                actor = _surface_actor(item.surface)
                self._renderer.AddActor(actor)
            elif present[0] == item:
                continue
            else:
                actor = present[1]
            actor.GetProperty().SetColor(*(channel / 255 for channel in item.color))
            self._surfaces[number] = (item, actor)

    def _show_planes(self, cuts: tuple[PlaneCut, ...]) -> None:
        wanted = {cut.grid.plane.value: cut for cut in cuts}
        for key, (cut, actor, _) in list(self._planes.items()):
            if wanted.get(key) != cut:
                self._renderer.RemoveActor(actor)
                del self._planes[key]
        for key, cut in wanted.items():
            if key not in self._planes:
                sheet = plane_sheet(cut)
                actor = sheet_prop(sheet)
                self._renderer.AddActor(actor)
                self._planes[key] = (cut, actor, sheet)

    def _show_sheets(self, sheets: tuple[Sheet, ...]) -> None:
        for sheet in [s for s in self._sheets if s not in sheets]:
            self._renderer.RemoveActor(self._sheets.pop(sheet))
        for sheet in sheets:
            if sheet not in self._sheets:
                self._sheets[sheet] = sheet_prop(sheet)
                self._renderer.AddActor(self._sheets[sheet])

    def _show_crosshair(self, crosshair: Crosshair | None) -> None:
        if self._crosshair is not None and self._crosshair[0] != crosshair:
            self._renderer.RemoveActor(self._crosshair[1])
            self._crosshair = None
        if crosshair is not None and self._crosshair is None:
            actor = _crosshair_actor(crosshair)
            self._renderer.AddActor(actor)
            self._crosshair = (crosshair, actor)

    def _show_raycast(self, scene: RaycastScene | None, quality: Quality) -> None:
        if self._raycast is None:
            if scene is None:
                return
            self._window.Initialize()  # before the first frame the device has no name
            self._raycast = RaycastVolume(self._renderer, is_software(self.device))
        self._raycast.show(scene, is_moving=quality is Quality.MOVING)
        self._renderer.SetGradientBackground(scene is not None)
        if scene is None:
            self._renderer.SetBackground(*PLAIN_BACKGROUND)
        else:
            self._renderer.SetBackground(*scene.look.background.bottom)
            self._renderer.SetBackground2(*scene.look.background.top)

    def _aim(self, camera: VolumeCamera, quality: Quality, has_volume: bool) -> None:
        active = self._renderer.GetActiveCamera()
        active.SetPosition(*camera.position_mm)
        active.SetFocalPoint(*camera.focal_point_mm)
        active.SetViewUp(*camera.view_up)
        active.SetViewAngle(camera.view_angle_deg)
        self._renderer.ResetCameraClippingRange()
        still = quality is Quality.STILL
        self._renderer.SetUseSSAO(still and not has_volume)  # its pass would draw over the background's gradient
        self._renderer.SetUseFXAA(still)
        self._renderer.SetSSAORadius(OCCLUSION_RADIUS * active.GetDistance())
        self._renderer.SetSSAOBias(0.02 * OCCLUSION_RADIUS * active.GetDistance())

    def _aim_tile(
        self, camera: VolumeCamera, size_px: tuple[int, int], frame_px: tuple[int, int], corner_px: tuple[int, int]
    ) -> None:
        """Narrow the view to a tile; the whole picture is one tile."""
        active = self._renderer.GetActiveCamera()
        slope = np.tan(np.radians(camera.view_angle_deg) / 2) * size_px[1] / frame_px[1]
        active.SetViewAngle(float(np.degrees(2 * np.arctan(slope))))
        x, y = (2 * c + s - f for c, s, f in zip(corner_px, size_px, frame_px, strict=True))
        active.SetWindowCenter(x / size_px[0], -y / size_px[1])

    def _depth(self, width: int, height: int) -> NDArray[np.float32]:
        """Distances along the line of sight, from the depth buffer of the frame just drawn."""
        from vtkmodules.util.numpy_support import vtk_to_numpy
        from vtkmodules.vtkCommonCore import vtkFloatArray

        buffer = vtkFloatArray()
        self._window.GetZbufferData(0, 0, width - 1, height - 1, buffer)
        z = np.asarray(vtk_to_numpy(buffer)).reshape(height, width)[::-1]
        near, far = self._renderer.GetActiveCamera().GetClippingRange()
        depth = np.full(z.shape, np.inf, np.float32)
        drawn = z < 1.0
        depth[drawn] = near * far / (far - z[drawn].astype(np.float64) * (far - near))
        return depth

    def _colors(
        self, width: int, height: int, depth: NDArray[np.float32], has_plain_background: bool = True
    ) -> NDArray[np.uint8]:
        """The colour buffer, with a gradient where there is only background (VTK's gradient is lost under SSAO)."""
        from vtkmodules.util.numpy_support import vtk_to_numpy
        from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

        buffer: Any = vtkUnsignedCharArray()
        self._window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 1, buffer)
        rgb = np.array(vtk_to_numpy(buffer).reshape(height, width, 4)[::-1, :, :3])
        if has_plain_background:
            np.copyto(rgb, gradient(height)[:, None, :], where=np.isinf(depth)[..., None])
        return np.asarray(rgb, np.uint8)


def gradient(height: int) -> NDArray[np.uint8]:
    """(height, 3) colours from the top of the background to its bottom."""
    t = np.linspace(0, 1, height)[:, None]
    return np.asarray(np.asarray(BACKGROUND_TOP) * (1 - t) + np.asarray(BACKGROUND_BOTTOM) * t + 0.5, np.uint8)


def _light(place: tuple[float, float, float], strength: float, color: tuple[float, float, float]) -> Any:
    from vtkmodules.vtkRenderingCore import vtkLight

    light = vtkLight()
    light.SetLightTypeToCameraLight()
    light.SetPosition(*place)
    light.SetIntensity(strength)
    light.SetColor(*color)
    return light


def _surface_actor(surface: Surface) -> Any:
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

    points = vtkPoints()
    points.SetData(numpy_to_vtk(surface.points_mm))
    cells = vtkCellArray()
    ends = np.arange(0, surface.triangles.size + 1, 3, dtype=np.int32)
    cells.SetData(numpy_to_vtk(ends), numpy_to_vtk(surface.triangles.reshape(-1)))
    mesh = vtkPolyData()
    mesh.SetPoints(points)
    mesh.SetPolys(cells)
    mesh.GetPointData().SetNormals(numpy_to_vtk(surface.normals))
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(mesh)
    mapper.ScalarVisibilityOff()
    actor = vtkActor()
    actor.SetMapper(mapper)
    look = actor.GetProperty()
    look.SetAmbient(0.14)
    look.SetDiffuse(0.9)
    look.SetSpecular(0.12)
    look.SetSpecularPower(24)
    return actor


def _crosshair_actor(crosshair: Crosshair) -> Any:
    from vtkmodules.vtkCommonDataModel import vtkPolyData
    from vtkmodules.vtkFiltersCore import vtkAppendPolyData
    from vtkmodules.vtkFiltersSources import vtkLineSource
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

    lines = vtkAppendPolyData()
    for axis in range(3):
        ends = [list(crosshair.point_mm), list(crosshair.point_mm)]
        ends[0][axis], ends[1][axis] = crosshair.low_mm[axis], crosshair.high_mm[axis]
        source = vtkLineSource()
        source.SetPoint1(*ends[0])
        source.SetPoint2(*ends[1])
        source.Update()
        line = vtkPolyData()
        line.ShallowCopy(source.GetOutput())
        lines.AddInputData(line)
    mapper = vtkPolyDataMapper()
    mapper.SetInputConnection(lines.GetOutputPort())
    actor = vtkActor()
    actor.SetMapper(mapper)
    actor.GetProperty().LightingOff()
    actor.GetProperty().SetColor(0.9, 0.92, 0.96)
    actor.PickableOff()
    return actor
