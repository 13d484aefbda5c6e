"""NIfTI, NRRD and MetaImage files of the listed folders, folder by folder; they have no patient and no study."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from imaging.workspace.listing import Filter
from imaging.workspace.looking import FileKind
from imaging.workspace.spelling import folded_text, searched_words, spellings
from imaging.workspace.study_index import StudyIndex

# The end of a name -> what is shown as its kind, and may be filtered by.
KINDS: Final = {
    ".nii": "NIfTI",
    ".nii.gz": "NIfTI",
    ".nrrd": "NRRD",
    ".nhdr": "NRRD",
    ".mha": "MetaImage",
    ".mhd": "MetaImage",
}


@dataclass(frozen=True)
class ResearchFile:
    """One file. ``has_case``: work on it is kept; ``changed``: local date and time as DICOM writes them."""

    path: Path
    size: int
    changed: str
    has_case: bool

    @property
    def kind(self) -> str:
        """Its format."""
        return kind_of(self.path)


@dataclass(frozen=True)
class ResearchFolder:
    """The files of one folder that were asked for, as a line among the studies."""

    path: Path
    files: tuple[ResearchFile, ...]

    @property
    def id(self) -> str:
        """Tells it from other folders, and from studies, whose ids are numbers."""
        return str(self.path)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The formats that occur."""
        return tuple(sorted({file.kind for file in self.files}))

    @property
    def changed(self) -> str:
        """When the newest file was changed."""
        return max(file.changed for file in self.files)

    @property
    def case_count(self) -> int:
        """How many of its files have a case."""
        return sum(file.has_case for file in self.files)


def kind_of(path: Path) -> str:
    """The format of a file by its name."""
    name = path.name.lower()
    return next((kind for end, kind in KINDS.items() if name.endswith(end)), "")


def all_research_files(index: StudyIndex) -> list[ResearchFile]:
    """The files of all listed folders by their paths; dates are those of the last change."""
    with_case = {uid for (uid,) in index.connection.execute("SELECT DISTINCT uid FROM case_series")}
    rows = index.connection.execute(
        "SELECT path, size, mtime_ns FROM files WHERE kind = ? ORDER BY path", (FileKind.IMAGE.value,)
    )
    found = []
    for raw, size, mtime_ns in rows:
        path = os.fsdecode(raw)
        changed = datetime.fromtimestamp(mtime_ns / 1e9).strftime("%Y%m%d%H%M%S")
        found.append(ResearchFile(Path(path), size, changed, path in with_case))
    return found


def by_folder(files: Iterable[ResearchFile], wanted: Filter) -> list[ResearchFolder]:
    """The folders with files that a filter lets through, by their paths.

    A filter by a part of the body lets none through: the files do not say it.
    """
    folders: dict[Path, list[ResearchFile]] = {}
    for file in files:
        if not wanted.body_part and _is_wanted(file, wanted):
            folders.setdefault(file.path.parent, []).append(file)
    return [ResearchFolder(path, tuple(inside)) for path, inside in sorted(folders.items())]


def _is_wanted(file: ResearchFile, wanted: Filter) -> bool:
    place = " ".join([*spellings(folded_text(str(file.path))), file.changed])
    return (
        all(any(one in place for one in word) for word in searched_words(wanted.text))
        and (not wanted.modalities or file.kind in wanted.modalities)
        and (not wanted.date_from or file.changed[:8] >= wanted.date_from)
        and (not wanted.date_to or file.changed[:8] <= wanted.date_to)
        and (wanted.has_case is None or file.has_case == wanted.has_case)
        and (wanted.folder is None or file.path.is_relative_to(wanted.folder.resolve()))
    )
