"""NRRD (.nrrd, .nhdr): https://teem.sourceforge.net/nrrd/format.html. Named spaces become LPS here.

pynrrd parses the header; the voxels are read by ``voxel_reading``. Known spaces are LPS, RAS and LAS (also with time);
any other, or none, gives the warning ``no-geometry``. Cell and node centring are not told apart, as in ITK.
"""

from __future__ import annotations

import re
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.formats.packing import write_gzip
from imaging.formats.replacing import replacing
from imaging.formats.stored_image import Packing, StoredImage, VolumeAxis, checked_geometry
from imaging.formats.text_header import beside, read_beginning
from imaging.geometry import FARTHEST_MM, Affine, Geometry
from imaging.volume import SeriesWarning

TO_LPS = {
    "left-posterior-superior": (1.0, 1.0, 1.0),
    "lps": (1.0, 1.0, 1.0),
    "right-anterior-superior": (-1.0, -1.0, 1.0),
    "ras": (-1.0, -1.0, 1.0),
    "left-anterior-superior": (1.0, -1.0, 1.0),
    "las": (1.0, -1.0, 1.0),
}
PACKINGS = {
    "raw": Packing.RAW,
    "gzip": Packing.GZIP,
    "gz": Packing.GZIP,
    "bzip2": Packing.BZIP2,
    "bz2": Packing.BZIP2,
}
TYPE_NAMES = {"u1": "uint8", "i1": "int8", "i2": "int16", "u2": "uint16", "i4": "int32", "u4": "uint32"} | {
    "i8": "int64",
    "u8": "uint64",
    "f4": "float",
    "f8": "double",
}
COLOUR_KINDS = (
    "RGB-color",
    "RGBA-color",
    "3-color",
    "4-color",
    "vector",
    "3-vector",
    "4-vector",
)  # if uint8; ITK: vector
MM_PER_UNIT = {"mm": 1.0, "millimeter": 1.0, "cm": 10.0, "m": 1000.0, "um": 0.001, "micron": 0.001}


def read_nrrd(path: Path) -> StoredImage:
    """Check an NRRD file's header.

    Raises:
        UserError: no NRRD, or a header that no voxels can follow.
    """
    fields, end = _parsed(path)
    sizes = _sizes(path, fields)
    roles = _axis_roles(path, fields, sizes)
    shape = [sizes[axis] for axis in roles.grid]
    affine, warnings = _lps_affine(path, fields, roles.grid)
    dtype = _element_type(path, fields)
    data_path, offset, packing = _data_place(path, fields, end, prod(sizes) * dtype.itemsize)
    return StoredImage(
        path=path,
        data_path=data_path,
        offset=offset,
        packing=packing,
        dtype=dtype,
        geometry=checked_geometry(path, (shape[2] if len(shape) == 3 else 1, shape[1], shape[0]), affine),
        volume_count=roles.volume_count,
        volume_axis=roles.volume_axis,
        channels=roles.channels,
        warnings=warnings,
        fields={key: value for key, value in fields.items() if isinstance(value, str)},
    )


class _Roles:
    """Which stored axis (fastest first) is what."""

    def __init__(self, grid: list[int], volume_count: int, volume_axis: VolumeAxis, channels: int) -> None:
        self.grid, self.volume_count, self.volume_axis, self.channels = grid, volume_count, volume_axis, channels


def _parsed(path: Path) -> tuple[dict[str, Any], int]:
    """All header fields and the byte where attached voxels begin."""
    import nrrd

    beginning = read_beginning(path)
    if not beginning.startswith(b"NRRD000"):
        raise UserError(f"{path.name} is not an NRRD file.")
    blank = re.search(rb"\r?\n\r?\n", beginning)
    end = blank.end() if blank else len(beginning)
    text = beginning[: blank.start() if blank else end].decode("utf-8", "replace")
    try:
        with np.errstate(invalid="ignore", over="ignore"):  # of numbers that become none; what they say is checked
            return dict(nrrd.read_header(text.splitlines())), end if blank else -1
    except (nrrd.NRRDError, ValueError, IndexError, KeyError, OverflowError) as error:
        raise UserError(f"{path.name} has a damaged NRRD header.") from error


def _sizes(path: Path, fields: dict[str, Any]) -> list[int]:
    sizes = [int(n) for n in np.atleast_1d(fields.get("sizes", []))]
    if not 2 <= len(sizes) <= 5 or min(sizes) < 1 or len(sizes) != fields.get("dimension"):
        raise UserError(f"{path.name}: the header's sizes make no sense: {sizes[:6]}.")
    return sizes


def _axis_roles(path: Path, fields: dict[str, Any], sizes: list[int]) -> _Roles:
    """Tell the grid's axes from a list, vector or colour axis: by their directions, else by their kinds."""
    kinds = [str(kind) for kind in fields.get("kinds", ["???"] * len(sizes))]
    rows = fields.get("space directions")
    if rows is not None and len(rows) == len(sizes):
        spatial = [axis for axis, row in enumerate(rows) if row is not None and np.isfinite(row).all()]
    else:
        spatial = [axis for axis, kind in enumerate(kinds) if kind in ("domain", "space", "???", "none")]
    if len(kinds) != len(sizes) or len(spatial) > 3:
        spatial = list(range(3))
    others = [axis for axis in range(len(sizes)) if axis not in spatial]
    if len(spatial) < 2 or len(others) > 1 or spatial != list(range(spatial[0], spatial[0] + len(spatial))):
        raise UserError(f"{path.name} has an order of axes that is not supported: {', '.join(kinds)[:80]}.")
    if not others:
        return _Roles(spatial, 1, VolumeAxis.SLOWEST, 1)
    is_fastest = others[0] == 0
    is_colour = len(kinds) == len(sizes) and kinds[others[0]] in COLOUR_KINDS and sizes[others[0]] in (3, 4)
    if is_fastest and is_colour and _element_type(path, fields).name == "uint8":
        return _Roles(spatial, 1, VolumeAxis.SLOWEST, sizes[0])
    return _Roles(spatial, sizes[others[0]], VolumeAxis.FASTEST if is_fastest else VolumeAxis.SLOWEST, 1)


def _element_type(path: Path, fields: dict[str, Any]) -> np.dtype[Any]:
    from nrrd.reader import _TYPEMAP_NRRD2NUMPY

    name = _TYPEMAP_NRRD2NUMPY.get(str(fields.get("type")))
    if name is None or name.startswith("V"):
        raise UserError(f"{path.name} holds voxels of type {str(fields.get('type'))[:40]}, which are not supported.")
    dtype: np.dtype[Any] = np.dtype(str(name))
    return dtype.newbyteorder(">" if fields.get("endian") == "big" else "<") if dtype.itemsize > 1 else dtype


def _data_place(path: Path, fields: dict[str, Any], end: int, need: int) -> tuple[Path, int, Packing]:
    packing = PACKINGS.get(str(fields.get("encoding")).lower())
    if packing is None:
        hint = "Save it with raw or gzip encoding."
        raise UserError(f"{path.name} is encoded as {str(fields.get('encoding'))[:20]}, which is not supported.", hint)
    named = fields.get("data file", fields.get("datafile"))
    if named is None and end < 0:
        raise UserError(f"{path.name} has no end of its NRRD header.")
    data_path, offset = (path, end) if named is None else (beside(path, _single_file(path, str(named))), 0)
    skip = int(fields.get("byte skip", fields.get("byteskip", 0)))
    if int(fields.get("line skip", fields.get("lineskip", 0))) or (skip and packing is not Packing.RAW) or skip < -1:
        raise UserError(f"{path.name} skips lines or bytes before its voxels, which is not supported.")
    if skip == -1:
        return data_path, max(0, data_path.stat().st_size - need), packing
    return data_path, offset + skip, packing


def _single_file(path: Path, named: str) -> str:
    if named.upper().startswith("LIST") or "%" in named:
        hint = "Convert it to one .nrrd file."
        raise UserError(f"{path.name} spreads its voxels over several files, which is not supported.", hint)
    return named


def _lps_affine(path: Path, fields: dict[str, Any], grid: list[int]) -> tuple[Affine, tuple[SeriesWarning, ...]]:
    rows = fields.get("space directions")
    if rows is None or any(rows[axis] is None for axis in grid if axis < len(rows)) or len(rows) <= max(grid):
        return _spacings_only(fields, grid)
    directions = np.array([rows[axis] for axis in grid], np.float64)
    origin = np.asarray(fields.get("space origin", np.zeros(directions.shape[1])), np.float64)
    is_near = bool((np.abs(directions) <= FARTHEST_MM).all() and (np.abs(origin) <= FARTHEST_MM).all())
    if directions.shape[1] not in (2, 3) or origin.shape != directions.shape[1:] or not is_near:
        raise UserError(f"{path.name}: the header's space makes no sense.")
    columns = np.zeros((3, 3))
    columns[: directions.shape[1], : len(grid)] = directions.T
    if len(grid) == 2:
        columns[:, 2] = _normal(columns)
    affine = np.eye(4)
    affine[:3, :3] = columns
    affine[: len(origin), 3] = origin
    space = str(fields.get("space", "")).lower().removesuffix("-time")
    unit = MM_PER_UNIT.get(str(np.atleast_1d(fields.get("space units", ["mm"]))[0]).strip('"').lower(), 0.0)
    warnings = () if space in TO_LPS and directions.shape[1] == 3 else (SeriesWarning.NO_GEOMETRY,)
    signs = np.diag([*TO_LPS.get(space, (1.0, 1.0, 1.0)), 1.0])
    scale = np.diag([unit or 1.0] * 3 + [1.0])
    return signs @ scale @ affine, warnings if unit else (*warnings, SeriesWarning.NO_SPACING)


def _normal(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit normal of a single slice, which has no third direction of its own."""
    normal = np.cross(columns[:, 0], columns[:, 1])
    length = float(np.linalg.norm(normal))
    return normal / length if length > 0 else np.array([0.0, 0.0, 1.0])


def _spacings_only(fields: dict[str, Any], grid: list[int]) -> tuple[Affine, tuple[SeriesWarning, ...]]:
    steps = np.atleast_1d(np.asarray(fields.get("spacings", []), np.float64))
    if len(steps) <= max(grid) or not np.isfinite(steps[grid]).all() or (steps[grid] == 0).any():
        return np.eye(4), (SeriesWarning.NO_GEOMETRY, SeriesWarning.NO_SPACING)
    lengths = [abs(float(steps[axis])) for axis in grid] + [1.0] * (3 - len(grid))
    return np.diag([*lengths, 1.0]), (SeriesWarning.NO_GEOMETRY,)


def write_nrrd(
    geometry: Geometry, volumes: list[NDArray[Any]], path: Path, fields: dict[str, str] | None = None
) -> None:
    """Write volumes of (k, j, i) or (k, j, i, 3) as a gzipped .nrrd in LPS; a sheared affine is kept.

    Several volumes become a fastest ``list`` axis, as Slicer writes layers.

    Args:
        geometry: evenly spaced grid of each volume.
        volumes: arrays of one type.
        path: replaced only when all is written.
        fields: key/value pairs for other programs (``Segment0_Name``); line breaks are not allowed.

    Raises:
        UserError: several colour volumes, or the file cannot be written.
    """
    if len(volumes) > 1 and volumes[0].ndim == 4:
        hint = "Write .nii.gz or .mha."
        raise UserError("Several colour volumes do not fit into one NRRD file.", hint)
    lines = _header_lines(geometry, volumes)
    lines += [f"{key}:={value.replace(chr(10), ' ').replace(chr(13), ' ')}" for key, value in (fields or {}).items()]
    stored = volumes[0] if len(volumes) == 1 else np.stack(volumes, axis=-1)
    with replacing(path) as file:
        file.write(("\n".join(lines) + "\n\n").encode())
        write_gzip(file, [np.ascontiguousarray(stored)])


def _header_lines(geometry: Geometry, volumes: list[NDArray[Any]]) -> list[str]:
    k, j, i = geometry.shape
    sizes, kinds, directions = [i, j, k], ["domain"] * 3, [_vector(geometry.affine[:3, axis]) for axis in range(3)]
    if len(volumes) > 1 or volumes[0].ndim == 4:
        sizes.insert(0, len(volumes) if len(volumes) > 1 else 3)
        kinds.insert(0, "list" if len(volumes) > 1 else "RGB-color")
        directions.insert(0, "none")
    return [
        "NRRD0004",
        f"type: {TYPE_NAMES[volumes[0].dtype.str[1:]]}",
        f"dimension: {len(sizes)}",
        "space: left-posterior-superior",
        f"sizes: {' '.join(map(str, sizes))}",
        f"space directions: {' '.join(directions)}",
        f"kinds: {' '.join(kinds)}",
        "endian: little",
        "encoding: gzip",
        f"space origin: {_vector(geometry.affine[:3, 3])}",
    ]


def _vector(numbers: NDArray[np.float64]) -> str:
    return f"({','.join(repr(float(number)) for number in numbers)})"
