"""From a path to an open document: images, a new case for them, or a case with its images."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from imaging.case.case import Case
from imaging.case.images import ImageReference, pixel_hash
from imaging.errors import UserError
from imaging.opening import Series
from imaging.volume import Volume
from session.document import Document, Schedule
from session.reading import Report, image_series, needs_regular_grid, on_regular_grid, read_volumes_of

CASE_SUFFIX = ".limner"


@dataclass(frozen=True)
class OpenedImages:
    """Voxels and where they came from."""

    volumes: list[Volume]
    reference: ImageReference


def is_case(path: Path) -> bool:
    """True when the path's name says that it is a case."""
    return path.suffix == CASE_SUFFIX


def read_images(
    path: Path, series: Series, *, regular_grid: bool = False, report: Report | None = None
) -> OpenedImages:
    """Read a series completely.

    Args:
        path: what was opened: kept in the case to find the images again.
        series: one of ``image_series(path)``.
        regular_grid: resample uneven or tilted slices to an orthogonal, evenly spaced grid.
        report: called with fraction and message.

    Raises:
        UserError: the files cannot be read.
    """
    volumes = read_volumes_of(series, report=report)
    return finish_images(path, series, volumes, regular_grid=regular_grid)


def finish_images(path: Path, series: Series, volumes: list[Volume], *, regular_grid: bool = False) -> OpenedImages:
    """Resample where it was chosen, and describe the images for the case."""
    regular_grid = regular_grid and needs_regular_grid(volumes[0])
    if regular_grid:
        volumes = on_regular_grid(volumes)
    reference = ImageReference(
        str(path.resolve()), series.id, series.modality, series.description, on_regular_grid=regular_grid
    )
    return OpenedImages(volumes, reference)


def new_document(
    images: OpenedImages, case_path: Path, *, author: str = "", schedule: Schedule | None = None
) -> Document:
    """A document with a new case; the case's file appears with the first change."""
    case = Case.create(case_path, images.volumes[0].geometry, [images.reference])
    return Document(images.volumes, case, author=author, schedule=schedule)


def open_case(
    path: Path,
    *,
    author: str = "",
    read_only: bool = False,
    images_at: Path | None = None,
    schedule: Schedule | None = None,
    report: Report | None = None,
) -> Document:
    """Open a case with its images.

    Args:
        path: the case file.
        images_at: where the images are now, when they are not where the case says.

    Raises:
        UserError: the case cannot be opened, its images are missing, or they are other images.
    """
    case = Case.open(path, read_only=read_only)
    try:
        images = case_images(case, images_at, report)
    except BaseException:
        case.close()
        raise
    return Document(images.volumes, case, author=author, schedule=schedule)


def case_images(case: Case, images_at: Path | None = None, report: Report | None = None) -> OpenedImages:
    """Read the images of a case and make sure that they are the ones it was made on.

    Raises:
        UserError: they are missing (the hint says how to name their new place), or other images.
    """
    reference = case.images[0]
    where = images_at or Path(reference.path)
    if not where.exists():
        raise MovedImages(reference)
    series = same_series(image_series(where, reference.series_id), reference)
    images = read_images(where, series, regular_grid=reference.on_regular_grid, report=report)
    check_images(case, images)
    return images


class MovedImages(UserError):
    """The images of a case are not where they were."""

    def __init__(self, reference: ImageReference) -> None:
        super().__init__("The images of this case are not where they were.", "Say where they are now (--images PATH).")
        self.reference = reference


def check_images(case: Case, images: OpenedImages) -> None:
    """Compare the images with the case; note their hash and place when they are right.

    Raises:
        UserError: other images.
    """
    reference = case.images[0]
    if not images.volumes[0].geometry.same_space(case.segmentation.geometry, tolerance_mm=0.01):
        raise UserError("These are not the images of this case: they lie on another grid.")
    found = pixel_hash(images.volumes[0])
    if reference.pixel_hash and reference.pixel_hash != found:
        raise UserError("These are not the images of this case: their voxels differ.")
    noted = replace(images.reference, pixel_hash=found)
    if noted != reference and not case.is_read_only:
        case.set_images([noted])


def note_pixel_hash(document: Document) -> None:
    """Compute the image's hash and keep it with the case, to know the image again. Takes about 1 ns per voxel byte."""
    case = document.case
    if case.images and not case.images[0].pixel_hash and not case.is_read_only:
        case.set_images([replace(case.images[0], pixel_hash=pixel_hash(document.volume))])


def new_case_path(workspace: Path, modality: str) -> Path:
    """A file name for a new case that holds no identifier: kind, time, four random digits."""
    stamp = datetime.now().strftime("%Y-%m-%d %H.%M")
    return workspace / "cases" / f"{modality or 'Image'} {stamp} {secrets.token_hex(2)}{CASE_SUFFIX}"


def same_series(series: list[Series], reference: ImageReference) -> Series:
    """The series that a case refers to among those found.

    Raises:
        UserError: it is not among them.
    """
    by_id = next((s for s in series if s.id == reference.series_id), None)
    if by_id is not None:
        return by_id
    if len(series) == 1:
        return series[0]
    raise UserError("The series of this case is not among these images.")
