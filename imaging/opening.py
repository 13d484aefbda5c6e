"""Open images of any kind: DICOM files, folders and archives, NIfTI, NRRD and MetaImage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from imaging.dicom import tags
from imaging.dicom.instance import DIRECTORY_CLASS
from imaging.dicom.load import Cancelled
from imaging.dicom.scan import Scan, archive_sources, files_below, scan
from imaging.dicom.series import describe, describe_without_voxels, load_volumes
from imaging.dicom.sort import series_uid_of, stacks_of
from imaging.dicom.sources import FileSource, Source
from imaging.errors import UserError
from imaging.loading import Loading, OnSlices, Progress
from imaging.series import Listing, Series
from imaging.volume import Volume

__all__ = ["Cancelled", "Listing", "Loading", "Series", "find_series", "list_series", "open_series", "start_loading"]
IsCancelled = Callable[[], bool]


def list_series(path: Path) -> list[Series]:
    """The series at a path; see `find_series`."""
    return find_series(path).series


def find_series(path: Path) -> Listing:
    """Find the series in a file, a folder (with its folders) or a zip archive, without reading their voxels.

    Raises:
        UserError: nothing there can be read, or the single file is damaged or of an unknown kind.
    """
    from imaging.formats import is_image_file

    if path.is_dir():
        return _found_in_folder(path)
    if not path.is_file():
        raise UserError(f"{path.name} does not exist.")
    if is_image_file(path):
        return Listing([_research_series(path, path.name)])
    with _readable(path).open("rb") as file:
        is_archive = file.read(4) == b"PK\x03\x04"
    sources: list[Source] = archive_sources(path) if is_archive else [FileSource(str(path))]
    found = scan(sources)
    series = _dicom_series(found, path)
    listing = Listing(series, len(found.others), [(name, error.message) for name, error in found.unreadable])
    return _not_empty(listing, found, "archive" if is_archive else "file")


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
        raise UserError(series.refusal or "There is no image to show here.")


def _readable(path: Path) -> Path:
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise UserError(f"{path.name} cannot be read.", "Check that you may read it.") from error


def _found_in_folder(path: Path) -> Listing:
    from imaging.formats import is_image_file

    files = files_below(path)
    research = [f for f in files if is_image_file(Path(f))]
    found = scan(FileSource(f) for f in files if f not in set(research))
    series, unreadable = _dicom_series(found, path), [(name, error.message) for name, error in found.unreadable]
    for file in research:
        try:
            series.append(_research_series(Path(file), Path(file).relative_to(path).as_posix()))
        except UserError as error:
            unreadable.append((Path(file).name, error.message))
    return _not_empty(Listing(series, len(found.others), unreadable), found, "folder")


def _not_empty(listing: Listing, found: Scan, place: str) -> Listing:
    """Pass on a listing with something to open or to name; else say why there is nothing."""
    if len(listing.series) == 1 and listing.series[0].refusal and listing.series[0].stack is not None:
        raise UserError(listing.series[0].refusal, "Ask for the file again.")
    if listing.series:
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


def _dicom_series(found: Scan, path: Path) -> list[Series]:
    series = [describe(stack) for stack in stacks_of(found.frames)]
    named: dict[tuple[str, str], Series] = {}
    for instance in found.without_voxels:
        if instance.header.text(tags.SOP_CLASS) == DIRECTORY_CLASS and not path.is_file():
            continue  # the files that it lists are found anyway
        named.setdefault((series_uid_of(instance), instance.modality), describe_without_voxels(instance))
    taken: Counter[str] = Counter()
    unique = []
    for one in [*series, *named.values()]:
        taken[one.id] += 1
        number = taken[one.id]
        unique.append(replace(one, id=one.id if number == 1 else f"{one.id}.{number}", path=path))
    return unique


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
