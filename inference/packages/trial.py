"""Small made-up images on which a model can be tried: no patient, a fraction of a second to make."""

from __future__ import annotations

import numpy as np

from imaging.geometry import Geometry
from imaging.volume import Quantity, SourceSeries, Volume
from inference.packages.description import ModelDescription

SHAPE = (40, 48, 48)  # k, j, i
SPACING_MM = 3.0


def trial_volumes(description: ModelDescription | None) -> list[Volume]:
    """One image for each channel of the model, all on one grid: a bright ball in an ellipse, with noise.

    Args:
        description: of the model; None for the built-in ones, which are made for CT.
    """
    modalities = ["CT"] if description is None else [channel.modality or "CT" for channel in description.channels]
    return [_volume(modality, number) for number, modality in enumerate(modalities)]


def _volume(modality: str, seed: int) -> Volume:
    affine = np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1.0])
    affine[:3, 3] = [-(size - 1) * SPACING_MM / 2 for size in reversed(SHAPE)]
    k, j, i = (np.linspace(-1, 1, size) for size in SHAPE)
    far = (k[:, None, None] ** 2, j[None, :, None] ** 2, i[None, None, :] ** 2)
    values = np.full(SHAPE, -1000.0 if modality == "CT" else 0.0)
    values[far[1] / 0.5 + far[2] / 0.8 + 0 * far[0] < 1] = 40.0 if modality == "CT" else 400.0
    values[far[0] + far[1] + far[2] < 0.1] = 150.0 if modality == "CT" else 900.0
    values += np.random.default_rng(seed).normal(0, 10, SHAPE)
    quantity = Quantity.HU if modality == "CT" else Quantity.SIGNAL
    return Volume(Geometry(SHAPE, affine), values.round().astype(np.int16), quantity, SourceSeries(modality=modality))
