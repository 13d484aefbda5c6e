"""One door for all research file formats, chosen by the file's name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.formats.stored_image import Header, StoredImage
from imaging.formats.values import Narrowing, looks_like_ct
from imaging.formats.voxel_reading import read_sample, read_voxels, sampled_slices
from imaging.geometry import Geometry
from imaging.volume import Quantity, SeriesWarning, SourceSeries, Volume

NIFTI = (".nii", ".nii.gz")
NRRD = (".nrrd", ".nhdr")
METAIMAGE = (".mha", ".mhd")
WRITABLE = (".nii", ".nii.gz", ".nrrd", ".mha")


def is_image_file(path: Path) -> bool:
    """True when the name is that of a research image file; nothing is opened."""
    return path.name.lower().endswith(NIFTI + NRRD + METAIMAGE)


def read_stored(path: Path) -> StoredImage:
    """The checked header of a file, its voxels still on disk.

    Raises:
        UserError: unknown name, missing file, or a header that no voxels can follow.
    """
    name = path.name.lower()
    if not path.is_file():
        raise UserError(f"{path.name} does not exist.")
    if name.endswith(NIFTI):
        from imaging.formats.nifti import read_nifti

        return read_nifti(path)
    if name.endswith(NRRD):
        from imaging.formats.nrrd import read_nrrd

        return read_nrrd(path)
    if name.endswith(METAIMAGE):
        from imaging.formats.metaimage import read_metaimage

        return read_metaimage(path)
    raise UserError(f"{path.name} is no known image file.", f"Known are {', '.join(NIFTI + NRRD + METAIMAGE)}.")


def read_header(path: Path) -> Header:
    """What a file holds. At most five slices are kept in memory; a packed file is unpacked but not held.

    Raises:
        UserError: the file is no image, damaged, cut off or too large.
    """
    stored = read_stored(path)
    sample, narrowing = read_sample(stored)
    quantity = _quantity(stored, sample)
    return Header(
        geometry=stored.geometry,
        volume_count=stored.volume_count,
        quantity=quantity,
        warnings=_warnings(stored, narrowing),
        dtype=stored.dtype,
        modality=_modality(quantity),
    )


def read_volumes(path: Path) -> list[Volume]:
    """All volumes of a file: one for 2D and 3D, one per time point or channel for 4D, on one LPS geometry.

    Raises:
        UserError: the file is no image, damaged, cut off or too large.
    """
    stored = read_stored(path)
    arrays, narrowing = read_voxels(stored)
    quantity = _quantity(stored, arrays[0][sampled_slices(len(arrays[0]))].reshape(-1))
    source = SourceSeries(path=str(path), modality=_modality(quantity), description=path.name)
    warnings = _warnings(stored, narrowing)
    return [_volume(stored, array, quantity, source, warnings) for array in arrays]


def _volume(
    stored: StoredImage,
    array: NDArray[Any],
    quantity: Quantity,
    source: SourceSeries,
    warnings: tuple[SeriesWarning, ...],
) -> Volume:
    array.setflags(write=False)
    return Volume(stored.geometry, array, quantity, source, warnings)


def _quantity(stored: StoredImage, sample: NDArray[Any]) -> Quantity:
    if stored.is_colour:
        return Quantity.COLOUR
    return Quantity.HU if looks_like_ct(sample) else Quantity.SIGNAL


def _modality(quantity: Quantity) -> str:
    return "CT" if quantity is Quantity.HU else ""


def _warnings(stored: StoredImage, narrowing: Narrowing) -> tuple[SeriesWarning, ...]:
    return stored.warnings if narrowing.is_finite else (*stored.warnings, SeriesWarning.NOT_FINITE)


def write_volume(volume: Volume, path: Path) -> None:
    """Write one volume as .nii, .nii.gz, .nrrd or .mha; the old file stays until the new one is whole.

    Raises:
        UserError: unknown name, unevenly spaced slices, a sheared grid in .mha, or a file that cannot be written.
    """
    write_arrays(volume.geometry, [volume.voxels], path)


def write_volumes(volumes: Sequence[Volume], path: Path) -> None:
    """Write volumes on one grid (time points, channels) as one file, see ``write_volume``.

    Volumes of different types are written in the smallest type that holds them all.

    Raises:
        UserError: as ``write_volume``, or the volumes lie on different grids.
    """
    first = volumes[0].geometry
    if any(not volume.geometry.same_space(first) for volume in volumes[1:]):
        raise UserError("Volumes on different grids do not fit into one file.", "Choose one of them.")
    write_arrays(first, [volume.voxels for volume in volumes], path)


def check_grid(geometry: Geometry) -> None:
    """Make sure that research file formats can hold the grid.

    Raises:
        UserError: its slices are unevenly spaced.
    """
    if not geometry.is_regular:
        raise UserError("No research file format can hold unevenly spaced slices.", "Resample with --regular-grid.")


def write_arrays(geometry: Geometry, volumes: Sequence[NDArray[Any]], path: Path) -> None:
    """Write arrays of (k, j, i) or (k, j, i, 3) that share one geometry; see ``write_volume``."""
    name = path.name.lower()
    check_grid(geometry)
    dtype = _storable(np.result_type(*volumes))
    arrays = [np.asarray(volume, dtype) for volume in volumes]
    if name.endswith(NIFTI):
        from imaging.formats.nifti import write_nifti

        write_nifti(geometry, arrays, path)
    elif name.endswith(".nrrd"):
        from imaging.formats.nrrd import write_nrrd

        write_nrrd(geometry, arrays, path)
    elif name.endswith(".mha"):
        from imaging.formats.metaimage import write_metaimage

        write_metaimage(geometry, arrays, path)
    else:
        raise UserError(f"{path.name} has no known ending for an image.", f"Use one of {', '.join(WRITABLE)}.")


def _storable(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The little-endian type that all three formats have for this one."""
    if dtype.kind == "b":
        return np.dtype(np.uint8)
    return np.dtype("<f4") if dtype == np.float16 else dtype.newbyteorder("<")
