"""Where the slices of a grid lie, as DICOM wants it: each with its position, all with one orientation and spacing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.objects.source_series import ObjectSource, SourceImage

_SQUARE = 1e-4  # cosine between rows and columns that counts as a right angle
_EVEN_MM = 0.01


@dataclass(frozen=True, eq=False)
class SlicePlaces:
    """Plane positions of a grid.

    Attributes:
        positions_mm: (k, 3) centre of each slice's first voxel, LPS millimetres. Of the source's own grid exactly as
            its files say, sheared and uneven ones too.
        orientation: (6,) unit vectors along a row and down a column.
        spacing_mm: (between rows, between columns).
        thickness_mm: distance from slice to slice, across them; the median where it differs.
        is_even: all distances are the same.
        has_thickness: False for a single slice of which nobody says how thick it is; the thickness is a convention.
        images: the source's images, one per slice; empty when this is not their grid.
    """

    positions_mm: NDArray[np.float64]
    orientation: NDArray[np.float64]
    spacing_mm: tuple[float, float]
    thickness_mm: float
    is_even: bool
    images: tuple[SourceImage, ...]
    has_thickness: bool = True

    @staticmethod
    def of(geometry: Geometry, source: ObjectSource) -> SlicePlaces:
        """The places of a grid's slices.

        Raises:
            UserError: rows and columns are not at right angles, which no DICOM image can be.
        """
        row, column = geometry.direction[:, 0], geometry.direction[:, 1]
        if abs(float(row @ column)) > _SQUARE:
            raise UserError("The rows and columns of this grid are not at right angles.", "Resample the image first.")
        images = source.images_on(geometry)
        origins = np.zeros((geometry.shape[0], 3))
        origins[:, 2] = np.arange(geometry.shape[0])
        positions = geometry.to_world(origins)
        for k, image in enumerate(images):
            if image.position_mm is not None:
                positions[k] = image.position_mm
        gaps = np.abs(np.diff(positions @ np.cross(row, column)))
        thickness = float(np.median(gaps)) if len(gaps) else geometry.spacing_mm[2]
        is_even = not len(gaps) or bool(np.ptp(gaps) <= _EVEN_MM)
        spacing = geometry.spacing_mm
        return SlicePlaces(
            positions,
            np.concatenate([row, column]),
            (spacing[1], spacing[0]),
            thickness,
            is_even,
            images,
            geometry.has_thickness,
        )
