"""What the window's 3D view shows, taken at one moment on the document's thread, for pictures made on another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from app.pictures.artist import Artist, artist
from app.pictures.drawing import credits
from app.pictures.filming import even, film
from app.pictures.manner import Manner
from app.pictures.output import derivation, write_output
from app.pictures.scenes import SceneMaker, Scenes, Shown, SurfaceScenes
from imaging.volume import Quantity, Volume
from render.movie_path import KeyFrame, KeyFrames, Moment, Turntable
from render.volume_camera import StandardView, fitted
from render.volume_content import ContentLog
from render.volume_scene import VolumeSceneState, corners_mm
from render.volume_wish import CapShade
from session.look.look import Look
from session.movie_keys import KeyView
from session.presentation import VolumeCamera, VolumeMode
from session.session import Session

WIDEST_DEG = 150.0
DESCRIPTIONS = {
    VolumeMode.SURFACES: "Limner surfaces",
    VolumeMode.RAYCAST: "Limner ray casting",
    VolumeMode.CINEMATIC: "Limner cinematic picture",
}

Progress = Callable[[float, str], None]
Wanted = Callable[[], bool]


@dataclass(frozen=True)
class Way:
    """Where a movie's camera goes: along views, or once round without any; in so many frames."""

    frames: int
    views: tuple[KeyView, ...] = ()


@dataclass(frozen=True, eq=False)
class Seen:
    """What the 3D view shows.

    Attributes:
        mode: how it is drawn.
        look: of the volume.
        state: camera, surfaces, slices, crosshair.
        aspect: width of the view over its height.
        shown: image and segments; None in the mode of surfaces.
        volume: the image.
    """

    mode: VolumeMode
    look: Look
    state: VolumeSceneState
    aspect: float
    shown: Shown | None
    volume: Volume


def seen(session: Session, *, has_crosshair: bool) -> Seen:
    """The present state of the 3D view; of one that is not made yet, the image from the front.

    Args:
        session: what is open.
        has_crosshair: leave the crosshair in.
    """
    document, shown = session.open_document, session.presentation.state
    volume = document.volumes[min(shown.time_point, len(document.volumes) - 1)]
    mode = VolumeMode.SURFACES if volume.quantity is Quantity.COLOUR else shown.volume_mode
    state = session.window.scene_in_3d() if session.window is not None else None
    size = session.window.view_size("3d") if session.window is not None else (1, 1)
    if not isinstance(state, VolumeSceneState):
        camera = shown.volume_camera or fitted(corners_mm(volume.geometry), 1.0, StandardView.ANTERIOR)
        state, size = VolumeSceneState(camera), (1, 1)
    state = state if has_crosshair else replace(state, crosshair=None)
    wanted = None
    if mode is not VolumeMode.SURFACES:
        caps = CapShade(shown.windowing, volume.is_inverted != shown.is_inverted, shown.overlay_opacity)
        content = ContentLog().content(volume, document.segmentation)
        wanted = Shown(
            content, shown.hidden_segments, caps, state.surfaces, state.planes, state.crosshair, rulers=state.rulers
        )  # fmt: skip
    look = session.looks.current if wanted is not None else Look()
    return Seen(mode, look, state, size[0] / max(size[1], 1), wanted, volume)


def framed(camera: VolumeCamera, before: float, after: float) -> VolumeCamera:
    """The camera that sees all of what it saw, in a picture of another shape.

    Args:
        camera: its angle is that from the lower to the upper edge.
        before, after: width over height.
    """
    if after >= before:
        return camera
    slope = np.tan(np.radians(camera.view_angle_deg) / 2) * before / after
    return replace(camera, view_angle_deg=min(float(np.degrees(2 * np.arctan(slope))), WIDEST_DEG))


def write_seen(what: Seen, manner: Manner, path: Path, progress: Progress, is_wanted: Wanted) -> None:
    """Draw and write a picture.

    Raises:
        UserError: it cannot be drawn or written.
        Stopped: it was not wanted any more.
    """
    with artist(manner) as one:
        scenes = _scenes(what, one)
        scene = scenes.scene(what.look, _camera(what, manner))
        pixels = one.paint(scene, None, progress, is_wanted)
        made_by: dict[str, Any] = credits(one, 1)
    write_output(pixels, path, what.volume, DESCRIPTIONS[what.mode], derivation(made_by))


def film_seen(
    what: Seen, manner: Manner, path: Path, way: Way, fps: float, progress: Progress, is_wanted: Wanted
) -> None:
    """Draw and write a movie of what is seen; see ``film`` for the rest.

    Raises:
        UserError: it cannot be drawn or written.
        Stopped: it was not wanted any more.
    """
    manner = replace(manner, size_px=even(manner.size_px))
    moments = _moments(what, manner, way)
    with artist(manner) as one:
        film(moments, path, fps, one, _scenes(what, one), progress, is_wanted)


def _moments(what: Seen, manner: Manner, way: Way) -> list[Moment]:
    """The frames; cameras see all of what the view showed, whatever the movie's shape."""
    if not way.views:
        return Turntable().moments(_camera(what, manner), what.look, way.frames)
    after = manner.size_px[0] / manner.size_px[1]
    keys = tuple(KeyFrame(framed(view.camera, what.aspect, after), view.look) for view in way.views)
    return KeyFrames(keys).moments(what.look, way.frames)


def _camera(what: Seen, manner: Manner) -> VolumeCamera:
    return framed(what.state.camera, what.aspect, manner.size_px[0] / manner.size_px[1])


def _scenes(what: Seen, one: Artist) -> Scenes:
    if what.shown is None:
        return SurfaceScenes(what.state)
    return SceneMaker(what.shown, one.largest_edge, one.most_voxels)
