"""Reads Radiance pictures (.hdr): four bytes per pixel, three mantissas and one exponent, run-length encoded by rows.

The format: Greg Ward, "Real Pixels", Graphics Gems II (1991), and Radiance's reference manual, "Picture file format".
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError

MOST_HEADER_LINES = 200
LONGEST_LINE = 4096
NARROWEST, WIDEST = 8, 32767  # rows outside are never stored by channels


class _Bytes:
    """A file's pixel data, read front to back; an early end is an error."""

    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 0

    def take(self, count: int) -> bytes:
        if self.place + count > len(self.data):
            raise ValueError("the file ends too early")
        self.place += count
        return self.data[self.place - count : self.place]


def read_radiance(path: Path, most_pixels: int) -> NDArray[np.float32]:
    """(rows, columns, 3) float32, first row at the top, in whatever unit the file has.

    Args:
        path: the file.
        most_pixels: larger pictures are refused before anything is unpacked.

    Raises:
        UserError: too large, damaged, or of a kind that is not read (XYZE, turned or mirrored rows).
        OSError: the file cannot be opened.
    """
    try:
        with path.open("rb") as file:
            rows, columns = _read_header(file)
            if rows * columns > most_pixels:
                raise UserError(f"{path.name} has too many pixels for an environment picture.")
            # at most four bytes per pixel, and one more for each two where runs do not pay
            return _read_rows(_Bytes(file.read(6 * rows * columns + 4 * rows)), rows, columns)
    except ValueError as error:
        raise UserError(f"The Radiance picture {path.name} could not be read: {error}.") from error


def _read_header(file: BinaryIO) -> tuple[int, int]:
    """Rows and columns.

    Raises:
        ValueError: no Radiance file, or a kind that is not read.
    """
    if not file.readline(LONGEST_LINE).startswith(b"#?"):
        raise ValueError("it does not begin like one")
    for _ in range(MOST_HEADER_LINES):
        line = file.readline(LONGEST_LINE).strip()
        if line.startswith(b"FORMAT=") and line != b"FORMAT=32-bit_rle_rgbe":
            raise ValueError("its colours are not red, green and blue")
        if not line:
            break
    else:
        raise ValueError("its header has no end")
    words = file.readline(LONGEST_LINE).split()
    if len(words) != 4 or words[0] != b"-Y" or words[2] != b"+X":
        raise ValueError("its rows do not run from the top left")
    rows, columns = int(words[1]), int(words[3])
    if rows < 1 or columns < 1:
        raise ValueError("it has no pixels")
    return rows, columns


def _read_rows(source: _Bytes, rows: int, columns: int) -> NDArray[np.float32]:
    picture = np.empty((rows, columns, 3), np.float32)
    for row in range(rows):
        start = source.take(4)
        if NARROWEST <= columns <= WIDEST and start[0] == start[1] == 2 and (start[2] << 8 | start[3]) == columns:
            pixels = np.stack([_channel(source, columns) for _ in range(4)], axis=1)
        else:
            pixels = _old_row(source, start, columns)
        picture[row] = _radiance(pixels)
    return picture


def _channel(source: _Bytes, columns: int) -> NDArray[np.uint8]:
    """One byte of every pixel of a row: runs (above 128) and literal pieces."""
    parts, left = [], columns
    while left > 0:
        code = source.take(1)[0]
        count = code - 128 if code > 128 else code
        if not 0 < count <= left:
            raise ValueError("a row has a wrong length")
        parts.append(source.take(1) * count if code > 128 else source.take(count))
        left -= count
    return np.frombuffer(b"".join(parts), np.uint8)


def _old_row(source: _Bytes, start: bytes, columns: int) -> NDArray[np.uint8]:
    """Whole pixels; (1, 1, 1, n) repeats the last one n times, and once more in a row 256 n times, and so on."""
    pixels = bytearray()
    shift, pixel = 0, start
    while True:
        if pixel[:3] == b"\x01\x01\x01":
            count = pixel[3] << shift
            if not pixels or count > columns - len(pixels) // 4:
                raise ValueError("a run goes beyond its row")
            pixels += pixels[-4:] * count
            shift += 8
        else:
            pixels += pixel
            shift = 0
        if len(pixels) >= 4 * columns:
            return np.frombuffer(bytes(pixels), np.uint8).reshape(-1, 4)
        pixel = source.take(4)


def _radiance(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, 4) bytes to (n, 3); a mantissa stands for the middle of its step, as in Radiance itself."""
    exponent = pixels[:, 3].astype(np.int32)
    scale = np.where(exponent > 0, np.ldexp(np.float32(1), exponent - (128 + 8)), np.float32(0))
    return np.asarray((pixels[:, :3] + np.float32(0.5)) * scale[:, None], np.float32)
