"""What can be done with a study of the list: brought in from elsewhere, deleted when it is the workspace's own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from imaging.dicom.identity import uids_of
from imaging.dicom.scan import files_below
from imaging.errors import UserError
from imaging.workspace.listing import StudyRow, files_of, series_of
from imaging.workspace.study_index import INDEX_NAME, StudyIndex
from session.study_browsing import RECEIVED
from sync.incoming import Arrival, Incoming

IMPORTED = "import"


@dataclass
class Imported:
    """What came of bringing in a folder: objects by what they were, and files that are no DICOM objects."""

    new: int = 0
    same: int = 0
    different: int = 0
    others: int = 0
    failed: list[tuple[Path, str]] = field(default_factory=list)


def bring_in(
    folder: Path,
    workspace: Path,
    report: Callable[[float, str], None] = lambda _fraction, _message: None,
) -> Imported:
    """Copy the DICOM objects below a folder (a CD, a stick) into the workspace; what is there already is not doubled.

    Args:
        report: may raise to stop; what was copied until then stays and is listed.

    Raises:
        UserError: the folder cannot be read.
    """
    done, paths, came = Imported(), files_below(folder), list[Path]()
    with Incoming(workspace) as incoming:
        try:
            for number, name in enumerate(paths):
                report(number / max(1, len(paths)), f"{number} of {len(paths)} files")
                _bring(Path(name), incoming, done, came)
        finally:
            with StudyIndex(workspace / INDEX_NAME) as index:
                index.note_files(came)
            incoming.settle(came)
    return done


def _bring(path: Path, incoming: Incoming, done: Imported, came: list[Path]) -> None:
    try:
        data = path.read_bytes()
    except OSError as error:
        done.failed.append((path, error.strerror or "cannot be read"))
        return
    study_uid, series_uid, sop_uid = uids_of(data)
    if not sop_uid:
        done.others += 1
        return
    try:
        stored = incoming.store(data, study_uid=study_uid, series_uid=series_uid, sop_uid=sop_uid, sender=IMPORTED)
    except UserError as error:
        done.failed.append((path, error.message))
        return
    done.new += stored.arrival is Arrival.NEW
    done.same += stored.arrival is Arrival.SAME
    done.different += stored.arrival is Arrival.DIFFERENT
    if stored.arrival is not Arrival.SAME:
        came.append(stored.path)


def own_files(index: StudyIndex, study: StudyRow, workspace: Path) -> list[Path]:
    """The files of a study that lie in the workspace itself; only these may be deleted from the list."""
    home = (workspace / RECEIVED).resolve()
    found = [path for series in series_of(index, study.id) for path, _ in files_of(index, series.id)]
    return [path for path in found if path.resolve().is_relative_to(home)]


def delete_study(study: StudyRow, workspace: Path) -> int:
    """Delete the workspace's own files of a study; how many. Cases stay, and files in other folders.

    Raises:
        UserError: none of its files is the workspace's own.
    """
    with StudyIndex(workspace / INDEX_NAME) as index:
        own = own_files(index, study, workspace)
        if not own:
            hint = "Limner deletes only what it received or brought in; remove others where they are."
            raise UserError("The images of this study lie in a folder of yours.", hint)
        with Incoming(workspace) as incoming:
            incoming.forget(own)
        for folder in {path.parent for path in own}:
            if not any(folder.iterdir()):
                shutil.rmtree(folder)
        index.update(workspace / RECEIVED)
    return len(own)
