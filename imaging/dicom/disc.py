"""A disc and its directory: which of its files the DICOMDIR names, which of those are there, and what else is.

A name from the directory is never joined to a path. It is looked up among the files that lie below the directory's own
folder, so that none can lead out of the disc.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from imaging.dicom import tags
from imaging.dicom.directory import BrokenDirectory, FileRecord, file_records, plain_name
from imaging.dicom.scan import files_below
from imaging.errors import UserError

# What viewers, their manuals and the system leave on a disc; nobody names an image so.
OTHER_SUFFIXES: Final = frozenset(
    {
        ".bat", ".bmp", ".chm", ".class", ".cmd", ".config", ".css", ".db", ".dll", ".doc", ".docx", ".exe", ".gif",
        ".hlp", ".htm", ".html", ".ico", ".inf", ".ini", ".jar", ".jpeg", ".jpg", ".js", ".json", ".lnk", ".log", ".md",
        ".mp4", ".msi", ".ocx", ".pdf", ".png", ".properties", ".ps1", ".rtf", ".sh", ".so", ".svg", ".sys", ".ttf",
        ".txt", ".wav", ".woff", ".xml", ".xsd", ".xsl",
    }
)  # fmt: skip
_ROOT_MARKS: Final = ("", ".", "..")


@dataclass(frozen=True)
class NamedFile:
    """A file of the disc and the record that names it."""

    path: str
    record: FileRecord


@dataclass(frozen=True)
class Disc:
    """What lies below a DICOMDIR's folder. Names may tell who the patient is: show them, never log them.

    Attributes:
        directory: the DICOMDIR.
        named: files that it names, in its order.
        unnamed: files that it does not name and that may be images; all others where it is broken.
        others: paths of files that are no images by their names.
        absent: records whose files are not there.
        outside: names that lead out of the disc, or through a link; they are refused.
        problem: why the directory could not be used at all.
    """

    directory: Path
    named: tuple[NamedFile, ...] = ()
    unnamed: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    absent: tuple[FileRecord, ...] = ()
    outside: tuple[str, ...] = ()
    problem: BrokenDirectory | None = None

    def files_of(self, series_uid: str) -> list[str]:
        """The files of one series as the directory has it; empty where it knows no such series."""
        return [one.path for one in self.named if series_uid and one.record.series_uid == series_uid]

    def largest_series(self) -> str:
        """UID of the image series with most frames; empty where there are not several to choose from."""
        frames = Counter[str]()
        for one in self.named:
            if one.record.header.text(tags.RECORD_TYPE) == "IMAGE":
                frames[one.record.series_uid] += max(1, one.record.header.integer(tags.FRAMES))
        return max(frames, key=lambda uid: frames[uid]) if len(frames) > 1 else ""

    def incomplete_series(self) -> frozenset[str]:
        """UIDs of series of which files are not there."""
        return frozenset(record.series_uid for record in self.absent)

    def remarks(self, most_names: int = 3) -> list[UserError]:
        """What a person must know who relies on the directory; of what is missing so many files are named."""
        if self.problem is not None:
            return [self.problem]
        said = []
        if self.absent:
            text = f"Files that the directory of the disc names and that are not there: {len(self.absent)}."
            names = first_names([one.short_name for one in self.absent], most_names)
            said.append(UserError(text, f"Missing: {names}."))
        if self.outside:
            text = (
                f"File names in the directory of the disc that lead out of it: {len(self.outside)}. They were refused."
            )
            said.append(UserError(text, "Do not trust this disc."))
        return said


def first_names(names: Sequence[str], count: int) -> str:
    """The first of some names, for a sentence."""
    return ", ".join(names[:count]) + (" …" if len(names) > count else "")


def read_disc(directory: Path, files: Sequence[str] | None = None) -> Disc:
    """Compare a DICOMDIR with the files below its folder. Image files are not opened.

    Args:
        directory: the DICOMDIR.
        files: the paths below its folder where they are known already.

    Raises:
        UserError: the folder holds too many files.
    """
    own = os.path.join(directory.parent, directory.name)
    paths = [path for path in (files_below(directory.parent) if files is None else files) if path != own]
    try:
        records = file_records(directory)
    except BrokenDirectory as problem:
        return Disc(directory, unnamed=tuple(paths), problem=problem)
    places = _Places(directory.parent, paths)
    found = _Sorted()
    for record in records:
        path = places.of(record.file_id)
        if path is None:
            found.outside.append(record.name)
        elif not path:
            found.absent.append(record)
        else:
            found.named.setdefault(path, record)
    rest = [path for path in paths if path not in found.named]
    return Disc(
        directory,
        named=tuple(NamedFile(path, record) for path, record in found.named.items()),
        unnamed=tuple(path for path in rest if not is_other(path)),
        others=tuple(path for path in rest if is_other(path)),
        absent=tuple(found.absent),
        outside=tuple(found.outside),
    )


def is_other(path: str) -> bool:
    """True for a file that is no image by its name."""
    return os.path.splitext(path)[1].lower() in OTHER_SUFFIXES


@dataclass
class _Sorted:
    """Records by what came of their names."""

    named: dict[str, FileRecord] = field(default_factory=dict)
    absent: list[FileRecord] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)


class _Places:
    """The files below a folder by their names: as they are, and as DICOM means them."""

    def __init__(self, folder: Path, paths: Sequence[str]) -> None:
        self._root = os.path.realpath(folder)
        skipped = len(str(folder).rstrip(os.sep)) + 1
        self._exact: dict[tuple[str, ...], str] = {}
        self._plain: dict[tuple[str, ...], str] = {}
        for path in paths:
            parts = tuple(path[skipped:].split(os.sep))
            self._exact[parts] = path
            self._plain.setdefault(tuple(map(plain_name, parts)), path)  # of two that differ by case the first

    def of(self, file_id: tuple[str, ...]) -> str | None:
        """The file that a name means; empty where there is none, None where the name leads out of the disc."""
        if any(part in _ROOT_MARKS or ":" in part or "\0" in part for part in file_id):
            return None
        path = self._exact.get(file_id) or self._plain.get(tuple(map(plain_name, file_id)), "")
        if path and os.path.islink(path) and not os.path.realpath(path).startswith(self._root + os.sep):
            return None
        return path
