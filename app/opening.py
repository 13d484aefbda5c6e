"""Opening in the window: nothing blocks, the first slice comes first, and an earlier case goes on."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from app.rest_of_disc import look_at_rest
from imaging.case.case import Case, CaseInUse
from imaging.case.images import ImageReference, pixel_hash
from imaging.errors import UserError
from imaging.opening import Series, first_of_disc, start_loading
from imaging.volume import SourceSeries, Volume
from session.arrangement import StudyKind
from session.case_search import find_case
from session.change import DocumentChange
from session.document import Document
from session.job_end import failed
from session.jobs import Job
from session.object_kinds import LookedAt, ObjectKind, kind_of, look_at
from session.opening import (
    MovedImages,
    OpenedImages,
    check_images,
    finish_images,
    is_case,
    new_case_path,
    same_series,
)
from session.presentation import PresentationState, center_of, first_windowing
from session.reading import image_series
from session.session import Session, ShelfItem
from session.study_objects import is_map, objects_in

RECENT_COUNT = 12


@dataclass(frozen=True)
class _Found:
    """What a path turned out to hold; of a disc with a directory only the first series, for the time being."""

    path: Path
    series: list[Series]
    case: Case | None = None
    remarks: list[UserError] = field(default_factory=list)
    is_first_of_disc: bool = False
    about: list[LookedAt] = field(default_factory=list)  # there is no image, but objects about images


def open_paths(session: Session, paths: list[Path]) -> None:
    """Open files, folders, zips or a case; the first is shown, the other images wait on the shelf."""
    for path in reversed(paths):
        open_path(session, path)


def open_path(
    session: Session, path: Path, images_at: Path | None = None, *, read_only: bool = False, is_image: bool = False
) -> Job:
    """Find out what a path holds and show its largest series; an object about images goes to these.

    Args:
        images_at: where the images of a case are now.
        read_only: change no case; there an object is no image to be shown.
        is_image: maps are shown as images of their own.
    """

    def look(job: Job) -> _Found:
        job.report(None, "Looking what is there")
        if not read_only and not is_image and path.is_file() and kind_of(path) is not ObjectKind.OTHER:
            return _Found(path, [], about=[look_at(path)])
        if not read_only and not is_image and path.is_dir():
            return _find_in_folder(path, job)
        return _find(session, path, images_at, read_only=read_only)

    def found(job: Job) -> None:
        if isinstance(job.error, MovedImages) and images_at is None and session.window is not None:
            place = session.window.locate_images(job.error.reference)
            if place is not None:
                open_path(session, path, place, read_only=read_only)
                return
        if isinstance(job.error, CaseInUse) and session.window is not None:
            if session.window.confirm(job.error.message, "Open it read-only? Nothing can be changed then."):
                open_path(session, path, images_at, read_only=True)
            return
        if failed(session, job):
            return
        result: _Found = job.result
        session.messages.remark(result.remarks)
        if result.about:
            from app.object_opening import bring_opened  # which opens images by this module

            bring_opened(session, result.path, result.about)
            return
        remember(session, path)
        session.put_on_shelf([ShelfItem(result.path, s) for s in result.series])
        series = result.series[0] if result.case is None else same_series(result.series, result.case.images[0])
        count = len(session.jobs.jobs)
        show_series(session, result.path, series, result.case)
        if result.is_first_of_disc:
            look_at_rest(session, result.path, session.jobs.jobs[count:])

    return session.jobs.start(f"Open {path.name}", look, found)


def show_series(
    session: Session,
    path: Path,
    series: Series,
    case: Case | None = None,
    *,
    afresh: bool = False,
    then: Callable[[], None] = lambda: None,
) -> None:
    """Load a series in the background and show it, in its case or in a new one.

    Args:
        case: the open case it belongs to; without one, the newest case begun on this series goes on.
        afresh: begin a new case even where there is one.
        then: called when it is shown completely.
    """
    if case is None and not afresh and _is_open(session, path, series):
        then()
        return
    regular = case.images[0].on_regular_grid if case is not None else _wants_regular_grid(session, series)
    if regular is None:
        return
    _Loader(session, path, series, case, regular=regular, afresh=afresh, then=then).start()


def remember(session: Session, path: Path) -> None:
    """Put a path at the top of the recent list."""
    text = str(path.resolve())
    session.settings.set("recent", [text, *(p for p in session.settings["recent"] if p != text)][:RECENT_COUNT])


def _find(session: Session, path: Path, images_at: Path | None, *, read_only: bool) -> _Found:
    remarks: list[UserError] = []
    if not is_case(path):
        first = first_of_disc(path)
        if first:
            with contextlib.suppress(UserError):  # it cannot be shown: whatever else can is looked for
                return _Found(path, image_series(path, first), is_first_of_disc=True)
        return _Found(path, image_series(path, remarked=remarks.append), remarks=remarks)
    case = Case.open(path, read_only=read_only)
    try:
        where = images_at or Path(case.images[0].path)
        if not where.exists():
            raise MovedImages(case.images[0])
        series = image_series(where, case.images[0].series_id, remarks.append)
        return _Found(where, series, case, remarks)
    except BaseException:
        case.close()
        raise


def _find_in_folder(folder: Path, job: Job) -> _Found:
    """The images of a folder; where it has none, or only maps, which are about images, its objects.

    Raises:
        UserError: there is neither.
    """
    remarks: list[UserError] = []
    try:
        series = image_series(folder, remarked=remarks.append)
        if not all(is_map(one) for one in series):
            return _Found(folder, series, remarks=remarks)
    except UserError:
        objects = objects_in(folder, job.report)
        if not objects:
            raise
        return _Found(folder, [], remarks=remarks, about=objects)
    objects = objects_in(folder, job.report)
    return _Found(folder, [] if objects else series, remarks=remarks, about=objects)


def _is_open(session: Session, path: Path, series: Series) -> bool:
    """True when this series is the one on the screen."""
    if session.document is None:
        return False
    image = session.document.case.images[0]
    return image.series_id == series.id and image.path == str(path.resolve())


def _wants_regular_grid(session: Session, series: Series) -> bool | None:
    """Whether to resample an uneven or tilted series; None when the person cancels."""
    geometry = series.geometry
    if geometry is None or (geometry.is_regular and not geometry.is_sheared):
        return False
    choice = session.settings["open.uneven"]
    if choice == "ask" and session.window is not None:
        choice = session.window.ask_choice(
            "Uneven or tilted series",
            "The slices of this series are not evenly spaced or not at right angles "
            f"({', '.join(w.value for w in series.warnings)}). How shall it be opened?",
            [("keep", "Keep the true slice positions"), ("resample", "Resample to a regular grid")],
        )
    return None if choice is None else choice == "resample"


class _Loader:
    """One series on its way into a document."""

    def __init__(
        self,
        session: Session,
        path: Path,
        series: Series,
        case: Case | None,
        *,
        regular: bool,
        afresh: bool,
        then: Callable[[], None],
    ) -> None:
        self._session = session
        self._path = path
        self._series = series
        self._case = case
        self._regular = regular
        self._afresh = afresh
        self._then = then
        self._document: Document | None = None
        self._is_refused = False

    def start(self) -> None:
        """Run on a thread; the document appears with the first slices."""
        title = f"Load {self._series.description or self._series.modality or self._path.name}"
        self._session.jobs.start(title, self._work, self._done)

    def _work(self, job: Job) -> tuple[OpenedImages, str]:
        self._go_on_with_earlier_case()
        arrived: list[tuple[int, int]] = []
        last_told = 0.0

        def tell(fraction: float, message: str) -> None:
            nonlocal last_told
            job.fraction, job.message = fraction, message
            if time.monotonic() - last_told > 0.1:
                last_told = time.monotonic()
                self._session.jobs.notify(job)

        loading = start_loading(self._series, tell, lambda k0, k1: arrived.append((k0, k1)))
        while not loading.is_done:
            time.sleep(0.01)
            if job.is_cancelled:
                loading.cancel()
            if not arrived or loading.voxels is None or self._regular:
                continue
            arrived.clear()
            voxels = loading.voxels
            self._session.post(lambda voxels=voxels: self._show(voxels))  # type: ignore[misc]
            time.sleep(0.05)
        job.report(0.95, "Finishing")
        images = finish_images(self._path, self._series, loading.volumes(), regular_grid=self._regular)
        if self._case is not None:
            check_images(self._case, images)
        return images, pixel_hash(images.volumes[0])

    def _go_on_with_earlier_case(self) -> None:
        if self._case is None and not self._afresh and self._series.geometry is not None:
            cases = self._session.settings.workspace() / "cases"
            found = find_case(cases, self._path, self._series.id, self._series.geometry)
            if found is not None:
                self._case = Case.open(found)
                self._regular = self._case.images[0].on_regular_grid
                self._session.post(lambda: self._session.messages.info(_goes_on_text(self._case)))

    def _show(self, voxels: Any) -> None:
        """On the document's thread: show what has arrived so far."""
        if self._is_refused:
            return
        if self._document is None:
            assert self._series.geometry is not None
            source = SourceSeries(modality=self._series.modality, body_part=self._series.body_part)
            self._install([Volume(self._series.geometry, voxels, self._series.quantity, source)], is_loading=True)
        elif self._document is self._session.document:
            if self._document.volume.voxels is not voxels:
                volume = replace(self._document.volume, voxels=voxels)
                self._document.volumes = [volume]
            self._document.notify(DocumentChange(has_image=True))

    def _install(self, volumes: list[Volume], *, is_loading: bool = False) -> None:
        """Make the document and give it to the session."""
        session = self._session
        if self._case is None:
            path = new_case_path(session.settings.workspace(), self._series.modality)
            reference = ImageReference(
                str(self._path.resolve()),
                self._series.id,
                self._series.modality,
                self._series.description,
                on_regular_grid=self._regular,
            )
            self._case = Case.create(path, volumes[0].geometry, [reference])
        author = session.settings["person.name"]
        document = Document(volumes, self._case, author=author, schedule=session.schedule, post=session.post)
        document.is_loading = is_loading
        self._case.on_written(lambda: session.post(lambda: document.notify(DocumentChange(has_history=True))))
        document.is_loading = is_loading
        self._document = document
        try:
            session.set_document(document, prepare=lambda: self._begin(document))
        except UserError as error:  # the open case has changes that cannot be written: it stays, this one goes
            self._is_refused = True
            document.close()
            session.messages.error(error, "file.save_copy")

    def _saved_presentation(self, document: Document) -> PresentationState | None:
        """How the case was shown last, None where it does not say or what it says is damaged."""
        saved = document.case.journal.read_state("presentation")
        try:
            return PresentationState.from_text(saved) if saved is not None else None
        except UserError as error:
            self._session.messages.warning(error.message, error.hint)  # it is shown as if for the first time
            return None

    def _begin(self, document: Document) -> None:
        """How it is shown: as its case kept it, else as such studies are; and which segment is chosen."""
        session = self._session
        saved = self._saved_presentation(document)
        if saved is not None:
            session.hanging.stand_back()
            session.presentation.update(**vars(saved))
        else:
            kind = StudyKind.of(self._series.modality, self._series.body_part)
            _begin_presentation(session, document.volume, kind, is_complete=not document.is_loading)
            around = [s.number for s in document.segmentation.segments if s.encloses]  # they would cover all others
            session.presentation.update(hidden_segments=frozenset(around))
        shown = [s for s in document.segmentation.segments if session.presentation.is_visible(s.number)]
        first = next((s for s in shown if not s.encloses), None)
        session.selection.update(segment_number=first.number if first is not None else None)

    def _done(self, job: Job) -> None:
        if self._is_refused:
            return
        if failed(self._session, job):
            self._give_up()
            return
        images, found_hash = job.result
        if self._document is None:
            self._install(images.volumes)
        elif self._document is self._session.document:
            self._document.replace_volumes(images.volumes)
            if self._document.case.journal.read_state("presentation") is None:
                self._session.hanging.complete(images.volumes[0], first_windowing(images.volumes[0]))
        if self._document is not None and self._document is self._session.document:
            self._note_hash(self._document.case, found_hash)
            self._warn(images.volumes[0])
            self._then()

    def _give_up(self) -> None:
        if self._document is not None and self._document is self._session.document:
            self._session.set_document(None)
        elif self._document is None and self._case is not None:
            self._case.close()

    def _note_hash(self, case: Case, found_hash: str) -> None:
        if case.images and case.images[0].pixel_hash != found_hash and not case.is_read_only:
            case.set_images([replace(case.images[0], pixel_hash=found_hash)])

    def _warn(self, volume: Volume) -> None:
        if volume.warnings and not self._regular:
            names = ", ".join(w.value for w in volume.warnings)
            self._session.messages.warning(f"This series has peculiarities: {names}.")


def _goes_on_text(case: Case | None) -> str:
    entries = len(case.journal.entries) if case is not None else 0
    return f"Your case on this image goes on, with {entries} entries. “New case” begins afresh."


def _begin_presentation(session: Session, volume: Volume, kind: StudyKind, *, is_complete: bool) -> None:
    layout, main_view = session.hanging.usual_place
    fresh = PresentationState(layout=layout, main_view=main_view, windowing=first_windowing(volume))
    fresh = replace(fresh, crosshair_mm=center_of(volume.geometry))
    if session.hanging.begin(kind, fresh, volume, is_complete=is_complete):
        kept = session.hanging.applied
        assert kept is not None
        session.messages.info(f"Shown as you arranged it for {kept.kind.name}.", action_id="hanging.usual")
