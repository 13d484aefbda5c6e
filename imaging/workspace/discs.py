"""What the index takes from the DICOMDIR of a disc instead of opening each of its files: a drive is slow.

Of each series one file is looked at. What it says of patient, study and series holds for the others, so that the list
is the same as if all had been looked at; UIDs, numbers and frames of the objects come from the records. When a file and
its record disagree about what it is, the directory is not believed, and every file is looked at.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from imaging.dicom import tags
from imaging.dicom.directory import FileRecord, is_directory_name
from imaging.dicom.disc import Disc, NamedFile, read_disc
from imaging.workspace.looking import FileKind, FoundInstance, Look, Looker, stored_integer

# Classes whose objects are one frame each (PS3.4 annex B): their records need not say how many.
SINGLE_FRAME: Final = frozenset(
    "1.2.840.10008.5.1.4.1.1." + number
    for number in ("1", "1.1", "1.1.1", "1.2", "1.2.1", "1.3", "1.3.1", "2", "4", "6.1", "7", "128")
)
CONTRADICTS: Final = "The directory of the disc and its files contradict each other; every file was looked at."


def directories_among(paths: Iterable[str]) -> list[str]:
    """The DICOMDIRs among some paths, those furthest down last."""
    found = [path for path in paths if is_directory_name(os.path.basename(path))]
    return sorted(found, key=lambda path: (path.count(os.sep), path))


def directories_above(paths: Iterable[str], directories: Iterable[str]) -> list[str]:
    """Those DICOMDIRs in whose folders, or further down, any of the paths lie."""
    folders: set[str] = set()
    for path in paths:
        folder = os.path.dirname(path)
        while folder not in folders:  # all above a known one are known
            folders.add(folder)
            folder = os.path.dirname(folder)
    return [directory for directory in directories if os.path.dirname(directory) in folders]


def files_of_disc(directory: str, ordered: Sequence[str]) -> list[str]:
    """Those of some sorted paths that lie below a DICOMDIR's folder."""
    below = os.path.join(os.path.dirname(directory), "")
    end = below[:-1] + chr(ord(os.sep) + 1)
    return list(ordered[bisect_left(ordered, below) : bisect_left(ordered, end)])


def looks_by_directories(
    fresh: Collection[str], files: Collection[str], looker: Looker, is_cancelled: Callable[[], bool]
) -> dict[str, Look]:
    """What DICOMDIRs tell of fresh files; those that are left out must be looked at.

    Args:
        fresh: paths of files that the index does not know yet, and of the DICOMDIRs of their discs.
        files: paths of all files, to find what the directories name.
        looker: for one file of each series.
        is_cancelled: asked for each series.
    """
    told: dict[str, Look] = {}
    wanted, directories = set(fresh), directories_among(fresh)
    ordered = sorted(files) if directories else []
    for directory in directories:
        disc = read_disc(Path(directory), files_of_disc(directory, ordered))
        told.update(_told(disc, wanted, looker, is_cancelled))
    return told


def _told(disc: Disc, wanted: set[str], looker: Looker, is_cancelled: Callable[[], bool]) -> dict[str, Look]:
    place = str(disc.directory)
    if disc.problem is not None:
        return {place: Look(FileKind.UNREADABLE, reason=f"{disc.problem.message} {disc.problem.hint}")}
    told: dict[str, Look] = {}
    for first, *others in _by_series(disc.named).values():
        if is_cancelled():
            return told
        if wanted.isdisjoint([first.path, *(one.path for one in others)]):
            continue
        look = looker.look(first.path)
        if look.kind is not FileKind.DICOM:
            continue  # damaged: the series is looked at file by file
        if not _agrees(look.instances[0], first.record):
            return {place: Look(FileKind.UNREADABLE, reason=CONTRADICTS)}
        told[first.path] = look
        told.update(_looks(look.instances[0], others))
    told.update({path: Look(FileKind.OTHER) for path in disc.others})
    reason = " ".join(remark.message for remark in disc.remarks())
    told[place] = Look(FileKind.DIRECTORY, reason=reason)
    return told


def _by_series(named: Iterable[NamedFile]) -> dict[tuple[str, str], list[NamedFile]]:
    """Files of series by study and series; what stands under none is left to be looked at."""
    found: dict[tuple[str, str], list[NamedFile]] = {}
    for one in named:
        key = one.record.study_uid, one.record.series_uid
        if all(key):
            found.setdefault(key, []).append(one)
    return found


def _agrees(found: FoundInstance, record: FileRecord) -> bool:
    """Whether a file is what its record says."""
    modality = record.series.text(tags.MODALITY) if record.series is not None else ""
    said = record.study_uid, record.series_uid, record.header.text(tags.FILE_INSTANCE)
    return said == (found.study_uid, found.series_uid, found.sop_uid) and modality in ("", found.modality)


def _looks(sample: FoundInstance, others: list[NamedFile]) -> dict[str, Look]:
    """What the records say of the other files of a series; those are left out that say too little."""
    looks = {}
    for one in others:
        header = one.record.header
        uid, kind = header.text(tags.FILE_INSTANCE), header.text(tags.FILE_CLASS)
        if not uid or not (kind in SINGLE_FRAME or header.text(tags.FRAMES)):
            continue
        number, frames = stored_integer(header, tags.INSTANCE_NUMBER), max(1, stored_integer(header, tags.FRAMES))
        known = replace(sample, sop_uid=uid, sop_class=kind, instance_number=number, frames=frames)
        looks[one.path] = Look(FileKind.DICOM, [known])
    return looks
