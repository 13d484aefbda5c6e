"""Reading another study to be shown beside the open one; of a study the series that is most like the open one."""

from __future__ import annotations

import secrets
from pathlib import Path

from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.case.journal import Journal
from imaging.errors import UserError
from imaging.opening import Series
from imaging.segmentation import Segmentation
from imaging.volume import Volume
from imaging.workspace.listing import SeriesRow, series_of
from imaging.workspace.spelling import folded_text
from imaging.workspace.study_index import INDEX_NAME, StudyIndex
from session.arrangement import best, kind_of, window_for
from session.document import Document
from session.job_end import failed
from session.jobs import Job
from session.presentation import Plane, Windowing, first_windowing
from session.prior import is_same_patient
from session.reading import choose_series, read_volumes_of
from session.session import Session


def show_beside(session: Session, path: Path, series: Series | str) -> Job:
    """Read a series on a thread, and show it beside the open image.

    Args:
        session: with a document.
        path: the folder, file or archive that holds it.
        series: or its id among those of the path.

    Raises:
        UserError: the open image is not complete yet, so that it does not say whose it is.
    """
    document = session.open_document
    if document.is_loading:
        raise UserError("The open study is still being loaded.", "Try again in a moment.")

    def read(job: Job) -> tuple[Series, list[Volume]]:
        job.report(None, "Looking what is there")
        found = choose_series(path, series) if isinstance(series, str) else series
        return found, read_volumes_of(found, report=job.report)

    def done(job: Job) -> None:
        if failed(session, job) or session.document is not document:
            return
        (found, volumes), job.result = job.result, None  # the list of jobs would keep the voxels
        if _may_be_shown(session, volumes[0]):
            _show(session, found, volumes)

    return session.jobs.start("Show a study beside", read, done)


def most_alike(session: Session, study_id: int) -> SeriesRow:
    """The image series of a listed study that is most like the open one: kind, body part, words, then size.

    Raises:
        UserError: it has no images.
    """
    document = session.open_document
    source = document.volume.source
    modality = source.modality or document.case.images[0].modality
    words = set(folded_text(source.description).split())
    with StudyIndex(session.settings.workspace() / INDEX_NAME) as index:
        rows = [row for row in series_of(index, study_id) if row.is_image]
    if not rows:
        raise UserError("This study has no images.")

    def likeness(row: SeriesRow) -> tuple[bool, bool, int, int]:
        shared = len(words & set(folded_text(row.description).split()))
        return row.modality == modality, row.body_part == source.body_part, shared, row.frame_count

    return max(rows, key=likeness)


def _may_be_shown(session: Session, other: Volume) -> bool:
    """Images of another patient are shown only after a question: whoever compares expects the same person."""
    if is_same_patient(session.open_document.volume.source, other.source) is not False:
        return True
    refusal = UserError("These are images of another patient.")
    if session.window is None:
        session.messages.error(refusal)
        return False
    return session.window.confirm(
        refusal.message,
        "Name, birth date or patient ID differ from those of the open study. Show them beside it nevertheless?",
    )


def _show(session: Session, series: Series, volumes: list[Volume]) -> None:
    beside = Session(session.settings, session.schedule, session.post)
    beside.set_document(_read_only_document(session, series, volumes))
    beside.presentation.center_on(volumes[0].geometry)
    beside.presentation.update(windowing=_window(session, volumes[0]))
    active = session.selection.state.active_view
    plane = Plane(active) if active in set(Plane) else Plane.AXIAL
    session.prior.show(beside, session.open_document.volume, plane)


def _read_only_document(session: Session, series: Series, volumes: list[Volume]) -> Document:
    """A document whose case has no file and takes no change."""
    path = session.settings.workspace() / "cases" / f"beside {secrets.token_hex(8)}.limner"
    geometry = volumes[0].geometry
    images = [ImageReference(str(series.path), series.id, series.modality, series.description)]
    case = Case(Journal(path, {}, geometry.shape, is_read_only=True), Segmentation(geometry), images, None)
    return Document(volumes, case, schedule=session.schedule, post=session.post)


def _window(session: Session, volume: Volume) -> Windowing:
    """To begin with: as the open image where the numbers mean the same, as such studies are kept, else the file's."""
    open_volume = session.open_document.volume
    if volume.quantity is open_volume.quantity and volume.quantity.value in ("HU", "SUVbw"):
        return session.presentation.state.windowing
    kept = best(session.hanging.kept, kind_of(volume))
    window = window_for(kept, volume) if kept is not None else None
    if window is not None:
        return window
    return first_windowing(volume)
