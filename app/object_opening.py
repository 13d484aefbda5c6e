"""DICOM objects that are about images: dropped, opened or chosen from a study, they go to the images that they name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from app.importing import import_files
from app.inside_document import show_inside, show_text
from app.listed_series import open_listed
from app.opening import open_path
from imaging.errors import UserError
from imaging.workspace.listing import SeriesRow
from session.job_end import failed
from session.jobs import Job
from session.object_kinds import LookedAt, ObjectKind, look_at
from session.session import Session
from session.study_objects import images_about_which, objects_about, objects_of

THERE, HERE, IMAGE, OVER = "there", "here", "image", "over"


def bring_files(session: Session, paths: Sequence[Path]) -> None:
    """Look at objects and bring them to their images; documents are offered to the system's viewer."""

    def look(job: Job) -> list[LookedAt]:
        job.report(None, "Looking what it is")
        return [look_at(path) for path in paths]

    def looked(job: Job) -> None:
        if not failed(session, job):
            bring(session, job.result)

    session.jobs.start(f"Look at {paths[0].name}", look, looked)


def bring(session: Session, found: Sequence[LookedAt]) -> None:
    """Bring objects to the images that they are about; those of the first one are opened where they are not open."""
    others = []
    for one in found:
        if one.kind is ObjectKind.DOCUMENT:
            show_inside(session, one.path)
        elif one.kind is ObjectKind.TEXT:
            show_text(session, one.path)
        elif one.kind is not ObjectKind.MAP or _goes_over_images(session, one):
            others.append(one)
    if others and all(_is_about_open(session, one) for one in others):
        import_files(session, [one.path for one in others])
    elif others:
        _elsewhere(session, others)


def import_of_study(session: Session) -> None:
    """Offer what the list of studies knows of objects about the open images, and what lies beside them."""
    workspace, image = session.settings.workspace(), session.open_document.case.images[0]
    document = session.open_document

    def done(job: Job) -> None:
        if failed(session, job) or session.document is not document or session.window is None:
            return
        objects: list[LookedAt] = job.result
        if not objects:
            hint = "Add the folder where they are in Studies, or use Import."
            raise UserError("There are no objects about these images in the list of studies, or beside them.", hint)
        bring(session, session.window.ask_objects(objects))

    def look(job: Job) -> list[LookedAt]:
        return objects_about(workspace, image.series_id, Path(image.path), job.report)

    session.jobs.start("Look for objects of this study", look, _said(session, done))


def open_object(session: Session, series: str) -> None:
    """Open an object of the list of studies on its images; of several ask which."""
    workspace = session.settings.workspace()

    def done(job: Job) -> None:
        if failed(session, job) or session.window is None:
            return
        objects: list[LookedAt] = job.result
        bring(session, session.window.ask_objects(objects) if len(objects) > 1 else objects)

    session.jobs.start("Look at an object", lambda _job: objects_of(workspace, int(series)), _said(session, done))


def _said(session: Session, done: Callable[[Job], None]) -> Callable[[Job], None]:
    """The end of a job that may find out that the person is mistaken."""

    def guarded(job: Job) -> None:
        try:
            done(job)
        except UserError as error:
            session.messages.error(error)

    return guarded


def _is_about_open(session: Session, found: LookedAt) -> bool:
    return session.document is not None and found.is_about(session.document.case.images[0].series_id)


def _goes_over_images(session: Session, found: LookedAt) -> bool:
    """A map is an image as well: ask where there is something that it could lie over."""
    answer: str | None = IMAGE
    if session.document is not None and session.window is not None:
        question = f"“{found.path.name}” holds a map. How shall it be shown?"
        options = [(OVER, "Over the open images"), (IMAGE, "As an image of its own")]
        answer = session.window.ask_choice("Map", question, options)
    if answer == IMAGE:
        open_path(session, found.path)
    return answer == OVER


def _elsewhere(session: Session, found: list[LookedAt]) -> None:
    """The images are not the open ones: look where they are."""
    workspace = session.settings.workspace()

    def looked(job: Job) -> None:
        if failed(session, job):
            return
        row: SeriesRow | None = job.result
        answer = _where(session, found[0], is_known=row is not None)
        if answer == HERE:
            import_files(session, [one.path for one in found])
        elif answer == THERE and row is not None:
            open_listed(session, row.folder, row.uid, then=lambda: import_files(session, [one.path for one in found]))

    title = "Look for the images of an object"
    session.jobs.start(title, lambda _job: images_about_which(workspace, found[0]), _said(session, looked))


def _where(session: Session, found: LookedAt, *, is_known: bool) -> str | None:
    """Where an object that is not about the open images goes."""
    if session.document is None:
        if not is_known:
            hint = "Open them, then drop the object again; or add their folder in Studies."
            raise UserError(f"The images that {found.path.name} is about are not open.", hint)
        return THERE
    if not is_known or session.window is None:
        return HERE
    return session.window.ask_choice(
        "Other images",
        f"“{found.path.name}” is about other images than those that are open.",
        [(THERE, "Open the images that it is about"), (HERE, "Import it here all the same")],
    )
