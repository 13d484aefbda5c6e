"""Measurement reports by template TID 1500, whoever wrote them: what has a place becomes a measurement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from imaging.dicom import tags
from imaging.errors import UserError
from imaging.measurement import Measurement
from imaging.objects import report_codes as codes
from imaging.objects.elements import Elements, open_object
from imaging.objects.foreign_shapes import measurement_of, normal_of, pixels_in_space, slice_of
from imaging.objects.report_content import ContentItem, content_of
from imaging.objects.source_series import ObjectSource
from imaging.segment import CodedTerm

REPORT_CLASSES = {
    "1.2.840.10008.5.1.4.1.1.88.11": "basic text",
    "1.2.840.10008.5.1.4.1.1.88.22": "enhanced",
    "1.2.840.10008.5.1.4.1.1.88.33": "comprehensive",
    "1.2.840.10008.5.1.4.1.1.88.34": "comprehensive 3D",
    "1.2.840.10008.5.1.4.1.1.88.35": "extensible",
}
_PLACED = ("SCOORD", "SCOORD3D")


# UCUM codes as people write them; others are shown as they are.
_UNITS = {
    "[hnsf'U]": "HU",
    "mm2": "mm²",
    "cm2": "cm²",
    "mm3": "mm³",
    "cm3": "cm³",
    "deg": "°",
    "1": "",
    "{SUVbw}g/ml": "g/ml",
}


@dataclass(frozen=True)
class ReportedValue:
    """One number: what was measured, how it was derived, how much, in which unit."""

    concept: str
    value: float
    unit: str
    derivation: str = ""

    @property
    def what(self) -> str:
        """What was measured and how it was derived."""
        return f"{self.concept} ({self.derivation})" if self.derivation else self.concept

    @property
    def how_much(self) -> str:
        """The number with its unit."""
        return f"{self.value:g} {_UNITS.get(self.unit, self.unit)}".rstrip()

    def __str__(self) -> str:
        return f"{self.what}: {self.how_much}"


@dataclass(frozen=True, eq=False)
class ReportedGroup:
    """One measurement group.

    Attributes:
        name: tracking identifier, empty where it has none.
        tracking_uid: by which the same thing is known again.
        finding, site: what and where, as the codes' meanings.
        values: its numbers.
        shapes: its coordinates as measurements that have no number yet.
        unplaced: coordinates that could not become one, and why.
    """

    name: str
    tracking_uid: str
    finding: str
    site: str
    values: tuple[ReportedValue, ...]
    shapes: tuple[Measurement, ...]
    unplaced: tuple[str, ...]

    @property
    def title(self) -> str:
        """What it is about; nothing is said twice."""
        return ", ".join(dict.fromkeys(filter(None, (self.name, self.finding, self.site)))) or "Measurement group"

    def __str__(self) -> str:
        return f"{self.title}: {'; '.join(map(str, self.values))}" if self.values else self.title


def read_report(path: Path, source: ObjectSource | None = None) -> list[ReportedGroup]:
    """Read a report's measurement groups.

    Args:
        path: the object's file.
        source: the images at hand: coordinates that are pixels of these images get a place.

    Raises:
        UserError: it is no structured report, damaged, or holds no measurements.
    """
    elements = open_object(path).elements
    if elements.text(tags.SOP_CLASS) not in REPORT_CLASSES:
        raise UserError(f"{path.name} holds no structured report.")
    root = content_of(elements)
    found = _groups(root)
    if not found:
        title = root.name.meaning if root.name is not None else "no title"
        raise UserError(f"The report ({title}) holds no measurement groups.", "`limner dicom dump` lists what it says.")
    return [_group(one, source) for one in found]


def has_measurements(elements: Elements) -> bool:
    """True when a report holds measurement groups; others are texts for people."""
    return bool(_groups(content_of(elements)))


def _groups(root: ContentItem) -> list[ContentItem]:
    return [one for one in root.all_below() if one.value_type == "CONTAINER" and one.is_named(codes.GROUP)]


def _group(found: ContentItem, source: ObjectSource | None) -> ReportedGroup:
    name = _text(found, codes.TRACKING_ID)
    shapes, unplaced = [], []
    for one in found.all_below():
        if one.value_type in _PLACED:
            shape = _measurement(one, name, source)
            if isinstance(shape, Measurement):
                shapes.append(shape)
            else:
                unplaced.append(shape)
    unique = {(shape.kind, shape.points_mm): shape for shape in shapes}  # values of one group share their coordinates
    return ReportedGroup(
        name,
        _text(found, codes.TRACKING_UID),
        _text(found, codes.FINDING),
        _text(found, codes.FINDING_SITE),
        tuple(_values(found)),
        tuple(unique.values()),
        tuple(dict.fromkeys(unplaced)),
    )


def _text(found: ContentItem, name: CodedTerm) -> str:
    items = found.named(name)
    return items[0].text if items else ""


def _values(found: ContentItem) -> Iterator[ReportedValue]:
    for one in found.all_below():
        if one.value_type == "NUM" and one.name is not None and one.number is not None:
            value, unit = one.number
            yield ReportedValue(one.name.meaning, value, unit.value if unit else "", _text(one, codes.DERIVATION))


# ------------------------------------------------------------------------------------------------ shapes


def _measurement(found: ContentItem, name: str, source: ObjectSource | None) -> Measurement | str:
    """Coordinates as a measurement, or why they are none."""
    points = found.points
    if not len(points):
        return "Coordinates are damaged."
    if found.value_type == "SCOORD3D":
        frame = source.frame_of_reference_uid if source is not None else ""
        if frame and found.frame_of_reference_uid and found.frame_of_reference_uid != frame:
            return "Coordinates belong to another frame of reference than these images."
        return measurement_of(found.shape, points, name)
    for one in found.below:
        if one.value_type == "IMAGE" and source is not None:
            k = slice_of(source, one.reference[1], one.frame_number)
            if k is not None:
                return measurement_of(found.shape, pixels_in_space(points, source, k), name, normal_of(source))
    return "Coordinates are pixels of images that are not at hand."
