"""How large something is: a volume, or an area where nobody says how thick the only slice is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imaging.geometry import Geometry


@dataclass(frozen=True)
class Extent:
    """How large something is.

    Attributes:
        amount: millilitres, or square millimetres where ``is_area``.
        is_area: the thickness of the only slice is unknown, so that there is no volume.
    """

    amount: float
    is_area: bool = False

    @property
    def volume_ml(self) -> float | None:
        """The volume; None where there is none."""
        return None if self.is_area else self.amount

    @property
    def area_mm2(self) -> float | None:
        """The area where there is no volume, else None."""
        return self.amount if self.is_area else None

    def to_json(self) -> dict[str, float | None]:
        """``volume_ml``; where that is null ``area_mm2`` as well."""
        amount = round(self.amount, 3)
        return {"volume_ml": None, "area_mm2": amount} if self.is_area else {"volume_ml": amount}

    @staticmethod
    def from_json(record: Mapping[str, Any]) -> Extent:
        """Read what ``to_json`` gave."""
        volume_ml = record["volume_ml"]
        return Extent(record["area_mm2"], is_area=True) if volume_ml is None else Extent(volume_ml)


def extent_of(geometry: Geometry, voxel_count: float) -> Extent:
    """How large so many voxels are (mean voxels where the slices are uneven)."""
    if geometry.has_thickness:
        return Extent(voxel_count * geometry.voxel_volume_ml)
    return Extent(voxel_count * geometry.pixel_area_mm2, is_area=True)
