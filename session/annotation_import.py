"""Measurements, windows and maps out of DICOM objects into a case: one table of what can be read.

A new kind of object is one function and one line of ``READERS``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from imaging.case.case import Case
from imaging.dicom import tags
from imaging.errors import UserError
from imaging.formats.label_file import LabelFile
from imaging.mask_matching import match
from imaging.measurement import Measurement, MeasurementKind
from imaging.measurements import AddMeasurements
from imaging.objects.source_series import ObjectSource
from inference.model import UNCERTAINTY_MAP, WINNER_MAP
from session.case_content import PRESENTATION_KEY, content_of_case
from session.document import Document
from session.exporting import labels_of
from session.map_keeping import STATE_KEY, packed
from session.model_maps import ModelMap, is_model_map, with_map
from session.object_export import source_of_case
from session.object_import import is_object_file
from session.object_kinds import look_at
from session.presentation import Presentation, PresentationState, Windowing

if TYPE_CHECKING:
    from imaging.objects.report_read import ReportedGroup


@dataclass(frozen=True, eq=False)
class ReadAnnotations:
    """What an object adds to a case.

    Attributes:
        file_name: of the object.
        measurements: their numbers mean nothing yet.
        windowing: None where the object says none.
        is_inverted: black on white.
        map: None where it holds none.
        map_title: what made the map.
        groups: of a report, with everything that it measured.
        notes: what could not be taken over, in sentences.
    """

    file_name: str
    measurements: tuple[Measurement, ...] = ()
    windowing: Windowing | None = None
    is_inverted: bool = False
    map: ModelMap | None = None
    map_title: str = ""
    groups: tuple[ReportedGroup, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[str, ...]:
        """What a report says, a line for each group."""
        return tuple(map(str, self.groups))


def _report(path: Path, case: Case, consent: bool) -> ReadAnnotations:
    from imaging.objects.report_read import read_report

    groups = read_report(path, _source(case))
    shapes = tuple(shape for group in groups for shape in group.shapes)
    notes = dict.fromkeys(sentence for group in groups for sentence in group.unplaced)
    if not look_at(path).is_about(case.images[0].series_id):
        if not shapes and not consent:
            hint = "Use --resample when you know that it is about this patient and these images."
            raise UserError("The report is about other images than these.", hint)
        notes["The report says that it is about another series."] = None
    return ReadAnnotations(path.name, shapes, groups=tuple(groups), notes=tuple(notes))


def _presentation(path: Path, case: Case, _consent: bool) -> ReadAnnotations:
    from imaging.objects.presentation_read import read_presentation

    source = _source(case)
    if source is None:
        raise UserError("The images of this case are not where they were.", "A presentation state needs them.")
    found = read_presentation(path, source)
    window = Windowing(*found.window) if found.window is not None else None
    return ReadAnnotations(path.name, found.measurements, window, found.is_inverted, notes=found.notes)


def _map(path: Path, case: Case, consent: bool) -> ReadAnnotations:
    from imaging.objects.map_read import read_map

    found = read_map(path)
    values = np.asarray(found.values, np.float64)
    if not np.isfinite(values).all() or values.min() < 0 or values.max() > 1:
        raise UserError(
            "The numbers of this map are no probabilities: they do not lie between 0 and 1.",
            "Open it as an image of its own.",
        )
    name = found.name if is_model_map(found.name) else _guessed(found.quantity.meaning if found.quantity else "")
    target = case.segmentation.geometry
    frames = {found.geometry.frame_of_reference_uid, target.frame_of_reference_uid} - {None, ""}
    if len(frames) > 1 and not consent:  # two patients on one scanner may share a grid
        hint = "Use --resample when you know that its positions are those of this image."
        raise UserError("The map belongs to another frame of reference than the image.", hint)
    laid = match(LabelFile(found.geometry, [np.rint(255 * values).astype(np.uint8)]), target, consent)
    notes = ("The map names another frame of reference than the image has; only the positions agree.",)
    made = ModelMap(name, laid.layers[0])
    title = found.title or path.stem
    return ReadAnnotations(path.name, map=made, map_title=title, notes=notes if len(frames) > 1 else ())


def _guessed(quantity: str) -> str:
    """Which map a foreign one is most like."""
    return UNCERTAINTY_MAP if "uncertain" in quantity.lower() else WINNER_MAP


SAME_MM = 0.05  # between the numbers of a report and those of a presentation state
Read = Callable[[Path, Case, bool], ReadAnnotations]  # file, case, consent to resample
_STATES = ("11.1", "11.2")
_REPORTS = ("88.11", "88.22", "88.33", "88.34", "88.35")
_STORAGE = "1.2.840.10008.5.1.4.1.1."

# SOP Class UID -> how it is read. Functions import what they need when they run: start-up stays light.
READERS: dict[str, Read] = {
    **dict.fromkeys((_STORAGE + end for end in _REPORTS), _report),
    **dict.fromkeys((_STORAGE + end for end in _STATES), _presentation),
    _STORAGE + "30": _map,
}


def is_annotation_file(path: Path) -> bool:
    """True for DICOM objects that `read_annotations` reads."""
    if not is_object_file(path):
        return False
    from imaging.objects.elements import open_object

    return open_object(path).elements.text(tags.SOP_CLASS) in READERS


def read_annotations(path: Path, case: Case, *, consent: bool = False) -> ReadAnnotations:
    """What a DICOM object says, for a case; the case is not changed.

    Args:
        path: the object's file.
        case: its images are read to find the places of what was drawn on them.
        consent: the user agreed to resampling a map on another grid.

    Raises:
        UserError: the object is damaged, of other images, or says nothing that fits a case.
    """
    from imaging.objects.elements import open_object

    return READERS[open_object(path).elements.text(tags.SOP_CLASS)](path, case, consent)


def add_annotations(document: Document, found: ReadAnnotations) -> tuple[Measurement, ...]:
    """Put it into the case's history, measurements as one entry; how it is shown, and maps, lie beside the history.

    Measurements that are there already stay alone: reports and presentation states of one reading hold the same ones.

    Returns:
        The measurements with the numbers that they got.

    Raises:
        UserError: a read-only case, or busy with another change.
    """
    document.must_be_writable()
    parameters = {"file": found.file_name, "values": list(found.values), "notes": list(found.notes)}
    first = document.measurements.next_number
    new = [one for one in found.measurements if not any(_is_same(one, other) for other in document.measurements.all)]
    numbered = tuple(shape.changed(number=first + n) for n, shape in enumerate(new))
    if not numbered:
        document.note(f"Import {found.file_name}", "file.import_masks", parameters)
        return ()
    count = len(numbered)
    title = f"Import {count} measurement{'s' if count != 1 else ''}"
    edit = AddMeasurements(numbered)
    document.apply(edit, title=title, tool="file.import_masks", parameters=parameters, author="import")
    return numbered


def _is_same(one: Measurement, other: Measurement) -> bool:
    """The same thing measured at the same place; the axes of an ellipse have no order."""
    if (one.kind, one.name) != (other.kind, other.name):
        return False
    if one.kind is MeasurementKind.ELLIPSE:
        ours, theirs = ((*m.center_mm, *sorted(m.half_axes_mm), *np.abs(m.normal)) for m in (one, other))
        return bool(np.allclose(ours, theirs, atol=SAME_MM))
    return bool(np.allclose(one.points_mm, other.points_mm, atol=SAME_MM))


def keep_beside(case: Case, found: ReadAnnotations) -> None:
    """Window and map into the file of a case that no window shows.

    Raises:
        UserError: the map finds no room in it.
    """
    if found.windowing is not None:
        saved = case.journal.read_state(PRESENTATION_KEY)
        state = PresentationState.from_text(saved) if saved else _first_state(case)
        state = replace(state, windowing=found.windowing, is_inverted=found.is_inverted)
        case.journal.save_state(PRESENTATION_KEY, state.to_text())
    if found.map is not None:
        text, left_out = packed(with_map(content_of_case(case).maps, found.map, found.map_title))
        if left_out:
            raise UserError("The map is too large to be kept in the case.")
        case.journal.save_state(STATE_KEY, text)


def _first_state(case: Case) -> PresentationState:
    presentation = Presentation()
    presentation.center_on(case.segmentation.geometry)
    return presentation.state


def _source(case: Case) -> ObjectSource | None:
    """The case's images; None where they are not at hand."""
    try:
        return source_of_case(case.images[0], labels_of(case.segmentation)).source
    except UserError:
        return None
