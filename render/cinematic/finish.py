"""The finished picture: samples and denoised ones weighed, exposed, toned, and laid over what is behind."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.cinematic.denoise import Denoiser
from render.cinematic.oidn import Quality
from render.cinematic.scene import LinearPicture
from render.cinematic.tone import decoded, display_light, encoded
from session.look.lighting import Background

Picture = NDArray[np.float32]
Pixels = NDArray[np.uint8]

HALF_DENOISED = 128  # samples at which what was sampled and what was denoised weigh the same
BAND_ROWS = 256
BLEEDS_PX = 4  # how far colours reach into what is transparent, for programs that scale the picture


def cleaned(picture: LinearPicture, denoiser: Denoiser | None, quality: Quality = "high") -> Picture:
    """(height, width, 4) premultiplied light, the less denoised the more samples there are, so that stills are true."""
    if denoiser is None or picture.samples == 0:
        return picture.rgba
    share = np.float32(denoised_share(picture.samples))
    return share * denoiser.denoise_rgba(picture.rgba, quality) + (1 - share) * picture.rgba


def denoised_share(samples: int) -> float:
    """The weight of the denoised picture: 1 at first, a half at HALF_DENOISED samples."""
    return 1.0 / (1.0 + samples / HALF_DENOISED)


def over(rgba: Picture, factor: float, backdrop_rgb: Pixels) -> Pixels:
    """Exposed and laid over a picture, in the display's light; where nothing covers it, the picture stays as it is.

    Args:
        rgba: (height, width, 4) premultiplied linear light.
        factor: the exposure.
        backdrop_rgb: (height, width, 3) sRGB.
    """
    result = np.empty(backdrop_rgb.shape, np.uint8)
    codes = decoded(np.arange(256) / 255)
    for band in _bands(len(rgba)):
        alpha = _coverage(rgba[band])
        shown = alpha * display_light(_straight(rgba[band]) * np.float32(factor))
        mixed = encoded(shown + (1 - alpha) * codes[backdrop_rgb[band]])
        result[band] = np.where(alpha > 0, _whole_numbers(mixed, np.uint8), backdrop_rgb[band])
    return result


def transparent(rgba: Picture, factor: float, dtype: type[np.uint8] | type[np.uint16] = np.uint8) -> NDArray[Any]:
    """(height, width, 4) of ``dtype``: sRGB and straight alpha, for export.

    Pixels that show nothing take the colour of those beside them, so that no dark fringe comes up when the picture is
    scaled.

    Args:
        rgba: (height, width, 4) premultiplied linear light.
        factor: the exposure.
        dtype: 8 or 16 bits.
    """
    result = np.empty(rgba.shape, dtype)
    for band in _bands(len(rgba)):
        start = max(0, band.start - BLEEDS_PX)
        bled = _bled(rgba[start : band.stop + BLEEDS_PX])[band.start - start :][: band.stop - band.start]
        color = encoded(display_light(_straight(bled) * np.float32(factor)))
        result[band] = _whole_numbers(np.concatenate([color, _coverage(rgba[band])], axis=2), dtype)
    return result


def gradient(background: Background, size_px: tuple[int, int]) -> Pixels:
    """(height, width, 3): the look's background; ``size_px`` is width and height."""
    width, height = size_px
    share = ((np.arange(height) + 0.5) / height)[:, None]
    rows = (1 - share) * np.asarray(background.top) + share * np.asarray(background.bottom)
    pixels = _whole_numbers(rows.clip(0.0, 1.0), np.uint8)
    return np.repeat(pixels[:, None, :], width, axis=1)


def _coverage(rgba: Picture) -> Picture:
    """(height, width, 1)."""
    return np.asarray(np.nan_to_num(rgba[..., 3:]).clip(0.0, 1.0), np.float32)


def _straight(rgba: Picture) -> Picture:
    """(height, width, 3) without the coverage in it; 0 where there is none."""
    alpha = _coverage(rgba)
    return np.asarray(np.where(alpha > 0, rgba[..., :3] / np.maximum(alpha, 1e-6), 0.0), np.float32)


def _bled(rgba: Picture) -> Picture:
    """What is fully transparent gets the colour around it, ring by ring, as if it were covered."""
    found = np.where(rgba[..., 3:] > 0, rgba, 0.0).astype(np.float32)
    for _ in range(BLEEDS_PX):
        is_empty = found[..., 3] <= 0
        if not is_empty.any() or is_empty.all():
            return found
        padded = np.pad(found, ((1, 1), (1, 1), (0, 0)))
        across = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
        around = across[:-2] + across[1:-1] + across[2:]
        reached = around[is_empty]
        weight = reached[:, 3:]
        found[is_empty] = np.where(weight > 0, reached / np.maximum(weight, 1e-12), 0.0)
    return found


def _bands(rows: int) -> list[slice]:
    """A few rows at a time: a large still would need gigabytes on its way."""
    return [slice(first, min(first + BAND_ROWS, rows)) for first in range(0, rows, BAND_ROWS)]


def _whole_numbers(values: NDArray[Any], dtype: type[np.uint8] | type[np.uint16]) -> NDArray[Any]:
    return (values * np.float32(np.iinfo(dtype).max) + np.float32(0.5)).astype(dtype)
