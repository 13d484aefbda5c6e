"""MONAI's inferers as our windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imaging.errors import UserError
from inference.engine.recipe import Shape, Windows
from inference.opening.by_slices import slice_axis


def windows_of(inferer: Any) -> Windows | None:
    """How the network is moved over the image; None for the whole image at once.

    Raises:
        UserError: an inferer of another kind.
    """
    kind = type(inferer).__name__
    if inferer is None or kind == "SimpleInferer":
        return None
    if kind not in ("SlidingWindowInferer", "SlidingWindowInfererAdapt", "SliceInferer"):
        raise UserError(f"The model moves over the image by “{kind}”, which is not known here.")
    sigma = inferer.sigma_scale
    return Windows(
        roi=_roi(inferer),
        overlap=overlaps(inferer.overlap),
        is_gaussian=str(getattr(inferer.mode, "value", inferer.mode)) == "gaussian",
        sigma_scale=float(sigma[0] if isinstance(sigma, Sequence) else sigma),
        padding=str(getattr(inferer.padding_mode, "value", inferer.padding_mode)),
        padding_value=float(inferer.cval),
        batch=int(inferer.sw_batch_size),
    )


def _roi(inferer: Any) -> Shape:
    axis, roi = slice_axis(inferer), inferer.roi_size
    if axis is None:
        return triple(roi)
    flat = list(roi) if isinstance(roi, Sequence) else [roi] * 2
    return triple([*flat[:axis], 1, *flat[axis:]])


def triple(roi: Any) -> Shape:
    """A window's size as bundles write it, one number or three; 0 takes the image's size along that axis.

    Raises:
        UserError: it has two dimensions.
    """
    values = [int(n) if n is not None and int(n) > 0 else 0 for n in (roi if isinstance(roi, Sequence) else [roi] * 3)]
    if len(values) != 3:
        raise UserError("The model works on single pictures, not on volumes.")
    return values[0], values[1], values[2]


def overlaps(overlap: Any) -> tuple[float, float, float]:
    """Share that neighbouring windows have in common, as bundles write it: one number or three."""
    values = [float(share) for share in (overlap if isinstance(overlap, Sequence) else [overlap] * 3)]
    return values[0], values[1], values[2]
