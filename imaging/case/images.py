"""Which images a case belongs to: where they were, what they are, and how to know them again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from imaging.geometry import Geometry
from imaging.volume import Volume


@dataclass(frozen=True)
class ImageReference:
    """One image of a case. It holds identifiers, as the case file does.

    Attributes:
        path: the file or folder that was opened.
        series_id: the series within it, as ``imaging.opening.Series.id``.
        modality, description: what it is called.
        pixel_hash: ``pixel_hash`` of its voxels; empty until it was computed.
        on_regular_grid: it was resampled to a regular grid when it was opened.
    """

    path: str
    series_id: str
    modality: str = ""
    description: str = ""
    pixel_hash: str = ""
    on_regular_grid: bool = False

    @property
    def places(self) -> tuple[Path, Path]:
        """Where its file may lie: files that are no DICOM have their name within a folder as series."""
        return Path(self.path), Path(self.path) / self.series_id

    def to_json(self) -> dict[str, Any]:
        """A JSON-able record."""
        return asdict(self)


def pixel_hash(volume: Volume) -> str:
    """SHA-256 of shape, type and voxels: the same image gives the same hash wherever it lies."""
    digest = hashlib.sha256(f"{volume.voxels.shape}{volume.voxels.dtype.str}".encode())
    digest.update(np.ascontiguousarray(volume.voxels).data)
    return digest.hexdigest()


def geometry_to_json(geometry: Geometry) -> dict[str, Any]:
    """A geometry as a JSON-able record; ``geometry_from_json`` reads it back exactly."""
    origins = geometry.slice_origins_mm
    record = {
        "shape": list(geometry.shape),
        "affine_lps": geometry.affine.tolist(),
        "frame_of_reference_uid": geometry.frame_of_reference_uid,
        "slice_origins_mm": None if origins is None else origins.tolist(),
    }
    return record if geometry.has_thickness else record | {"has_thickness": False}


def geometry_from_json(record: dict[str, Any]) -> Geometry:
    """The geometry that ``geometry_to_json`` wrote."""
    k, j, i = record["shape"]
    origins = record["slice_origins_mm"]
    return Geometry(
        (k, j, i),
        np.array(record["affine_lps"], np.float64),
        record["frame_of_reference_uid"],
        None if origins is None else np.array(origins, np.float64),
        record.get("has_thickness", True),
    )


def images_to_text(images: list[ImageReference]) -> str:
    """The images as the JSON text of the case's meta table."""
    return json.dumps([image.to_json() for image in images])


def images_from_text(text: str) -> list[ImageReference]:
    """The images that ``images_to_text`` wrote."""
    return [ImageReference(**record) for record in json.loads(text)]
