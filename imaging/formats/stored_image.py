"""What a research file's header promises, before any voxel is read: place, layout and type of the voxels."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from imaging.errors import UserError
from imaging.geometry import Affine, Geometry
from imaging.volume import Quantity, SeriesWarning


class Packing(StrEnum):
    """How the bytes of the voxels are packed in their file."""

    RAW = "raw"
    GZIP = "gzip"  # one or more gzip members from ``offset`` on
    GZIP_FILE = "gzip-file"  # the whole file is gzipped; ``offset`` counts unpacked bytes (.nii.gz)
    ZLIB = "zlib"  # one zlib stream from ``offset`` on (MetaImage)
    BZIP2 = "bzip2"


class VolumeAxis(StrEnum):
    """Where the axis that counts volumes (time points, label layers) stands in the stored array."""

    SLOWEST = "slowest"  # (volume, k, j, i): NIfTI, MetaImage time
    FASTEST = "fastest"  # (k, j, i, volume): NRRD lists, MetaImage channels


@dataclass(frozen=True, eq=False)
class StoredImage:
    """One image file after its header was checked.

    Attributes:
        path: the file that was named (the header).
        data_path: the file with the voxels, often the same.
        offset: where the voxels begin, see ``Packing``.
        packing: how they are compressed.
        dtype: stored element type with its byte order; a colour's channel type.
        geometry: grid of one volume.
        volume_count: volumes on this grid.
        volume_axis: the place of the volumes' axis.
        channels: 1, or 3 or 4 for colour.
        channel_axis: FASTEST for (k, j, i, channel), SLOWEST for one plane per channel (SimpleITK's NIfTI).
        slope, inter: value = stored * slope + inter.
        warnings: found in the header.
        fields: the format's own key/value pairs that somebody further up needs (segment names).
    """

    path: Path
    data_path: Path
    offset: int
    packing: Packing
    dtype: np.dtype[Any]
    geometry: Geometry
    volume_count: int = 1
    volume_axis: VolumeAxis = VolumeAxis.SLOWEST
    channels: int = 1
    channel_axis: VolumeAxis = VolumeAxis.FASTEST
    slope: float = 1.0
    inter: float = 0.0
    warnings: tuple[SeriesWarning, ...] = ()
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def is_colour(self) -> bool:
        """True for RGB and RGBA."""
        return self.channels > 1

    @property
    def volume_elements(self) -> int:
        """Stored numbers in one volume."""
        return prod(self.geometry.shape) * self.channels

    @property
    def element_count(self) -> int:
        """Stored numbers in the file."""
        return self.volume_elements * self.volume_count

    @property
    def byte_count(self) -> int:
        """Bytes of the voxels, unpacked."""
        return self.element_count * self.dtype.itemsize


@dataclass(frozen=True, eq=False)
class Header:
    """What ``limner info`` tells about a research file without reading it whole.

    Attributes:
        geometry: grid of each volume.
        volume_count: time points, channels or label layers.
        quantity: HU, COLOUR or SIGNAL; HU is judged by a sample of slices (``values.looks_like_ct``).
        warnings: from the header and the sample.
        dtype: stored element type.
        modality: "CT" where the quantity is HU, else empty: these formats do not say it.
    """

    geometry: Geometry
    volume_count: int
    quantity: Quantity
    warnings: tuple[SeriesWarning, ...]
    dtype: np.dtype[Any]
    modality: str = ""


def checked_geometry(path: Path, shape: tuple[int, int, int], affine: Affine) -> Geometry:
    """The geometry, or a ``UserError`` where the header's numbers make none."""
    try:
        return Geometry(shape, affine)
    except ValueError as error:
        raise UserError(f"{path.name}: the header's grid makes no sense: {error}") from error
