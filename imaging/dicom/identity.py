"""Who an object says it is, from its bytes, without reading more than the header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from imaging.dicom import tags
from imaging.dicom.sources import BytesReader, Reader
from imaging.dicom.walker import NotDicom, Odd, walk
from imaging.errors import UserError


@dataclass(frozen=True)
class BytesSource:
    """An object that is in memory."""

    data: bytes
    name: str = "the received object"

    def open(self) -> Reader:
        """Start reading."""
        return BytesReader(self.data)

    def as_json(self) -> dict[str, Any]:
        """Bytes do not travel to another process this way."""
        raise TypeError("an object in memory has no place that another process could read")


def uids_of(data: bytes) -> tuple[str, str, str]:
    """(study, series, SOP instance) UIDs of a DICOM file's bytes, each empty where the header has none.

    What our walker cannot follow gives three empty texts: the object may still be worth keeping.
    """
    try:
        header, _ = walk(BytesSource(data), last=tags.SERIES_INSTANCE)
    except (NotDicom, Odd, UserError):
        return "", "", ""
    return header.text(tags.STUDY_INSTANCE), header.text(tags.SERIES_INSTANCE), header.text(tags.SOP_INSTANCE)
