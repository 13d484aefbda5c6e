"""What a file, folder or archive was found to hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity, SeriesWarning

if TYPE_CHECKING:
    from imaging.dicom.sort import Stack


@dataclass(frozen=True)
class Series:
    """One image, or an object about images, that was found at a path.

    Attributes:
        id: unique within the listing and the same each time: the series UID (".2", ".3" for further parts of a
            series that had to be split), or the file's name for research formats.
        geometry: the grid of each volume; None for objects without voxels.
        volume_count: time points.
        warnings: what is known to be doubtful before the voxels are read.
        refusal: why it cannot be opened as an image, empty when it can.
        refusal_hint: what to do about that, empty where nobody knows.
        study_uid: of the study that it belongs to; empty for research formats.
        body_part: DICOM's Body Part Examined, empty where the file does not say.
        study_date: DICOM's Study Date (YYYYMMDD), empty likewise.
    """

    id: str
    modality: str = ""
    description: str = ""
    geometry: Geometry | None = None
    volume_count: int = 1
    quantity: Quantity = Quantity.SIGNAL
    warnings: tuple[SeriesWarning, ...] = ()
    transfer_syntax: str = ""
    refusal: str = ""
    refusal_hint: str = ""
    study_uid: str = ""
    body_part: str = ""
    study_date: str = ""
    path: Path = field(default=Path(), repr=False)
    stack: Stack | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Listing:
    """What a path holds.

    Attributes:
        series: images and objects about images.
        skipped: number of files that are no images.
        unreadable: (file name, reason) of damaged image files.
        remarks: what is doubtful about the whole, such as a disc whose directory could not be used.
    """

    series: list[Series]
    skipped: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[UserError] = field(default_factory=list)
