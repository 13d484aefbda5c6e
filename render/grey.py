"""From voxel values to grey: window and level as a look-up table for whole numbers, arithmetic for the rest."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from session.presentation import Windowing

Grey = NDArray[np.uint8]

LEAST_WIDTH = 1e-6


def grey_of(values: NDArray[Any], windowing: Windowing, is_inverted: bool = False) -> Grey:
    """Grey levels of values under a window: DICOM's LINEAR_EXACT function (PS3.3 C.11.2.1.3.2).

    Args:
        values: any real numbers; NaN is black.
        windowing: level and width.
        is_inverted: low values are white.

    Returns:
        A contiguous uint8 array of the same shape.
    """
    if values.dtype in (np.int16, np.uint16, np.int8, np.uint8):
        table = grey_table(values.dtype.str, windowing.level, windowing.width, is_inverted)
        return np.take(table, values.view(f"u{values.dtype.itemsize}"))
    return _windowed(np.asarray(values), windowing, is_inverted)


def rgb32_of(values: NDArray[Any], windowing: Windowing, is_inverted: bool = False) -> NDArray[np.uint32]:
    """The same as 0xffRRGGBB: what the screen is made of, so that nothing needs to be converted when it is painted."""
    if values.dtype in (np.int16, np.uint16, np.int8, np.uint8):
        table = _rgb32_table(values.dtype.str, windowing.level, windowing.width, is_inverted)
        return np.take(table, values.view(f"u{values.dtype.itemsize}"))
    return np.take(_RGB32_OF_GREY, grey_of(values, windowing, is_inverted))


_RGB32_OF_GREY = np.uint32(0xFF000000) | np.arange(256, dtype=np.uint32) * np.uint32(0x010101)


@lru_cache(maxsize=8)
def _rgb32_table(dtype: str, level: float, width: float, is_inverted: bool) -> NDArray[np.uint32]:
    return np.take(_RGB32_OF_GREY, grey_table(dtype, level, width, is_inverted))


@lru_cache(maxsize=8)
def grey_table(dtype: str, level: float, width: float, is_inverted: bool) -> Grey:
    """Grey of every value of an 8- or 16-bit type, at the place of the value's bits read as an unsigned number."""
    kind = np.dtype(dtype)
    bits = np.arange(2 ** (8 * kind.itemsize), dtype=f"u{kind.itemsize}")
    table = _windowed(bits.view(kind.newbyteorder("=")), Windowing(level, width), is_inverted)
    table.setflags(write=False)
    return table


def _windowed(values: NDArray[Any], windowing: Windowing, is_inverted: bool) -> Grey:
    width = max(windowing.width, LEAST_WIDTH)
    kind: Any = np.float64 if values.dtype.itemsize > 4 else np.float32
    scaled: NDArray[Any] = values.astype(kind)
    scaled -= kind(windowing.level - width / 2)
    scaled *= kind(255 / width)
    np.clip(scaled, 0, 255, out=scaled)
    is_nan = np.isnan(values) if values.dtype.kind == "f" else None
    if is_inverted:
        np.subtract(255, scaled, out=scaled)
    if is_nan is not None:
        scaled[is_nan] = 0
    scaled += kind(0.5)
    return np.asarray(scaled.astype(np.uint8))
