"""The document inside a DICOM object: Encapsulated PDF Storage (PS3.3 A.45.1), whoever wrote it."""

from __future__ import annotations

import struct
from pathlib import Path

from imaging.dicom import tags
from imaging.errors import UserError
from imaging.objects.document_write import ENCAPSULATED_PDF
from imaging.objects.elements import open_object

_DOCUMENT, _LENGTH = 0x00420011, 0x00420015


def read_document(path: Path) -> bytes:
    """A PDF as it was put into the object; nothing of it is interpreted.

    Raises:
        UserError: no encapsulated PDF, or damaged.
    """
    elements = open_object(path).elements
    if elements.text(tags.SOP_CLASS) != ENCAPSULATED_PDF:
        raise UserError(f"{path.name} holds no PDF document.")
    document = elements.values.get(_DOCUMENT, b"")
    raw = elements.values.get(_LENGTH, b"")
    length = struct.unpack("<I", raw)[0] if len(raw) == 4 else len(document)
    if len(document) - 1 <= length <= len(document):  # what is stored has an even length
        document = document[:length]
    if not document.startswith(b"%PDF-"):
        raise UserError("The object says that it holds a PDF, but it does not.", "Ask for the file again.")
    return document
