"""What is stored with pixels and is no pixel: bytes behind the last frame, comments and small pictures in streams.

No viewer shows it, and nobody who looks at the image finds it; so it is cleared here, without decoding anything.

Compressed streams keep their length: what is cleared becomes zeros, so that tables of frames stay right.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imaging.dicom import syntax

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_ITEM, _DELIMITER = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
_JPEG_START, _J2K_START = b"\xff\xd8", b"\xff\x4f"
_SOS, _EOI, _COM, _APP0, _APP15 = 0xDA, 0xD9, 0xFE, 0xE0, 0xEF
_SOT, _SOD, _J2K_COM, _EOC = 0x90, 0x93, 0x64, 0xD9
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # JPEG markers without a length
# Application segments that decoders need, and how many bytes of them: colours, and tables of JPEG-LS.
_NEEDED = {b"JFIF\0": 14, b"Adobe": 12, b"SPIFF\0": 1 << 16, b"mrfx": 1 << 16}
_JPEG_FAMILY = syntax.JPEG_BASELINE | syntax.JPEG_DCT | syntax.JPEG_LOSSLESS | syntax.JPEG_LS
_J2K_FAMILY = syntax.JPEG_2000 | syntax.HTJ2K


class CannotFollow(Exception):
    """The stream is not built as its standard says."""


def is_encapsulated(found: Dataset) -> bool:
    """True when the pixels are compressed streams in items."""
    return found.file_meta.get("TransferSyntaxUID") not in syntax.UNCOMPRESSED


def plain_length(found: Dataset) -> int | None:
    """How many bytes uncompressed pixels have by their description; None where it is incomplete."""
    try:
        rows, columns, bits = int(found.Rows), int(found.Columns), int(found.BitsAllocated)
        samples, frames = int(found.get("SamplesPerPixel") or 1), int(found.get("NumberOfFrames") or 1)
    except (AttributeError, TypeError, ValueError):
        return None
    if str(found.get("PhotometricInterpretation") or "") in ("YBR_FULL_422", "YBR_PARTIAL_422"):
        samples = 2
    return (rows * columns * samples * bits * frames + 7) // 8


def has_hidden_plane(found: Dataset) -> bool:
    """True when unused bits of uncompressed 16-bit pixels hold something else than zeros or the sign.

    Overlays used to be kept there (PS3.5 8.1.2 of 2004), and programs that remove their elements leave the drawing.
    """
    import numpy as np

    stored = int(found.get("BitsStored") or 0)
    if is_encapsulated(found) or found.get("BitsAllocated") != 16 or not 0 < stored < 16 or "PixelData" not in found:
        return False
    raw = bytes(found.PixelData or b"")
    values = np.frombuffer(
        raw[: len(raw) // 2 * 2], ">u2" if found.file_meta.TransferSyntaxUID == syntax.EXPLICIT_BIG else "<u2"
    )
    unused = 0xFFFF << stored & 0xFFFF
    is_right = values & unused == 0
    if found.get("PixelRepresentation"):
        is_right |= values >> (stored - 1) == 0xFFFF >> (stored - 1)  # the sign goes on to the left
    padding = found.get("PixelPaddingValue")
    if isinstance(padding, int):
        is_right |= values == padding & 0xFFFF
    return not bool(is_right.all())


def without_remains(value: bytes, transfer_syntax: str) -> bytes:
    """Encapsulated pixel data with comments, small pictures and what lies behind the frames as zeros.

    Args:
        value: items as they stand in the file (PS3.5 A.4), with or without the delimiter.

    Raises:
        CannotFollow: no such items, or a stream that is not what the transfer syntax says.
    """
    if transfer_syntax == syntax.RLE:
        return value
    if transfer_syntax not in _JPEG_FAMILY | _J2K_FAMILY:
        raise CannotFollow(transfer_syntax)
    start = _JPEG_START if transfer_syntax in _JPEG_FAMILY else _J2K_START
    places = _fragments(value)
    stream = bytearray(b"".join(value[a:b] for a, b in places))
    starts, at = [], 0
    for a, b in places:
        if value[a : a + 2] == start:
            starts.append(at)
        at += b - a
    if places and (not starts or starts[0] != 0):
        raise CannotFollow("no stream begins where the first frame should")
    for begin, end in zip(starts, [*starts[1:], len(stream)], strict=True):
        (_clear_jpeg if start == _JPEG_START else _clear_j2k)(stream, begin, end)
    made, at = bytearray(value), 0
    for a, b in places:
        made[a:b] = stream[at : at + b - a]
        at += b - a
    return bytes(made)


def _fragments(value: bytes) -> list[tuple[int, int]]:
    """Where the fragments lie, after the table of frames, which is the first item."""
    places, at = [], 0
    while value[at : at + 4] == _ITEM:
        size = int.from_bytes(value[at + 4 : at + 8], "little")
        if at + 8 + size > len(value):
            raise CannotFollow("a fragment is cut short")
        places.append((at + 8, at + 8 + size))
        at += 8 + size
    if not places or (at != len(value) and value[at : at + 4] != _DELIMITER):
        raise CannotFollow("something else than fragments")
    return places[1:]


def _length(stream: bytearray, at: int, end: int) -> int:
    """The length of a segment whose marker ends at ``at``."""
    size = int.from_bytes(stream[at : at + 2], "big")
    if size < 2 or at + size > end:
        raise CannotFollow("a segment is cut short")
    return size


def _clear(stream: bytearray, begin: int, end: int) -> None:
    stream[begin:end] = bytes(max(0, end - begin))


def _clear_jpeg(stream: bytearray, begin: int, end: int) -> None:
    """One JPEG or JPEG-LS stream (ITU-T T.81 annex B, T.87 annex C)."""
    at = begin + 2
    marker = re.compile(rb"\xff+[\x80-\xcf\xd9-\xfe]")  # not a stuffed byte, not a restart
    while True:
        found = marker.search(stream, at, end)
        if found is None:
            return  # cut short: nothing can follow
        code, at = stream[found.end() - 1], found.end()
        if code == _EOI:
            _clear(stream, at, end)
            return
        if code in _ALONE:
            continue
        size = _length(stream, at, end)
        if code == _COM:
            _clear(stream, at + 2, at + size)
        elif _APP0 <= code <= _APP15:
            said = bytes(stream[at + 2 : at + 8])
            needed = next((n for name, n in _NEEDED.items() if said.startswith(name)), 0)
            _clear(stream, at + 2 + needed, at + size)
            if needed == _NEEDED[b"JFIF\0"]:
                stream[at + 14 : at + 16] = b"\0\0"  # no small picture follows
        at += size


def _clear_j2k(stream: bytearray, begin: int, end: int) -> None:
    """One JPEG 2000 codestream (ISO 15444-1 annex A): comments of the main header and of the tile parts."""
    at = begin + 2
    tile_end = end
    while at + 2 <= end:
        if stream[at] != 0xFF:
            raise CannotFollow("no marker where one should be")
        code, at = stream[at + 1], at + 2
        if code == _EOC:
            _clear(stream, at, end)
            return
        if code == _SOD:
            at = tile_end
            continue
        size = _length(stream, at, end)
        if code == _SOT:
            part = int.from_bytes(stream[at + 4 : at + 8], "big")
            tile_end = at - 2 + part if part else _last_code(stream, at, end)
            if not at < tile_end <= end:
                raise CannotFollow("a tile is cut short")
        elif code == _J2K_COM:
            _clear(stream, at + 2, at + size)
        at += size


def _last_code(stream: bytearray, begin: int, end: int) -> int:
    """Where the codestream ends, of a last tile part that does not say how long it is."""
    found = stream.rfind(b"\xff\xd9", begin, end)
    return found if found >= 0 else end
