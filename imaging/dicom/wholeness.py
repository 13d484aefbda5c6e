"""Is a file all there? What was cut off while it was copied still has a header that looks fine."""

from __future__ import annotations

from pathlib import Path

from imaging.dicom import tags
from imaging.dicom.header import Header
from imaging.dicom.sources import FileSource, Reader
from imaging.dicom.walker import NotDicom, Odd, walk
from imaging.errors import UserError

_ITEM, _END = 0xE000, 0xE0DD  # elements of group FFFE (PS3.5 A.4)
_MOST_FRAGMENTS = 10_000_000


def require_whole(path: Path) -> None:
    """Check that a DICOM file ends where its own header says, by its header and the heads of its fragments alone.

    Raises:
        UserError: it is cut off, or is built in a way that cannot be followed.
    """
    try:
        header, source = walk(FileSource(str(path)))
        if header.pixel_offset < 0:
            return
        with source.open() as reader:
            is_whole = _has_last_fragment(header, reader) if header.is_encapsulated else _has_all_pixels(header)
    except (NotDicom, Odd, OSError) as error:
        raise UserError(f"{path.name} is not a DICOM object that can be followed to its end.") from error
    if not is_whole:
        raise UserError(f"{path.name} ends within its pixels.", "It was cut off, perhaps while it was copied.")


def _has_all_pixels(header: Header) -> bool:
    samples = max(1, header.integer(tags.SAMPLES, 1))
    values = header.integer(tags.ROWS) * header.integer(tags.COLUMNS) * max(1, header.integer(tags.FRAMES, 1)) * samples
    bits = values * header.integer(tags.BITS_ALLOCATED)
    if header.text(tags.PHOTOMETRIC).endswith("422"):  # two pixels share their colours (PS3.3 C.7.6.3.1.2)
        bits = bits * 2 // 3
    return header.pixel_length >= bits // 8


def _has_last_fragment(header: Header, reader: Reader) -> bool:
    """True when the fragments lead to the delimiter behind the last one."""
    place = header.pixel_offset
    for _ in range(_MOST_FRAGMENTS):
        head = reader.read(place, 8)
        if len(head) < 8 or int.from_bytes(head[:2], "little") != 0xFFFE:
            return False
        element, length = int.from_bytes(head[2:4], "little"), int.from_bytes(head[4:8], "little")
        if element == _END:
            return True
        if element != _ITEM or place + 8 + length > reader.size:
            return False
        place += 8 + length
    return False
