"""Images from a path: which series are there, and one of them completely read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from imaging.errors import UserError
from imaging.opening import Series, find_series, open_series
from imaging.volume import Volume

MASK_MODALITIES = {"SEG", "RTSTRUCT"}
MASK_HINT = "It holds masks of an image: open that image, then use Import (`limner case import CASE FILE`)."
Report = Callable[[float, str], None]
Remarked = Callable[[UserError], None]  # called with what is doubtful about all that was found


def image_series(path: Path, wanted: str = "", remarked: Remarked | None = None) -> list[Series]:
    """The series below a path that have voxels, the largest first.

    Args:
        path: a file, a folder, a zip archive, or the DICOMDIR of a disc.
        wanted: a series' id; of a disc only its files are looked at, where the directory knows it.
        remarked: see `imaging.series.Listing.remarks`.

    Raises:
        UserError: nothing there can be shown.
    """
    listing = find_series(path, wanted)
    if remarked is not None:
        for remark in listing.remarks:
            remarked(remark)
    found = listing.series
    with_voxels = [s for s in found if s.geometry is not None]
    if not with_voxels:
        raise _nothing_to_show(found)
    return sorted(with_voxels, key=_voxel_count, reverse=True)


def _nothing_to_show(found: list[Series]) -> UserError:
    """Why, where all that was found has one reason; else what was found."""
    kinds = {s.modality for s in found if s.modality}
    hint = MASK_HINT if kinds & MASK_MODALITIES else "Open the folder with the image series."
    reasons = dict.fromkeys((s.refusal, s.refusal_hint) for s in found)
    reason, what_to_do = next(iter(reasons), ("", ""))
    if len(reasons) == 1 and reason:
        return UserError(reason, what_to_do or hint)
    named = f" Found: {', '.join(sorted(kinds))}." if kinds else ""
    return UserError("There is no image to show here." + named, hint)


def choose_series(path: Path, series_id: str | None, remarked: Remarked | None = None) -> Series:
    """The series with this id, or the only one; the arguments are those of `image_series`.

    Raises:
        UserError: no such series, or several and no id.
    """
    return series_of(image_series(path, series_id or "", remarked), series_id)


def series_of(series: list[Series], series_id: str | None) -> Series:
    """The one with this id, or the only one; UserError when there is no such series, or several and no id."""
    if series_id is not None:
        chosen = next((s for s in series if s.id == series_id), None)
        if chosen is None:
            raise UserError("There is no image series with this id.", "`limner info PATH` lists the ids.")
        return chosen
    if len(series) > 1:
        raise UserError(
            f"There are {len(series)} image series here.", "Choose one by --series ID; `limner info PATH` lists them."
        )
    return series[0]


def read_volumes_of(series: Series, *, regular_grid: bool = False, report: Report | None = None) -> list[Volume]:
    """Read a series completely; one volume per time point.

    Args:
        series: one of ``image_series``.
        regular_grid: resample uneven or tilted slices to an orthogonal, evenly spaced grid.
        report: called with fraction and message.

    Raises:
        UserError: the files cannot be read.
    """
    volumes = open_series(series, progress=report)
    return on_regular_grid(volumes) if regular_grid else volumes


def on_regular_grid(volumes: list[Volume]) -> list[Volume]:
    """The volumes on an orthogonal, evenly spaced grid; the same ones where they lie on such a grid already."""
    if not needs_regular_grid(volumes[0]):
        return volumes
    from imaging.regular_grid import to_regular_grid  # scipy

    return [to_regular_grid(v) for v in volumes]


def needs_regular_grid(volume: Volume) -> bool:
    """True when the slices are uneven or tilted, so that there is a choice."""
    return not volume.geometry.is_regular or volume.geometry.is_sheared


def _voxel_count(series: Series) -> int:
    if series.geometry is None:
        return 0
    k, j, i = series.geometry.shape
    return k * j * i
