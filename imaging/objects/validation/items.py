"""What every item of a sequence must hold, whatever object it stands in: codes and references (PS3.3 8.8, 10.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imaging.objects.validation.findings import Findings

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_VALUES = ("CodeValue", "LongCodeValue", "URNCodeValue")
_REFERENCE = ("ReferencedSOPClassUID", "ReferencedSOPInstanceUID")
# Sequences whose items are references and nothing else: an empty item refers to nothing.
_OF_REFERENCES = frozenset(
    {"ContourImageSequence", "ReferencedImageSequence", "ReferencedInstanceSequence", "ReferencedSOPSequence",
     "RTReferencedStudySequence", "SourceImageSequence", "SourceInstanceSequence"}
)  # fmt: skip


def check_item(keyword: str, item: Dataset, found: Findings, place: str) -> None:
    """Look at one item of the sequence ``keyword``; ``place`` is the sequence's."""
    if keyword.endswith("CodeSequence"):
        _check_code(item, found, place)
    if keyword in _OF_REFERENCES or any(name in item for name in _REFERENCE):
        for name in _REFERENCE:
            if not item.get(name):
                found.error(f"{place}>{name}", "it is missing: a reference names an object and its class")


def _check_code(item: Dataset, found: Findings, place: str) -> None:
    if not item.get("CodeMeaning"):
        found.error(f"{place}>CodeMeaning", "it is missing: a code without its meaning cannot be read by people")
    if not any(item.get(name) for name in _VALUES):
        found.error(f"{place}>CodeValue", "it is missing: the item holds no code")
    elif not item.get("URNCodeValue") and not item.get("CodingSchemeDesignator"):
        found.error(f"{place}>CodingSchemeDesignator", "it is missing: nobody knows whose code this is")
