"""Files into the open case, one after the other: masks, and what DICOM objects say of measurements, window and maps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.inside_document import show_inside, show_text
from imaging.errors import UserError
from imaging.measurement import Measurement
from session.annotation_import import (
    ReadAnnotations,
    add_annotations,
    is_annotation_file,
    keep_beside,
    read_annotations,
)
from session.document import Document
from session.exporting import FittedMasks, add_masks, read_masks, twins_of
from session.job_end import failed
from session.jobs import Job
from session.object_kinds import ObjectKind, kind_of, look_at
from session.session import Session

SHOWN = {ObjectKind.DOCUMENT: show_inside, ObjectKind.TEXT: show_text}  # read by people, not taken into the case
CONSENT = "--resample"  # in the hint of what can be had all the same, once somebody agreed
IF_SURE = "when you know"  # in the hint of what may be about somebody else
OF_OTHERS = "Import it all the same? Only when you know that it is about this patient and these images."
OF_MAPS = "Import it all the same? Each voxel takes the value of the nearest one of the map."
OF_MASKS = "Import it all the same? Edges may move by half a voxel, and slices between contours are interpolated."


def import_files(session: Session, paths: Sequence[Path], *, consent: bool = False) -> None:
    """Bring files into the open case, in the background; what is doubtful is asked.

    Raises:
        UserError: a read-only case, or busy with another change.
    """
    session.open_document.must_be_writable()
    _Importing(session, paths, consent).go_on()


def import_now(session: Session, path: Path, *, consent: bool = False) -> None:
    """Bring a file into the open case where there is no window.

    Raises:
        UserError: nothing that can be imported, or it needs consent.
    """
    document = session.open_document
    found = _read(document, path, consent)
    if isinstance(found, FittedMasks):
        add_masks(document, found)
    else:
        add_annotations(document, found)
        keep_beside(document.case, found)
        _show_as_found(session, found)


def _read(document: Document, path: Path, consent: bool) -> FittedMasks | ReadAnnotations:
    if is_annotation_file(path):
        return read_annotations(path, document.case, consent=consent)
    images = document.case.images
    geometry, series_id = document.segmentation.geometry, images[0].series_id if images else ""
    return read_masks(path, geometry, consent_to_resample=consent, series_id=series_id)


class _Importing:
    """Files on their way into the document that was open when they were chosen."""

    def __init__(self, session: Session, paths: Sequence[Path], consent: bool) -> None:
        self._session = session
        self._document = session.open_document
        self._waiting = list(paths)
        self._consent = consent

    def go_on(self) -> None:
        """Take the next file, if there is one and the case is still open."""
        if self._waiting and self._session.document is self._document:
            self._start(self._waiting.pop(0), self._consent)

    def _start(self, path: Path, consent: bool) -> None:
        kind = ObjectKind.OTHER

        def work(job: Job) -> FittedMasks | ReadAnnotations | None:
            nonlocal kind
            job.report(None, "Looking what it is")
            kind = kind_of(path)
            if kind is ObjectKind.REPORT:
                kind = look_at(path).kind
            job.report(None, "Reading")
            found = None if kind in SHOWN else _read(self._document, path, consent)
            job.report(None)  # the last place to stop
            return found

        self._session.jobs.start(f"Import {path.name}", work, lambda job: self._was_read(job, path, consent, kind))

    def _was_read(self, job: Job, path: Path, consent: bool, kind: ObjectKind) -> None:
        if job.is_cancelled:
            return  # the files that wait are not wanted either
        if not consent and isinstance(job.error, UserError) and CONSENT in job.error.hint:
            if self._is_wanted(job.error, kind):
                self._start(path, consent=True)
                return
        elif kind in SHOWN and job.error is None:
            SHOWN[kind](self._session, path)
        elif not failed(self._session, job) and self._session.document is self._document:
            try:
                self._add(job.result)
                return
            except UserError as error:  # somebody else changes the case at this moment
                self._session.messages.error(error)
        self.go_on()

    def _is_wanted(self, error: UserError, kind: ObjectKind) -> bool:
        window, of_grid = self._session.window, OF_MAPS if kind is ObjectKind.MAP else OF_MASKS
        return window is not None and window.confirm(error.message, OF_OTHERS if IF_SURE in error.hint else of_grid)

    def _add(self, found: FittedMasks | ReadAnnotations) -> None:
        if isinstance(found, FittedMasks):
            twins = twins_of(self._document, found)
            add_masks(self._document, found, done=lambda _entry: self._masks_are_in(found, twins))
            return
        self._document.must_be_writable()
        if found.map is not None:
            self._session.doubting.add(found.map, found.map_title)
        added = add_annotations(self._document, found)
        self._show(found, added)
        self.go_on()

    def _masks_are_in(self, found: FittedMasks, twins: str) -> None:
        segments, selection = self._document.segmentation.segments, self._session.selection
        if selection.state.segment_number is None and segments:
            selection.update(segment_number=segments[0].number)
        for line in (*found.notes, *filter(None, (twins,))):
            self._session.messages.info(line)
        self.go_on()

    def _show(self, found: ReadAnnotations, added: Sequence[Measurement]) -> None:
        """Show images and measurements as the object has them, and say what came of it."""
        _show_as_found(self._session, found)
        if added:
            self._session.selection.update(measurement_number=added[0].number)
            self._session.presentation.update(crosshair_mm=added[0].center_mm)
        if found.groups and self._session.window is not None:
            self._session.window.show_report(found.file_name, found.groups, found.notes)
        self._session.messages.info(_came_of(found, len(added)), " ".join(found.notes))


def _show_as_found(session: Session, found: ReadAnnotations) -> None:
    if found.windowing is not None:
        session.presentation.update(windowing=found.windowing)
    if found.windowing is not None or found.is_inverted:
        session.presentation.update(is_inverted=found.is_inverted)
    if found.map is not None:
        session.presentation.update(shown_map=found.map.name, shows_doubt=True)


def _came_of(found: ReadAnnotations, count: int) -> str:
    parts = []
    if count:
        parts.append("1 measurement" if count == 1 else f"{count} measurements")
    if count < len(found.measurements):
        parts.append("what was measured here already")
    if found.windowing is not None or found.is_inverted:
        parts.append("the window")
    if found.map is not None:
        parts.append("a map")
    if found.groups:
        parts.append("1 group of values" if len(found.groups) == 1 else f"{len(found.groups)} groups of values")
    said = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts) or "nothing that can be shown"
    return f"From {found.file_name}: {said}."
