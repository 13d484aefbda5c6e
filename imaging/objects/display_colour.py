"""Colours as DICOM writes them: CIELab of the ICC profile connection space, D50, in 16 bits (PS3.3 C.10.7.1.1).

sRGB is IEC 61966-2-1; the matrix is sRGB's own, adapted from D65 to D50 by Bradford's method. 16 bits are finer than
8-bit sRGB everywhere, so every colour comes back as it was.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imaging.segment import Color

_TO_XYZ = np.array(
    [
        [0.4360747, 0.3850649, 0.1430804],
        [0.2225045, 0.7168786, 0.0606169],
        [0.0139322, 0.0971045, 0.7141733],
    ]
)
_WHITE = _TO_XYZ.sum(axis=1)  # D50; equal red, green and blue then have a = b = 0
_EPSILON, _KAPPA = 216 / 24389, 24389 / 27

Lab = tuple[int, int, int]


def to_cielab(color: Color) -> Lab:
    """Three 16-bit numbers for Recommended Display CIELab Value: 0-65535 stand for L 0-100, a and b -128-127."""
    rgb = np.array(color, np.float64) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    x, y, z = _compressed(_TO_XYZ @ linear / _WHITE)
    lightness, a, b = 116 * y - 16, 500 * (x - y), 200 * (y - z)
    scaled = np.array([lightness / 100, (a + 128) / 255, (b + 128) / 255]) * 65535
    return _three(np.clip(np.rint(scaled), 0, 65535))


def from_cielab(lab: Lab) -> Color:
    """The nearest 8-bit sRGB colour."""
    lightness = lab[0] / 65535 * 100
    a, b = (value / 65535 * 255 - 128 for value in lab[1:])
    y = (lightness + 16) / 116
    xyz = _expanded(np.array([y + a / 500, y, y - b / 200])) * _WHITE
    linear = np.clip(np.linalg.solve(_TO_XYZ, xyz), 0, 1)
    rgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return _three(np.rint(rgb * 255))


def _compressed(ratio: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(ratio > _EPSILON, np.cbrt(ratio), (_KAPPA * ratio + 16) / 116)


def _expanded(root: NDArray[np.float64]) -> NDArray[np.float64]:
    cubed = root**3
    return np.where(cubed > _EPSILON, cubed, (116 * root - 16) / _KAPPA)


def _three(values: NDArray[np.float64]) -> tuple[int, int, int]:
    return int(values[0]), int(values[1]), int(values[2])
