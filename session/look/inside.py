"""Which part of the image is shown at all, found in the image itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Region(StrEnum):
    """A part of an image that can be found without a segmentation."""

    EVERYTHING = "everything"
    BODY = "body"  # the patient without table, blanket and the room's air
    BRAIN = "brain"  # without skull and scalp, in MR images of heads


@dataclass(frozen=True)
class Inside:
    """Everything else is hidden, except segments.

    Attributes:
        region: what is kept.
        depth_mm: how far below the region's surface the picture begins; below 0 it begins as far outside it.
    """

    region: Region = Region.EVERYTHING
    depth_mm: float = 0.0
