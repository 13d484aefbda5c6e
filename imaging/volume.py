"""An image that was read: voxels, where they are, what they measure, and where they came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Geometry

Voxels = NDArray[Any]


class Quantity(StrEnum):
    """What a voxel's number means."""

    HU = "HU"
    SUVBW = "SUVbw"
    ACTIVITY = "Bq/ml"
    SIGNAL = "signal"  # MR, ultrasound, X-ray: no physical unit
    COLOUR = "colour"  # voxels have a last axis of 3 (RGB, uint8)
    LABEL = "label"


class SeriesWarning(StrEnum):
    """What is doubtful about a series; the value is the code shown by ``limner info``."""

    MISSING_SLICE = "missing-slice"
    VARIABLE_SPACING = "variable-spacing"
    GANTRY_TILT = "gantry-tilt"
    DUPLICATE_POSITION = "duplicate-position"
    NO_GEOMETRY = "no-geometry"
    NO_SPACING = "no-spacing"
    NO_THICKNESS = "no-thickness"  # of a single slice; how large its pixels are is known
    MISSING_UID = "missing-uid"
    DAMAGED_PIXELS = "damaged-pixels"
    LOSSY = "lossy"
    NOT_FINITE = "not-finite"
    SCALED_DIFFERENTLY = "scaled-differently"
    ABSENT_FILES = "absent-files"  # the directory of a disc names more than there are


@dataclass(frozen=True)
class SourceSeries:
    """Where a volume came from. It holds identifiers: never log it.

    ``study_instance_uid`` and the rest are empty for files that have none. ``sop_instance_uids`` stands in slice order.
    ``study_attributes`` are further elements of patient and study, as (DICOM keyword, text), for objects that are put
    into the same study. ``body_part`` is DICOM's Body Part Examined.
    """

    path: str = ""
    modality: str = ""
    description: str = ""
    study_instance_uid: str = ""
    series_instance_uid: str = ""
    sop_instance_uids: tuple[str, ...] = ()
    patient_name: str = ""
    patient_id: str = ""
    study_date: str = ""
    transfer_syntax: str = ""
    study_attributes: tuple[tuple[str, str], ...] = ()
    body_part: str = ""


@dataclass(frozen=True, eq=False)
class Volume:
    """Read-only voxels on a geometry.

    Attributes:
        geometry: positions; ``geometry.shape == voxels.shape[:3]``.
        voxels: (k, j, i), or (k, j, i, 3) uint8 for colour. Values are in the quantity's unit (rescale applied).
        quantity: what the numbers mean.
        source: the series it was read from.
        warnings: what is doubtful, in the order found.
        outside_value: the padding value outside the scanner's field of view (after rescale), excluded from
            statistics and automatic windowing; None when the file names none.
        is_inverted: MONOCHROME1: stored values are kept, only the display is inverted.
        default_window: (level, width) pairs that the file proposes.
    """

    geometry: Geometry
    voxels: Voxels
    quantity: Quantity = Quantity.SIGNAL
    source: SourceSeries = field(default_factory=SourceSeries)
    warnings: tuple[SeriesWarning, ...] = ()
    outside_value: float | None = None
    is_inverted: bool = False
    default_window: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if self.voxels.shape[:3] != self.geometry.shape:
            raise ValueError(f"voxels {self.voxels.shape} do not fit the geometry {self.geometry.shape}")

    def window_range(self) -> tuple[float, float]:
        """Lowest and highest value worth showing: 0.5th and 99.5th percentile of a sample without padding."""
        flat = self.voxels.reshape(-1)
        sample = flat[:: max(1, flat.size // 200_000)].astype(np.float64)
        sample = sample[np.isfinite(sample)]
        if self.outside_value is not None:
            sample = sample[sample != self.outside_value]
        if sample.size == 0:
            return 0.0, 1.0
        low, high = np.percentile(sample, (0.5, 99.5))
        return float(low), float(max(high, low + 1e-6))
