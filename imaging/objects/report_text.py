"""A structured report as a text that people read, whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from imaging.dicom import tags
from imaging.errors import UserError
from imaging.objects.elements import open_object
from imaging.objects.report_content import ContentItem, content_of
from imaging.objects.report_read import REPORT_CLASSES

MOST_LINES = 5000
_SILENT = ("IMAGE", "COMPOSITE", "WAVEFORM", "SCOORD", "SCOORD3D", "TCOORD", "UIDREF")  # nothing that could be read


def report_text(path: Path) -> str:
    """What a report says, in its order: headings, and answers behind what they answer to. It names the patient.

    Raises:
        UserError: no structured report, or damaged.
    """
    elements = open_object(path).elements
    if elements.text(tags.SOP_CLASS) not in REPORT_CLASSES:
        raise UserError(f"{path.name} holds no structured report.")
    return "\n".join(islice(_lines(content_of(elements), 0), MOST_LINES))


def _lines(item: ContentItem, depth: int) -> Iterator[str]:
    name = item.name.meaning if item.name is not None else ""
    indent = "    " * max(0, depth - 1)
    if item.value_type == "CONTAINER":
        if name and depth:
            yield ""
        if name:
            yield f"{indent}{name}"
    elif item.value_type not in _SILENT and (answer := _answer(item)):
        yield f"{indent}{name}: {answer}" if name else f"{indent}{answer}"
    for below in item.below:
        yield from _lines(below, depth + 1)


def _answer(item: ContentItem) -> str:
    if item.value_type == "NUM":
        number = item.number
        return "" if number is None else f"{number[0]:g} {number[1].value if number[1] else ''}".rstrip()
    if item.value_type == "PNAME":
        return " ".join(item.text.replace("^", " ").split())
    return " ".join(item.text.split())
