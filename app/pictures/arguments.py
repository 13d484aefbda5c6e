"""What the options of `render` and `movie` mean."""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.pictures.options import REST
from app.pictures.scenes import Shown
from app.pictures.subject import Subject
from imaging.errors import UserError
from imaging.geometry import Geometry
from render.movie_path import check_camera
from render.rulers import Ruler, rulers_of
from render.volume_camera import StandardView, fitted
from render.volume_content import ContentLog
from render.volume_scene import corners_mm
from render.volume_wish import CapShade
from session.look.cut import ClipPlane, Cut
from session.look.json_form import from_json
from session.look.look import Look
from session.look.presets import default_preset, look_for, preset_named
from session.look.segment_look import SegmentLook, Visibility
from session.presentation import VolumeCamera, Windowing

LARGEST_PX = 16384
MOST_SAMPLES = 65536

SIDES = {  # the LPS direction towards each side of the patient
    "left": (1.0, 0.0, 0.0),
    "right": (-1.0, 0.0, 0.0),
    "posterior": (0.0, 1.0, 0.0),
    "anterior": (0.0, -1.0, 0.0),
    "superior": (0.0, 0.0, 1.0),
    "inferior": (0.0, 0.0, -1.0),
}


def shown_of(arguments: argparse.Namespace, subject: Subject) -> Shown:
    """What the options say about image, segments and cut faces.

    Raises:
        UserError: an option makes no sense.
    """
    hidden = subject.shown.hidden_segments if subject.shown is not None and arguments.segments is None else frozenset()
    content = ContentLog().content(subject.volume, subject.segmentation)
    shade = CapShade(_window(arguments, subject), subject.volume.is_inverted)
    return Shown(
        content, hidden, None if arguments.open_cuts else shade, seed=arguments.seed, rulers=_rulers(arguments, subject)
    )  # fmt: skip


def _rulers(arguments: argparse.Namespace, subject: Subject) -> tuple[Ruler, ...]:
    if not arguments.measurements:
        return ()
    hidden = subject.shown.hidden_measurements if subject.shown is not None else frozenset()
    return rulers_of(subject.measurements, hidden, subject.volume)


def size_of(text: str | None, default: tuple[int, int] = (1024, 1024)) -> tuple[int, int]:
    """Width and height.

    Raises:
        UserError: no size, or none that can be drawn.
    """
    if text is None:
        return default
    match = re.fullmatch(r"(\d{1,6})[xX×](\d{1,6})", text.strip())
    if match is None:
        raise UserError(f"“{text}” is no size.", "Write it as 1024x768.")
    width, height = int(match[1]), int(match[2])
    if not (16 <= width <= LARGEST_PX and 16 <= height <= LARGEST_PX):
        raise UserError(f"A picture of {width} × {height} pixels cannot be drawn.", f"16 to {LARGEST_PX} a side.")
    return width, height


def samples_of(given: int | None, default: int) -> int:
    """Samples for each pixel.

    Raises:
        UserError: out of range.
    """
    if given is not None and not 1 <= given <= MOST_SAMPLES:
        raise UserError(f"{given} samples for each pixel are not possible.", f"1 to {MOST_SAMPLES}.")
    return given or default


def camera_of(arguments: argparse.Namespace, subject: Subject, size_px: tuple[int, int]) -> VolumeCamera:
    """A standard view that shows the whole image, or the camera in a JSON file; a scene's or case's own otherwise.

    Raises:
        UserError: there is no such view or file.
    """
    text, zoom = arguments.camera, arguments.zoom
    if not 0.05 <= zoom <= 100:
        raise UserError(f"A zoom of {zoom:g} makes no sense.", "1 shows the whole image.")
    saved = subject.shown.volume_camera if subject.shown is not None else None
    if arguments.described is not None:
        saved = arguments.described.camera
        if saved is not None:
            _checked(saved, arguments.scene)
    if text is None and saved is not None:
        return _nearer(saved, zoom)
    if text is None or text.lower() in list(StandardView):
        view = StandardView((text or StandardView.ANTERIOR.value).lower())
        return _nearer(fitted(corners_mm(subject.volume.geometry), size_px[0] / size_px[1], view), zoom)
    return _nearer(_camera_in(Path(text)), zoom)


def _camera_in(path: Path) -> VolumeCamera:
    try:
        record = json.loads(path.read_text("utf-8"))
        camera = from_json(VolumeCamera, record.get("camera", record))
        _checked(camera, path)
    except FileNotFoundError:
        raise UserError(f"There is no view “{path}”.", f"One of {', '.join(StandardView)}, or a JSON file.") from None
    except (OSError, ValueError, AttributeError, TypeError, RecursionError, OverflowError) as error:
        raise UserError(f"{path} holds no camera: {error}.") from error
    return camera


def _checked(camera: VolumeCamera, path: Path) -> None:
    try:
        check_camera(camera)
    except ValueError as error:
        raise UserError(f"{path} holds no camera: {error}.") from error


def _nearer(camera: VolumeCamera, zoom: float) -> VolumeCamera:
    """The same view from nearer, so that things become ``zoom`` times as large."""
    focal = np.asarray(camera.focal_point_mm)
    x, y, z = (focal + (np.asarray(camera.position_mm) - focal) / zoom).tolist()
    return replace(camera, position_mm=(x, y, z))


def look_of(arguments: argparse.Namespace, subject: Subject) -> Look:
    """The preset's look, or the case's own, with segments, ghosts and cuts as the options say.

    Raises:
        UserError: an option makes no sense.
    """
    saved = subject.shown.look if subject.shown is not None else None
    if arguments.described is not None:
        saved = arguments.described.look
    if arguments.preset is None and saved is not None:
        look = saved
    else:
        preset = preset_named(arguments.preset) if arguments.preset else default_preset(subject.volume)
        look = look_for(preset, subject.volume)
    if arguments.segments is not None:
        look = _only(look, subject, arguments.segments.split(","))
    if arguments.ghost is not None:
        look = _ghosts(look, subject, arguments.ghost.split(","))
    planes = tuple(_clip(text, subject.volume.geometry) for text in arguments.clip)
    return replace(look, cut=Cut((*look.cut.planes, *planes), look.cut.box, look.cut.cutaway, look.cut.shows_caps))


def _only(look: Look, subject: Subject, names: list[str]) -> Look:
    """Only these; each as solid matter in its own colour unless the look says otherwise."""
    wanted = [name for name in names if name.strip().casefold() != REST]
    chosen = subject.numbers(wanted)
    if len(wanted) == len(names):
        look = replace(look, rest=replace(look.rest, visibility=Visibility.HIDDEN))
    for segment in subject.segmentation.segments:
        own = look.of_segment(segment.number, segment.encloses)
        if segment.number not in chosen:
            own = replace(own, visibility=Visibility.HIDDEN)
        else:
            own = replace(own, visibility=Visibility.SHOWN)
            if own.solidity == 0 and own.transfer is None:
                own = replace(own, solidity=0.95, tint=0.9)
        look = look.with_segment(segment.number, own)
    return look


def _ghosts(look: Look, subject: Subject, names: list[str]) -> Look:
    if any(name.strip().casefold() == REST for name in names):
        look = replace(look, rest=replace(look.rest, visibility=Visibility.GHOST))
    for number in subject.numbers([name for name in names if name.strip().casefold() != REST]):
        segment = subject.segmentation.segment(number)
        own = replace(look.of_segment(number, segment.encloses), visibility=Visibility.GHOST)
        look = look.with_segment(number, SegmentLook(**vars(own)))
    return look


def _clip(text: str, geometry: Geometry) -> ClipPlane:
    """``SIDE:MM`` or ``SIDE:PERCENT%``: so much is cut off from that side of the image."""
    match = re.fullmatch(r"([a-z]+):(\d+(?:\.\d+)?)(%|mm)?", text.strip().lower())
    if match is None or match[1] not in SIDES:
        raise UserError(f"“{text}” says no cut.", f"Write it as anterior:40 or left:50%; sides: {', '.join(SIDES)}.")
    towards = np.array(SIDES[match[1]])
    heights = corners_mm(geometry) @ towards
    amount = float(match[2]) / 100 * float(np.ptp(heights)) if match[3] == "%" else float(match[2])
    x, y, z = (towards * (heights.max() - amount)).tolist()
    return ClipPlane((x, y, z), (-SIDES[match[1]][0], -SIDES[match[1]][1], -SIDES[match[1]][2]))


def _window(arguments: argparse.Namespace, subject: Subject) -> Windowing:
    if arguments.window is not None:
        try:
            level, width = (float(part) for part in arguments.window.split(","))
            if not (abs(level) <= 1e12 and 0 < width <= 1e12):
                raise ValueError
        except ValueError:
            raise UserError(f"“{arguments.window}” is no window.", "Write it as 40,400.") from None
        return Windowing(level, width)
    if subject.shown is not None:
        return subject.shown.windowing
    if subject.volume.default_window:
        return Windowing(*subject.volume.default_window[0])
    low, high = subject.volume.window_range()
    return Windowing((low + high) / 2, high - low)
