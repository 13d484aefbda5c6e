"""A bounded walk over a DICOM header (PS3.5 chapter 7): what every foreign file meets first.

It reads a few kilobytes, keeps the wanted elements, steps over everything else, and stops at the pixels. Memory, depth
and number of steps are limited whatever the file claims. What it cannot follow raises `Odd`; pydicom then tries, in a
child process.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from imaging.dicom import syntax, tags
from imaging.dicom.header import Header
from imaging.dicom.sources import FileSource, InflatedSource, Reader, Source, ZipSource
from imaging.errors import UserError

CHUNK: Final = 16 << 10
MAX_DEPTH: Final = 16
MAX_ELEMENTS: Final = 1_000_000
MAX_VALUE: Final = 64 << 10  # bytes of a wanted element; a longer one is left out
UNDEFINED: Final = 0xFFFFFFFF
_UNKNOWN: Final = 0  # stands for the tag of an "UN" element of undefined length

# Value representations whose length takes four bytes, and those where it takes two.
LONG_FORMS = frozenset((b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"SQ", b"UC", b"UN", b"UR", b"UT", b"SV", b"UV"))
SHORT_FORMS = frozenset(b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split())
_NOTICED = tags.WANTED | {tags.FRAME_GROUPS, tags.RADIOPHARMACEUTICAL}


class Odd(Exception):
    """The file may be DICOM, but our walker cannot follow it."""


class NotDicom(Exception):
    """The file is something else."""


def walk(source: Source, last: int = tags.PIXELS) -> tuple[Header, Source]:
    """The header of a DICOM object, and the source in which its pixel offset counts (unfolded when deflated).

    Args:
        last: no element with a higher number is needed; the walk may end there.

    Raises:
        NotDicom: the file is something else.
        Odd: only pydicom may be able to read it.
        UserError: it is hostile or damaged beyond doubt.
    """
    with source.open() as reader:
        header, start = file_meta(reader)
        if header.transfer_syntax != syntax.DEFLATED:
            _Walk(reader, header, start, last).run()
            return header, source
    if not isinstance(source, FileSource | ZipSource):
        raise Odd("deflated twice")
    inflated = InflatedSource(source, start)
    with inflated.open() as reader:
        _Walk(reader, header, 0, last).run()
    return header, inflated


def looks_like_dicom(head: bytes) -> bool:
    """True when the first bytes are those of a DICOM file, with or without the 128-byte preamble."""
    if head[128:132] == b"DICM":
        return True
    return len(head) >= 8 and head[1:2] == b"\0" and head[0:1] in (b"\x02", b"\x08") and _is_plausible(head)


def _is_plausible(head: bytes) -> bool:
    """Without the magic word, the first element must be of group 2 or 8 and short."""
    if head[4:6] in SHORT_FORMS or head[4:6] in LONG_FORMS:
        return True
    return head[3:4] == b"\0" and int.from_bytes(head[4:8], "little") <= 512


def file_meta(reader: Reader) -> tuple[Header, int]:
    """Read group 2 (always explicit little endian); returns where the data set begins."""
    head = reader.read(0, CHUNK)
    if not looks_like_dicom(head):
        raise NotDicom
    place = 132 if head[128:132] == b"DICM" else 0
    header = Header()
    while head[place : place + 2] == b"\x02\0" and place + 12 <= len(head):
        tag = 0x00020000 | int.from_bytes(head[place + 2 : place + 4], "little")
        is_long = head[place + 4 : place + 6] in LONG_FORMS
        begin = place + (12 if is_long else 8)
        length = int.from_bytes(head[begin - (4 if is_long else 2) : begin], "little")
        if tag == tags.TRANSFER_SYNTAX:
            header.transfer_syntax = head[begin : begin + length].decode("latin-1").strip(" \0")
        elif tag == tags.MEDIA_STORAGE_CLASS:
            header.values[tags.SOP_CLASS] = head[begin : begin + length]  # the data set's own replaces it
        place = begin + length
    if place > reader.size:
        raise Odd("the file meta group is longer than the file")
    return header, place


class _Layout(NamedTuple):
    """How elements are written: with or without VR, and the byte order of their tags and lengths."""

    is_explicit: bool
    head: Struct  # group, element, VR, length of a short element
    long: Struct


def _layout(is_explicit: bool, order: str) -> _Layout:
    return _Layout(is_explicit, Struct(order + "HH2sH"), Struct(order + "I"))


_UNKNOWN_CONTENT = _layout(False, "<")  # PS3.5 6.2.2: what an "UN" of undefined length holds, whatever is around it


class _Walk:
    """One pass over a data set; places are offsets from the start of the source."""

    def __init__(self, reader: Reader, header: Header, start: int, last: int) -> None:
        self._reader = reader
        self._last = last
        self._header = header
        is_explicit = header.transfer_syntax != syntax.IMPLICIT_LITTLE
        if not header.transfer_syntax:
            is_explicit = reader.read(start + 4, 2) in SHORT_FORMS
        header.is_big_endian = header.transfer_syntax == syntax.EXPLICIT_BIG
        self._layout = _layout(is_explicit, ">" if header.is_big_endian else "<")
        self._chunk_start, self._chunk = start, reader.read(start, CHUNK)
        self._open: list[tuple[int, _Layout]] = []  # sequences and items of undefined length: tag, layout outside it
        self._elements_left = MAX_ELEMENTS
        self._entered_until = 0  # end of a sequence of defined length that is walked into

    def run(self) -> None:
        """Walk until the last element that is needed, the pixels or the end of the source."""
        place, size = self._chunk_start, self._reader.size
        while self._elements_left > 0:
            self._elements_left -= 1
            if self._layout.is_explicit:
                place = self._after_simple(place)
            at = place - self._chunk_start
            if at + 12 > len(self._chunk):
                self._chunk_start, self._chunk, at = place, self._reader.read(place, CHUNK), 0
            if len(self._chunk) - at < 8:
                if place != size or self._open:
                    raise Odd("the data set ends within an element")
                return
            group, element, vr, length = self._layout.head.unpack_from(self._chunk, at)
            tag = group << 16 | element
            if group == 0xFFFE:
                place = self._delimiter(tag, at)
                continue
            if tag > self._last and not self._open:
                return
            begin, length = self._length(at, vr, length)
            if tag >= tags.FLOAT_PIXELS and not self._open:
                self._found_pixels(tag, begin, length)
                return
            place = self._step(tag, begin, length)
        raise UserError("The file's header has too many elements to be a medical image.")

    def _after_simple(self, place: int) -> int:
        """Keep or step over what needs no thought, up to the end of the chunk; returns the place of the next element.

        With explicit VR nearly all elements end here: this loop is what reading a folder takes.
        """
        chunk, unpack, values = self._chunk, self._layout.head.unpack_from, self._header.values
        at, last = place - self._chunk_start, len(chunk) - 12
        end = min(tags.FLOAT_PIXELS, self._last + 1)
        is_outermost = not self._open and place > self._entered_until
        count = 0
        for count in range(self._elements_left):  # noqa: B007 - used below
            if at > last:
                break
            group, element, vr, length = unpack(chunk, at)
            tag = group << 16 | element
            if vr not in SHORT_FORMS or tag >= end:
                break
            after = at + 8 + length
            if tag in _NOTICED:
                if not is_outermost or tag not in tags.WANTED or after > len(chunk):
                    break
                values[tag] = chunk[at + 8 : after]
            at = after
        self._elements_left -= count
        return self._chunk_start + at

    def _length(self, at: int, vr: bytes, short_length: int) -> tuple[int, int]:
        """Where the value of the element at ``at`` of the chunk begins, and its length."""
        chunk, start, layout = self._chunk, self._chunk_start, self._layout
        if not layout.is_explicit:
            return start + at + 8, layout.long.unpack_from(chunk, at + 4)[0]
        if vr in SHORT_FORMS:
            return start + at + 8, short_length
        if vr not in LONG_FORMS or len(chunk) - at < 12:
            raise Odd("an unknown value representation or a broken element")
        length = layout.long.unpack_from(chunk, at + 8)[0]
        if length == UNDEFINED and vr == b"UN":
            self._push(_UNKNOWN)
            self._layout = _UNKNOWN_CONTENT
        return start + at + 12, length

    def _step(self, tag: int, begin: int, length: int) -> int:
        """Keep or pass over one element; returns the place of the next."""
        if tag == tags.FRAME_GROUPS:
            self._header.has_frame_groups = True
        if length == UNDEFINED:
            if not self._open or self._open[-1][0] != _UNKNOWN:  # an unknown is open already, see _length
                self._push(tag)
            return begin
        if begin + length > self._reader.size:
            raise Odd("an element is longer than the file")
        if tag == tags.RADIOPHARMACEUTICAL:
            self._entered_until = begin + length
            return begin
        if tag in tags.WANTED and length <= MAX_VALUE and self._is_ours(tag, begin):
            at = begin - self._chunk_start
            inside = at + length <= len(self._chunk)
            self._header.values[tag] = self._chunk[at : at + length] if inside else self._reader.read(begin, length)
        return begin + length

    def _is_ours(self, tag: int, begin: int) -> bool:
        """True for elements of the image itself, not of some object that a sequence refers to."""
        return tag in tags.NESTED or (not self._open and begin > self._entered_until)

    def _delimiter(self, tag: int, at: int) -> int:
        """Enter, leave or step over an item; returns the place of the next element."""
        (length,) = self._layout.long.unpack_from(self._chunk, at + 4)
        place = self._chunk_start + at + 8
        if tag == tags.ITEM:
            if length == UNDEFINED:
                self._push(tag)
            elif place > self._entered_until and not (self._open and self._open[-1][0] == tags.RADIOPHARMACEUTICAL):
                place += length
        elif tag in (tags.ITEM_END, tags.SEQUENCE_END):
            if self._open:
                self._layout = self._open.pop()[1]
        else:
            raise Odd("an unknown delimiter")
        if place > self._reader.size:
            raise Odd("a sequence is longer than the file")
        return place

    def _push(self, tag: int) -> None:
        self._open.append((tag, self._layout))
        if len(self._open) > MAX_DEPTH:
            raise UserError("The file nests its sequences too deeply to be a medical image.")

    def _found_pixels(self, tag: int, offset: int, length: int) -> None:
        header = self._header
        if tag > tags.PIXELS:
            return
        header.pixel_tag, header.pixel_offset = tag, offset
        header.is_encapsulated = length == UNDEFINED
        header.pixel_length = min(length, self._reader.size - offset)
        if header.transfer_syntax and header.is_encapsulated == (header.transfer_syntax in syntax.UNCOMPRESSED):
            raise Odd("the transfer syntax and the pixels disagree")
