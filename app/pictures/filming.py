"""The frames of a movie, one by one, and into a file or a folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.pictures.artist import Artist
from app.pictures.scenes import Scenes
from imaging.errors import UserError
from imaging.formats.replacing import replacing
from render.cinematic.tone import exposure_factor
from render.movie_path import Moment
from render.picture_files import write_picture
from session.look.json_form import to_json
from session.look.lighting import Exposure

METERED_FRAMES = 5
MP4_SUFFIX = ".mp4"
FRAMES_NOTE = "movie.json"  # beside the frames: what they show
MOST_FRAMES = 20_000

Progress = Callable[[float, str], None]
Wanted = Callable[[], bool]


def check_movie_name(path: Path) -> None:
    """Make sure, before any work is done, that a movie can be written there.

    Raises:
        UserError: no movie format, or no such folder.
    """
    if not path.parent.is_dir():
        raise UserError(f"There is no folder {path.parent}.")
    if path.suffix.lower() == MP4_SUFFIX:
        if path.is_dir():
            raise UserError(f"{path.name} is a folder.")
    elif path.suffix or path.is_file():
        raise UserError(f"Movies are not written as “{path.suffix}”.", "An .mp4 file, or a folder for PNG frames.")


def even(size_px: tuple[int, int]) -> tuple[int, int]:
    """The next smaller size that video players can show: even numbers of columns and rows."""
    return size_px[0] // 2 * 2, size_px[1] // 2 * 2


def film(
    moments: Sequence[Moment],
    path: Path,
    fps: float,
    one: Artist,
    maker: Scenes,
    progress: Progress = lambda fraction, message: None,
    is_wanted: Wanted = lambda: True,
) -> int:
    """Draw a movie and write it: an MP4 file whole or not at all, or a folder of PNG frames.

    A folder that holds some of the very same frames is completed. The exposure is set once for the whole movie, and all
    frames are made of the same random numbers, so that nothing flickers.

    Args:
        moments: of the frames.
        path: ends with ``.mp4``, or names a folder.
        fps: frames a second.
        one: who draws.
        maker: makes the scenes.
        progress: told the fraction done.
        is_wanted: asked often.

    Returns:
        How many frames were drawn.

    Raises:
        UserError: it cannot be written.
        Stopped: it was not wanted any more.
    """
    if path.suffix.lower() == MP4_SUFFIX:
        frames = _frames(moments, range(len(moments)), one, maker, progress, is_wanted)
        _write_mp4((pixels for _, pixels in frames), len(moments), fps, path)
        return len(moments)
    missing = _missing(moments, path, _key(moments, one, maker), fps)
    for n, pixels in _frames(moments, missing, one, maker, progress, is_wanted):
        write_picture(pixels, _frame_path(path, n))
    return len(missing)


def _frames(
    moments: Sequence[Moment],
    numbers: Sequence[int],
    one: Artist,
    maker: Scenes,
    progress: Progress,
    is_wanted: Wanted,
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Number and pixels of each frame."""
    measured = _measured(moments, one, maker) if numbers else None
    for done, n in enumerate(numbers):
        moment = moments[n]
        exposure = None if measured is None else exposure_factor(moment.look.exposure, measured)

        def told(fraction: float, _message: str, done: int = done) -> None:
            progress((done + fraction) / len(numbers), f"Frame {done + 1} of {len(numbers)}")

        yield n, one.paint(maker.scene(moment.look, moment.camera), exposure, told, is_wanted)


def _measured(moments: Sequence[Moment], one: Artist, maker: Scenes) -> float | None:
    """The automatic exposure of the whole movie: the middle one of some frames; None where there is none."""
    places = sorted({round(x) for x in np.linspace(0, len(moments) - 1, METERED_FRAMES)})
    found = []
    for moment in (moments[n] for n in places):
        factor = one.exposure(maker.scene(replace(moment.look, exposure=Exposure()), moment.camera))
        if factor is None:
            return None
        found.append(factor)
    return float(np.median(found))


def _write_mp4(frames: Iterator[NDArray[Any]], count: int, fps: float, path: Path) -> None:
    from render.mp4 import encode_mp4

    data = encode_mp4(frames, count, fps)
    with replacing(path) as file:
        file.write(data)


def _frame_path(folder: Path, number: int) -> Path:
    return folder / f"frame-{number + 1:05}.png"


def _missing(moments: Sequence[Moment], folder: Path, key: str, fps: float) -> list[int]:
    """The frames that are not there yet; makes the folder.

    Raises:
        UserError: the folder holds something else.
    """
    note = folder / FRAMES_NOTE
    text = json.dumps({"frames": len(moments), "fps": fps, "of": key}, indent=1)
    try:
        folder.mkdir(exist_ok=True)
        if note.exists() and note.read_text("utf-8") == text:
            return [n for n in range(len(moments)) if not _frame_path(folder, n).exists()]
        if any(folder.iterdir()):
            raise UserError(f"The folder {folder.name} holds other files.", "Name an empty or a new folder.")
        note.write_text(text, "utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"The folder {folder.name} cannot be used.", str(error)) from error
    return list(range(len(moments)))


def _key(moments: Sequence[Moment], one: Artist, maker: Scenes) -> str:
    """What the frames depend on, as far as it is known: path, looks, size, samples and so on, not the voxels."""
    parts = [
        repr(one.manner),
        one.backend,
        maker.key,
        *(json.dumps(to_json(moment), sort_keys=True) for moment in moments),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
