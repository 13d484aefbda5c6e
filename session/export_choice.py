"""What a person chose about a picture or movie that is to leave the program."""

from __future__ import annotations

from dataclasses import dataclass

from imaging.errors import UserError
from session.look.json_form import from_json, to_json
from session.settings import Settings

SIZES: dict[str, tuple[int, int]] = {  # width and height; the view's own size depends on the view
    "view": (0, 0),
    "1080p": (1920, 1080),
    "4K": (3840, 2160),
    "8K": (7680, 4320),
    "square": (2048, 2048),
}
PICTURE_FORMATS = ("png", "tif", "dcm")
MOVIE_FORMATS = ("mp4", "png")  # png: a folder of frames

WAYS = ("turntable", "keys")  # once round, or from key frame to key frame


@dataclass(frozen=True)
class ExportChoice:
    """One export.

    Attributes:
        size: a key of ``SIZES``.
        samples: for each pixel of a cinematic picture.
        format: the file's ending.
        is_transparent: no background.
        mark: the corner of the mark of cinematic pictures, as in ``limner render --mark``.
        has_crosshair: leave the crosshair in.
        seconds, fps: of a movie.
        way: of a movie's camera, one of ``WAYS``.
        step_seconds: from key frame to key frame.
    """

    size: str = "1080p"
    samples: int = 128
    format: str = "png"
    is_transparent: bool = False
    mark: str = "bottom-right"
    has_crosshair: bool = False
    seconds: float = 6.0
    fps: float = 25.0
    way: str = "turntable"
    step_seconds: float = 2.0


PICTURE = ExportChoice()
MOVIE = ExportChoice(size="view", samples=24, format="mp4")


def remembered(settings: Settings, key: str) -> ExportChoice:
    """The last choice; ``key`` is ``export.picture`` or ``export.movie``."""
    usual = PICTURE if key == "export.picture" else MOVIE
    formats = PICTURE_FORMATS if key == "export.picture" else MOVIE_FORMATS
    try:
        found = from_json(ExportChoice, {**to_json(usual), **settings[key]})
    except ValueError:
        return usual  # written by another version
    is_known = found.size in SIZES and found.format in formats and found.way in WAYS
    return found if is_known else usual


def remember(settings: Settings, key: str, choice: ExportChoice) -> None:
    """Keep a choice for the next time.

    Raises:
        UserError: the settings cannot be saved.
    """
    settings.set(key, to_json(choice))


def size_px(choice: ExportChoice, view_px: tuple[int, int]) -> tuple[int, int]:
    """Width and height of the picture.

    Raises:
        UserError: the view is too small to be a picture.
    """
    size = SIZES[choice.size] if choice.size != "view" else view_px
    if min(size) < 16:
        raise UserError("The 3D view is too small for a picture of its size.", "Choose another size.")
    return size
