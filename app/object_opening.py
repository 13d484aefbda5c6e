"""DICOM objects that are about images: dropped, opened or chosen from a study, they go to the images that they name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from app.importing import import_files
from app.inside_document import show_inside, show_text
from app.listed_series import open_listed
from app.opening import open_path
from imaging.errors import UserError
from session.job_end import failed
from session.jobs import Job
from session.object_kinds import LookedAt, ObjectKind, look_at
from session.session import Session
from session.study_objects import (
    LookedFor,
    PlaceOfImages,
    images_about_which,
    not_found,
    objects_about,
    objects_of,
)

THERE, HERE, IMAGE, OVER, AGAIN, ONCE = "there", "here", "image", "over", "again", "once"


def bring_files(session: Session, paths: Sequence[Path]) -> None:
    """Look at objects and bring them to their images; documents are offered to the system's viewer."""

    def look(job: Job) -> list[LookedAt]:
        job.report(None, "Looking what it is")
        return [look_at(path) for path in paths]

    def looked(job: Job) -> None:
        if not failed(session, job):
            bring(session, job.result)

    session.jobs.start(f"Look at {paths[0].name}", look, looked)


def bring(session: Session, found: Sequence[LookedAt], folder: Path | None = None) -> None:
    """Bring objects to the images that they are about; those of the first one are opened where they are not open.

    Args:
        found: the objects.
        folder: in which, and beside which, their images may lie; that of the first one when None.
    """
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
        _elsewhere(session, others, folder or others[0].path.parent)


def bring_opened(session: Session, place: Path, found: Sequence[LookedAt]) -> None:
    """The same for an object, or a folder of objects, that was opened like images; what cannot be done is said.

    Of several it is asked which, and only those come that are about the images of the first one.
    """
    if len(found) > 1 and session.window is not None:
        found = session.window.ask_objects(found, all_chosen=True)
    together = [one for one in found if _are_about_the_same(one, found[0])]
    together.sort(key=lambda one: one.kind is not ObjectKind.MAP)  # without their images, maps are images
    try:
        bring(session, together, place if place.is_dir() else None)
    except UserError as error:
        session.messages.error(error)
    if len(together) < len(found):
        count = len(found) - len(together)
        left = "1 object is" if count == 1 else f"{count} objects are"
        session.messages.warning(f"{left} about other images, and left out.", "Drop the files by themselves.")


def _are_about_the_same(one: LookedAt, other: LookedAt) -> bool:
    """True where it is not known, too."""
    return not one.series_uids or not other.series_uids or bool(one.series_uids & other.series_uids)


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
    if session.document is None or session.window is None:
        return True  # over its own images, where they are found
    question = f"“{found.path.name}” holds a map. How shall it be shown?"
    answer = session.window.ask_choice(
        "Map", question, [(OVER, "Over the open images"), (IMAGE, "As an image of its own")]
    )
    if answer == IMAGE:
        open_path(session, found.path, is_image=True)
    return answer == OVER


def _elsewhere(session: Session, found: list[LookedAt], folder: Path) -> None:
    """The images are not the open ones: look where they are."""
    workspace = session.settings.workspace()
    shelf = [PlaceOfImages(item.path, item.series.id) for item in session.shelf]
    at_hand = next((place for place in shelf if found[0].series_uids and found[0].is_about(place.series_id)), None)

    def look(job: Job) -> LookedFor:
        return LookedFor(at_hand) if at_hand else images_about_which(workspace, found[0], folder, job.report)

    def looked(job: Job) -> None:
        if failed(session, job):
            return
        result: LookedFor = job.result
        place, missing = result.place, not_found(found[0], folder, is_cut=result.is_cut)
        answer = _where(session, found[0], None if place else missing)
        if answer == HERE:
            import_files(session, [one.path for one in found])
        elif answer == THERE and place is not None:
            open_listed(session, place.folder, place.series_id, then=lambda: _import_unless_there(session, found))
        elif answer == IMAGE:
            session.messages.warning(missing.message, "The map is opened as an image of its own.")
            is_one = sum(one.kind is ObjectKind.MAP for one in found) == 1
            open_path(session, found[0].path if is_one else folder, is_image=True)

    session.jobs.start("Look for the images of an object", look, _said(session, looked))


def _where(session: Session, found: LookedAt, missing: UserError | None) -> str | None:
    """Where an object that is not about the open images goes; ``missing`` where its images were not found."""
    if session.document is None:
        if missing is None:
            return THERE
        if found.kind is ObjectKind.MAP:
            return IMAGE
        raise missing
    if missing is not None or session.window is None:
        return HERE
    return session.window.ask_choice(
        "Other images",
        f"“{found.path.name}” is about other images than those that are open.",
        [(THERE, "Open the images that it is about"), (HERE, "Import it here all the same")],
    )


def _import_unless_there(session: Session, found: list[LookedAt]) -> None:
    """Import objects into the case that was just opened; masks that it took in before only when they are wanted."""
    entries = session.open_document.entries
    known = {entry.parameters.get("file") for entry in entries if entry.tool == "file.import_masks"}
    wanted = [
        one.path
        for one in found
        if one.kind is not ObjectKind.MASKS or one.path.name not in known or _is_wanted_again(session, one)
    ]
    if wanted:
        try:
            import_files(session, wanted)
        except UserError as error:  # a read-only case
            session.messages.error(error)


def _is_wanted_again(session: Session, found: LookedAt) -> bool:
    if session.window is None:
        return False
    answer = session.window.ask_choice(
        "Imported before",
        f"The case on these images has imported “{found.path.name}” before.",
        [(ONCE, "Go on with the case as it is"), (AGAIN, "Import it again, beside what is there")],
    )
    return answer == AGAIN
