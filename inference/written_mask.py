"""A mask file that a foreign program wrote for an image, read with distrust."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.formats.registry import read_volumes
from imaging.geometry import Geometry
from inference.model import Labels

TOLERANCE_MM = 0.1  # of the mask's corners against the image's; NIfTI keeps them in single precision
LARGEST_LABEL = 65535


def read_masks(path: Path, geometry: Geometry, who: str) -> list[Labels]:
    """All layers of a mask file, uint8 or uint16 (k, j, i).

    Args:
        path: an image file.
        geometry: of the image that the masks must lie on.
        who: what wrote it, for people.

    Raises:
        UserError: it cannot be read, lies on another grid, or holds no label values.
    """
    volumes = read_volumes(path)
    if not volumes[0].geometry.same_space(geometry, TOLERANCE_MM):
        raise UserError(f"The mask of {who} lies on another grid than the image. Nothing of it was taken.")
    return [as_labels(volume.voxels, who) for volume in volumes]


def as_labels(voxels: NDArray[Any], who: str) -> Labels:
    """The voxels as label values; UserError when they are none, as where a program interpolates between them."""
    low, high = float(voxels.min()), float(voxels.max())
    is_good = 0 <= low <= high <= LARGEST_LABEL  # false for NaN, too
    labels: Labels = voxels.astype(np.uint8 if high <= 255 else np.uint16) if is_good else np.zeros((), np.uint8)
    if not is_good or (voxels.dtype.kind == "f" and not np.array_equal(labels, voxels)):
        hint = "Some programs interpolate between label values, which gives numbers that mean nothing."
        raise UserError(f"The mask of {who} holds numbers that are no label values. Nothing of it was taken.", hint)
    return labels
