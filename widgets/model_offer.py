"""A model that may be run on the open image, as the window shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelOffer:
    """One model of the catalogue, judged for the open image.

    Attributes:
        id: what ``segment_image.run`` takes.
        name: what it is called.
        detail: what it gives and costs, or why it does not fit.
        fits: it can be run on this image.
    """

    id: str
    name: str
    detail: str
    fits: bool = True
