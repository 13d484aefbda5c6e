"""Objects that only pydicom can follow, written anew. This runs in the sandbox's child, never in the program itself."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from imaging.dicom.odd import Answers, read_with_pydicom
from imaging.errors import UserError


def rewrite(argument: dict[str, Any]) -> Answers:
    """The header as Explicit VR Little Endian, without its pixels, and the file's own transfer syntax."""
    from pydicom.dataset import Dataset
    from pydicom.filewriter import dcmwrite

    found = read_with_pydicom(argument["source"], with_pixels=False)
    if not found.get("SOPClassUID"):
        raise UserError("The file is damaged: it has no readable DICOM header.")
    plain = Dataset({element.tag: element for element in found if element.tag < 0x7FE00000})
    buffer = BytesIO()
    dcmwrite(buffer, plain, implicit_vr=False, little_endian=True, enforce_file_format=False)
    uid = str(getattr(getattr(found, "file_meta", None), "TransferSyntaxUID", "") or "")
    yield {"transfer_syntax": uid}, buffer.getvalue()
