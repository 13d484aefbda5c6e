"""From scene-linear light to a display and back: a filmic curve, the sRGB encoding, and exposure that sets itself.

The curve is the one-line form of Lottes, "Advanced Techniques and Optimization of HDR Color Pipelines" (GDC 2016),
x^a / (b x^a + c): a soft foot, a long shoulder, an inverse in closed form. It is applied to the largest of red, green
and blue, and the other two follow in proportion, so that hues stay; near white all colours fade a little, as on film.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from session.look.lighting import Exposure

Picture = NDArray[np.float32]

CONTRAST = 1.2
GREY = 0.18  # what stays where it is
WHITE = 8.0  # the light that becomes white; brighter light is no whiter
FADES_FROM = 0.5  # of the display's light; colours fade from here on ...
FADES_BY = 0.35  # ... by this share at white
TARGET = 0.84  # display level of what is bright in a picture: below white, so that bone keeps its shades
PERCENTILE = 98.0
LEAST_PIXELS = 16
COVERED = 0.5  # coverage from which on a pixel tells something of the brightness
GHOSTLY = 0.02  # the same where nothing is solid
LARGEST_FACTOR = 4096.0
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)

_GREY, _WHITE = GREY**CONTRAST, WHITE**CONTRAST
_B = (_WHITE - _GREY / GREY) / (_WHITE - _GREY)
_C = _WHITE * (1.0 - _B)


def tone(linear: ArrayLike) -> Picture:
    """What a display shows of scene-linear light.

    Args:
        linear: (..., 3); more than WHITE is white, what is no number is black. Single components below 0 are more
            colourful than light can be; only ``untone`` makes such, of the glaring colours that the fading forbids.

    Returns:
        (..., 3) sRGB-encoded, 0-1.
    """
    return encoded(display_light(linear))


def untone(display: ArrayLike) -> Picture:
    """The scene-linear light, at most WHITE, that ``tone`` turns into sRGB values 0-1 (..., 3); see there."""
    shown = decoded(display)
    largest = shown.max(axis=-1, keepdims=True)
    full = largest - (largest - shown) / (1.0 - _fading(largest))
    light = _uncurve(largest)
    return np.asarray(full * (light / np.maximum(largest, 1e-12)), np.float32)


def display_light(linear: ArrayLike) -> Picture:
    """Like ``tone``, but before the encoding: pictures are laid over each other in this."""
    light = np.nan_to_num(np.asarray(linear, np.float32), nan=0.0, posinf=WHITE, neginf=0.0)
    largest = light.max(axis=-1, keepdims=True).clip(0.0, None)
    curved = _curve(np.minimum(largest, np.float32(WHITE)))
    shown = light * (curved / np.maximum(largest, np.float32(1e-12)))
    return np.asarray(curved - (curved - shown) * (1.0 - _fading(curved)), np.float32)


def encoded(light: ArrayLike) -> Picture:
    """A display's light 0-1 to sRGB (IEC 61966-2-1)."""
    kept = np.asarray(light, np.float32).clip(0.0, 1.0)
    curved = np.float32(1.055) * kept ** np.float32(1 / 2.4) - np.float32(0.055)
    return np.where(kept <= 0.0031308, np.float32(12.92) * kept, curved)


def decoded(display: ArrayLike) -> Picture:
    """sRGB 0-1 to a display's light."""
    kept = np.asarray(display, np.float32).clip(0.0, 1.0)
    curved = ((kept + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4)
    return np.where(kept <= 0.04045, kept / np.float32(12.92), curved)


def metered(rgba: Picture) -> float:
    """The factor that brings what is bright in a picture, but not its few brightest pixels, to TARGET.

    Args:
        rgba: (height, width, 4) premultiplied linear light, best denoised.

    Returns:
        1.0 where there is nothing to be seen.
    """
    alpha = rgba[..., 3]
    for least in (COVERED, GHOSTLY):
        pixels = rgba[alpha > least]
        light = (pixels[:, :3] @ LUMINANCE) / pixels[:, 3]
        light = light[np.isfinite(light) & (light > 0)]
        if light.size >= LEAST_PIXELS:
            bright = float(np.percentile(light, PERCENTILE))
            factor = float(_uncurve(decoded(TARGET))) / max(bright, 1e-12)
            return min(max(factor, 1 / LARGEST_FACTOR), LARGEST_FACTOR)
    return 1.0


def exposure_factor(setting: Exposure, measured: float) -> float:
    """By what linear light is multiplied.

    Args:
        setting: the look's; its stops come on top of what was measured, or stand alone.
        measured: as of ``metered``.
    """
    return float((measured if setting.is_automatic else 1.0) * 2.0**setting.stops)


def nearing(before: float, wanted: float, share: float) -> float:
    """An exposure between two, evenly in stops: 0 is ``before``, 1 is ``wanted``."""
    return float(before * (wanted / before) ** min(max(share, 0.0), 1.0))


def _curve(light: Picture) -> Picture:
    powered = light ** np.float32(CONTRAST)
    return np.asarray(powered / (np.float32(_B) * powered + np.float32(_C)), np.float32)


def _uncurve(shown: ArrayLike) -> NDArray[np.float64]:
    value = np.asarray(shown, np.float64)
    return np.asarray((value * _C / (1.0 - value * _B)) ** (1.0 / CONTRAST))


def _fading(largest: Picture) -> Picture:
    """The share of their colour that colours lose where the largest component is that bright."""
    t = ((largest - np.float32(FADES_FROM)) / np.float32(1.0 - FADES_FROM)).clip(0.0, 1.0)
    return np.asarray(FADES_BY * t * t * (3 - 2 * t), np.float32)
