"""NIfTI-1 and NIfTI-2 (.nii, .nii.gz). The format is RAS; everything that leaves this file is LPS.

Geometry (nifti1.h, "3D IMAGE (VOLUME) ORIENTATION AND LOCATION IN SPACE", methods 1 to 3): the sform if its code is
above 0, else the qform if its code is above 0, else pixdim alone with the warning ``no-geometry``. A sheared sform is
kept exactly. Lengths in metres or microns (xyzt_units) become millimetres. A slope of 0 or NaN means no rescale.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.formats.packing import write_gzip
from imaging.formats.replacing import replacing
from imaging.formats.stored_image import Packing, StoredImage, VolumeAxis, checked_geometry
from imaging.formats.voxel_reading import Inflating
from imaging.geometry import Affine, Geometry
from imaging.volume import SeriesWarning

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
MM_PER_UNIT = {1: 1000.0, 2: 1.0, 3: 0.001}  # xyzt_units: metre, millimetre, micrometre
SCANNER_ANATOMICAL = 1  # sform and qform code
NIFTI1_LONGEST_AXIS = 32767
VECTOR_INTENTS = (1007, 2003, 2004)  # VECTOR, RGB_VECTOR, RGBA_VECTOR
EXTENSION_LIMIT = 1 << 20
LARGEST_OFFSET = 1 << 26  # 64 MiB of extensions: nobody writes more, and a packed file must be unpacked up to there


def read_nifti(path: Path) -> StoredImage:
    """Check a NIfTI file's header.

    Raises:
        UserError: no NIfTI, or a header that no voxels can follow.
    """
    is_packed = path.name.lower().endswith(".gz")
    head, extension = _read_head(path, is_packed)
    header = _parsed(path, head)
    grid, count = _grid(path, header)
    dtype, channels = _element_type(path, header)
    is_planar = channels == 1 and count in (3, 4) and dtype == np.uint8 and _is_vector(header)
    affine, warnings = _lps_affine(header, head)
    slope, inter = _rescale(header)
    return StoredImage(
        path=path,
        data_path=path,
        offset=_data_offset(path, header),
        packing=Packing.GZIP_FILE if is_packed else Packing.RAW,
        dtype=dtype,
        geometry=checked_geometry(path, grid, affine),
        volume_count=1 if is_planar else count,
        channels=count if is_planar else channels,
        channel_axis=VolumeAxis.SLOWEST if is_planar else VolumeAxis.FASTEST,
        slope=1.0 if channels > 1 or is_planar else slope,
        inter=0.0 if channels > 1 or is_planar else inter,
        warnings=warnings,
        fields={"extension": extension},
    )


def _read_head(path: Path, is_packed: bool) -> tuple[bytes, str]:
    """The first 540 bytes and the text between header and voxels (extensions, at most 1 MiB)."""
    try:
        with open(path, "rb") as file:
            source: Any = Inflating(file) if is_packed else file
            head = _read_up_to(source, 540)
            offset = _offset_of(head)
            text = head[352:] + _read_up_to(source, min(offset, EXTENSION_LIMIT) - 540)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path.name} cannot be read: it is damaged or cut off.") from error
    return head, text[: max(0, offset - 352)].decode("utf-8", "replace")


def _read_up_to(source: Any, size: int) -> bytes:
    parts = b""
    while len(parts) < size and (part := source.read(size - len(parts))):
        parts += part
    return parts


def _offset_of(head: bytes) -> int:
    """Data offset of a NIfTI-1 header of either byte order, 0 where it is none or NIfTI-2."""
    if len(head) < 352 or head[344:347] != b"n+1":
        return 0
    little = int.from_bytes(head[:4], "little") == 348
    value = np.frombuffer(head, "<f4" if little else ">f4", 1, 108)[0]
    return int(value) if 352 <= value <= LARGEST_OFFSET else 0


def _parsed(path: Path, head: bytes) -> Any:
    import nibabel
    from nibabel.spatialimages import HeaderDataError
    from nibabel.wrapstruct import WrapStructError

    lengths = {int.from_bytes(head[:4], order) for order in ("little", "big")}
    try:
        if 348 in lengths and len(head) >= 348 and head[344:347] == b"n+1":
            return nibabel.Nifti1Header(head[:348], check=False)
        if 540 in lengths and len(head) >= 540 and head[4:7] == b"n+2":
            return nibabel.Nifti2Header(head[:540], check=False)
    except (HeaderDataError, WrapStructError, ValueError) as error:
        raise UserError(f"{path.name} has a damaged NIfTI header.") from error
    raise UserError(f"{path.name} is not a NIfTI file.", "A pair of .hdr and .img must be converted to one .nii first.")


def _grid(path: Path, header: Any) -> tuple[tuple[int, int, int], int]:
    """(k, j, i) and the number of volumes; axes 4 to 7 are counted together."""
    dim = [int(n) for n in header["dim"]]
    if not 2 <= dim[0] <= 7 or min(dim[1 : dim[0] + 1]) < 1:
        raise UserError(f"{path.name}: the header's sizes make no sense: {dim[: max(1, min(dim[0], 7)) + 1]}.")
    sizes = dim[1 : dim[0] + 1] + [1] * (7 - dim[0])
    count = 1
    for size in sizes[3:]:
        count *= size
    return (sizes[2], sizes[1], sizes[0]), count


def _is_vector(header: Any) -> bool:
    """True for RGB in three planes: dim[5] counts the channels; SimpleITK writes intent VECTOR, the standard RGB."""
    return int(header["intent_code"]) in VECTOR_INTENTS and int(header["dim"][0]) == 5 and int(header["dim"][4]) == 1


def _element_type(path: Path, header: Any) -> tuple[np.dtype[Any], int]:
    from nibabel.spatialimages import HeaderDataError

    try:
        dtype = header.get_data_dtype()
    except (HeaderDataError, KeyError) as error:
        raise UserError(f"{path.name} has an unknown NIfTI data type ({int(header['datatype'])}).") from error
    if dtype.fields:
        return np.dtype(np.uint8), len(dtype.fields)
    if dtype.kind not in "iuf" or dtype.itemsize > 8 or dtype.itemsize == 0:
        raise UserError(f"{path.name} holds {dtype.name} voxels, which are not supported.")
    return np.dtype(dtype), 1


def _data_offset(path: Path, header: Any) -> int:
    offset = float(header["vox_offset"])
    least = 352 if int(header["sizeof_hdr"]) == 348 else 544
    if offset == 0:
        return least
    if not np.isfinite(offset) or offset < least or offset > LARGEST_OFFSET:
        raise UserError(f"{path.name} has a damaged NIfTI header: its voxels cannot begin at byte {offset:g}.")
    return int(offset)


def _rescale(header: Any) -> tuple[float, float]:
    slope, inter = float(header["scl_slope"]), float(header["scl_inter"])
    if slope == 0 or not np.isfinite(slope):
        return 1.0, 0.0
    return slope, inter if np.isfinite(inter) else 0.0


def _lps_affine(header: Any, head: bytes) -> tuple[Affine, tuple[SeriesWarning, ...]]:
    scale = np.diag([MM_PER_UNIT.get(int(header["xyzt_units"]) & 7, 1.0)] * 3 + [1.0])
    for affine_ras in (_sform(header), _qform(header)):
        if affine_ras is not None:
            return RAS_TO_LPS @ scale @ affine_ras, ()
    steps = np.abs(np.asarray(header["pixdim"][1:4], np.float64))
    warnings: tuple[SeriesWarning, ...] = (SeriesWarning.NO_GEOMETRY,)
    if not np.isfinite(steps).all() or (steps <= 0).any():
        steps = np.where(np.isfinite(steps) & (steps > 0), steps, 1.0)
        warnings += (SeriesWarning.NO_SPACING,)
    return scale @ np.diag([*steps, 1.0]), warnings


def _sform(header: Any) -> Affine | None:
    if int(header["sform_code"]) <= 0:
        return None
    affine = np.asarray(header.get_sform(), np.float64)
    return affine if _is_usable(affine) else None


def _qform(header: Any) -> Affine | None:
    from nibabel.spatialimages import HeaderDataError

    if int(header["qform_code"]) <= 0:
        return None
    try:
        affine = np.asarray(header.get_qform(), np.float64)
    except (HeaderDataError, ValueError):  # no unit quaternion, negative pixdim
        return None
    return affine if _is_usable(affine) else None


def _is_usable(affine: Affine) -> bool:
    return bool(np.isfinite(affine).all() and abs(np.linalg.det(affine[:3, :3])) > 1e-12)


def write_nifti(geometry: Geometry, volumes: list[NDArray[Any]], path: Path, extension: bytes = b"") -> None:
    """Write volumes of (k, j, i) or (k, j, i, 3) as .nii or .nii.gz; a sheared affine is kept in the sform.

    Args:
        geometry: evenly spaced grid of each volume.
        volumes: arrays of one type; more than one makes a 4D file.
        path: replaced only when all is written.
        extension: text for other programs between header and voxels (a Caret label table).

    Raises:
        UserError: the file cannot be written.
    """
    header, block = _new_header(geometry, volumes), _extension_block(extension)
    begin = int(header["sizeof_hdr"]) + 4 + len(block)
    header["vox_offset"] = begin
    prefix = header.binaryblock + (b"\1\0\0\0" if block else b"\0\0\0\0") + block
    arrays = [np.ascontiguousarray(volume) for volume in volumes]
    with replacing(path) as file:
        if path.name.lower().endswith(".gz"):
            write_gzip(file, [prefix, *arrays])
        else:
            _write_plain(file, prefix, arrays)


def _write_plain(file: BinaryIO, prefix: bytes, arrays: list[NDArray[Any]]) -> None:
    file.write(prefix)
    for array in arrays:
        file.write(array.data)


def _new_header(geometry: Geometry, volumes: list[NDArray[Any]]) -> Any:
    import nibabel

    k, j, i = geometry.shape
    size = (i, j, k) if len(volumes) == 1 else (i, j, k, len(volumes))
    header = (nibabel.Nifti1Header if max(size) <= NIFTI1_LONGEST_AXIS else nibabel.Nifti2Header)()
    colour = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
    header.set_data_dtype(colour if volumes[0].ndim == 4 else volumes[0].dtype)
    header.set_data_shape(size)
    header.set_xyzt_units("mm", "sec" if len(volumes) > 1 else None)
    affine_ras = RAS_TO_LPS @ geometry.affine
    header.set_zooms((*geometry.spacing_mm, 1.0)[: len(size)])
    header.set_qform(affine_ras, 0 if geometry.is_sheared else SCANNER_ANATOMICAL, strip_shears=True)
    header.set_sform(affine_ras, SCANNER_ANATOMICAL)
    header["scl_slope"], header["scl_inter"] = 1, 0
    return header


def _extension_block(content: bytes) -> bytes:
    if not content:
        return b""
    size = 8 + len(content) + (-(8 + len(content)) % 16)
    return size.to_bytes(4, "little") + (0).to_bytes(4, "little") + content.ljust(size - 8, b"\0")
