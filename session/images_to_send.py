"""What is to be sent of a list or of files: found to be whole, and what of it may go where, before anything leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from imaging.dicom.wholeness import require_whole
from imaging.errors import UserError
from imaging.workspace.listing import files_of, series_of, studies
from imaging.workspace.looking import Looker
from imaging.workspace.study_index import INDEX_NAME, StudyIndex
from sync.destination import Destination, ObjectKind
from sync.dimse.send import Outgoing, outgoing
from sync.privacy import NotAllowed, require_allowed

EVERY = 1 << 31  # studies: no limit
_ROOT = "1.2.840.10008.5.1.4.1.1."
# What stands at the beginning of a SOP class -> as what a destination may take it; all else is an original.
_KINDS = (
    ("66.4", {ObjectKind.SEG, ObjectKind.SEG_FRACTIONAL}),
    ("66.7", {ObjectKind.SEG_LABELMAP}),
    ("481.3", {ObjectKind.RTSTRUCT}),
    ("88.", {ObjectKind.SR}),
    ("11.", {ObjectKind.PRESENTATION}),
    ("30", {ObjectKind.PARAMETRIC_MAP}),
    ("104.1", {ObjectKind.PDF}),
    ("7", {ObjectKind.SECONDARY_CAPTURE, ObjectKind.ORIGINAL}),
    ("7.", {ObjectKind.SECONDARY_CAPTURE, ObjectKind.ORIGINAL}),
)
Report = Callable[[float, str], None]


@dataclass(frozen=True)
class SeriesToSend:
    """One series that is to be sent. It holds identifiers: never log it.

    Attributes:
        uid, modality, description, patient: what it is called; empty texts where files were named by hand.
        files: its objects, each found to be whole.
        size_bytes: of all of them.
        problems: why others of its files are not sent -> how many.
    """

    uid: str
    modality: str = ""
    description: str = ""
    patient: str = ""
    files: tuple[Outgoing, ...] = ()
    size_bytes: int = 0
    problems: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class ImagesToSend:
    """What is to be sent, looked at before anything leaves; files within archives cannot be sent and are counted."""

    series: tuple[SeriesToSend, ...]
    study_count: int = 0
    in_archives: int = 0

    @property
    def is_identified(self) -> bool:
        """True when any of it may name a patient."""
        return any(file.is_identified for one in self.series for file in one.files)


@dataclass(frozen=True)
class Way:
    """What of it may go to a destination.

    Attributes:
        files: what would be sent.
        left_out: series' UID -> why it is not.
        refusal: why nothing may be sent, None when something may.
    """

    files: tuple[Outgoing, ...]
    left_out: dict[str, str]
    refusal: UserError | None


def kinds_of(sop_class: str) -> set[ObjectKind]:
    """As what a destination may take an object of this class."""
    rest = sop_class.removeprefix(_ROOT)
    for start, kinds in _KINDS:
        if rest == start or (start.endswith(".") and rest.startswith(start)):
            return kinds
    return {ObjectKind.ORIGINAL}


def look_at_listed(
    workspace: Path, study_ids: Sequence[int], series_ids: Sequence[int] = (), report: Report = lambda _f, _m: None
) -> ImagesToSend:
    """Studies of the list, or only some of their series.

    Args:
        series_ids: only these of the studies' series; all where empty.
        report: told how far it is; may raise to stop.

    Raises:
        UserError: they are not listed any more, or all of it lies in archives.
    """
    with StudyIndex(workspace / INDEX_NAME) as index:
        chosen = [study for study in studies(index, limit=EVERY) if study.id in study_ids]
        rows = [
            (study, row, files_of(index, row.id))
            for study in chosen
            for row in series_of(index, study.id)
            if not series_ids or row.id in series_ids
        ]
    total = sum(len(files) for _, _, files in rows)
    if not total:
        raise UserError("What was to be sent is not listed any more.", "Look at the folders again (F5).")
    found, archived, done = [], 0, 0
    for study, row, files in rows:
        paths = []
        for path, member in files:
            report(done / total, f"{done} of {total} objects")
            done += 1
            paths += [] if member else [path]
        archived += len(files) - len(paths)
        if paths:
            found.append(_looked_at(SeriesToSend(row.uid, row.modality, row.description, study.patient_name), paths))
    if not found:
        raise UserError("The images lie in an archive.", "Bring the archive in first; then send them.")
    return ImagesToSend(tuple(found), len({study.id for study, _, _ in rows}), archived)


def look_at_files(paths: Iterable[Path]) -> ImagesToSend:
    """Files as they were named, by series; what is no whole DICOM object is named with the reason."""
    every = _looked_at(SeriesToSend(""), paths)
    by_uid: dict[str, list[Outgoing]] = {}
    for one in every.files:
        by_uid.setdefault(one.series_uid, []).append(one)
    series = [replace(_named(files[0]), files=tuple(files), size_bytes=_size(files)) for files in by_uid.values()]
    if every.problems:
        series.append(replace(every, files=()))
    return ImagesToSend(tuple(series), len({one.study_uid for one in every.files}))


def _named(one: Outgoing) -> SeriesToSend:
    """What the series of an object is called."""
    with Looker() as looker:
        look = looker.look(str(one.path))
    if not look.instances:
        return SeriesToSend(one.series_uid)
    said = look.instances[0]
    return SeriesToSend(one.series_uid, said.modality, said.series_description, said.patient_name)


def _size(files: Sequence[Outgoing]) -> int:
    return sum(one.path.stat().st_size for one in files)


def _looked_at(base: SeriesToSend, paths: Iterable[Path]) -> SeriesToSend:
    files, problems, size = [], Counter[str](), 0
    for path in paths:
        try:
            one, bytes_ = outgoing(path), path.stat().st_size
            require_whole(path)
        except UserError as error:
            problems[error.message.replace(path.name, "A file")] += 1
        except OSError:
            problems["A file cannot be read."] += 1
        else:
            files.append(one)
            size += bytes_
    return replace(base, files=tuple(files), size_bytes=size, problems=tuple(problems.most_common()))


def way_to(found: ImagesToSend, destination: Destination) -> Way:
    """What may go to a destination, and why the rest may not: nothing has left when this is shown."""
    left_out: dict[str, str] = {}
    for one in found.series:
        reason = _why_not(one, destination)
        if reason:
            left_out[one.uid] = reason
    files = tuple(file for one in found.series if one.uid not in left_out for file in one.files)
    refusal: UserError | None = None
    if not files:
        refusal = UserError(f"Nothing of this can be sent to “{destination.name}”.", next(iter(left_out.values()), ""))
    try:
        require_allowed(destination, is_identified=any(file.is_identified for file in files))
    except NotAllowed as error:
        refusal = error
    return Way(files, left_out, refusal)


def _why_not(one: SeriesToSend, destination: Destination) -> str:
    """Why a series is not sent, empty when it is."""
    if not one.files:
        return one.problems[0][0] if one.problems else "None of its files can be sent."
    kinds = set.union(*(kinds_of(file.sop_class) for file in one.files))
    if not kinds & set(destination.kinds):
        return f"“{destination.name}” does not take {min(kinds, key=lambda kind: kind.value).value}."
    if destination.quarantine and ObjectKind.ORIGINAL not in kinds:
        return f"Results for “{destination.name}” go to its quarantine “{destination.quarantine}”."
    return ""
