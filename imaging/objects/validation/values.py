"""Values as PS3.5 chapter 6 wants them: representation, length, number of values, unique identifiers."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from imaging.dicom.damage import pydicom_faults
from imaging.objects.uids import is_valid_uid
from imaging.objects.validation.findings import Findings
from imaging.objects.validation.items import check_item

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset

_WORDS = {
    "AE": "it is no title of an application (at most 16 characters)",
    "AS": "it is no age such as 052Y",
    "CS": "it is no code of at most 16 capitals, digits, blanks and underscores",
    "DA": "it is no date such as 20261121",
    "DS": "it is no decimal number of at most 16 characters",
    "DT": "it is no date and time",
    "IS": "it is no whole number of at most 12 characters",
    "LO": "it has more than 64 characters, or a backslash",
    "PN": "it is no name as the standard writes it",
    "SH": "it has more than 16 characters",
    "TM": "it is no time such as 142530",
    "UR": "it is no address of a resource",
}
_SINGLE = ("LT", "ST", "UT", "UR")  # a backslash is a character of these
_TEXT = frozenset((*_WORDS, *_SINGLE, "UC"))
_MOST_DEPTH = 16


def check_values(
    data_set: Dataset, found: Findings, place: str = "", depth: int = 0, most_items: int | None = None
) -> None:
    """Look at every element, sequences included; what cannot be read at all is an error, too.

    Args:
        most_items: of each sequence; all of them when None.
    """
    for tag in sorted(data_set.keys()):
        name = _name(int(tag), place)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the same is looked at below, in our own words
                length = getattr(data_set.get_item(tag), "length", None)
                if length is not None and length != 0xFFFFFFFF and length % 2:
                    found.error(name, "it has an odd length")
                element = data_set[tag]
                _check_element(element, found, name)
        except pydicom_faults():
            found.error(name, "its value cannot be read")
            continue
        if element.VR == "SQ" and depth < _MOST_DEPTH:
            for item in element.value[:most_items]:
                try:
                    check_item(element.keyword, item, found, name)
                except pydicom_faults():
                    found.error(name, "an item of it holds what cannot be read")
                check_values(item, found, name, depth + 1, most_items)


def _name(tag: int, place: str) -> str:
    from pydicom.datadict import keyword_for_tag

    keyword = keyword_for_tag(tag) or f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
    return f"{place}>{keyword}" if place else keyword


def _check_element(element: DataElement, found: Findings, name: str) -> None:
    from pydicom.datadict import dictionary_has_tag, dictionary_VR

    if element.tag.is_private or not dictionary_has_tag(element.tag):
        return
    allowed = dictionary_VR(element.tag).split(" or ")
    if element.VR not in allowed and element.VR != "UN":
        found.error(name, f"its representation is {element.VR}, but the standard says {' or '.join(allowed)}")
        return
    if element.VR == "SQ" or element.value is None or element.value == "":
        return
    values = list(_values(element))
    if not _fits(len(values), _multiplicity(element)):
        found.error(name, f"it has {len(values)} values, but the standard says {_multiplicity(element)}")
    for value in values:
        fault = _fault(str(element.VR), value)
        if fault:
            found.error(name, fault)


def _values(element: DataElement) -> Iterator[object]:
    from pydicom.multival import MultiValue

    value = element.value
    yield from value if isinstance(value, (MultiValue, list, tuple)) else (value,)


def _multiplicity(element: DataElement) -> str:
    from pydicom.datadict import dictionary_VM

    return str(dictionary_VM(element.tag))


def _fits(count: int, multiplicity: str) -> bool:
    """Whether so many values are allowed: ``1``, ``1-3``, ``1-n``, ``2-2n``, with other ways after ``or``."""
    for one in multiplicity.split(" or "):
        found = re.fullmatch(r"(\d+)(?:-(\d*)(n?))?", one.strip())
        if found is None:
            return True
        least, most, is_open = int(found[1]), found[2], bool(found[3])
        if most is None and count == least:
            return True
        if is_open and count >= least and count % int(most or 1) == 0:
            return True
        if most and not is_open and least <= count <= int(most):
            return True
    return False


def _fault(vr: str, value: object) -> str:
    """What is wrong with one value; empty when nothing is."""
    from pydicom import config
    from pydicom.valuerep import validate_value

    if vr == "UI":
        return "" if not str(value) or is_valid_uid(str(value)) else "it is no valid unique identifier"
    if vr not in _TEXT:
        return ""
    original = getattr(value, "original_string", None)  # of a number, as it stands in the file
    text = original if isinstance(original, str) else str(value)
    try:
        validate_value(vr, text, config.RAISE)
    except ValueError:
        return _WORDS.get(vr, "it is not what its representation allows")
    return ""
