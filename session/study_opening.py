"""What can be done with a study of the list: brought in from elsewhere, deleted when it is the workspace's own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from imaging.dicom.scan import files_below
from imaging.errors import UserError
from imaging.workspace.listing import all_files_of, series_of
from imaging.workspace.looking import FileKind, Look, Looker
from imaging.workspace.study_index import INDEX_NAME, StudyIndex
from session.study_browsing import RECEIVED
from sync.incoming import Fetched, Incoming

IMPORTED = "import"


@dataclass
class Imported(Fetched):
    """What came of bringing in a folder; ``others``: files that are no DICOM objects."""

    others: int = 0


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
    done, paths = Imported(), files_below(folder)
    with Incoming(workspace) as incoming, Looker() as looker:
        try:
            for number, name in enumerate(paths):
                report(number / max(1, len(paths)), f"{number} of {len(paths)} files")
                _bring(Path(name), looker.look(name), incoming, done)
        finally:
            with StudyIndex(workspace / INDEX_NAME) as index:
                index.note_files(done.paths)
            incoming.settle(done.paths)
    return done


def _bring(path: Path, look: Look, incoming: Incoming, done: Imported) -> None:
    """Copy one file; its header was looked at before, so that nothing large is read in vain."""
    if look.kind is FileKind.UNREADABLE:
        done.count_out(look.reason)
        return
    if look.kind is not FileKind.DICOM or look.instances[0].member:  # archives are opened where they lie
        done.others += 1
        return
    one = look.instances[0]
    uids = {"study_uid": one.study_uid, "series_uid": one.series_uid, "sop_uid": one.sop_uid}
    try:
        incoming.check_space(path.stat().st_size)
        done.count_in(incoming.store(path.read_bytes(), **uids, sender=IMPORTED))
    except UserError as error:
        done.count_out(error.message)
    except OSError as error:
        done.count_out(error.strerror or "The file cannot be read.")


def own_files(index: StudyIndex, study_id: int, workspace: Path) -> list[Path]:
    """The files of a study that lie in the workspace itself; only these may be deleted from the list."""
    home = (workspace / RECEIVED).resolve()
    found = [path for series in series_of(index, study_id) for path in all_files_of(index, series.id)]
    return [path for path in found if path.resolve().is_relative_to(home)]


def delete_study(study_id: int, workspace: Path) -> int:
    """Delete the workspace's own files of a study; how many. Cases stay, and files in other folders.

    Raises:
        UserError: none of its files is the workspace's own.
    """
    with StudyIndex(workspace / INDEX_NAME) as index:
        own = own_files(index, study_id, workspace)
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
