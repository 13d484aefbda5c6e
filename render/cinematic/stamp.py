"""The mark that every cinematic picture carries when it leaves the program: "not for diagnosis"."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

MARK = "not for diagnosis"
HEIGHT_SHARE = 1 / 42  # size of the letters as a share of the picture's shorter side
SMALLEST_PX = 12
WIDEST_SHARE = 0.94  # of the picture: letters shrink for very narrow ones
OVERSAMPLING = 4
DARKNESS = 0.85  # of the halo where it is darkest: white letters need it on white


class Corner(StrEnum):
    """Where the mark stands."""

    TOP_LEFT = "top left"
    TOP_RIGHT = "top right"
    BOTTOM_LEFT = "bottom left"
    BOTTOM_RIGHT = "bottom right"


def stamped(picture: NDArray[Any], corner: Corner = Corner.BOTTOM_RIGHT) -> NDArray[Any]:
    """A copy of a picture with the mark in it: light letters in a dark halo, so that any ground will do.

    Args:
        picture: (height, width, 3 or 4) uint8 or uint16, sRGB; the fourth is straight alpha.
        corner: where the mark stands. There is no way to leave it out.
    """
    height, width = picture.shape[:2]
    letters, halo = _mark(_letter_px(width, height))
    rows, columns = _place(letters.shape, (height, width), corner)
    own = (slice(0, rows.stop - rows.start), slice(0, columns.stop - columns.start))
    result = picture.copy()
    result[rows, columns] = _inked(picture[rows, columns], letters[own], halo[own])
    return result


def mark_size(width: int, height: int) -> tuple[int, int]:
    """Width and height in pixels of the mark, halo included, in a picture of a size."""
    rows, columns = _mark(_letter_px(width, height))[0].shape
    return min(columns, width), min(rows, height)


def _letter_px(width: int, height: int) -> int:
    wanted = max(SMALLEST_PX, round(min(width, height) * HEIGHT_SHARE))
    widest = _mark(wanted)[0].shape[1]
    return wanted if widest <= WIDEST_SHARE * width else max(5, int(wanted * WIDEST_SHARE * width / widest))


def _place(size: tuple[int, ...], whole: tuple[int, int], corner: Corner) -> tuple[slice, slice]:
    (rows, columns), (height, width) = size, whole
    top = 0 if corner in (Corner.TOP_LEFT, Corner.TOP_RIGHT) else max(0, height - rows)
    left = 0 if corner in (Corner.TOP_LEFT, Corner.BOTTOM_LEFT) else max(0, width - columns)
    return slice(top, min(height, top + rows)), slice(left, min(width, left + columns))


@lru_cache(maxsize=8)
def _mark(letter_px: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Two (rows, columns) coverages 0-1: of the letters, and of the halo around them."""
    from PIL import Image, ImageDraw, ImageFilter, ImageFont

    # laid out large, because hinted letters of few pixels run into each other
    font = ImageFont.load_default(OVERSAMPLING * letter_px)
    left, top, right, bottom = font.getbbox(MARK)
    margin = OVERSAMPLING * max(3, round(letter_px * 0.55))
    size = tuple(-(-int(edge + 2 * margin) // OVERSAMPLING) for edge in (right - left, bottom - top))
    large = (size[0] * OVERSAMPLING, size[1] * OVERSAMPLING)
    place = (margin - left, margin - top)
    inked = []
    for stroke in (0, max(OVERSAMPLING, round(OVERSAMPLING * letter_px / 9))):
        image = Image.new("L", large)
        ImageDraw.Draw(image).text(place, MARK, 255, font, stroke_width=stroke)
        inked.append(image.reduce(OVERSAMPLING))
    letters, halo = inked
    soft = np.asarray(halo.filter(ImageFilter.GaussianBlur(letter_px / 9)), np.float32) / 255
    solid = np.asarray(np.asarray(letters, np.float32) / 255, np.float32)
    return solid, np.asarray(np.minimum(1.0, 1.3 * soft) * DARKNESS, np.float32)


def _inked(ground: NDArray[Any], letters: NDArray[np.float32], halo: NDArray[np.float32]) -> NDArray[Any]:
    """Halo, then letters, over a piece of a picture."""
    white = float(np.iinfo(ground.dtype).max)
    color = ground[..., :3] / white
    has_alpha = ground.shape[2] == 4
    alpha = ground[..., 3:] / white if has_alpha else np.ones((*letters.shape, 1))
    for ink, cover in ((0.0, halo[..., None]), (1.0, letters[..., None])):
        whole = cover + alpha * (1 - cover)
        color = (ink * cover + color * alpha * (1 - cover)) / np.maximum(whole, 1e-6)
        alpha = whole
    parts = [color, alpha] if has_alpha else [color]
    return np.asarray((np.concatenate(parts, axis=2).clip(0, 1) * white + 0.5).astype(ground.dtype))
