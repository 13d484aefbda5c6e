"""From stored values to voxels: unused bits, rescale, and the type that holds the result (PS3.3 C.7.6.3, C.11.1)."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.dicom import tags
from imaging.dicom.instance import Frame, Instance
from imaging.dicom.sort import Stack


class TooWide(Exception):
    """A slice holds values that the integer type does not; the volume must be float32."""


@dataclass(frozen=True)
class Scale:
    """How the stored values of one frame become voxels."""

    slope: float
    intercept: float
    bits_allocated: int
    bits_stored: int
    is_signed: bool

    @property
    def is_integer(self) -> bool:
        """True when whole numbers stay whole."""
        return self.slope == 1 and self.intercept.is_integer()

    @property
    def stored_range(self) -> tuple[int, int]:
        """Lowest and highest value that the stored bits can hold."""
        if self.is_signed:
            return -(1 << (self.bits_stored - 1)), (1 << (self.bits_stored - 1)) - 1
        return 0, (1 << self.bits_stored) - 1

    @property
    def range(self) -> tuple[float, float]:
        """The same after rescale by slope 1."""
        low, high = self.stored_range
        return low + self.intercept, high + self.intercept


def scale_of(frame: Frame, factor: float = 1.0) -> Scale:
    """The frame's rescale, times ``factor`` (SUV)."""
    instance = frame.instance
    return Scale(
        frame.slope * factor,
        frame.intercept * factor,
        instance.bits_allocated,
        instance.bits_stored,
        instance.is_signed,
    )


def voxel_type(stack: Stack, factor: float = 1.0) -> np.dtype[Any]:
    """The smallest of uint8, int16, int32 and float32 that holds the stack.

    Values whose bits could reach beyond int16 (int32) are tried as that, since nearly none do; `TooWide` tells of those
    that do.
    """
    frames = [frame for volume in stack.volumes for frame in volume]
    if frames[0].instance.is_colour:
        return np.dtype(np.uint8)
    scales = {scale_of(frame, factor) for frame in frames}
    if any(f.instance.stored_type.kind == "f" for f in frames) or not all(scale.is_integer for scale in scales):
        return np.dtype(np.float32)
    if all(scale.range[0] >= 0 and scale.range[1] <= 255 for scale in scales):
        return np.dtype(np.uint8)
    if all(scale.bits_allocated <= 16 and abs(scale.intercept) < 1 << 15 for scale in scales):
        return np.dtype(np.int16)
    return np.dtype(np.int32 if all(abs(scale.intercept) < 1 << 31 for scale in scales) else np.float32)


def clear_unused_bits(stored: NDArray[Any], scale: Scale) -> NDArray[Any]:
    """Mask, or sign-extend, what lies above Bits Stored; in place, native byte order."""
    unused = stored.dtype.itemsize * 8 - scale.bits_stored
    if stored.dtype.kind == "f" or unused <= 0:
        return stored
    if not scale.is_signed:
        np.bitwise_and(stored, stored.dtype.type((1 << scale.bits_stored) - 1), out=stored)
        return stored
    np.left_shift(stored, stored.dtype.type(unused), out=stored)
    np.right_shift(stored, stored.dtype.type(unused), out=stored)
    return stored


def write_voxels(target: NDArray[Any], stored: NDArray[Any], scale: Scale) -> None:
    """Rescale one frame of clean stored values into its slice; ``stored`` may be ``target``'s own memory.

    Raises:
        TooWide: the values do not fit an integer target.
    """
    if target.dtype == np.float32:
        with np.errstate(over="ignore", invalid="ignore"):  # of slopes beyond all sense: the volume tells of infinity
            np.multiply(stored, np.float32(scale.slope), out=target, casting="unsafe")
            if scale.intercept:
                np.add(target, np.float32(scale.intercept), out=target)
        return
    limits = np.iinfo(target.dtype)
    if not (scale.range[0] >= limits.min and scale.range[1] <= limits.max):
        low, high = int(stored.min()), int(stored.max())
        if low + scale.intercept < limits.min or high + scale.intercept > limits.max:
            raise TooWide
    if stored.__array_interface__["data"] != target.__array_interface__["data"]:
        np.copyto(target, stored, casting="unsafe")  # an integer wraps here and unwraps when the intercept is added
    if scale.intercept:
        np.add(target, target.dtype.type(int(scale.intercept)), out=target)


def native(raw: NDArray[Any]) -> NDArray[Any]:
    """The array in this machine's byte order, swapped in place where needed."""
    is_native = raw.dtype.isnative or raw.dtype.itemsize == 1
    if is_native:
        return raw
    return raw.byteswap(inplace=True).view(raw.dtype.newbyteorder("<" if sys.byteorder == "little" else ">"))


def padding_of(instance: Instance) -> int | None:
    """Pixel Padding Value as the stored value that it means, None where there is none."""
    raw = instance.header.number(tags.PADDING_VALUE)
    if raw is None or instance.is_colour or not 1 <= instance.bits_stored <= 16:
        return None
    value = int(raw) & ((1 << instance.bits_stored) - 1)  # the element may be written unsigned for signed pixels
    if instance.is_signed and value >> (instance.bits_stored - 1):
        value -= 1 << instance.bits_stored
    return value
