"""Another study of the patient shown beside the open one, for looking only, and how the two move together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import psygnal

from imaging.volume import SourceSeries, Volume
from imaging.workspace.spelling import name_parts
from session.presentation import Plane

if TYPE_CHECKING:
    from session.session import Session

Point = tuple[float, float, float]
NO_OFFSET: Point = (0.0, 0.0, 0.0)


class LinkKind(StrEnum):
    """Why a place in one study is a place in the other."""

    SAME_FRAME = "same-frame"  # the machine's coordinates are those of both
    PLACES = "places"  # somebody said that two places are the same
    NONE = "none"  # not known: each scrolls by itself


class Relation(StrEnum):
    """When the other study was made, seen from the open one."""

    PRIOR = "prior"
    LATER = "later"
    SAME_DAY = "same-day"
    UNKNOWN = "unknown"


@dataclass(frozen=True, eq=False)
class PriorState:
    """Everything about it.

    Attributes:
        beside: a session of its own that holds the other study, read-only; None while nothing is shown beside.
        relation: to the open study.
        is_same_patient: None where the files do not say.
        plane: which plane both views show.
        link: why places correspond.
        offset_mm: added to a place in the open study it gives the place in the other (LPS).
    """

    beside: Session | None = None
    relation: Relation = Relation.UNKNOWN
    is_same_patient: bool | None = None
    plane: Plane = Plane.AXIAL
    link: LinkKind = LinkKind.NONE
    offset_mm: Point = NO_OFFSET


class Prior:
    """The present state; ``update`` says once what it was and what it is."""

    changed = psygnal.Signal(PriorState, PriorState)  # before, after

    def __init__(self) -> None:
        self.state = PriorState()

    def update(self, **fields: Any) -> None:
        """Set fields; nothing happens when they already have these values."""
        before = self.state
        if any(getattr(before, name) != value for name, value in fields.items()):
            self.state = replace(before, **fields)
            self.changed.emit(before, self.state)

    def show(self, beside: Session, current: Volume, plane: Plane) -> None:
        """Show another session's image beside the open one."""
        self.end()
        other = beside.open_document.volume
        mine, its = current.geometry.frame_of_reference_uid, other.geometry.frame_of_reference_uid
        link = LinkKind.SAME_FRAME if mine and mine == its else LinkKind.NONE
        relation = relation_of(other.source.study_date, current.source.study_date)
        same = is_same_patient(current.source, other.source)
        self.update(beside=beside, relation=relation, is_same_patient=same, plane=plane, link=link, offset_mm=NO_OFFSET)

    def end(self) -> None:
        """Nothing is shown beside any more."""
        beside = self.state.beside
        if beside is not None:
            self.update(beside=None, link=LinkKind.NONE, offset_mm=NO_OFFSET)
            beside.set_document(None, loses_unsaved=True)

    def link_here(self, here: Point, there: Point) -> None:
        """From now on these two places are the same: ``here`` in the open study, ``there`` in the other."""
        x, y, z = (b - a for a, b in zip(here, there, strict=True))
        self.update(link=LinkKind.PLACES, offset_mm=(x, y, z))

    def unlink(self) -> None:
        """Each scrolls by itself."""
        self.update(link=LinkKind.NONE, offset_mm=NO_OFFSET)

    def to_other(self, here: Point) -> Point:
        """Where a place of the open study lies in the other."""
        x, y, z = (a + b for a, b in zip(here, self.state.offset_mm, strict=True))
        return x, y, z

    def to_open(self, there: Point) -> Point:
        """Where a place of the other study lies in the open one."""
        x, y, z = (a - b for a, b in zip(there, self.state.offset_mm, strict=True))
        return x, y, z


def relation_of(date: str, current: str) -> Relation:
    """How a study of one DICOM date stands to one of another; what is no date is not known."""
    if not all(len(one) == 8 and one.isdigit() for one in (date, current)):
        return Relation.UNKNOWN
    if date == current:
        return Relation.SAME_DAY
    return Relation.PRIOR if date < current else Relation.LATER


def is_same_patient(one: SourceSeries, other: SourceSeries) -> bool | None:
    """False where ID, birth date or name contradict each other, None where too little is known to say."""
    born = [dict(source.study_attributes).get("PatientBirthDate", "") for source in (one, other)]
    if all(born) and born[0] != born[1]:
        return False
    names = [name_parts(source.patient_name) for source in (one, other)]
    if all(names) and not names[0] & names[1]:
        return False
    if not one.patient_id or not other.patient_id:
        return None
    return one.patient_id == other.patient_id
