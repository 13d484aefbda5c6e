"""nnU-Net's normalisation schemes, channel by channel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from inference.engine.recipe import Image
from inference.packages.config_files import table_of, text_of

LEAST_DEVIATION = 1e-8
Plane = NDArray[np.float32]


def normalized(plans: dict[str, Any], plan: dict[str, Any], channel_count: int) -> Callable[[Image], Image]:
    """The plan's normalisation of all channels.

    Raises:
        UserError: a scheme that is not known here.
    """
    schemes = [text_of(name) for name in plan.get("normalization_schemes", [])]
    masked = [bool(value) for value in plan.get("use_mask_for_norm", [])]
    statistics = table_of(plans.get("foreground_intensity_properties_per_channel"))
    if len(schemes) != channel_count or len(masked) != channel_count:
        raise UserError("The nnU-Net's plan does not normalise as many images as it takes.")
    changes = [_scheme(name, table_of(statistics.get(str(n)))) for n, name in enumerate(schemes)]

    def change(image: Image) -> Image:
        inside = _inside(image) if any(masked) else None
        parts = zip(image, changes, masked, strict=True)
        return np.stack([one(channel, inside if uses_mask else None) for channel, one, uses_mask in parts])

    return change


def _inside(image: Image) -> NDArray[np.bool_]:
    """Where any channel is not 0, holes filled."""
    from scipy import ndimage

    return np.asarray(ndimage.binary_fill_holes((image != 0).any(axis=0)), bool)


Change = Callable[[Plane, "NDArray[np.bool_] | None"], Plane]


def _scheme(name: str, statistics: dict[str, Any]) -> Change:
    if name == "CTNormalization":
        return _ct(statistics)
    known: dict[str, Change] = {
        "ZScoreNormalization": _z_score,
        "NoNormalization": lambda channel, inside: channel,
        "RescaleTo01Normalization": _to_one,
        "RGBTo01Normalization": lambda channel, inside: channel / np.float32(255),
    }
    if name not in known:
        raise UserError(f"The nnU-Net normalises its images by “{name}”, which is not known here.")
    return known[name]


def _ct(statistics: dict[str, Any]) -> Change:
    try:
        low, high, mean, deviation = (
            float(statistics[key]) for key in ("percentile_00_5", "percentile_99_5", "mean", "std")
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UserError("The nnU-Net's plan lacks the statistics that its normalisation needs.") from error

    def change(channel: Plane, inside: NDArray[np.bool_] | None) -> Plane:
        clipped = np.clip(channel, np.float32(low), np.float32(high))
        return np.asarray((clipped - np.float32(mean)) / np.float32(max(deviation, LEAST_DEVIATION)), np.float32)

    return change


def _z_score(channel: Plane, inside: NDArray[np.bool_] | None) -> Plane:
    if inside is None:
        return np.asarray((channel - channel.mean()) / max(channel.std(), np.float32(LEAST_DEVIATION)), np.float32)
    result = channel.copy()
    values = channel[inside]
    result[inside] = (values - values.mean()) / max(values.std(), np.float32(LEAST_DEVIATION))
    return result


def _to_one(channel: Plane, inside: NDArray[np.bool_] | None) -> Plane:
    low, high = channel.min(), channel.max()
    return np.asarray((channel - low) / max(high - low, np.float32(LEAST_DEVIATION)), np.float32)
