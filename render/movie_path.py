"""Where a movie's camera goes: round about, or from key frame to key frame."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from render.movie_looks import look_between
from render.volume_camera import axes_of
from session.look.json_form import from_json
from session.look.look import Look
from session.look.preset import check
from session.presentation import VolumeCamera

LARGEST_FILE = 20_000_000  # bytes
MOST_KEYS = 500
Vector = NDArray[np.float64]


class TurnAxis(StrEnum):
    """What a turntable turns about, through the point that the camera looks at."""

    PATIENT = "patient"  # the axis from foot to head
    VIEW = "view"  # what is up in the picture


@dataclass(frozen=True)
class Moment:
    """One frame of a movie: from where, and how the volume looks."""

    camera: VolumeCamera
    look: Look


@dataclass(frozen=True)
class Turntable:
    """The camera goes round at an even pace; the frame after the last would be the first one.

    Attributes:
        turns: full turns; negative ones go the other way. Positive ones show what is at the right of the picture next.
        axis: what it turns about.
    """

    turns: float = 1.0
    axis: TurnAxis = TurnAxis.PATIENT

    def moments(self, camera: VolumeCamera, look: Look, frames: int) -> list[Moment]:
        """The frames, from the given camera on."""
        axis = np.array([0.0, 0.0, 1.0]) if self.axis is TurnAxis.PATIENT else axes_of(camera)[1]
        angles = 2 * np.pi * self.turns * np.arange(frames) / frames
        return [Moment(_orbited(camera, axis, float(angle)), look) for angle in angles]


@dataclass(frozen=True)
class KeyFrame:
    """A camera, and from here on a look; ``seconds`` after the beginning, or evenly spaced."""

    camera: VolumeCamera
    look: Look | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class KeyFrames:
    """The camera rests for a moment at every key and moves smoothly between them.

    Orientation goes along the great circle (Shoemake, SIGGRAPH 1985), distance evenly in its logarithm, everything
    eased by a smooth step.
    """

    keys: tuple[KeyFrame, ...]

    def moments(self, look: Look, frames: int) -> list[Moment]:
        """The frames from the first to the last key; ``look`` until a key has one."""
        looks = _looks(self.keys, look)
        at = self._shares()
        return [self._moment(float(t), at, looks) for t in np.linspace(0, 1, frames)]

    @property
    def seconds(self) -> float | None:
        """How long the keys say that the movie is; None when they do not."""
        return self.keys[-1].seconds if len(self.keys) > 1 else None

    def _shares(self) -> list[float]:
        """When each key is reached, as a share of the whole."""
        given = [key.seconds for key in self.keys]
        seconds = [s for s in given if s is not None]
        if len(seconds) < len(given) or len(given) < 2:
            return [n / max(len(given) - 1, 1) for n in range(len(given))]
        return [(s - seconds[0]) / (seconds[-1] - seconds[0]) for s in seconds]

    def _moment(self, t: float, at: list[float], looks: list[Look]) -> Moment:
        if len(self.keys) == 1:
            return Moment(self.keys[0].camera, looks[0])
        n = min(int(np.searchsorted(at, t, side="right")) - 1, len(at) - 2)
        share = (t - at[n]) / (at[n + 1] - at[n])
        eased = share * share * (3 - 2 * share)
        camera = camera_between(self.keys[n].camera, self.keys[n + 1].camera, eased)
        return Moment(camera, look_between(looks[n], looks[n + 1], eased))


def camera_between(a: VolumeCamera, b: VolumeCamera, t: float) -> VolumeCamera:
    """A camera on the way from ``a`` (0) to ``b`` (1), around what both look at."""
    from scipy.spatial.transform import Rotation, Slerp

    turns: Any = Rotation.from_matrix([np.column_stack(axes_of(camera)) for camera in (a, b)])
    _, up, back = Slerp([0.0, 1.0], turns)(t).as_matrix().T
    focal = (1 - t) * np.asarray(a.focal_point_mm) + t * np.asarray(b.focal_point_mm)
    lengths = [float(np.linalg.norm(np.subtract(c.position_mm, c.focal_point_mm))) for c in (a, b)]
    distance = lengths[0] * (lengths[1] / lengths[0]) ** t
    angle = (1 - t) * a.view_angle_deg + t * b.view_angle_deg
    return VolumeCamera(_triple(focal + distance * back), _triple(focal), _triple(up), angle)


def check_camera(camera: VolumeCamera) -> None:
    """Make sure that something can be seen with a camera.

    Raises:
        ValueError: it looks nowhere.
    """
    away = np.subtract(camera.position_mm, camera.focal_point_mm)
    far = max(map(abs, (*camera.position_mm, *camera.focal_point_mm)))
    is_turned = float(np.linalg.norm(np.cross(away, camera.view_up))) > 1e-9
    if not (is_turned and far < 1e7 and 0 < camera.view_angle_deg < 170):
        raise ValueError("a camera looks nowhere")


def read_keys(path: Path) -> KeyFrames:
    """Key frames of a JSON file: ``{"keys": [{"camera": {...}, "look": {...}, "seconds": 0}, ...]}``.

    A camera has ``position_mm``, ``focal_point_mm``, ``view_up`` and ``view_angle_deg``; look and seconds may be left
    out, seconds of all keys or of none.

    Raises:
        UserError: no such file, or something in it cannot be used.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UserError(f"{path.name} is too large for a file of key frames.")
        record = json.loads(path.read_text("utf-8"))
        return KeyFrames(_keys(record))
    except FileNotFoundError:
        raise UserError(f"There is no file {path}.") from None
    except (OSError, ValueError, TypeError, RecursionError, OverflowError) as error:
        raise UserError(f"{path.name} holds no key frames that can be used: {error}.") from error


def _keys(record: Any) -> tuple[KeyFrame, ...]:
    items = record.get("keys") if isinstance(record, dict) else None
    if not isinstance(items, list) or not items:
        raise ValueError("it has no list “keys”")
    if len(items) > MOST_KEYS:
        raise ValueError(f"more than {MOST_KEYS} keys")
    keys = tuple(from_json(KeyFrame, item) if "camera" in item else _no_camera() for item in items)
    for key in keys:
        check_camera(key.camera)
        if key.look is not None:
            check(key.look)
    seconds = [key.seconds for key in keys if key.seconds is not None]
    if seconds and (len(seconds) < len(keys) or any(b - a < 1e-3 for a, b in pairwise(seconds))):
        raise ValueError("the seconds of the keys must rise, and stand in all of them or in none")
    return keys


def _no_camera() -> KeyFrame:
    raise ValueError("a key has no camera")


def _looks(keys: tuple[KeyFrame, ...], first: Look) -> list[Look]:
    """The look at each key."""
    found = []
    for key in keys:
        first = key.look or first
        found.append(first)
    return found


def _orbited(camera: VolumeCamera, axis: Vector, angle: float) -> VolumeCamera:
    from scipy.spatial.transform import Rotation

    turn = Rotation.from_rotvec(axis * angle)
    focal = np.asarray(camera.focal_point_mm)
    position = focal + turn.apply(np.asarray(camera.position_mm) - focal)
    up = turn.apply(np.asarray(camera.view_up))
    return VolumeCamera(_triple(position), camera.focal_point_mm, _triple(up), camera.view_angle_deg)


def _triple(vector: Vector) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in vector)
    return x, y, z
