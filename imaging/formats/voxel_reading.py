"""Reads the voxels that a checked header promises: bounded, in chunks, into the smallest exact type.

Hostile files never reach an image library in C or C++: sizes are compared with the file and the memory first, and
a packed stream is read only as far as the header's own promise goes.
"""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Protocol

import numpy as np
import psutil
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.formats.stored_image import Packing, StoredImage, VolumeAxis
from imaging.formats.values import Narrowing

CHUNK_ELEMENTS = 1 << 21
DEFLATE_LIMIT = 1032  # deflate cannot pack better (zlib's technical notes); bzip2 has no such bound
BOMB_RATIO = 250  # images pack 2 to 10 to 1, label maps up to 900 to 1, a bomb 1000 to 1: so size decides too
BOMB_UNPACKED = 2 << 30  # bytes that pass through the unpacker: about 5 s
BOMB_HELD = 900 << 20  # bytes in memory afterwards; a 512x512x900 label map stays below in any type


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


def check_size(stored: StoredImage) -> None:
    """Refuse, before anything is allocated, what the file cannot hold or the memory cannot take.

    Raises:
        UserError: the file is too short, is likely a decompression bomb, or needs more memory than there is.
    """
    name, need = stored.path.name, stored.byte_count
    have = stored.data_path.stat().st_size
    packed = stored.packing is not Packing.RAW
    if not packed and have < stored.offset + need:
        raise UserError(f"{name} is cut off: the header promises {need} bytes of voxels, the file holds {have}.")
    if packed and stored.packing is not Packing.BZIP2 and need > DEFLATE_LIMIT * have + 4096:
        raise UserError(f"{name} is cut off or its header is damaged: {have} bytes cannot unpack to {need}.")
    if packed and need > BOMB_RATIO * have and (need > BOMB_UNPACKED or _held_bytes(stored) > BOMB_HELD):
        raise UserError(
            f"{name} is refused: {have} bytes would unpack to {need / 1e9:.1f} GB.",
            "If it is genuine, save it uncompressed and open that.",
        )
    free, held = psutil.virtual_memory().available, _held_bytes(stored)
    if held > free:
        raise UserError(f"{name} needs {held / 1e9:.1f} GB of memory; {free / 1e9:.1f} GB are free.")


def _held_bytes(stored: StoredImage) -> int:
    """Memory of the volumes once read: floats take 4 bytes, whole numbers of more than one byte nearly always 2."""
    widest = 4 if stored.dtype.kind == "f" else 2
    return stored.element_count * min(widest, stored.dtype.itemsize)


def read_voxels(stored: StoredImage, *, is_mask: bool = False) -> tuple[list[NDArray[Any]], Narrowing]:
    """All volumes of a file as native arrays of (k, j, i), or (k, j, i, 3) uint8 for colour.

    Integers come in the smallest of uint8 (stored so, or a mask), int16, uint16, int32 and int64 that holds them,
    floats as float32.

    Raises:
        UserError: the file is cut off, damaged or too large.
    """
    check_size(stored)
    narrowing = Narrowing(stored.dtype, stored.slope, stored.inter, is_mask=is_mask)
    flat: NDArray[Any] | None = None
    with opened(stored) as source:
        done = 0
        while done < stored.element_count:
            count = min(CHUNK_ELEMENTS, stored.element_count - done)
            values = narrowing.convert(_chunk(source, stored, count))
            flat = _fitting(flat, narrowing.dtype, stored.element_count)
            flat[done : done + count] = values
            done += count
        source.read(1)  # unpacks the trailer: zlib compares its checksum
    assert flat is not None
    return _volumes(stored, flat), narrowing


def read_sample(stored: StoredImage) -> tuple[NDArray[Any], Narrowing]:
    """Values of five slices spread over the first volume, flat: enough to judge what they measure.

    A packed file is unpacked up to the last of them but never held in memory.
    """
    check_size(stored)
    narrowing = Narrowing(stored.dtype, stored.slope, stored.inter)
    per_slice = stored.volume_elements // stored.geometry.shape[0]
    if stored.volume_axis is VolumeAxis.FASTEST:
        per_slice *= stored.volume_count
    parts = []
    with opened(stored) as source:
        at = 0
        for k in sampled_slices(stored.geometry.shape[0]):
            _skip(source, stored, (k * per_slice - at) * stored.dtype.itemsize)
            raw = _chunk(source, stored, per_slice)
            at = (k + 1) * per_slice
            parts.append(narrowing.convert(raw[:: stored.volume_count] if _is_interleaved(stored) else raw))
    return np.concatenate(parts), narrowing


def sampled_slices(depth: int) -> list[int]:
    """Indices of up to five slices, first and last among them."""
    return sorted({round(part * (depth - 1) / 4) for part in range(5)})


@contextmanager
def opened(stored: StoredImage) -> Iterator[_Source]:
    """The unpacked voxel bytes as a stream; errors of the file system and the unpackers become ``UserError``."""
    try:
        with open(stored.data_path, "rb") as file:
            yield _unpacked(file, stored)
    except (EOFError, zlib.error, OSError) as error:
        raise UserError(f"{stored.path.name} is damaged or cut off.") from error


def _unpacked(file: BinaryIO, stored: StoredImage) -> _Source:
    if stored.packing is Packing.GZIP_FILE:
        whole = Inflating(file)
        _skip(whole, stored, stored.offset)
        return whole
    file.seek(stored.offset)
    if stored.packing is Packing.BZIP2:
        return bz2.BZ2File(file)
    return file if stored.packing is Packing.RAW else Inflating(file)


class Inflating:
    """A gzip stream of any number of members, or a zlib stream, unpacked no further than is asked for.

    1.4 times as fast as ``gzip.GzipFile``, which takes 8 KiB at a time; zlib verifies the checksums.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._unpacker = zlib.decompressobj(wbits=47)
        self._packed = b""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end. Raises zlib.error where the stream is damaged."""
        while True:
            if self._unpacker.eof:
                self._packed = self._unpacker.unused_data or self._file.read(1 << 20)
                if not self._packed.startswith(b"\x1f\x8b"):
                    return b""  # padding, or the file's end
                self._unpacker = zlib.decompressobj(wbits=47)
            self._packed = self._packed or self._file.read(1 << 20)
            if not self._packed:
                return b""
            part = self._unpacker.decompress(self._packed, size)
            self._packed = self._unpacker.unconsumed_tail
            if part:
                return part


def _read_exactly(source: _Source, stored: StoredImage, size: int) -> bytes:
    parts = []
    while size > 0:
        part = source.read(min(size, 1 << 24))
        if not part:
            raise UserError(f"{stored.path.name} is cut off: voxels are missing at its end.")
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _skip(source: _Source, stored: StoredImage, size: int) -> None:
    while size > 0:
        step = min(size, 1 << 22)
        _read_exactly(source, stored, step)
        size -= step


def _chunk(source: _Source, stored: StoredImage, count: int) -> NDArray[Any]:
    return np.frombuffer(_read_exactly(source, stored, count * stored.dtype.itemsize), stored.dtype)


def _fitting(flat: NDArray[Any] | None, dtype: np.dtype[Any], size: int) -> NDArray[Any]:
    if flat is None:
        return np.empty(size, dtype)
    return flat if flat.dtype == dtype else flat.astype(dtype)


def _is_interleaved(stored: StoredImage) -> bool:
    return stored.volume_axis is VolumeAxis.FASTEST and stored.volume_count > 1


def _volumes(stored: StoredImage, flat: NDArray[Any]) -> list[NDArray[Any]]:
    grid, count = stored.geometry.shape, stored.volume_count
    if stored.is_colour:
        if stored.channel_axis is VolumeAxis.SLOWEST:
            flat = np.moveaxis(flat.reshape(count, stored.channels, *grid), 1, -1)
        colours = flat.reshape(count, *grid, stored.channels)
        return [np.ascontiguousarray(volume[..., :3]) for volume in colours]
    if _is_interleaved(stored):
        return [np.ascontiguousarray(flat.reshape(*grid, count)[..., n]) for n in range(count)]
    return list(flat.reshape(count, *grid))
