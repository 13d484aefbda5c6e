"""The last look at what was written, at its elements and at its bytes: is something of the patient still there?

It trusts nothing of what was done before; it reads the written bytes anew. Numbers are looked for in texts only: among
the digits of new UIDs and of measured values any short number turns up by chance.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from imaging.errors import UserError
from sync.deidentification.naming import values_of
from sync.deidentification.texts import STRUCTURE, is_name_as_term, names_patient
from sync.deidentification.words import LEAST_BYTES, KnownNames

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset

PIXELS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
# What is written by ourselves into every object; a patient may be called like one of these words.
_OURS = frozenset(
    {"PatientName", "PatientID", "PatientIdentityRemoved", "DeidentificationMethod",
     "DeidentificationMethodCodeSequence", "LongitudinalTemporalInformationModified"}
)  # fmt: skip
_SCRIPTS = ("utf-8", "latin-1", "iso8859-2", "iso8859-5", "iso8859-7", "gb18030", "shift_jis", "euc_jp", "euc_kr")


def look_through(data: bytes, names: KnownNames) -> None:
    """Look at the bytes of a written object.

    Raises:
        UserError: a name or number of the patient is still there.
    """
    from pydicom import dcmread

    made = dcmread(io.BytesIO(data))
    excused: list[str] = []  # what may stand there, whoever is called so
    if _is_named(made, names, excused, depth=0) or _is_in(_without_pixels(data, made), names, " ".join(excused)):
        raise UserError("Something of the patient is still in the object; it was not written.", "Please report this.")


def _is_named(dataset: Dataset, names: KnownNames, excused: list[str], depth: int) -> bool:
    """True when an element names the patient; completes ``excused``."""
    for element in dataset:
        if depth == 0 and element.keyword in _OURS:
            excused.append(_ours(element))
        elif element.VR == "SQ":
            if any(_is_named(item, names, excused, depth + 1) for item in element.value or ()):
                return True
        elif element.tag not in PIXELS:
            if names_patient(element, names):
                return True
            _excuse(element, names, excused)
    return False


def _ours(element: DataElement) -> str:
    if element.VR != "SQ":
        return str(element.value).casefold()
    return " ".join(str(item.get("CodeMeaning")) for item in element.value or ()).casefold()


def _excuse(element: DataElement, names: KnownNames, excused: list[str]) -> None:
    if element.keyword in STRUCTURE and element.VR == "CS":
        excused += [str(v).casefold() for v in values_of(element) if not is_name_as_term(str(v), names)]


def _without_pixels(data: bytes, made: Dataset) -> bytes:
    for tag in PIXELS:
        value = made[tag].value if tag in made else b""
        if isinstance(value, bytes) and len(value) > 64:
            data = data.replace(value, b"")
    return data


def _is_in(data: bytes, names: KnownNames, excused: str) -> bool:
    """True when the bytes hold a word in the letters of any usual character set."""
    lowered = data.lower()
    words = (word for word in names.words if not word.isdigit() and word not in excused)
    return any(form in lowered for word in words for form in _written(word))


def _written(word: str) -> set[bytes]:
    forms = set()
    for script in _SCRIPTS:
        try:
            forms.add(word.encode(script).lower())
        except UnicodeEncodeError:
            continue  # this character set cannot write it
    return {form for form in forms if len(form) >= LEAST_BYTES}
