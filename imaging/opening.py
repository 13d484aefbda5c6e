"""Open images of any kind: DICOM files, folders and archives, NIfTI, NRRD and MetaImage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from imaging.dicom import tags
from imaging.dicom.directory import is_directory
from imaging.dicom.disc import read_disc
from imaging.dicom.instance import DIRECTORY_CLASS, Instance
from imaging.dicom.load import Cancelled
from imaging.dicom.scan import Scan, archive_sources, files_below, scan
from imaging.dicom.series import describe, describe_without_voxels, load_volumes
from imaging.dicom.sort import series_uid_of, stacks_of
from imaging.dicom.sources import FileSource, Source
from imaging.errors import UserError
from imaging.loading import Loading, OnSlices, Progress
from imaging.series import Listing, Series
from imaging.volume import SeriesWarning, Volume

__all__ = [
    "Cancelled",
    "Listing",
    "Loading",
    "Series",
    "find_series",
    "first_of_disc",
    "list_series",
    "open_series",
    "start_loading",
]
IsCancelled = Callable[[], bool]


def list_series(path: Path) -> list[Series]:
    """The series at a path; see `find_series`."""
    return find_series(path).series


def find_series(path: Path, wanted: str = "") -> Listing:
    """Find the series in a file, a folder (with its folders), a zip archive or a DICOMDIR, without reading voxels.

    Args:
        path: a DICOMDIR stands for the disc that it lies on: the files that it names are looked at, and those that it
            does not name and that may be images.
        wanted: a series' id. On a disc whose directory knows it, only its files are looked at; a drive is slow.

    Raises:
        UserError: nothing there can be read, or the single file is damaged or of an unknown kind.
    """
    from imaging.formats import is_image_file

    if path.is_dir():
        return _found_in_folder(path)
    if not path.is_file():
        hint = "It was moved or removed, or its disk or network share is not connected."
        raise UserError(f"{path.name} does not exist.", hint)
    if is_image_file(path):
        return Listing([_research_series(path, path.name)])
    try:
        with path.open("rb") as file:
            is_archive = file.read(4) == b"PK\x03\x04"
        is_disc = not is_archive and is_directory(path)
    except OSError as error:  # it may also have gone since
        raise UserError(f"{path.name} cannot be read.", "Check that it is there and that you may read it.") from error
    if is_disc:
        return _found_on_disc(path, wanted)
    sources: list[Source] = archive_sources(path) if is_archive else [FileSource(str(path))]
    found = scan(sources)
    return _not_empty(_listing(found, _dicom_series(found, path)), found, "archive" if is_archive else "file")


def first_of_disc(path: Path) -> str:
    """The id of the series with most images on a disc, told by its DICOMDIR alone.

    It is empty where ``path`` is anything else, or where the directory does not tell of several series.

    Raises:
        UserError: the disc holds too many files.
    """
    return read_disc(path).largest_series() if path.is_file() and is_directory(path) else ""


def open_series(series: Series, progress: Progress | None = None, cancelled: IsCancelled | None = None) -> list[Volume]:
    """Read all voxels of a series; one volume per time point, all on one geometry.

    Raises:
        UserError: it has no voxels, is damaged, or does not fit the memory.
        Cancelled: ``cancelled`` returned True.
    """
    _require_voxels(series)
    if series.stack is None:
        return _research_volumes(series)
    return load_volumes(series.stack, series.path, progress=progress, is_cancelled=cancelled)


def start_loading(series: Series, progress: Progress | None = None, on_slices: OnSlices | None = None) -> Loading:
    """Read a series in the background; geometry and array are there before the pixels.

    Args:
        progress: called with fraction and message, from the loading thread.
        on_slices: called with (k0, k1) when these slices of the first time point are there, from the loading thread.

    Raises:
        UserError: it has no voxels.
    """
    _require_voxels(series)
    assert series.geometry is not None
    stack = series.stack
    if stack is None:
        return Loading(series.geometry, lambda _: _research_volumes(series))

    def work(loading: Loading) -> list[Volume]:
        def report(fraction: float, message: str) -> None:
            loading.fraction = fraction
            if progress is not None:
                progress(fraction, message)

        return load_volumes(
            stack,
            series.path,
            progress=report,
            on_slices=on_slices,
            on_array=lambda array: setattr(loading, "voxels", array),
            is_cancelled=lambda: loading.is_cancelled,
        )

    return Loading(series.geometry, work)


def _require_voxels(series: Series) -> None:
    if series.geometry is None:
        raise UserError(series.refusal or "There is no image to show here.", series.refusal_hint)


def _found_in_folder(path: Path) -> Listing:
    files, research = _apart(files_below(path))
    found = scan(FileSource(file) for file in files)
    listing = _listing(found, _dicom_series(found, path))
    _add_research(listing, research, path)
    return _not_empty(listing, found, "folder")


def _found_on_disc(path: Path, wanted: str) -> Listing:
    disc = read_disc(path)
    chosen = disc.files_of(wanted) or disc.files_of(wanted.rpartition(".")[0])  # ".2" is a part of a series
    if chosen:
        found = scan(map(FileSource, chosen))
        listing = _listing(found, _dicom_series(found, path, disc.incomplete_series()))
        if any(one.id == wanted for one in listing.series):
            return listing
    files, research = _apart([one.path for one in disc.named] + list(disc.unnamed))
    unnamed = frozenset(disc.unnamed)
    found = scan(FileSource(file) for file in sorted(files) if file not in unnamed)
    beside = scan(FileSource(file) for file in files if file in unnamed)
    surprises = _object_count(beside)
    found.take(beside)
    found.others.extend(disc.others)
    listing = _listing(found, _dicom_series(found, path, disc.incomplete_series()))
    listing.remarks.extend(disc.remarks())
    if surprises and disc.problem is None:
        text = f"Images and other objects that the directory of the disc does not name: {surprises}."
        listing.remarks.append(UserError(text, "They are listed all the same."))
    _add_research(listing, research, path.parent)
    if not listing.series and not listing.unreadable and disc.absent:
        hint = "Open it on the disc itself, or copy the whole disc."
        raise UserError("None of the files that this DICOMDIR names is there.", hint)
    if not listing.series and not listing.unreadable and disc.problem is not None:
        raise UserError(disc.problem.message, "There is no image beside it, either.")
    return _not_empty(listing, found, "folder")


def _apart(files: list[str]) -> tuple[list[str], list[str]]:
    """Files that may be DICOM, and those of research formats."""
    from imaging.formats import is_image_file

    research = {file for file in files if is_image_file(Path(file))}
    return [file for file in files if file not in research], sorted(research)


def _listing(found: Scan, series: list[Series]) -> Listing:
    return Listing(series, len(found.others), [(name, error.message) for name, error in found.unreadable])


def _object_count(found: Scan) -> int:
    """DICOM objects with and without an image, directories left out."""
    describing = [one for one in found.without_voxels if not _is_directory(one)]
    return len({id(frame.instance) for frame in found.frames}) + len(describing)


def _add_research(listing: Listing, files: list[str], folder: Path) -> None:
    for file in files:
        try:
            listing.series.append(_research_series(Path(file), Path(file).relative_to(folder).as_posix()))
        except UserError as error:
            listing.unreadable.append((Path(file).name, error.message))


def _not_empty(listing: Listing, found: Scan, place: str) -> Listing:
    """Pass on a listing with something to open or to name; else say why there is nothing."""
    if len(listing.series) == 1 and listing.series[0].refusal and listing.series[0].stack is not None:
        raise UserError(listing.series[0].refusal, listing.series[0].refusal_hint)
    if listing.series:
        if listing.unreadable:
            listing.remarks.append(_left_out(listing.unreadable))
        return listing
    if found.unreadable:
        first = found.unreadable[0][1]
        if len(found.unreadable) == 1:
            raise first
        raise UserError(f"None of the {len(found.unreadable)} image files can be read. The first: {first.message}")
    if place == "file":
        raise UserError(
            "The file is no image that Limner knows.", "Known are DICOM, NIfTI, NRRD, MetaImage, and zip archives."
        )
    archive = next((Path(name).name for name in found.others if name.lower().endswith(".zip")), None)
    hint = f"It holds an archive: open {archive} itself." if archive else ""
    raise UserError(f"There is no image in this {place} ({listing.skipped} other files).", hint)


def _left_out(unreadable: list[tuple[str, str]]) -> UserError:
    """That files are missing from what is shown: one at an end of a series would leave no gap to notice."""
    (name, reason), count = unreadable[0], len(unreadable)
    if count == 1:
        return UserError(f"1 file cannot be read and is left out: {name}.", reason)
    return UserError(f"{count} files cannot be read and are left out, such as {name}.", reason)


def _dicom_series(found: Scan, path: Path, incomplete: frozenset[str] = frozenset()) -> list[Series]:
    """The series of a scan; those whose UID is ``incomplete`` say so."""
    stacks = [
        replace(stack, warnings=(*stack.warnings, SeriesWarning.ABSENT_FILES))
        if stack.series_uid in incomplete
        else stack
        for stack in stacks_of(found.frames)
    ]
    series = [describe(stack) for stack in stacks]
    named: dict[tuple[str, str], Series] = {}
    for instance in found.without_voxels:
        if not _is_directory(instance):  # the files that it lists are found anyway
            named.setdefault((series_uid_of(instance), instance.modality), describe_without_voxels(instance))
    taken: Counter[str] = Counter()
    unique = []
    for one in [*series, *named.values()]:
        taken[one.id] += 1
        number = taken[one.id]
        unique.append(replace(one, id=one.id if number == 1 else f"{one.id}.{number}", path=path))
    return unique


def _is_directory(instance: Instance) -> bool:
    return instance.header.text(tags.SOP_CLASS) == DIRECTORY_CLASS


def _research_series(path: Path, name: str) -> Series:
    from imaging.formats import read_header

    header = read_header(path)
    return Series(
        id=name,
        modality=header.modality,
        description=path.name,
        geometry=header.geometry,
        volume_count=header.volume_count,
        quantity=header.quantity,
        warnings=header.warnings,
        path=path,
    )


def _research_volumes(series: Series) -> list[Volume]:
    from imaging.formats import read_volumes

    return read_volumes(series.path)
