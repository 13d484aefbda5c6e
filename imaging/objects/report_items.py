"""Content items of structured reports (PS3.3 C.17.3): building them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imaging.objects.header import code_item, item, put
from imaging.segment import CodedTerm

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

CONTAINS, OBSERVED, MODIFIES, PROPERTY, INFERRED = (
    "CONTAINS",
    "HAS OBS CONTEXT",
    "HAS CONCEPT MOD",
    "HAS PROPERTIES",
    "INFERRED FROM",
)


def container(
    name: CodedTerm, items: Iterable[Dataset], relationship: str = CONTAINS, *, template: str = ""
) -> Dataset:
    """A heading with what stands below it.

    Args:
        template: number of the template of PS3.16 that it follows.
    """
    made = _content("CONTAINER", name, relationship, items, ContinuityOfContent="SEPARATE")
    if template:
        put(made, ContentTemplateSequence=[item(MappingResource="DCMR", TemplateIdentifier=template)])
    return made


def code(name: CodedTerm, value: CodedTerm, relationship: str = CONTAINS, items: Iterable[Dataset] = ()) -> Dataset:
    """A coded answer."""
    return _content("CODE", name, relationship, items, ConceptCodeSequence=[code_item(value)])


def text(name: CodedTerm, value: str, relationship: str = CONTAINS) -> Dataset:
    """A written answer."""
    return _content("TEXT", name, relationship, TextValue=value)


def uid_reference(name: CodedTerm, uid: str, relationship: str = CONTAINS) -> Dataset:
    """A UID."""
    return _content("UIDREF", name, relationship, UID=uid)


def number(name: CodedTerm, value: float, unit: CodedTerm, items: Iterable[Dataset] = ()) -> Dataset:
    """A measured value; exact in binary beside its decimal digits."""
    from pydicom.valuerep import format_number_as_ds

    measured = item(
        NumericValue=format_number_as_ds(float(value)),
        FloatingPointValue=float(value),
        MeasurementUnitsCodeSequence=[code_item(unit)],
    )
    return _content("NUM", name, CONTAINS, items, MeasuredValueSequence=[measured])


def image(name: CodedTerm | None, reference: Dataset, relationship: str = CONTAINS) -> Dataset:
    """A reference to an image, or to a segment in one."""
    return _content("IMAGE", name, relationship, ReferencedSOPSequence=[reference])


def coordinates(
    name: CodedTerm, kind: str, points_mm: NDArray[np.float64], frame_uid: str, relationship: str = CONTAINS
) -> Dataset:
    """Points in patient space.

    Args:
        kind: POINT, MULTIPOINT, POLYLINE, POLYGON, ELLIPSE or ELLIPSOID.
        points_mm: (n, 3) LPS.
        frame_uid: frame of reference.
    """
    return _content(
        "SCOORD3D",
        name,
        relationship,
        GraphicType=kind,
        GraphicData=np.asarray(points_mm, np.float32).reshape(-1).tolist(),  # as exact as the file will be
        ReferencedFrameOfReferenceUID=frame_uid,
    )


def _content(
    value_type: str, name: CodedTerm | None, relationship: str, items: Iterable[Dataset] = (), **elements: Any
) -> Dataset:
    made = item(ValueType=value_type, **elements)
    if relationship:
        put(made, RelationshipType=relationship)
    if name is not None:
        put(made, ConceptNameCodeSequence=[code_item(name)])
    below = list(items)
    if below:
        put(made, ContentSequence=below)
    return made
