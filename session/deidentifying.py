"""A study without its patient: what it holds, one picture of it at a time, and the work itself as a job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.workspace.listing import files_of, series_of, studies
from imaging.workspace.study_index import INDEX_NAME, StudyIndex
from session.jobs import Job
from sync.deidentification.burned_in import Risk
from sync.deidentification.options import Options
from sync.deidentification.pixels import PixelWishes
from sync.deidentification.run import Outcome
from sync.outbox import FOLDER as OUTBOX

_DARK, _BRIGHT = 1.0, 99.5  # percentiles that a preview shows as black and white


@dataclass(frozen=True)
class SeriesFound:
    """One series of a study that is to be treated.

    Attributes:
        files: its objects.
        risk: the worst of what is to be feared of its pixels.
        has_pixels: it can be shown.
    """

    uid: str
    modality: str
    files: tuple[Path, ...]
    risk: Risk
    has_pixels: bool


@dataclass(frozen=True)
class StudyFound:
    """What a study holds; files inside archives cannot be treated and are only counted."""

    series: tuple[SeriesFound, ...]
    in_archives: int = 0


@dataclass(frozen=True)
class Wishes:
    """What a person asks for."""

    out: Path
    options: Options = field(default_factory=Options)
    pixels: PixelWishes = field(default_factory=PixelWishes)
    is_defaced: bool = False


def look_through(workspace: Path, study_ids: Sequence[int], job: Job, series_ids: Sequence[int] = ()) -> StudyFound:
    """What listed studies hold, and which of their pixels may name the patient.

    Args:
        series_ids: only these of their series; all where empty.

    Raises:
        UserError: it is not listed any more, or none of its files can be treated.
        session.jobs.Cancelled: the person stopped it.
    """
    with StudyIndex(workspace / INDEX_NAME) as index:
        listed = {row.id for row in studies(index, limit=1 << 31)}
        every = [row for one in study_ids if one in listed for row in series_of(index, one)]
        rows = [(row, files_of(index, row.id)) for row in every if not series_ids or row.id in series_ids]
        if not rows:
            raise UserError("The study is not listed any more.")
    found, archived = [], 0
    for n, (row, files) in enumerate(rows):
        job.report(n / len(rows), f"{n} of {len(rows)} series")
        archived += sum(bool(member) for _, member in files)
        paths = tuple(path for path, member in files if not member)
        if paths:
            found.append(_series(row.uid, row.modality, paths))
    if not found:
        raise UserError("The study's files lie in an archive.", "Bring the archive in first; then try again.")
    return StudyFound(tuple(found), archived)


def remove_identifiers(
    found: StudyFound,
    wishes: Wishes,
    workspace: Path,
    brain_of: Callable[..., tuple[NDArray[np.float64], float]],
    job: Job,
) -> Outcome:
    """Write the study without identifiers, as a job's work; stopping keeps what was written.

    Raises:
        UserError: the folder cannot be used.
    """
    from dataclasses import replace

    from sync.deidentification.engine import Deidentifier
    from sync.deidentification.faces import find_faces
    from sync.deidentification.key import read_or_make_key
    from sync.deidentification.register import Register
    from sync.deidentification.run import deidentify_files

    paths = [path for series in found.series for path in series.files]
    out = wishes.out.resolve()
    ours = workspace.resolve()
    is_ours = out.is_relative_to(ours) and not out.is_relative_to(ours / OUTBOX)  # from there it is only sent
    if any(path.resolve().is_relative_to(out) for path in paths) or is_ours:
        raise UserError("This folder holds originals; the result must not lie among them.", "Choose an empty folder.")
    pixels = wishes.pixels
    if wishes.is_defaced:
        faces = find_faces(paths, brain_of, lambda n, all_: job.report(n / all_ / 2, f"faces: {n} of {all_} series"))
        pixels = replace(pixels, faces=faces)
    start = 0.5 if wishes.is_defaced else 0.0

    def report(done: int, total: int) -> None:
        if not job.is_cancelled:
            job.report(start + (1 - start) * done / max(1, total), f"{done} of {total} objects")

    key = read_or_make_key(workspace)  # before the register: see there
    with Register(workspace) as register:
        return deidentify_files(
            paths,
            out,
            Deidentifier(key, wishes.options),
            register,
            pixels=pixels,
            on_progress=report,
            is_cancelled=lambda: job.is_cancelled,
        )


def preview(path: Path) -> NDArray[np.uint8]:
    """One picture of an object: (rows, columns) grey values or (rows, columns, 3) colours.

    Of several frames the brightest value of each pixel, so that a text shows on whichever of them it stands.

    Raises:
        UserError: its pixels cannot be read.
    """
    from imaging.dicom.repainting import read_pixels

    pixels = read_pixels(path)
    is_inverted = pixels.first.instance.photometric == "MONOCHROME1"
    picture = pixels.frames.min(axis=0) if is_inverted else pixels.frames.max(axis=0)
    if picture.ndim == 3:
        return np.asarray(picture, np.uint8)
    low, high = np.percentile(picture, (_DARK, _BRIGHT)) if picture.dtype.itemsize > 1 else (0.0, 255.0)
    grey = np.clip((picture.astype(np.float32) - low) * (255 / max(1.0, high - low)), 0, 255)
    return np.asarray(255 - grey if is_inverted else grey, np.uint8)


def _series(uid: str, modality: str, paths: tuple[Path, ...]) -> SeriesFound:
    from sync.deidentification.burned_in import risk_of
    from sync.deidentification.run import read_object

    risks, has_pixels = [], False
    for path in paths:
        try:
            found = read_object(path)
        except UserError:
            continue  # the work itself will name it and the reason
        risks.append(risk_of(found))
        has_pixels = has_pixels or any(tag in found for tag in (0x7FE00008, 0x7FE00009, 0x7FE00010))
    order = (Risk.DOCUMENT, Risk.STATED, Risk.POSSIBLE)
    return SeriesFound(uid, modality, paths, next((r for r in order if r in risks), Risk.NONE), has_pixels)
