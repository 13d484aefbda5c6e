"""What stands in a DICOM object, line by line and bounded; identifiers can be hidden."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imaging.dicom import tags
from imaging.dicom.damage import naming_damage, pydicom_faults
from imaging.objects.elements import open_object
from imaging.objects.report_content import ContentItem, content_of
from imaging.objects.report_read import REPORT_CLASSES

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset

LONGEST_VALUE = 80
HIDDEN = "(hidden)"
_BINARY = frozenset(("OB", "OW", "OF", "OD", "OL", "OV", "UN"))
_MOST_DEPTH = 16
_CONTENT = 0x0040A730
_QUIET = ("CODE", "NUM", "CONTAINER", "IMAGE", "SCOORD", "SCOORD3D")  # kinds of content that name nobody
Hides = Callable[["DataElement"], bool]


@dataclass(frozen=True)
class Line:
    """One element.

    Attributes:
        depth: how many sequences it lies in.
        tag: such as ``0010,0010``; empty for an item of a sequence.
        vr: value representation.
        name: its keyword.
        value: at most ``LONGEST_VALUE`` characters.
    """

    depth: int
    tag: str
    vr: str
    name: str
    value: str

    def __str__(self) -> str:
        return f"{'  ' * self.depth}({self.tag}) {self.vr} {self.name}: {self.value}"


def dump(path: Path, most: int, hides: Hides = lambda _element: False) -> tuple[list[Line], bool]:
    """The elements of a file.

    Args:
        path: the file.
        most: lines.
        hides: True for elements whose values shall not be shown.

    Returns:
        The lines, and whether there would be more.

    Raises:
        UserError: no DICOM file, or so damaged that it cannot be read.
    """
    from pydicom import dcmread

    open_object(path)  # our own bounded walker goes first
    found: list[Line] = []
    with naming_damage(f"{path.name} is damaged: pydicom cannot read it."), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of values that break a rule: they are shown as they are
        data_set = dcmread(path, defer_size=1 << 16)
        found.extend(_lines(data_set.file_meta, hides, 0))
        found.extend(islice(_lines(data_set, hides, 0), most + 1))
    return found[:most], len(found) > most


def _lines(data_set: Dataset, hides: Hides, depth: int) -> Iterator[Line]:
    is_report = depth == 0 and str(data_set.get("SOPClassUID", "")) in REPORT_CLASSES
    for tag in sorted(data_set.keys()):
        if is_report and int(tag) == _CONTENT:
            continue  # its tree says the same and can be read
        place = f"{tag >> 16:04X},{tag & 0xFFFF:04X}"
        try:
            element = data_set[tag]
            line = Line(depth, place, str(element.VR), _name(element), _value(element, hides))
        except pydicom_faults():
            yield Line(depth, place, "??", "", "(cannot be read)")
            continue
        yield line
        if element.VR == "SQ" and depth < _MOST_DEPTH and not hides(element):
            for item in element.value:
                yield from _lines(item, hides, depth + 1)


def _name(element: DataElement) -> str:
    return element.keyword or ("private" if element.tag.is_private else "unknown")


def _value(element: DataElement, hides: Hides) -> str:
    if element.VR == "SQ":
        return f"{len(element.value)} items"
    if element.is_empty:
        return ""
    if hides(element):
        return HIDDEN
    if element.VR in _BINARY:
        return f"{len(element.value)} bytes"
    return shortened(str(element.value))


def shortened(text: str) -> str:
    """One line of at most ``LONGEST_VALUE`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_VALUE else line[: LONGEST_VALUE - 1] + "…"


# ------------------------------------------------------------------------------------------------ reports


def report_lines(path: Path, most: int, *, hides_identifiers: bool = False) -> list[str]:
    """A structured report's content as an indented tree; nothing for other objects."""
    elements = open_object(path).elements
    if elements.text(tags.SOP_CLASS) not in REPORT_CLASSES:
        return []
    return list(islice(_tree(content_of(elements), 0, hides_identifiers), most))


def _tree(item: ContentItem, depth: int, hides_identifiers: bool) -> Iterator[str]:
    name = item.name.meaning if item.name is not None else item.value_type.title()
    answer = _answer(item) if item.value_type in _QUIET or not hides_identifiers else HIDDEN
    yield f"{'  ' * depth}{name}" + (f" = {shortened(answer)}" if answer else "")
    for below in item.below:
        yield from _tree(below, depth + 1, hides_identifiers)


def _answer(item: ContentItem) -> str:
    if item.value_type == "NUM":
        number = item.number
        return "" if number is None else f"{number[0]:g} {number[1].value if number[1] else ''}".rstrip()
    if item.value_type in ("SCOORD", "SCOORD3D"):
        return f"{item.shape} of {len(item.points)} points"
    return item.text


def to_json(line: Line) -> dict[str, Any]:
    """A line as a JSON-able record."""
    return {"depth": line.depth, "tag": line.tag, "vr": line.vr, "name": line.name, "value": line.value}
