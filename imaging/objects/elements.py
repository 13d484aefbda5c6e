"""The whole header of a foreign object, sequences included, read with bounds (PS3.5 chapter 7).

The walker of ``imaging.dicom`` keeps a few elements and steps over sequences. Objects about images say what matters in
sequences; this reads them all, in Python alone, with limits on depth and number whatever the file claims. What the
walker cannot follow, pydicom rewrites in a child process first.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from imaging.dicom import syntax, tags
from imaging.dicom.character_sets import decode_text
from imaging.dicom.header import Header
from imaging.dicom.sources import FileSource, InflatedSource, Source
from imaging.dicom.walker import NotDicom, Odd, file_meta, walk
from imaging.errors import UserError
from imaging.segment import CodedTerm

MAX_DEPTH: Final = 16
MAX_ELEMENTS: Final = 3_000_000
MAX_HEADER: Final = 512 << 20
_REPEATED: Final = 2048  # bytes of a sequence that may be worth remembering
_MOST_KNOWN: Final = 20_000
_UNDEFINED: Final = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_LONG = frozenset((b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"SQ", b"UC", b"UN", b"UR", b"UT", b"SV", b"UV"))
_HEAD = struct.Struct("<HH2sH")
_LENGTH = struct.Struct("<I")


@dataclass(slots=True)
class Elements:
    """One data set, or one item of a sequence; nobody changes it once it was read (equal items are one object).

    Attributes:
        values: element number -> bytes as in the file (little endian).
        items: sequences, element number -> items.
        character_set: of the text.
    """

    values: dict[int, bytes] = field(default_factory=dict)
    items: dict[int, list[Elements]] = field(default_factory=dict)
    character_set: str = ""

    def text(self, tag: int) -> str:
        """Text of people or code, without padding; empty where there is none."""
        return decode_text(self.values.get(tag, b"").rstrip(b" \0"), self.character_set).strip()

    def numbers(self, tag: int) -> list[float]:
        """Numbers written as text (DS, IS); empty where any of them is none."""
        try:
            found = [float(part) for part in self.values.get(tag, b"").strip(b" \0").split(b"\\")]
        except ValueError:
            return []
        return found if all(abs(number) < 1e15 for number in found) else []

    def integers(self, tag: int, kind: str = "H") -> list[int]:
        """Binary numbers of a ``struct`` kind: H for US, I for UL."""
        raw = self.values.get(tag, b"")
        count = len(raw) // struct.calcsize(kind)
        return list(struct.unpack_from(f"<{count}{kind}", raw))

    def integer(self, tag: int, default: int = 0) -> int:
        """The first unsigned short of an element."""
        found = self.integers(tag)
        return found[0] if found else default

    def sequence(self, tag: int) -> list[Elements]:
        """The items of a sequence; none where it is absent."""
        return self.items.get(tag, [])

    def first(self, tag: int) -> Elements:
        """The first item of a sequence; one without elements where there is none."""
        found = self.items.get(tag)
        return found[0] if found else Elements()

    def code(self, tag: int) -> CodedTerm | None:
        """The first coded concept of a code sequence, None where there is none."""
        return self.first(tag).own_code()

    def own_code(self) -> CodedTerm | None:
        """The coded concept that this item is, None when it is none."""
        value = self.text(0x00080100) or self.text(0x00080119) or self.text(0x00080120)
        return CodedTerm(value, self.text(0x00080102), self.text(0x00080104)) if value else None


@dataclass(frozen=True)
class ForeignObject:
    """A DICOM object that somebody else wrote.

    Attributes:
        header: what the walker keeps, with the place of the pixels.
        source: where the pixels' place counts.
        elements: everything before the pixels.
    """

    header: Header
    source: Source
    elements: Elements


def open_object(path: Path) -> ForeignObject:
    """Read the header of a DICOM file.

    Raises:
        UserError: the file is no DICOM, damaged, or hostile.
    """
    return open_source(FileSource(str(path)))


def open_source(source: Source) -> ForeignObject:
    """Read the header of an object, wherever its bytes are; see `open_object`."""
    try:
        header, place = walk(source)
        if header.is_big_endian:  # the walker knows where the pixels are; only the sequences need pydicom
            return ForeignObject(header, place, _rewritten(source).elements)
        return ForeignObject(header, place, _elements_of(header, place))
    except NotDicom as error:
        raise UserError(f"{source.name} is no DICOM file.") from error
    except Odd:
        pass
    except OSError as error:
        raise UserError(f"{source.name} cannot be read.", "Check that it still exists and may be read.") from error
    return _rewritten(source)


def _elements_of(header: Header, source: Source) -> Elements:
    with source.open() as reader:
        start = 0 if isinstance(source, InflatedSource) else file_meta(reader)[1]
        end = header.pixel_offset if header.pixel_offset >= 0 else reader.size
        if end - start > MAX_HEADER:
            raise UserError(f"The file's header has {(end - start) >> 20} MB, too much for any object.")
        data = reader.read(start, end - start)
    is_explicit = header.transfer_syntax != syntax.IMPLICIT_LITTLE
    if not header.transfer_syntax:
        is_explicit = data[4:6].isalpha() and data[4:6].isupper()
    return read_elements(data, is_explicit=is_explicit)


def _rewritten(source: Source) -> ForeignObject:
    """What our walker cannot follow, written anew by pydicom in a child process; it must decode the pixels, too."""
    from imaging.sandbox import Sandbox

    data = b""
    uid = ""
    with Sandbox() as sandbox:
        for reply in sandbox.stream("imaging.objects.odd_objects:rewrite", {"source": source.as_json()}, 10):
            target = bytearray(reply.size)
            uid = str(reply.fields["transfer_syntax"])
            reply.read_into(memoryview(target))
            data = bytes(target)
    elements = read_elements(data, is_explicit=True)
    values = {tag: value for tag, value in elements.values.items() if tag in tags.WANTED}
    return ForeignObject(Header(values, transfer_syntax=uid, is_odd=True), source, elements)


def read_elements(data: bytes, *, is_explicit: bool) -> Elements:
    """All elements before the pixels of a little-endian data set.

    Raises:
        UserError: it ends too early, nests too deeply, or holds too many elements.
    """
    parser = _Parser(data)
    try:
        found = parser.data_set(0, len(data), is_explicit, 0)[0]
    except (struct.error, IndexError) as error:
        raise UserError("The file is damaged: its header ends within an element.") from error
    return found


class _Parser:
    """One pass over the bytes of a data set."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = MAX_ELEMENTS
        self._character_set = ""
        self._known: dict[tuple[bool, bytes], list[Elements]] = {}  # frames repeat most of what they say

    def data_set(self, place: int, end: int, is_explicit: bool, depth: int) -> tuple[Elements, int]:
        """The elements from ``place`` to ``end``, or to the delimiter of an item of unknown length."""
        found = Elements(character_set=self._character_set)
        data, values = self._data, found.values
        while end - place >= 8:
            self._left -= 1
            if self._left < 0:
                raise UserError("The file's header has too many elements.")
            group, number, vr, length = _HEAD.unpack_from(data, place)
            tag = group << 16 | number
            if tag == _ITEM_END:
                return found, place + 8
            if depth == 0 and tag >= tags.FLOAT_PIXELS:
                break
            if not is_explicit:
                (length,) = _LENGTH.unpack_from(data, place + 4)
                vr = _known_vr(tag)
                place += 8
            elif vr in _LONG:
                (length,) = _LENGTH.unpack_from(data, place + 8)
                place += 12
            else:
                place += 8
            if vr == b"SQ" or length == _UNDEFINED or (vr == b"UN" and _known_vr(tag) == b"SQ"):
                inside = is_explicit and vr != b"UN"  # PS3.5 6.2.2: what is unknown is written implicitly
                found.items[tag], place = self._sequence(place, end, length, inside, depth + 1)
                continue
            if place + length > end:
                raise UserError("The file is damaged: an element is longer than what holds it.")
            values[tag] = data[place : place + length]
            place += length
            if tag == tags.CHARACTER_SET:
                found.character_set = values[tag].decode("latin-1").strip(" \0")
                self._character_set = self._character_set if depth else found.character_set
        return found, end

    def _sequence(self, place: int, end: int, length: int, is_explicit: bool, depth: int) -> tuple[list[Elements], int]:
        """The items of a sequence and the place behind it; short ones that were met before are not read again."""
        if depth > MAX_DEPTH:
            raise UserError("The file nests its sequences too deeply.")
        if length > _REPEATED or place + length > end:
            return self._items(place, end, length, is_explicit, depth)
        key = (is_explicit, self._data[place : place + length])
        known = self._known.get(key)
        if known is None:
            known, _ = self._items(place, end, length, is_explicit, depth)
            if len(self._known) < _MOST_KNOWN:
                self._known[key] = known
        return known, place + length

    def _items(self, place: int, end: int, length: int, is_explicit: bool, depth: int) -> tuple[list[Elements], int]:
        has_end = length != _UNDEFINED
        stop = place + length if has_end else end
        if stop > end:
            raise UserError("The file is damaged: a sequence is longer than what holds it.")
        items: list[Elements] = []
        while stop - place >= 8:
            group, number = struct.unpack_from("<HH", self._data, place)
            (size,) = _LENGTH.unpack_from(self._data, place + 4)
            tag = group << 16 | number
            place += 8
            if tag == _SEQUENCE_END:
                return items, stop if has_end else place
            if tag != _ITEM or (size != _UNDEFINED and place + size > stop):
                raise UserError("The file is damaged: a sequence holds something else than items.")
            self._left -= 1
            item, place = self.data_set(place, stop if size == _UNDEFINED else place + size, is_explicit, depth)
            items.append(item)
        return items, stop


def _known_vr(tag: int) -> bytes:
    """``SQ`` for the standard's sequences, else whatever holds bytes."""
    return b"SQ" if tag in _sequences() else b"UN"


_SEQUENCES: set[int] = set()


def _sequences() -> set[int]:
    if not _SEQUENCES:
        from pydicom._dicom_dict import DicomDictionary

        _SEQUENCES.update(tag for tag, entry in DicomDictionary.items() if entry[0] == "SQ")
    return _SEQUENCES
