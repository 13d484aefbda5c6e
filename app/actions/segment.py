"""Adding, removing, naming, colouring, locking and selecting segments."""

from __future__ import annotations

from collections.abc import Callable

from imaging.case.entry import Entry
from imaging.edit import AddSegment, MoveSegment, RemoveSegment, UpdateSegment
from imaging.errors import UserError
from imaging.palette import next_color
from imaging.segment import CodedTerm, Segment, SegmentState
from imaging.terminology import Term, lookup
from session.actions import Action
from session.document import Document
from session.session import Session, has_document, has_segment


def add(session: Session, name: str = "") -> None:
    """Add an empty segment; a name of the terminology brings its code and colour."""
    document = session.open_document
    number = document.segmentation.next_number
    used = [s.color for s in document.segmentation.segments]
    term = lookup(name) if name else None
    segment = Segment(number, name or f"Segment {number}", term.color if term else next_color(used))
    if term is not None:
        segment = segment.changed(**coded(term))
    document.apply(AddSegment(segment), title=f"Add {segment.name}", tool="segment.add")
    session.selection.update(segment_number=number)


def coded(term: Term) -> dict[str, CodedTerm | None]:
    """The fields of a segment that a term sets."""
    codes = {"category": term.category, "type": term.type, "modifier": term.modifier}
    return {k: None if c is None else CodedTerm(c.value, c.scheme, c.meaning) for k, c in codes.items()}


def remove(session: Session, number: int = 0) -> None:
    """Remove a segment with its voxels; without a number, the selected one."""
    document, segment = _segment(session, number)

    def select_another(entry: Entry | None) -> None:
        rest = document.segmentation.segments
        session.selection.update(segment_number=rest[0].number if rest else None)

    edit = RemoveSegment(segment.number)
    document.apply_soon(edit, title=f"Remove {segment.name}", tool="segment.remove", done=select_another)


def rename(session: Session, number: int = 0, name: str = "") -> None:
    """Give a segment another name; without a name, ask in the panel."""
    document, segment = _segment(session, number)
    if name:
        _update(document, segment, f"Rename {segment.name} to {name}", "segment.rename", name=name)
    elif session.window is not None:
        session.window.rename_segment(segment.number)
    else:
        raise UserError("A new name is needed.", "Give it as name=...")


def recolor(session: Session, number: int = 0, color: str = "") -> None:
    """Give a segment another colour, as #rrggbb; without one, ask."""
    document, segment = _segment(session, number)
    chosen = _color(color) if color else (session.window.choose_color(segment.number) if session.window else None)
    if chosen is not None:
        _update(document, segment, f"Recolour {segment.name}", "segment.recolor", color=chosen)


def set_term(session: Session, number: int, term: str) -> None:
    """Give a segment the code of a term of the built-in terminology."""
    document, segment = _segment(session, number)
    found = lookup(term)
    if found is None:
        raise UserError(f"The terminology has no “{term}”.")
    _update(document, segment, f"Code {segment.name} as {found.name}", "segment.set_term", **coded(found))


def toggle_lock(session: Session, number: int = 0) -> None:
    """Lock a segment against every change, or unlock it."""
    document, segment = _segment(session, number)
    verb = "Unlock" if segment.locked else "Lock"
    _update(document, segment, f"{verb} {segment.name}", "segment.toggle_lock", locked=not segment.locked)


def toggle_visible(session: Session, number: int = 0) -> None:
    """Show or hide a segment."""
    _, segment = _segment(session, number)
    session.presentation.set_visible(segment.number, not session.presentation.is_visible(segment.number))


def set_state(session: Session, state: str, number: int = 0) -> None:
    """Say how far the work on a segment is: empty, ai-only, in-progress, done or flagged."""
    document, segment = _segment(session, number)
    try:
        chosen = SegmentState(state)
    except ValueError:
        raise UserError(f"“{state}” is no state.", f"One of {', '.join(SegmentState)}.") from None
    title = f"Mark {segment.name} {chosen.value.replace('-', ' ')}"
    _update(document, segment, title, "segment.set_state", state=chosen)


def toggle_encloses(session: Session, number: int = 0) -> None:
    """Say that other segments lie inside this one, so that painting one takes nothing from the other; or unsay it."""
    document, segment = _segment(session, number)
    title = f"{segment.name} {'does not enclose' if segment.encloses else 'encloses'} others"
    _update(document, segment, title, "segment.toggle_encloses", encloses=not segment.encloses)


def move(session: Session, by: int, number: int = 0) -> None:
    """Move a segment up or down the list."""
    document, segment = _segment(session, number)
    numbers = [s.number for s in document.segmentation.segments]
    place = min(max(numbers.index(segment.number) + by, 0), len(numbers) - 1)
    document.apply(MoveSegment(segment.number, place), title=f"Move {segment.name}", tool="segment.move")


def select(session: Session, number: int) -> None:
    """Select a segment by its number."""
    _segment(session, number)
    session.selection.update(segment_number=number)


def swap_last(session: Session) -> None:
    """Go back to the segment that was selected before."""
    previous = session.selection.state.previous_segment_number
    if previous is not None and session.open_document.segmentation.has_segment(previous):
        session.selection.update(segment_number=previous)


def step(session: Session, by: int) -> None:
    """Select the next or the previous segment of the list."""
    numbers = [s.number for s in session.open_document.segmentation.segments]
    if not numbers:
        return
    current = session.selection.state.segment_number
    place = numbers.index(current) + by if current in numbers else 0
    session.selection.update(segment_number=numbers[place % len(numbers)])


def _select_place(place: int) -> Callable[[Session], None]:
    def run(session: Session) -> None:
        segments = session.open_document.segmentation.segments
        if place < len(segments):
            session.selection.update(segment_number=segments[place].number)

    return run


def _segment(session: Session, number: int) -> tuple[Document, Segment]:
    document = session.open_document
    wanted = number or session.selection.state.segment_number
    if wanted is None or not document.segmentation.has_segment(wanted):
        raise UserError("There is no such segment." if number else "No segment is selected.")
    return document, document.segmentation.segment(wanted)


def _update(document: Document, segment: Segment, title: str, tool: str, **fields: object) -> None:
    document.apply(UpdateSegment(segment.number, fields), title=title, tool=tool)


def _color(text: str) -> tuple[int, int, int]:
    digits = text.removeprefix("#")
    try:
        if len(digits) != 6:
            raise ValueError
        return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
    except ValueError:
        raise UserError(f"“{text}” is no colour.", "Write it as #rrggbb.") from None


ACTIONS = (
    Action("segment.add", "Add a segment", add, "A new, empty segment.", "Ctrl+N", "add", "Segment", has_document),
    Action("segment.remove", "Remove the segment", remove, "With its voxels; undo brings it back.", "Ctrl+Del",
           "trash", "Segment", has_segment),
    Action("segment.rename", "Rename the segment", rename, "Give it another name.", "F2", "rename", "Segment",
           has_segment),
    Action("segment.recolor", "Recolour the segment", recolor, "Give it another colour.", "", "color", "Segment",
           has_segment),
    Action("segment.set_term", "Code the segment", set_term, "Give it a coded term.", "", "", "", has_document),
    Action("segment.toggle_lock", "Lock or unlock the segment", toggle_lock, "A locked segment never changes.",
           "Ctrl+L", "lock", "Segment", has_segment),
    Action("segment.toggle_visible", "Show or hide the segment", toggle_visible, "In all views.", "V", "eye",
           "Segment", has_segment),
    Action("segment.set_state", "Mark the segment", set_state, "Done, flagged, in progress.", "", "flag", "",
           has_segment),
    Action("segment.toggle_encloses", "Encloses others", toggle_encloses,
           "Other segments lie inside it, like organs in the body.", "", "", "Segment", has_segment),
    Action("segment.move_up", "Move the segment up", lambda session: move(session, -1), "In the list.",
           "Ctrl+Shift+Up", "", "Segment", has_segment),
    Action("segment.move_down", "Move the segment down", lambda session: move(session, 1), "In the list.",
           "Ctrl+Shift+Down", "", "Segment", has_segment),
    Action("segment.select", "Select a segment", select, "By its number.", "", "", "", has_document),
    Action("segment.swap_last", "Swap the last two segments", swap_last, "Back to the segment before.", "X", "swap",
           "Segment", has_segment),
    Action("segment.next", "Next segment", lambda session: step(session, 1), "Down the list.", "Ctrl+Down",
           "chevron-down", "Segment", has_document),
    Action("segment.previous", "Previous segment", lambda session: step(session, -1), "Up the list.", "Ctrl+Up",
           "chevron-up", "Segment", has_document),
    *(
        Action(f"segment.select_{n}", f"Select segment {n} of the list", _select_place(n - 1), "By its place.", str(n),
               enabled=has_document, needs_window=True)
        for n in range(1, 10)
    ),
)  # fmt: skip
