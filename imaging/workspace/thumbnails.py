"""Small pictures of series: the middle slice, upright, as grey values or colours. Made once and kept in the index."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.opening import list_series, open_series
from imaging.series import Series
from imaging.volume import Quantity, Volume
from imaging.workspace.listing import SeriesRow, files_of
from imaging.workspace.study_index import StudyIndex

SIDE_PX = 96
MOST_VOXELS = 64 << 20  # of what is opened for a picture of 96 pixels
MOST_FILE_VOXELS = 16 << 20  # of a file that must be unpacked whole
_FARTHEST = np.float32(1e30)  # sums of larger values would overflow
_HEAD = 2  # the LPS axis that points up in every upright picture
SOFT_TISSUE_HU = -160.0, 240.0  # of a CT whose file proposes no window
_DARK, _BRIGHT = 2.0, 99.5  # percentiles that become black and white where nothing else says it


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """(rows, columns) uint8 grey values, or (rows, columns, 3) colours."""

    pixels: NDArray[np.uint8]


def kept_thumbnail(index: StudyIndex, series: SeriesRow) -> Thumbnail | None:
    """The picture in the index; None when there is none, or when the series has changed since."""
    row = index.connection.execute(
        "SELECT width, height, channels, pixels FROM thumbnails WHERE series_id = ? AND made_for = ?",
        (series.id, _state(series)),
    ).fetchone()
    if row is None:
        return None
    width, height, channels, raw = row
    shape = (height, width) if channels == 1 else (height, width, channels)
    return Thumbnail(np.frombuffer(raw, np.uint8).reshape(shape))


def make_thumbnail(index: StudyIndex, series: SeriesRow) -> Thumbnail:
    """Make the picture of a series and keep it.

    Raises:
        UserError: the series has no picture that can be read.
    """
    files = files_of(index, series.id)
    if not files:
        raise UserError("The series has no files any more.")
    path, member = files[len(files) // 2]
    found = [s for s in list_series(path) if not s.refusal and (not member or s.id == series.uid)]
    if not found:
        raise UserError("The series holds no image.")
    made = Thumbnail(_picture(_opened(found[0])))
    height, width = made.pixels.shape[:2]
    channels = 1 if made.pixels.ndim == 2 else made.pixels.shape[2]
    values = (series.id, _state(series), width, height, channels, made.pixels.tobytes())
    index.connection.execute("INSERT OR REPLACE INTO thumbnails VALUES (?,?,?,?,?,?)", values)
    return made


def file_thumbnail(path: Path) -> Thumbnail:
    """The picture of a NIfTI, NRRD or MetaImage file; it is not kept.

    Raises:
        UserError: it cannot be read, or is too large to be read for a picture.
    """
    series = list_series(path)[0]
    geometry = series.geometry
    if geometry is None or int(np.prod(geometry.shape)) * series.volume_count > MOST_FILE_VOXELS:
        raise UserError("The image is too large for a small picture of it.")
    return Thumbnail(_picture(open_series(series)[0]))


def _state(series: SeriesRow) -> str:
    """Changes when objects come or go."""
    return f"{series.instance_count} {series.frame_count}"


def _opened(series: Series) -> Volume:
    geometry = series.geometry
    if geometry is not None and int(np.prod(geometry.shape)) > MOST_VOXELS:
        raise UserError("The image is too large for a small picture of it.")
    return open_series(series)[0]


def _picture(volume: Volume) -> NDArray[np.uint8]:
    """The middle slice in true proportions, turned as radiologists look at it."""
    plane = volume.voxels[volume.geometry.shape[0] // 2]
    rows, columns = _upright(volume)
    plane = plane[::rows, ::columns]
    width_mm, height_mm = (n * mm for n, mm in zip(plane.shape[1::-1], volume.geometry.spacing_mm[:2], strict=True))
    scale = SIDE_PX / max(width_mm, height_mm)
    size = max(1, round(height_mm * scale)), max(1, round(width_mm * scale))
    small = _shrunk(plane, size)
    return small.astype(np.uint8) if plane.ndim == 3 else _grey(small, volume)


def _upright(volume: Volume) -> tuple[int, int]:
    """Steps (1 or -1) along rows and columns: left and posterior right, posterior and feet at the bottom."""
    across, down = volume.geometry.direction[:, 0], volume.geometry.direction[:, 1]
    columns = -1 if across[np.argmax(np.abs(across))] < 0 else 1
    axis = int(np.argmax(np.abs(down)))
    return (-1 if (down[axis] > 0) == (axis == _HEAD) else 1), columns


def _shrunk(plane: NDArray[Any], size: tuple[int, int]) -> NDArray[np.float32]:
    """Means over the pixels that fall together; nearest ones where it grows."""
    rows = np.linspace(0, plane.shape[0], size[0] + 1).astype(int)
    columns = np.linspace(0, plane.shape[1], size[1] + 1).astype(int)
    values = np.nan_to_num(plane.astype(np.float32)).clip(-_FARTHEST, _FARTHEST)
    if plane.shape[0] < size[0] or plane.shape[1] < size[1]:
        nearest: NDArray[np.float32] = values[rows[:-1].clip(0, plane.shape[0] - 1)]
        return nearest[:, columns[:-1].clip(0, plane.shape[1] - 1)]
    by_rows = np.add.reduceat(values, rows[:-1], axis=0)
    summed = np.add.reduceat(by_rows, columns[:-1], axis=1)
    counts = np.diff(rows)[:, None] * np.diff(columns)[None, :]
    means: NDArray[np.float32] = (summed / (counts if plane.ndim == 2 else counts[..., None])).astype(np.float32)
    return means


def _grey(plane: NDArray[np.float32], volume: Volume) -> NDArray[np.uint8]:
    if volume.default_window:
        level, width = volume.default_window[0]
        low, high = level - width / 2, level + width / 2
    elif volume.quantity is Quantity.HU:
        low, high = SOFT_TISSUE_HU
    else:
        inside = plane[plane != volume.outside_value] if volume.outside_value is not None else plane
        low, high = np.percentile(inside if inside.size else plane, (_DARK, _BRIGHT))
    scaled = (plane.astype(np.float64) - low) * (255 / max(high - low, 1e-6))
    grey: NDArray[np.uint8] = np.clip(scaled, 0, 255).astype(np.uint8)
    return np.invert(grey) if volume.is_inverted else grey
