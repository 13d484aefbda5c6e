"""The records of a DICOMDIR (PS3.3 annex F): which patients, studies, series and objects a disc says that it holds.

Records name each other by their place in the file. Nothing of that is believed: the file is read in memory with bounds,
a link must lead to the beginning of a record, and no record may be reached twice. What cannot be followed is refused as
a whole rather than guessed: a record under the wrong patient would be worse than none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from struct import error as StructError
from typing import Final

from imaging.dicom import syntax, tags
from imaging.dicom.header import Header
from imaging.dicom.instance import DIRECTORY_CLASS
from imaging.dicom.sources import FileSource
from imaging.dicom.walker import LONG_FORMS, MAX_VALUE, SHORT_FORMS, UNDEFINED, NotDicom, Odd, file_meta
from imaging.errors import UserError

DIRECTORY_NAME: Final = "DICOMDIR"
MAX_BYTES: Final = 128 << 20
MAX_RECORDS: Final = 200_000
MAX_DEPTH: Final = 16
_LEVELS: Final = ("PATIENT", "STUDY", "SERIES")


class BrokenDirectory(UserError):
    """A DICOMDIR that cannot be used. Whoever meets it looks at the files themselves, and passes this on."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "Every file of its folder was looked at instead.")


@dataclass(frozen=True, slots=True, eq=False)
class FileRecord:
    """A record that names a file, and the records above it; None where there is none.

    Attributes:
        file_id: the file's name as it stands there (Referenced File ID), one part for each folder.
        header: of the record itself; an object's class and UID stand in `tags.FILE_CLASS` and `tags.FILE_INSTANCE`.
    """

    file_id: tuple[str, ...]
    header: Header
    patient: Header | None
    study: Header | None
    series: Header | None

    @property
    def study_uid(self) -> str:
        """Study Instance UID, empty where the record stands under no study."""
        return self.study.text(tags.STUDY_INSTANCE) if self.study is not None else ""

    @property
    def series_uid(self) -> str:
        """Series Instance UID, empty where the record stands under no series."""
        return self.series.text(tags.SERIES_INSTANCE) if self.series is not None else ""

    @property
    def name(self) -> str:
        """The file's name on the disc; folders may be named after the patient."""
        return "/".join(self.file_id)

    @property
    def short_name(self) -> str:
        """The file and the folder that it lies in, for messages."""
        return "/".join(self.file_id[-2:])


def plain_name(name: str) -> str:
    """A file's name as DICOM means it: capitals, without the version and the dot that ISO 9660 may add (`A.;1`)."""
    return name.split(";")[0].rstrip(".").upper()


def is_directory_name(name: str) -> bool:
    """True for the name that the directory of a disc has."""
    return plain_name(name) == DIRECTORY_NAME


def is_directory(path: Path) -> bool:
    """True for a DICOMDIR: a file of that name, or one that says that it is a directory."""
    if is_directory_name(path.name):
        return True
    try:
        with FileSource(str(path)).open() as reader:
            return file_meta(reader)[0].text(tags.SOP_CLASS) == DIRECTORY_CLASS
    except (NotDicom, Odd, OSError):
        return False


def file_records(path: Path) -> list[FileRecord]:
    """The records of a DICOMDIR that name files, in its own order.

    Raises:
        BrokenDirectory: it is none, ends too early, its links lead nowhere or in circles, or it names no file.
    """
    try:
        with FileSource(str(path)).open() as reader:
            if reader.size > MAX_BYTES:
                raise BrokenDirectory("The directory of the disc is too large.")
            header, start = file_meta(reader)
            data = reader.read(0, reader.size)
    except (NotDicom, Odd) as error:
        raise BrokenDirectory("The directory of the disc is no DICOM file.") from error
    except OSError as error:
        raise BrokenDirectory("The directory of the disc cannot be read.") from error
    if header.transfer_syntax == syntax.DEFLATED:
        raise BrokenDirectory("The directory of the disc is compressed.")
    try:
        first, records = _Parser(data, header, start).records(start)
    except StructError as error:
        raise BrokenDirectory("The directory of the disc ends within a record.") from error
    found = list(_linked(first, records))
    if not found:
        raise BrokenDirectory("The directory of the disc names no files.")
    return found


def _linked(first: int, records: dict[int, Header]) -> Iterator[FileRecord]:
    """Follow the links from the first record, what is below a record before what is beside it."""
    waiting: list[tuple[int, tuple[Header | None, ...]]] = [(first, (None, None, None))] if first else []
    reached: set[int] = set()
    while waiting:
        place, above = waiting.pop()
        record = records.get(place)
        if record is None:
            raise BrokenDirectory("A link in the directory of the disc leads to no record.")
        if place in reached:
            raise BrokenDirectory("The links in the directory of the disc lead in circles.")
        reached.add(place)
        beside, below = record.integer(tags.NEXT_RECORD), record.integer(tags.LOWER_RECORD)
        if beside:
            waiting.append((beside, above))
        if not record.integer(tags.RECORD_IN_USE, 0xFFFF):
            continue  # deleted, with all below it
        here = _with(record, above)
        file_id = _file_id(record)
        if file_id:
            yield FileRecord(file_id, record, *here)
        if below:
            waiting.append((below, here))


def _with(record: Header, above: tuple[Header | None, ...]) -> tuple[Header | None, ...]:
    """Patient, study and series below a record."""
    kind = record.text(tags.RECORD_TYPE)
    if kind not in _LEVELS:
        return above
    level = _LEVELS.index(kind)
    return (*above[:level], record, *(None for _ in _LEVELS[level + 1 :]))


def _file_id(record: Header) -> tuple[str, ...]:
    """The parts of the file's name; some programs write slashes where the standard has several values."""
    written = record.text(tags.FILE_ID)
    return tuple(part.strip() for part in written.replace("/", "\\").split("\\")) if written else ()


class _Parser:
    """One pass over the data set of a directory in memory; places count from the beginning of the file."""

    def __init__(self, data: bytes, meta: Header, start: int) -> None:
        self._data = data
        self._is_explicit = meta.transfer_syntax != syntax.IMPLICIT_LITTLE
        if not meta.transfer_syntax:
            self._is_explicit = data[start + 4 : start + 6] in SHORT_FORMS
        self._is_big_endian = meta.transfer_syntax == syntax.EXPLICIT_BIG
        order = ">" if self._is_big_endian else "<"
        self._tag, self._short, self._long = Struct(order + "HH"), Struct(order + "H"), Struct(order + "I")

    def records(self, place: int) -> tuple[int, dict[int, Header]]:
        """Where the first record stands, and all records by their places."""
        top, records = Header(is_big_endian=self._is_big_endian), dict[int, Header]()
        while len(self._data) - place >= 8:
            tag, begin, length = self._element(place)
            if tag == tags.DIRECTORY_RECORDS:
                records, place = self._items(begin, length)
                continue
            place = self._keep(top, tag, begin, length)
        return top.integer(tags.FIRST_RECORD), records

    def _element(self, place: int) -> tuple[int, int, int]:
        """Number, place of the value and length of the element at a place."""
        group, number = self._tag.unpack_from(self._data, place)
        form = self._data[place + 4 : place + 6]
        if not self._is_explicit or group == 0xFFFE:
            return group << 16 | number, place + 8, self._long.unpack_from(self._data, place + 4)[0]
        if form in SHORT_FORMS:
            return group << 16 | number, place + 8, self._short.unpack_from(self._data, place + 6)[0]
        if form not in LONG_FORMS:
            raise BrokenDirectory("The directory of the disc has a damaged record.")
        return group << 16 | number, place + 12, self._long.unpack_from(self._data, place + 8)[0]

    def _items(self, begin: int, length: int) -> tuple[dict[int, Header], int]:
        """The records of the sequence, and the place behind it."""
        end = len(self._data) if length == UNDEFINED else begin + length
        found: dict[int, Header] = {}
        place = begin
        while end - place >= 8:
            tag, inside, size = self._element(place)
            if tag == tags.SEQUENCE_END:
                return found, inside
            if tag != tags.ITEM or len(found) >= MAX_RECORDS:
                raise BrokenDirectory("The directory of the disc has a damaged record.")
            found[place], place = self._record(inside, size)
        if end > len(self._data):
            raise BrokenDirectory("The directory of the disc ends within a record.")
        return found, place

    def _record(self, place: int, length: int) -> tuple[Header, int]:
        record = Header(is_big_endian=self._is_big_endian)
        end = len(self._data) if length == UNDEFINED else place + length
        while place < end:
            tag, begin, size = self._element(place)
            if tag == tags.ITEM_END:
                return record, begin
            place = self._keep(record, tag, begin, size)
        if place != end or length == UNDEFINED:
            raise BrokenDirectory("The directory of the disc ends within a record.")
        return record, place

    def _keep(self, into: Header, tag: int, begin: int, length: int) -> int:
        """Keep an element that is wanted; returns the place behind it."""
        if length == UNDEFINED:
            return self._behind(begin)
        if begin + length > len(self._data):
            raise BrokenDirectory("The directory of the disc ends within a record.")
        if tag in tags.WANTED and length <= MAX_VALUE:
            into.values[tag] = self._data[begin : begin + length]
        return begin + length

    def _behind(self, place: int) -> int:
        """The place behind a sequence of undefined length, such as a small picture within a record."""
        depth = 1
        while depth:
            tag, begin, length = self._element(place)
            if tag in (tags.ITEM_END, tags.SEQUENCE_END):
                depth -= 1
                place = begin
            elif length == UNDEFINED:
                depth += 1
                place = begin
            else:
                place = begin + length
            if depth > MAX_DEPTH:
                raise BrokenDirectory("The directory of the disc nests too deeply.")
        return place
