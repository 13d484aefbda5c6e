"""Numbers of research files: rescaling, the smallest exact type, and whether they look like Hounsfield units."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

INTEGERS = tuple(np.dtype(name) for name in ("int16", "uint16", "int32", "int64"))
AIR_HU = -500  # below this nothing but a CT has whole numbers: air inside or around the patient
PADDING_HU = -1100
METAL_HU = 4000


class Narrowing:
    """Converts stored numbers, chunk by chunk, to the smallest type that holds all that were seen so far.

    Whole numbers stay exact: uint8 stays, others become int16, uint16, int32 or int64. Floats become float32.
    A rescale with a whole slope and intercept keeps whole numbers whole. Of a mask, also other types may become uint8.
    """

    def __init__(self, stored: np.dtype[Any], slope: float = 1.0, inter: float = 0.0, *, is_mask: bool = False) -> None:
        self.slope, self.inter = slope, inter
        self.is_scaled = (slope, inter) != (1.0, 0.0)
        overflows = self.is_scaled and stored.itemsize > 4  # int64 times a slope could overflow
        self.is_whole = stored.kind in "iub" and _is_small_integer(slope) and _is_small_integer(inter) and not overflows
        self.is_finite = True
        self.dtype: np.dtype[Any] = np.dtype(np.float32)
        if self.is_whole:
            self.dtype = np.dtype(np.uint8 if stored.itemsize == 1 and stored.kind in "ub" else np.int16)
        if self.is_whole and self.is_scaled:
            self.dtype = np.dtype(np.int16)
        self._ladder = INTEGERS
        if self.is_whole and is_mask:
            self._ladder = (np.dtype(np.uint8), *INTEGERS)
            self.dtype = np.dtype(np.uint8)
        self._low, self._high = 0, 0

    def convert(self, raw: NDArray[Any]) -> NDArray[Any]:
        """The values of a stored chunk in ``self.dtype``, which widens when a chunk needs it."""
        return self._whole(raw) if self.is_whole else self._float(raw)

    def _whole(self, raw: NDArray[Any]) -> NDArray[Any]:
        if not self.is_scaled and raw.dtype.newbyteorder("=") == self.dtype:
            return raw
        values = raw.astype(np.int64) * int(self.slope) + int(self.inter) if self.is_scaled else raw
        self._low = min(self._low, int(values.min()))
        self._high = max(self._high, int(values.max()))
        self.dtype = _smallest(self._ladder, self._low, self._high)
        return values.astype(self.dtype)

    def _float(self, raw: NDArray[Any]) -> NDArray[Any]:
        with np.errstate(over="ignore", invalid="ignore"):  # beyond float32: inf, reported as not finite
            values = raw.astype(np.float64) * self.slope + self.inter if self.is_scaled else raw
            result = values.astype(np.float32)
        self.is_finite = self.is_finite and bool(np.isfinite(result).all())
        return np.asarray(result)


def _is_small_integer(number: float) -> bool:
    return float(number).is_integer() and abs(number) < 1 << 30


def _smallest(ladder: tuple[np.dtype[Any], ...], low: int, high: int) -> np.dtype[Any]:
    for dtype in ladder:
        if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
            return dtype
    return np.dtype(np.float64)  # uint64 beyond int64: nothing medical, kept as well as a number can be


def looks_like_ct(sample: NDArray[Any]) -> bool:
    """Whether values are Hounsfield units: a NIfTI, NRRD or MetaImage does not say.

    The rule: whole numbers (also when stored as floats), some at -500 or below (air), at most 5 % below -1100 once the
    smallest value (padding) is left out, and at most 5 % above 4000. MR magnitudes are never negative; MR phase
    (-4096..4095) fails the last two, field maps in Hz are not whole. A CT crop without any air is not recognised.

    Args:
        sample: flat values, ``read_sample``.
    """
    if sample.dtype.kind == "f":
        sample = sample[np.isfinite(sample)]
        if (sample != np.round(sample)).any():
            return False
    if sample.size == 0 or sample.min() > AIR_HU:
        return False
    if sample.min() < PADDING_HU:
        sample = sample[sample != sample.min()]
    if sample.size == 0 or sample.min() > AIR_HU:
        return False
    return float((sample < PADDING_HU).mean()) <= 0.05 and float((sample > METAL_HU).mean()) <= 0.05
