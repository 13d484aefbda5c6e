"""Comparing the case's segments with another mask, with a waiting result, or with each other."""

from __future__ import annotations

from pathlib import Path

from app.going import go_to_place
from imaging.errors import UserError
from session.actions import Action
from session.comparing import write_table
from session.comparison import Comparison
from session.comparison_start import compare_segments, compare_with_file, compare_with_preview
from session.session import Session

FILTERS = "Masks and cases (*.nii *.nii.gz *.nrrd *.seg.nrrd *.nhdr *.mha *.mhd *.limner);;All files (*)"


def with_file(session: Session, path: str = "", resample: bool = False) -> None:
    """Compare the segments with those of a mask file or of another case; without a path, ask."""
    chosen: Path | None = Path(path) if path else None
    if chosen is None:
        if session.window is None:
            raise UserError("A file name is needed.", "Give it as path=...")
        chosen = session.window.ask_open_path("Compare with a mask file or a case", FILTERS)
    if chosen is not None:
        _with_file(session, chosen, resample=resample)


def _with_file(session: Session, path: Path, *, resample: bool) -> None:
    def refused(error: UserError) -> bool:
        """Ask for consent where that would help."""
        if "--resample" not in error.hint or resample or session.window is None:
            return False
        question = "Resample it to this image's grid? Edges may move by half a voxel."
        if session.window.confirm(error.message, question):
            _with_file(session, path, resample=True)
        return True

    compare_with_file(session, path, resample=resample, refused=refused)


def with_result(session: Session) -> None:
    """Compare the segments with those of the same name in the result that waits for acceptance."""
    compare_with_preview(session)


def two_segments(session: Session, a: str = "", b: str = "") -> None:
    """Compare two segments of the case, given by name; without names, ask."""
    segments = session.open_document.segmentation.segments
    if a and b:
        found = [session.open_document.segmentation.find(name) for name in (a, b)]
        numbers = [s.number for s in found if s is not None]
        if len(numbers) < 2:
            raise UserError("There is no such segment.", "Segments: " + ", ".join(s.name for s in segments) + ".")
        pair: tuple[int, int] | None = (numbers[0], numbers[1])
    elif session.window is None:
        raise UserError("Two names are needed.", "Give them as a=... b=...")
    else:
        pair = session.window.ask_two_segments()
    if pair is not None:
        compare_segments(session, *pair)


def go_to(session: Session, row: int) -> None:
    """Choose a row of the comparison, counted from 1, and move the crosshair to its largest distance."""
    rows = _comparison(session).result.segments
    if not 1 <= row <= len(rows):
        raise UserError(f"The comparison has no row {row}.")
    session.comparing.update(chosen=row - 1)
    place = rows[row - 1].agreement.farthest_mm
    if place is not None:
        go_to_place(session, place)


def toggle_difference(session: Session) -> None:
    """Draw the difference over the slices instead of the segments, or the segments again."""
    session.comparing.update(shows_difference=not session.comparing.state.shows_difference)


def toggle_split(session: Session) -> None:
    """Show A at the left and B at the right, in the active plane, or the usual views again."""
    session.comparing.update(is_split=not session.comparing.state.is_split)


def export_csv(session: Session, path: str = "") -> None:
    """Write the comparison as a table that spreadsheets read."""
    result = _comparison(session).result
    target: Path | None = Path(path) if path else None
    if target is None:
        if session.window is None:
            raise UserError("A file name is needed.", "Give it as path=...")
        target = session.window.ask_save_path("Export the comparison", "comparison.csv", "CSV (*.csv)")
    if target is None:
        return
    target = target if target.suffix else target.with_suffix(".csv")
    write_table(result, target)
    session.messages.info(f"The comparison was written to {target.name}.")


def end(session: Session) -> None:
    """Show the segments as usual again."""
    session.comparing.end()


def has_comparison(session: Session) -> bool:
    """True while two masks are compared."""
    return session.document is not None and session.comparing.state.comparison is not None


def _has_segments(session: Session) -> bool:
    return session.document is not None and bool(session.document.segmentation.segments)


def _has_two(session: Session) -> bool:
    return session.document is not None and len(session.document.segmentation.segments) > 1


def _has_result(session: Session) -> bool:
    return _has_segments(session) and session.document is not None and session.document.preview is not None


def _comparison(session: Session) -> Comparison:
    found = session.comparing.state.comparison
    if found is None:
        raise UserError("Nothing is compared.", "Compare the segments with a mask file first.")
    return found


ACTIONS = (
    Action("compare.with_file", "Compare with a mask file", with_file,
           "Dice, distances and volumes, segment by segment.", "", "compare", "Segment", _has_segments,
           needs_window=True),
    Action("compare.with_result", "Compare with the waiting result", with_result,
           "The case's segments against those of the same name that are proposed.", "", "", "Segment", _has_result,
           needs_window=True),
    Action("compare.two_segments", "Compare two segments", two_segments, "Two segments of this case with each other.",
           "", "", "Segment", _has_two, needs_window=True),
    Action("compare.go_to", "Go to the largest distance", go_to, "Of a row of the comparison.", "", "", "",
           has_comparison, needs_window=True),
    Action("compare.toggle_difference", "Show the difference", toggle_difference,
           "What only one of the two masks has, drawn over the slices.", "", "", "Segment", has_comparison,
           lambda session: session.comparing.state.shows_difference, needs_window=True),
    Action("compare.toggle_split", "A and B side by side", toggle_split,
           "Two linked slices, each with one of the masks, instead of the usual views.", "", "", "Segment",
           has_comparison, lambda session: session.comparing.state.is_split, needs_window=True),
    Action("compare.export_csv", "Export the comparison", export_csv, "A table for spreadsheets.", "", "export",
           "Segment", has_comparison, needs_window=True),
    Action("compare.end", "End the comparison", end, "The slices show the segments again.", "", "x", "Segment",
           has_comparison, needs_window=True),
)  # fmt: skip
