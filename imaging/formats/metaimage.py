"""MetaImage (.mha, .mhd): text header of ``Key = Value`` and raw or zlib-packed voxels. The space is LPS, as in ITK.

https://itk.org/Wiki/ITK/MetaIO/Documentation. Written by ourselves, because the voxels then go to the disk without a
copy and SimpleITK need not be loaded; the tests read every kind back with SimpleITK.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.formats.replacing import replacing
from imaging.formats.stored_image import Packing, StoredImage, VolumeAxis, checked_geometry
from imaging.formats.text_header import beside, read_beginning
from imaging.geometry import Affine, Geometry
from imaging.volume import SeriesWarning

# MetaIO's own sizes: LONG is 4 bytes in a file, whatever the platform.
ELEMENT_TYPES = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG": "i4",
    "MET_ULONG": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}
ELEMENT_NAMES = {"i1": "MET_CHAR", "u1": "MET_UCHAR", "i2": "MET_SHORT", "u2": "MET_USHORT", "i4": "MET_INT"} | {
    "u4": "MET_UINT",
    "i8": "MET_LONG_LONG",
    "u8": "MET_ULONG_LONG",
    "f4": "MET_FLOAT",
    "f8": "MET_DOUBLE",
}
Fields = dict[str, str]


_LARGEST = 1e12  # of a header's numbers: products of larger ones would overflow


def read_metaimage(path: Path) -> StoredImage:
    """Check a MetaImage file's header.

    Raises:
        UserError: no MetaImage, or a header that no voxels can follow.
    """
    fields, end = _parsed(path)
    sizes = [int(n) for n in _numbers(path, fields, "DimSize")]
    if not 2 <= len(sizes) <= 4 or min(sizes) < 1 or fields.get("NDims") != str(len(sizes)):
        raise UserError(f"{path.name}: the header's sizes make no sense: {sizes[:6]}.")
    i, j, k, times = (*sizes, 1, 1)[:4]
    dtype = _element_type(path, fields)
    channels = int(_numbers(path, fields, "ElementNumberOfChannels", [1])[0])
    is_colour = channels in (3, 4) and dtype == np.uint8
    if channels < 1 or (channels > 1 and times > 1 and not is_colour):
        raise UserError(f"{path.name} has {channels} channels at {times} times, which is not supported.")
    affine, warnings = _lps_affine(path, fields, len(sizes))
    data_path, offset, packing = _data_place(path, fields, end, i * j * k * times * channels * dtype.itemsize)
    return StoredImage(
        path=path,
        data_path=data_path,
        offset=offset,
        packing=packing,
        dtype=dtype,
        geometry=checked_geometry(path, (k, j, i), affine),
        volume_count=times if is_colour else channels * times,
        volume_axis=VolumeAxis.FASTEST if channels > 1 and not is_colour else VolumeAxis.SLOWEST,
        channels=channels if is_colour else 1,
        warnings=warnings,
    )


def _parsed(path: Path) -> tuple[Fields, int]:
    """Header fields and the byte behind the ``ElementDataFile`` line, always the last one."""
    beginning = read_beginning(path)
    fields: Fields = {}
    at = 0
    while at < len(beginning):
        stop = beginning.find(b"\n", at)
        stop = len(beginning) if stop < 0 else stop
        key, separator, value = beginning[at:stop].decode("latin-1").partition("=")
        at = stop + 1
        if not separator and not key.strip():
            continue
        if not separator or len(key) > 100:
            break
        fields[key.strip()] = value.strip()
        if key.strip() == "ElementDataFile":
            return fields, at
    raise UserError(f"{path.name} is not a MetaImage file.")


def _numbers(path: Path, fields: Fields, key: str, default: list[float] | None = None) -> list[float]:
    if key not in fields and default is not None:
        return default
    try:
        numbers = [float(word) for word in fields.get(key, "").split()]
    except ValueError as error:
        raise UserError(f"{path.name} has a damaged MetaImage header ({key}).") from error
    if not numbers or not (np.abs(numbers) <= _LARGEST).all():  # nor what is no number
        raise UserError(f"{path.name} has a damaged MetaImage header ({key}).")
    return numbers


def _is_true(fields: Fields, *keys: str) -> bool:
    return any(fields.get(key, "").lower() in ("true", "1") for key in keys)


def _element_type(path: Path, fields: Fields) -> np.dtype[Any]:
    name = ELEMENT_TYPES.get(fields.get("ElementType", "").removesuffix("_ARRAY"))
    if name is None:
        raise UserError(f"{path.name} holds voxels of type {fields.get('ElementType', '')[:40]}: not supported.")
    if fields.get("BinaryData", "False").lower() not in ("true", "1"):
        raise UserError(f"{path.name} stores its voxels as text, which is not supported.", "Save it as binary.")
    is_big = _is_true(fields, "BinaryDataByteOrderMSB", "ElementByteOrderMSB")
    return np.dtype(name).newbyteorder(">" if is_big else "<") if name[1] != "1" else np.dtype(name)


def _data_place(path: Path, fields: Fields, end: int, need: int) -> tuple[Path, int, Packing]:
    named = fields["ElementDataFile"]
    packing = Packing.ZLIB if _is_true(fields, "CompressedData") else Packing.RAW
    if named.upper() in ("LOCAL", "LOCAL.RAW"):
        return path, end, packing
    if named.upper().startswith("LIST") or "%" in named:
        hint = "Convert it to one .mha file."
        raise UserError(f"{path.name} spreads its voxels over several files, which is not supported.", hint)
    data_path = beside(path, named)
    skip = int(_numbers(path, fields, "HeaderSize", [0])[0])
    if skip < -1 or (skip and packing is not Packing.RAW):
        raise UserError(f"{path.name} has a damaged MetaImage header (HeaderSize).")
    return data_path, max(0, data_path.stat().st_size - need) if skip == -1 else skip, packing


def _lps_affine(path: Path, fields: Fields, axes: int) -> tuple[Affine, tuple[SeriesWarning, ...]]:
    """Each run of ``axes`` numbers in TransformMatrix is the direction of one axis of the grid."""
    matrix = next((key for key in ("TransformMatrix", "Rotation", "Orientation") if key in fields), "")
    origin = next((key for key in ("Offset", "Position", "Origin") if key in fields), "")
    spacing = next((key for key in ("ElementSpacing", "ElementSize") if key in fields), "")
    lengths = _numbers(path, fields, spacing, [1.0] * axes)
    turns = _numbers(path, fields, matrix, [float(x) for x in np.eye(axes).ravel()])
    offset = _numbers(path, fields, origin, [0.0] * axes)
    if len(lengths) != axes or len(turns) != axes * axes or len(offset) != axes:
        raise UserError(f"{path.name}: the header's space makes no sense.")
    used = min(axes, 3)
    affine = np.eye(4)
    columns = np.array(turns).reshape(axes, axes)[:used, :used].T * np.abs(lengths[:used])
    affine[:used, :used] = columns
    affine[:used, 3] = offset[:used]
    warnings = () if matrix or origin else (SeriesWarning.NO_GEOMETRY,)
    return affine, warnings if spacing else (*warnings, SeriesWarning.NO_SPACING)


def write_metaimage(geometry: Geometry, volumes: list[NDArray[Any]], path: Path) -> None:
    """Write volumes of (k, j, i) or (k, j, i, 3) as one uncompressed .mha.

    Args:
        geometry: evenly spaced grid of each volume, with right angles.
        volumes: arrays of one type; more than one makes a 4D file.
        path: replaced only when all is written.

    Raises:
        UserError: the grid is sheared, or the file cannot be written.
    """
    if geometry.is_sheared:
        hint = "Write .nii.gz or .nrrd, or resample with --regular-grid."
        raise UserError("MetaImage cannot hold a grid with sheared axes (gantry tilt).", hint)
    arrays = [np.ascontiguousarray(volume) for volume in volumes]
    with replacing(path) as file:
        file.write(_header_text(geometry, arrays).encode())
        for array in arrays:
            file.write(array.data)


def _header_text(geometry: Geometry, arrays: list[NDArray[Any]]) -> str:
    size, spacing = [*geometry.shape[::-1]], [*geometry.spacing_mm]
    turns, offset = geometry.direction.T, [*geometry.origin_mm]
    if len(arrays) > 1:
        size, spacing, offset = [*size, len(arrays)], [*spacing, 1.0], [*offset, 0.0]
        turns = np.block([[turns, np.zeros((3, 1))], [np.zeros((1, 3)), np.ones((1, 1))]])
    lines = {
        "ObjectType": "Image",
        "NDims": len(size),
        "BinaryData": "True",
        "BinaryDataByteOrderMSB": "False",
        "CompressedData": "False",
        "TransformMatrix": _joined(turns.ravel()),
        "Offset": _joined(offset),
        "CenterOfRotation": _joined([0] * len(size)),
        "AnatomicalOrientation": "RAI",
        "ElementSpacing": _joined(spacing),
        "DimSize": _joined(size),
    }
    if arrays[0].ndim == 4:
        lines["ElementNumberOfChannels"] = 3
    lines |= {"ElementType": ELEMENT_NAMES[arrays[0].dtype.str[1:]], "ElementDataFile": "LOCAL"}
    return "".join(f"{key} = {value}\n" for key, value in lines.items())


def _joined(numbers: Any) -> str:
    return " ".join(f"{number:.17g}" for number in numbers)
