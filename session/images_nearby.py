"""Images of a series in the folder of an object, or beside it: exports often put both into neighbouring folders."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
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


def images_near(place: Path, series_uids: frozenset[str], report: Report) -> tuple[Path, str] | None:
    """Look below the folder of a file, then below the folder around that one.

    Args:
        place: the object's file.
        series_uids: any of these will do; of several at hand the one with most files is taken.
        report: called with fraction and message; may raise to stop.

    Returns:
        The folder that holds the series, and its UID; None where it is not there, or not among the first files.
    """
    home = place.resolve().parent
    room = MOST_FILES
    beside = _below(home.parent, home) if home.parent != home else iter(())
    for words, files in (("in its folder", _below(home)), ("beside its folder", beside)):
        looked_at = list(islice(files, room))
        room -= len(looked_at)
        found: dict[str, list[Path]] = {}
        for number, file in enumerate(looked_at):
            if number % 100 == 0:
                report(number / len(looked_at), f"Looking {words}")
            uid = _series_of_image(file)
            if uid in series_uids:
                found.setdefault(uid, []).append(file.parent)
        if found:
            uid = max(found, key=lambda one: len(found[one]))
            return Path(os.path.commonpath(found[uid])), uid
    return None


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
