"""A DICOM header as it was found: the wanted elements' raw values and the place of the pixels."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from functools import lru_cache

from imaging.dicom import tags
from imaging.dicom.character_sets import decode_text


@dataclass(slots=True)
class Header:
    """Raw values of the wanted elements; they are decoded when asked for.

    Attributes:
        values: element number -> value bytes as in the file.
        transfer_syntax: UID, empty where the file names none.
        is_big_endian: byte order of binary values and of uncompressed pixels.
        pixel_offset: where the pixel data's value begins in the source, -1 where there is none or only pydicom can
            find it.
        pixel_length: its length; for encapsulated pixels the bytes up to the end of the source.
        pixel_tag: which of the three pixel data elements it is, 0 for none.
        is_encapsulated: compressed frames in fragments.
        has_frame_groups: the object has per-frame functional groups (enhanced multi-frame).
        is_odd: our walker could not read it; pydicom did, and must also decode its pixels.
    """

    values: dict[int, bytes] = field(default_factory=dict)
    transfer_syntax: str = ""
    is_big_endian: bool = False
    pixel_offset: int = -1
    pixel_length: int = 0
    pixel_tag: int = 0
    is_encapsulated: bool = False
    has_frame_groups: bool = False
    is_odd: bool = False

    def text(self, tag: int) -> str:
        """The element as text without padding, empty where it is absent."""
        raw = self.values.get(tag)
        return "" if raw is None else raw.decode("latin-1").strip(" \0\t\r\n")

    def human_text(self, tag: int) -> str:
        """Text that people wrote (names, descriptions), decoded by the file's character set."""
        raw = self.values.get(tag, b"").strip(b" \0")  # padding at either end (PS3.5 table 6.2-1)
        return decode_text(raw, self.text(tags.CHARACTER_SET))

    def numbers(self, tag: int) -> tuple[float, ...]:
        """The element as finite numbers; empty where it is absent or any of its values is not a number."""
        raw = self.values.get(tag)
        return _numbers(raw, tags.BINARY.get(tag, ""), self.is_big_endian) if raw else ()

    def number(self, tag: int) -> float | None:
        """The element's first number, None where there is none."""
        found = self.numbers(tag)
        return found[0] if found else None

    def integer(self, tag: int, default: int = 0) -> int:
        """The element's first number as an integer."""
        found = self.number(tag)
        return default if found is None else int(found)


@lru_cache(maxsize=4096)  # the files of a series repeat nearly all of their numbers
def _numbers(raw: bytes, kind: str, is_big_endian: bool) -> tuple[float, ...]:
    """Finite numbers of a value: of text, or of a binary ``kind`` as `struct` names it."""
    try:
        if kind:
            count = len(raw) // struct.calcsize(kind)
            found: tuple[float, ...] = struct.unpack_from(f"{'>' if is_big_endian else '<'}{count}{kind}", raw)
        else:
            found = tuple(map(float, raw.strip(b" \0").split(b"\\")))
    except (ValueError, struct.error):
        return ()
    return found if all(map(math.isfinite, found)) else ()
