"""Looking through the studies of the workspace: one thread asks the index, the window only shows what came.

Newest wins: a question that is asked while an older one of its kind still waits takes its place.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psygnal

from imaging.dicom.directory import is_directory_name
from imaging.errors import UserError
from imaging.workspace import cases, listing
from imaging.workspace.cases import CaseRow
from imaging.workspace.listing import Filter, SeriesRow, StudyRow
from imaging.workspace.research import ResearchFile, ResearchFolder, all_research_files, by_folder
from imaging.workspace.study_index import INDEX_NAME, Root, StudyIndex, Update
from imaging.workspace.thumbnails import Thumbnail, file_thumbnail, kept_thumbnail, make_thumbnail
from session.jobs import Job
from session.session import Session

RECEIVED = "images"
CASES = "cases"
WATCH_SHARE = 50  # a look that took a second is repeated after fifty


@dataclass(frozen=True)
class Found:
    """What the list shows.

    ``modalities``: also the formats of research files. ``unreadable``: how many files. Discs are told by their names,
    ``broken_discs`` where the directory cannot be used, ``incomplete_discs`` where it names what is not there;
    ``closed_folders``, by theirs, are those that this user may not read.
    """

    studies: tuple[StudyRow, ...] = ()
    folders: tuple[ResearchFolder, ...] = ()
    roots: tuple[Root, ...] = ()
    modalities: tuple[str, ...] = ()
    body_parts: tuple[str, ...] = ()
    unreadable: int = 0
    broken_discs: tuple[str, ...] = ()
    incomplete_discs: tuple[str, ...] = ()
    closed_folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class StudyContent:
    """One study, opened in the list, or one folder of research files."""

    study: StudyRow | ResearchFolder
    series: tuple[SeriesRow, ...] = ()
    cases: tuple[CaseRow, ...] = ()
    priors: tuple[StudyRow, ...] = ()
    files: tuple[ResearchFile, ...] = ()


def listed_folder(path: Path) -> Path | None:
    """The folder that a path stands for in the list: itself, or that of a DICOMDIR; None for any other file."""
    if path.is_dir():
        return path
    return path.parent if is_directory_name(path.name) and path.is_file() else None


class StudyBrowsing:
    """The list of studies of the workspace. All signals come on the document's thread.

    Signals:
        found: the list, after a filter or the files changed.
        content: a study's series, cases and prior studies.
        thumbnail: (id of a series or path of a file, picture) of what ``ask_thumbnails`` named.
        failed: a UserError of the thread.
    """

    found = psygnal.Signal(Found)
    content = psygnal.Signal(StudyContent)
    thumbnail = psygnal.Signal(object, Thumbnail)
    failed = psygnal.Signal(UserError)

    def __init__(self, session: Session) -> None:
        self._session = session
        self.workspace: Path = session.settings.workspace()
        self.filter = Filter()
        self._waiting: OrderedDict[str, Callable[[StudyIndex], None]] = OrderedDict()
        self._condition = threading.Condition()
        self._is_closing = False
        self._file_pictures: dict[ResearchFile, Thumbnail | None] = {}
        self._closed: dict[Path, list[str]] = {}
        self._look: Job | None = None
        self._looked_at, self._look_seconds = 0.0, 0.0
        self._thread = threading.Thread(target=self._run, name="studies", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop asking; what waits is dropped."""
        with self._condition:
            self._is_closing = True
            self._waiting.clear()
            self._condition.notify_all()
        self._thread.join()

    def set_filter(self, wanted: Filter) -> None:
        """Show other studies."""
        self.filter = wanted
        self.refresh()

    def refresh(self) -> None:
        """Ask for the list again."""
        self._ask("list", self._list)

    def ask_content(self, study: StudyRow | ResearchFolder) -> None:
        """Ask what a study or a folder holds."""

        def answer(index: StudyIndex) -> None:
            if isinstance(study, ResearchFolder):
                of_files = cases.cases_of(index, [str(file.path) for file in study.files if file.has_case])
                self._tell(self.content, StudyContent(study, cases=tuple(of_files), files=study.files))
                return
            series = listing.series_of(index, study.id)
            found = cases.cases_of(index, [one.uid for one in series])
            priors = listing.prior_studies(index, study)
            self._tell(self.content, StudyContent(study, tuple(series), tuple(found), tuple(priors)))

        self._ask("content", answer)

    def ask_thumbnails(self, rows: Sequence[SeriesRow | ResearchFile]) -> None:
        """Ask for pictures of these series and files, the first ones first; older wishes are dropped."""
        waiting = [one for one in rows if isinstance(one, ResearchFile) or one.is_image]

        def one_more(index: StudyIndex) -> None:
            if not waiting:
                return
            row = waiting.pop(0)
            try:
                picture = self._picture(index, row)
            except UserError:
                picture = None  # the list shows the kind of image in its place
            if picture is not None:
                self._tell(self.thumbnail, row.path if isinstance(row, ResearchFile) else row.id, picture)
            if waiting:
                self._ask("thumbnails", one_more, only_if_none=True)

        self._ask("thumbnails", one_more)

    def _picture(self, index: StudyIndex, row: SeriesRow | ResearchFile) -> Thumbnail | None:
        """The picture of a row; those of files are kept while the list lives, None for one that has none."""
        if isinstance(row, SeriesRow):
            return kept_thumbnail(index, row) or make_thumbnail(index, row)
        if row not in self._file_pictures:
            self._file_pictures[row] = None
            self._file_pictures[row] = file_thumbnail(row.path)
        return self._file_pictures[row]

    def add_folder(self, folder: Path) -> Job:
        """List a folder from now on, and look into it."""
        return self.update([folder], are_new=True)

    def forget_folder(self, folder: Path) -> None:
        """List a folder no longer; its files stay."""

        def forget(index: StudyIndex) -> None:
            index.forget_root(folder)
            self._closed.pop(folder, None)
            self._list(index)

        self._ask(f"forget {folder}", forget)

    def update_if_idle(self) -> None:
        """Look again, unless a look is still going on, or the last one took so long that it is too early."""
        is_early = time.monotonic() - self._looked_at < WATCH_SHARE * self._look_seconds
        if (self._look is None or self._look.is_over) and not is_early:
            self.update()

    def update(self, folders: list[Path] | None = None, *, are_new: bool = False) -> Job:
        """Look at what is new or changed in folders (all listed ones, received images and cases where None).

        Args:
            are_new: list these folders from now on.
        """
        document = self._session.document
        in_use = document.case.path if document is not None else None  # its work is not held up by being read again

        def work(job: Job) -> Update:
            done = Update()
            with StudyIndex(self.workspace / INDEX_NAME) as index:
                for folder in folders if folders and are_new else ():
                    index.add_root(folder)
                wanted = folders or [self.workspace / RECEIVED, *(root.path for root in index.roots())]
                for folder in wanted:
                    one = index.update(folder, job.report, lambda: job.is_cancelled)
                    done.looked_at += one.looked_at
                    done.gone += one.gone
                    done.unreadable_folders += one.unreadable_folders
                    was, self._closed[folder] = self._closed.get(folder, []), one.unreadable_folders
                    if one.is_change or was != one.unreadable_folders:
                        self.refresh()
                self.refresh()
                if cases.update_cases(index, self.workspace / CASES, in_use):
                    self.refresh()
            return done

        def finish(job: Job) -> None:
            self._looked_at, self._look_seconds = time.monotonic(), job.seconds
            if isinstance(job.error, UserError) and not self._is_closing:
                self.failed.emit(job.error)

        self._look = self._session.jobs.start("Looking for studies", work, finish)
        return self._look

    def _list(self, index: StudyIndex) -> None:
        files = all_research_files(index)
        unreadable = listing.unreadable_files(index)
        broken = [file for file in unreadable if is_directory_name(file.path.name)]
        found = Found(
            tuple(listing.studies(index, self.filter)),
            tuple(by_folder(files, self.filter)),
            tuple(index.roots()),
            (*listing.modalities(index), *sorted({file.kind for file in files})),
            tuple(listing.body_parts(index)),
            len(unreadable) - len(broken),
            tuple(file.path.parent.name for file in broken),
            tuple(file.path.parent.name for file in listing.incomplete_discs(index)),
            tuple(sorted({Path(name).name for names in list(self._closed.values()) for name in names})),
        )
        self._tell(self.found, found)

    def _tell(self, signal: Any, *values: object) -> None:
        self._session.post(lambda: None if self._is_closing else signal.emit(*values))

    def _ask(self, kind: str, question: Callable[[StudyIndex], None], *, only_if_none: bool = False) -> None:
        with self._condition:
            if self._is_closing or (only_if_none and kind in self._waiting):
                return
            self._waiting[kind] = question
            if not only_if_none:  # what somebody asks for comes before pictures that are still to be made
                self._waiting.move_to_end(kind, last=kind == "thumbnails")
            self._condition.notify_all()

    def _run(self) -> None:
        index: StudyIndex | None = None
        while True:
            with self._condition:
                while not self._waiting and not self._is_closing:
                    self._condition.wait()
                if self._is_closing:
                    break
                _, question = self._waiting.popitem(last=False)
            try:
                index = index or StudyIndex(self.workspace / INDEX_NAME)
                question(index)
            except UserError as error:
                self._tell(self.failed, error)
            except OSError as error:  # a disk that went away; the next question may be about another one
                self._tell(self.failed, UserError("A file of the list cannot be read.", str(error.strerror)))
        if index is not None:
            index.close()
