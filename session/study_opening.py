"""What can be done with a study of the list: brought in from elsewhere, deleted when it is the workspace's own."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from imaging.dicom.disc import read_disc
from imaging.dicom.scan import files_below
from imaging.errors import UserError
from imaging.workspace.discs import directories_among, files_of_disc
from imaging.workspace.listing import StudyRow, all_files_of, series_of, studies
from imaging.workspace.looking import FileKind, Looker
from imaging.workspace.study_index import INDEX_NAME, StudyIndex
from session.jobs import Cancelled
from session.study_browsing import RECEIVED
from sync.incoming import Fetched, Incoming

IMPORTED = "import"
MOST_NAMES = 12  # of missing files that are said one by one


@dataclass
class Imported(Fetched):
    """What came of bringing in a folder.

    Attributes:
        others: files that are no DICOM objects.
        remarks: what the directory of the disc names and is not there, or why it could not be used.
    """

    others: int = 0
    remarks: list[UserError] = field(default_factory=list)


def bring_in(
    folder: Path,
    workspace: Path,
    report: Callable[[float, str], None] = lambda _fraction, _message: None,
) -> Imported:
    """Copy the DICOM objects below a folder (a CD, a stick) into the workspace; what is there already is not doubled.

    What the directory of a disc names comes first, then what else may be an image. Bringing in the same disc again goes
    on where it was stopped: what came from it is not read again.

    Args:
        report: may raise `Cancelled` to stop; what was copied until then stays and is listed.

    Raises:
        UserError: the folder cannot be read.
    """
    done = Imported()
    paths, left_out = _looked_over(folder, done)
    done.others = left_out
    disc = _fingerprint(folder, paths)
    with Incoming(workspace) as incoming, Looker() as looker:
        try:
            for number, name in enumerate(paths):
                report(number / max(1, len(paths)), f"{number} of {len(paths)} files")
                key = hashlib.blake2b(disc + os.fsencode(os.path.relpath(name, folder)), digest_size=16).digest()
                _bring(Path(name), key, looker, incoming, done)
        except Cancelled:
            done.is_cancelled = True
        finally:
            with StudyIndex(workspace / INDEX_NAME) as index:
                index.note_files(done.paths)
            incoming.settle(done.paths)
    return done


def _looked_over(folder: Path, done: Imported) -> tuple[list[str], int]:
    """The files to be looked at, those first that a directory names, and how many are no images by their names."""
    paths = files_below(folder)
    named: dict[str, None] = {}
    others: set[str] = set()
    for directory in directories_among(paths):
        disc = read_disc(Path(directory), files_of_disc(directory, paths))
        named.update(dict.fromkeys(one.path for one in disc.named))
        others.update(disc.others)
        done.remarks += disc.remarks(MOST_NAMES)
    others -= named.keys()
    rest = [path for path in paths if path not in named and path not in others]
    return [*named, *rest], len(others)


def _fingerprint(folder: Path, paths: list[str]) -> bytes:
    """Tells a disc from others by the names, sizes and times of all its files."""
    whole = hashlib.sha256()
    for path in sorted(paths):
        with contextlib.suppress(OSError):  # it cannot be read later, either, and is counted then
            state = os.stat(path)
            whole.update(repr((os.path.relpath(path, folder), state.st_size, state.st_mtime_ns)).encode())
    return whole.digest()


def _bring(path: Path, key: bytes, looker: Looker, incoming: Incoming, done: Imported) -> None:
    """Copy one file; its header is looked at before, so that nothing large is read in vain."""
    known = incoming.brought(key)
    if known is not None:
        done.count_in(known)
        return
    look = looker.look(str(path))
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
        received = incoming.store(path.read_bytes(), **uids, sender=IMPORTED)
        incoming.note_brought(key, received.path)
        done.count_in(received)
    except UserError as error:
        done.count_out(error.message)
    except OSError as error:
        done.count_out(error.strerror or "The file cannot be read.")


def own_files(index: StudyIndex, study_id: int, workspace: Path) -> list[Path]:
    """The files of a study that lie in the workspace itself; only these may be deleted from the list."""
    home = (workspace / RECEIVED).resolve()
    found = [path for series in series_of(index, study_id) for path in all_files_of(index, series.id)]
    return [path for path in found if path.resolve().is_relative_to(home)]


def would_be_deleted(study_id: int, workspace: Path) -> tuple[int, StudyRow]:
    """How many files ``delete_study`` would delete, and of which study, so that people are asked before.

    Raises:
        UserError: as there, or the study is not listed any more.
    """
    with StudyIndex(workspace / INDEX_NAME) as index:
        study = next((row for row in studies(index, limit=-1) if row.id == study_id), None)
        if study is None:
            raise UserError("This study is not listed any more.")
        return len(_must_be_own(index, study_id, workspace)), study


def delete_study(study_id: int, workspace: Path) -> int:
    """Delete the workspace's own files of a study; how many. Cases stay, and files in other folders.

    Raises:
        UserError: none of its files is the workspace's own.
    """
    with StudyIndex(workspace / INDEX_NAME) as index:
        own = _must_be_own(index, study_id, workspace)
        with Incoming(workspace) as incoming:
            incoming.forget(own)
        for folder in {path.parent for path in own}:
            if not any(folder.iterdir()):
                shutil.rmtree(folder)
        index.update(workspace / RECEIVED)
    return len(own)


def _must_be_own(index: StudyIndex, study_id: int, workspace: Path) -> list[Path]:
    own = own_files(index, study_id, workspace)
    if not own:
        hint = "Limner deletes only what it received or brought in; remove others where they are."
        raise UserError("The images of this study lie in a folder of yours.", hint)
    return own
