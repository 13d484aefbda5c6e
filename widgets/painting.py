"""What painting tools share: which segment is painted, and under which rule."""

from __future__ import annotations

from imaging.edit import AddSegment, Overwrite, PaintRule
from imaging.errors import UserError
from imaging.palette import next_color
from imaging.segment import Segment
from session.document import Document
from session.selection import Area
from session.session import Session

RADIUS_MM = (0.2, 200.0)


def painting_rule(session: Session) -> PaintRule:
    """The rule that the tool options ask for.

    Raises:
        UserError: an intensity range is asked for on an image of colours.
    """
    chosen, document = session.selection.state, session.open_document
    shown = frozenset(s.number for s in document.segmentation.segments if session.presentation.is_visible(s.number))
    if chosen.uses_range and document.image is None:
        raise UserError("An intensity range needs an image of grey values.", "Switch the range off.")
    inside = chosen.inside_segment if chosen.area is Area.INSIDE_SEGMENT else None
    return PaintRule(
        overwrite=chosen.overwrite,
        visible=shown if chosen.overwrite is Overwrite.VISIBLE else frozenset(),
        inside=inside if inside is not None and document.segmentation.has_segment(inside) else None,
        outside_others=chosen.area is Area.OUTSIDE_OTHERS,
        intensity_range=chosen.intensity_range if chosen.uses_range else None,
    )


def segment_to_paint(session: Session) -> Segment:
    """The selected segment, shown if it was hidden; the first one is made when the case has none.

    Raises:
        UserError: there are segments but none is selected, or the case is read-only.
    """
    document, number = session.open_document, session.selection.state.segment_number
    if number is None or not document.segmentation.has_segment(number):
        if document.segmentation.segments:
            raise UserError("No segment is selected.", "Select one in the Segments panel, or pick it with P.")
        number = _first_segment(session, document)
    segment = document.segmentation.segment(number)
    if segment.locked:
        raise UserError(f"The segment “{segment.name}” is locked.", "Unlock it in the Segments panel to change it.")
    session.presentation.set_visible(number, True)
    return segment


def _first_segment(session: Session, document: Document) -> int:
    number = document.segmentation.next_number
    segment = Segment(number, f"Segment {number}", next_color([]))
    document.apply(AddSegment(segment), title=f"Add {segment.name}", tool="segment.add")
    session.selection.update(segment_number=number)
    return number
