"""How the case is shown: saved with it, not undoable with the voxels."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

import psygnal

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity, Volume
from session.look.json_form import from_json
from session.look.look import Look


class Plane(StrEnum):
    """The three anatomical planes."""

    AXIAL = "axial"
    CORONAL = "coronal"
    SAGITTAL = "sagittal"


class Layout(StrEnum):
    """Which views are shown, and where."""

    FOUR = "2x2"  # axial, 3D / coronal, sagittal
    ONE_AND_THREE = "1+3"
    SINGLE = "single"
    SLICES = "slices"  # three slices, no 3D


class VolumeMode(StrEnum):
    """How the 3D view shows the case."""

    SURFACES = "surfaces"
    RAYCAST = "raycast"
    CINEMATIC = "cinematic"


@dataclass(frozen=True)
class Windowing:
    """Which values are black and white: ``level`` in the middle, ``width`` from black to white."""

    level: float = 40.0
    width: float = 400.0


WINDOW_PRESETS = {
    "soft tissue": Windowing(40, 400),
    "lung": Windowing(-600, 1500),
    "bone": Windowing(400, 1800),
    "brain": Windowing(40, 80),
}


@dataclass(frozen=True)
class SliceCamera:
    """What part of its plane a slice view shows.

    Attributes:
        zoom: 1 fits the image into the view.
        pan_mm: how far the view's centre lies right of and below the image's centre.
        slab_mm: thickness of the maximum-intensity slab, 0 for a single slice.
        tilt_deg: rotation of an oblique plane about the view's horizontal and vertical axis through the crosshair.
    """

    zoom: float = 1.0
    pan_mm: tuple[float, float] = (0.0, 0.0)
    slab_mm: float = 0.0
    tilt_deg: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class VolumeCamera:
    """Where the 3D view looks from, in LPS millimetres; None until it was fitted."""

    position_mm: tuple[float, float, float]
    focal_point_mm: tuple[float, float, float]
    view_up: tuple[float, float, float]
    view_angle_deg: float = 30.0


@dataclass(frozen=True)
class PresentationState:
    """Everything that is saved.

    Attributes:
        layout: which views are shown.
        main_view: the large one of 1+3 and single: a Plane's value or ``3d``.
        windowing: window and level of the slices.
        is_inverted: black on white.
        crosshair_mm: LPS position all views share.
        shows_crosshair: draw it.
        time_point: which volume of a 4D image.
        slice_cameras: one for each plane.
        volume_camera: of the 3D view.
        overlay_opacity: 0-1 of the segments' fill.
        shows_fill, shows_outline: how segments are drawn over the slices.
        hidden_segments, hidden_measurements: numbers of those that are not shown.
        shows_slices_in_3d: the three planes in the 3D view.
        shows_surfaces_with_volume: segments as surfaces, too, where the 3D view shows a volume.
        volume_mode: surfaces, ray casting or path tracing in the 3D view.
        shows_doubt, doubt_opacity, shown_map: the map of how sure a model was, over the slices, and which one; empty
            for the first.
        look: how the volume looks there; None until somebody chose a preset, then the image's kind decides.
    """

    layout: Layout = Layout.FOUR
    main_view: str = Plane.AXIAL.value
    windowing: Windowing = field(default_factory=Windowing)
    is_inverted: bool = False
    crosshair_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    shows_crosshair: bool = True
    time_point: int = 0
    slice_cameras: dict[Plane, SliceCamera] = field(default_factory=lambda: {p: SliceCamera() for p in Plane})
    volume_camera: VolumeCamera | None = None
    overlay_opacity: float = 0.45
    shows_fill: bool = True
    shows_outline: bool = True
    hidden_segments: frozenset[int] = frozenset()
    hidden_measurements: frozenset[int] = frozenset()
    shows_slices_in_3d: bool = False
    shows_surfaces_with_volume: bool = False
    volume_mode: VolumeMode = VolumeMode.SURFACES
    look: Look | None = None
    shows_doubt: bool = True
    doubt_opacity: float = 0.75
    shown_map: str = ""

    def to_text(self) -> str:
        """JSON text for the case file."""
        fields = asdict(self)
        fields["hidden_segments"] = sorted(self.hidden_segments)
        fields["hidden_measurements"] = sorted(self.hidden_measurements)
        return json.dumps(fields)

    @staticmethod
    def from_text(text: str) -> PresentationState:
        """The state that ``to_text`` wrote; unknown fields of later versions are left out.

        Raises:
            UserError: the text is something else.
        """
        try:
            return PresentationState._of_fields(json.loads(text))
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise UserError(
                "How this case was shown last is damaged in its file.", "Its segments are whole."
            ) from error

    @staticmethod
    def _of_fields(fields: dict[str, Any]) -> PresentationState:
        known = {k: v for k, v in fields.items() if k in PresentationState.__dataclass_fields__}
        known["layout"] = Layout(known["layout"])
        known["windowing"] = Windowing(**known["windowing"])
        known["crosshair_mm"] = tuple(known["crosshair_mm"])
        known["slice_cameras"] = {
            Plane(p): SliceCamera(c["zoom"], tuple(c["pan_mm"]), c["slab_mm"], tuple(c["tilt_deg"]))
            for p, c in known["slice_cameras"].items()
        }
        if known["volume_camera"] is not None:
            camera = known["volume_camera"]
            known["volume_camera"] = VolumeCamera(
                tuple(camera["position_mm"]),
                tuple(camera["focal_point_mm"]),
                tuple(camera["view_up"]),
                camera["view_angle_deg"],
            )
        known["hidden_segments"] = frozenset(known["hidden_segments"])
        known["hidden_measurements"] = frozenset(known.get("hidden_measurements", ()))
        if "volume_mode" in known:
            known["volume_mode"] = VolumeMode(known["volume_mode"])
        if known.get("look") is not None:
            known["look"] = from_json(Look, known["look"])
        state = PresentationState(**known)
        if not _is_sound(state):
            raise ValueError("a number of the presentation is none")
        return state


def _is_sound(state: PresentationState) -> bool:
    """False for numbers that no view can be drawn with."""
    window, cameras, volume_camera = state.windowing, state.slice_cameras.values(), state.volume_camera
    places = [state.crosshair_mm]
    if volume_camera is not None:
        places += [volume_camera.position_mm, volume_camera.focal_point_mm, volume_camera.view_up]
    numbers: list[Any] = [window.level, window.width, state.overlay_opacity, state.doubt_opacity, state.time_point]
    numbers += [number for place in places for number in place]
    numbers += [number for c in cameras for number in (c.zoom, c.slab_mm, *c.pan_mm, *c.tilt_deg)]
    numbers += [] if volume_camera is None else [volume_camera.view_angle_deg]
    return (
        all(isinstance(number, int | float) and math.isfinite(number) for number in numbers)
        and all(len(place) == 3 for place in places)
        and all(camera.zoom > 0 and len(camera.pan_mm) == len(camera.tilt_deg) == 2 for camera in cameras)
        and isinstance(state.time_point, int)
        and state.time_point >= 0
        and window.width > 0
    )


def first_windowing(volume: Volume) -> Windowing:
    """Window and level to begin with: the file's own, soft tissue for HU, else from the values."""
    if volume.quantity is Quantity.HU:
        return WINDOW_PRESETS["soft tissue"]
    if volume.default_window:
        return Windowing(*volume.default_window[0])
    low, high = volume.window_range()
    return Windowing(round((low + high) / 2, 3), round(max(high - low, 1e-3), 3))


def center_of(geometry: Geometry) -> tuple[float, float, float]:
    """LPS position of the middle of a grid."""
    k, j, i = geometry.shape
    x, y, z = geometry.to_world([(i - 1) / 2, (j - 1) / 2, (k - 1) / 2])
    return float(x), float(y), float(z)


class Presentation:
    """The present state. ``update`` replaces fields and says once what it was and what it is."""

    changed = psygnal.Signal(PresentationState, PresentationState)  # before, after

    def __init__(self, state: PresentationState | None = None) -> None:
        self.state = state or PresentationState()

    def update(self, **fields: Any) -> None:
        """Set fields of the state; nothing happens when they already have these values."""
        before, after = self.state, replace(self.state, **fields)
        if before != after:
            self.state = after
            self.changed.emit(before, after)

    def update_camera(self, plane: Plane, **fields: Any) -> None:
        """Set fields of one slice camera."""
        cameras = dict(self.state.slice_cameras)
        cameras[plane] = replace(cameras[plane], **fields)
        self.update(slice_cameras=cameras)

    def center_on(self, geometry: Geometry) -> None:
        """Put the crosshair into the middle of a grid."""
        self.update(crosshair_mm=center_of(geometry))

    def is_visible(self, segment_number: int) -> bool:
        """True when a segment is shown."""
        return segment_number not in self.state.hidden_segments

    def set_visible(self, segment_number: int, visible: bool) -> None:
        """Show or hide one segment."""
        hidden = set(self.state.hidden_segments)
        (hidden.discard if visible else hidden.add)(segment_number)
        self.update(hidden_segments=frozenset(hidden))
