"""What a DICOM object is good for, and which images it is about, by its header alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from imaging.dicom import tags
from imaging.dicom.sources import FileSource
from imaging.dicom.walker import NotDicom, Odd, walk
from imaging.errors import UserError
from imaging.objects.elements import Elements, open_object
from imaging.objects.report_read import has_measurements
from imaging.objects.uids import is_of_series

_STORAGE = "1.2.840.10008.5.1.4.1.1."
_REFERENCED_SERIES = 0x00081115
# Sequences whose items name the series that an object is about, at whatever depth (PS3.3 C.8.8.5, C.12.1.1, C.17.2).
_LEADING_THERE = (_REFERENCED_SERIES, 0x00081200, 0x0040A375, 0x0040A385, 0x30060010, 0x30060012, 0x30060014)
_LABEL, _DESCRIPTION, _STRUCTURE_SET_LABEL, _DOCUMENT_TITLE = 0x00700080, 0x00700081, 0x30060002, 0x00420010
_SERIES_DESCRIPTION, _SERIES_DATE, _CONTENT_DATE = 0x0008103E, 0x00080021, 0x00080023
_STRUCTURES = ((0x00620002, 0x00620005), (0x30060020, 0x30060026))  # segments and their labels, regions and their names
_CONCEPT, _MEANING = 0x0040A043, 0x00080104  # what a report calls itself
MOST_NAMED = 4


class ObjectKind(StrEnum):
    """What can be done with an object."""

    MASKS = "masks"
    REPORT = "report"
    TEXT = "text"  # a report without measurements
    PRESENTATION = "presentation"
    MAP = "map"
    DOCUMENT = "document"
    OTHER = "other"  # an image, or something that Limner has no use for


KINDS = {
    **dict.fromkeys((_STORAGE + end for end in ("66.4", "66.7", "481.3")), ObjectKind.MASKS),
    **dict.fromkeys((_STORAGE + end for end in ("88.11", "88.22", "88.33", "88.34", "88.35")), ObjectKind.REPORT),
    **dict.fromkeys((_STORAGE + end for end in ("11.1", "11.2")), ObjectKind.PRESENTATION),
    _STORAGE + "30": ObjectKind.MAP,
    _STORAGE + "104.1": ObjectKind.DOCUMENT,
}


@dataclass(frozen=True)
class LookedAt:
    """An object's header.

    Attributes:
        path: its file.
        kind: what can be done with it.
        title: the structures that it holds, else what it calls itself; may be empty.
        series_uids: the series that it is about; empty where it does not say.
        modality, date: of its own series, as DICOM writes them; may be empty.
        study: date and description of its study, for people; never logged, may be empty.
    """

    path: Path
    kind: ObjectKind
    title: str = ""
    series_uids: frozenset[str] = frozenset()
    modality: str = ""
    date: str = ""
    study: str = ""

    def is_about(self, series_id: str) -> bool:
        """True unless it says that it is about other series; ``series_id`` as ``imaging.series.Series.id``."""
        # parts of a series that was split have a number behind its UID
        return not self.series_uids or any(is_of_series(series_id, uid) for uid in self.series_uids)


def kind_of(path: Path) -> ObjectKind:
    """What a file is, by its first elements, which do not tell ``TEXT`` from ``REPORT``.

    Files that are no DICOM, damaged or gone are ``OTHER``, too.
    """
    try:
        header, _ = walk(FileSource(str(path)), last=tags.SOP_INSTANCE)
    except Odd:
        try:
            header = open_object(path).header
        except UserError:
            return ObjectKind.OTHER
    except (NotDicom, UserError, OSError):
        return ObjectKind.OTHER
    return KINDS.get(header.text(tags.SOP_CLASS), ObjectKind.OTHER)


def look_at(path: Path) -> LookedAt:
    """What a file is, and the images that it is about.

    Raises:
        UserError: it is damaged.
    """
    kind = kind_of(path)
    if kind is ObjectKind.OTHER:
        return LookedAt(path, kind)
    elements = open_object(path).elements
    if kind is ObjectKind.REPORT and not has_measurements(elements):
        kind = ObjectKind.TEXT
    series_uids = frozenset(filter(None, _series_uids(elements)))
    date = elements.text(_SERIES_DATE) or elements.text(_CONTENT_DATE)
    return LookedAt(path, kind, _title(elements), series_uids, elements.text(tags.MODALITY), date, _study(elements))


def _study(elements: Elements) -> str:
    date, description = elements.text(tags.STUDY_DATE), " ".join(elements.text(tags.STUDY_DESCRIPTION).split())
    day = f"{date[:4]}-{date[4:6]}-{date[6:]}" if len(date) == 8 and date.isdecimal() else ""
    named = f"“{description}”" if description else ""
    return " ".join(filter(None, ("study", f"of {day}" if day else "", named))) if day or named else ""


def _title(elements: Elements) -> str:
    names = [one.text(name) for sequence, name in _STRUCTURES for one in elements.sequence(sequence)]
    if names:
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        return ", ".join(names[:MOST_NAMED]) + more
    named = (_DOCUMENT_TITLE, _SERIES_DESCRIPTION, _DESCRIPTION, _LABEL, _STRUCTURE_SET_LABEL)
    texts = [elements.text(tag) for tag in named] + [elements.first(_CONCEPT).text(_MEANING)]
    return " ".join(next(filter(None, texts), "").split())


def _series_uids(elements: Elements) -> Iterator[str]:
    for tag in _LEADING_THERE:
        for item in elements.sequence(tag):
            yield item.text(tags.SERIES_INSTANCE)
            yield from _series_uids(item)
