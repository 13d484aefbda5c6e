"""Images of a series in a folder of objects, or beside it: exports often put both into neighbouring folders."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from imaging.dicom import tags
from imaging.dicom.sources import FileSource
from imaging.dicom.walker import NotDicom, Odd, walk
from imaging.errors import UserError
from session.object_kinds import KINDS

MOST_FILES = 20_000  # of which the first elements are read
DEEPEST = 4  # folders below
Report = Callable[[float | None, str], None]


@dataclass(frozen=True)
class Nearby:
    """What a look gave.

    Attributes:
        found: the folder that holds the series, and its UID; None where it is not there.
        is_cut: there are more files than were looked at.
    """

    found: tuple[Path, str] | None
    is_cut: bool = False


def images_near(home: Path, series_uids: frozenset[str], report: Report) -> Nearby:
    """Look below a folder, then below the folder around it; at no more than ``MOST_FILES`` files.

    Args:
        home: the object's folder.
        series_uids: any of these will do; of several at hand the one with most files is taken.
        report: called with fraction and message; may raise to stop.
    """
    home = home.resolve()
    room, is_cut = MOST_FILES, False
    beside = _below(home.parent, home) if home.parent != home else iter(())
    for words, files in (("in its folder", _below(home)), ("beside its folder", beside)):
        looked_at = list(islice(files, room))
        room -= len(looked_at)
        is_cut = is_cut or next(files, None) is not None
        found: dict[str, list[Path]] = {}
        for number, file in enumerate(looked_at):
            if number % 100 == 0:
                report(number / len(looked_at), f"Looking {words}")
            uid = _series_of_image(file)
            if uid in series_uids:
                found.setdefault(uid, []).append(file.parent)
        if found:
            uid = max(found, key=lambda one: len(found[one]))
            return Nearby((Path(os.path.commonpath(found[uid])), uid), is_cut)
    return Nearby(None, is_cut)


def _below(folder: Path, without: Path | None = None) -> Iterator[Path]:
    """Files in a folder and its folders, the nearest first; hidden folders and links to folders are left out."""
    waiting = deque([(folder, 0)])
    while waiting:
        here, depth = waiting.popleft()
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError:
            continue  # a folder that this user may not read
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if depth < DEEPEST and not entry.name.startswith(".") and Path(entry.path) != without:
                    waiting.append((Path(entry.path), depth + 1))
            elif entry.is_file():
                yield Path(entry.path)


def _series_of_image(file: Path) -> str:
    """The series of a DICOM image; empty for everything else."""
    try:
        header, _ = walk(FileSource(str(file)), last=tags.SERIES_INSTANCE)
    except (NotDicom, Odd, UserError, OSError):
        return ""
    return "" if header.text(tags.SOP_CLASS) in KINDS else header.text(tags.SERIES_INSTANCE)
