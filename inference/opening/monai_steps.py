"""MONAI's dictionary transforms as our steps.

What moves the grid becomes our own step, so that labels find their way back by index. What changes values only is run
as it is, MONAI's own object on our array. A bundle with several keys has their images as channels of one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from imaging.errors import UserError
from inference.engine.recipe import (
    CenterFit,
    CropForeground,
    Image,
    Intensity,
    Interpolation,
    Orient,
    PadDivisible,
    Resize,
    Respace,
    Step,
)

# they make MONAI's arrays what ours are anyway
_NOTHING = ("Ensure", "AddChannel", "AsChannelFirst", "ToTensor", "ToDevice", "CastToType", "Identity", "DeleteItems",
            "SelectItems", "LoadImage", "FromMetaTensor", "ToMetaTensor", "Squeeze", "ToNumpy")  # fmt: skip
Converters = Mapping[str, Callable[[Any], list[Step]]]


def steps_of(transforms: Sequence[Any], special: Converters | None = None) -> tuple[Step, ...]:
    """The preparation as steps.

    Args:
        transforms: MONAI's objects in order, loading left out.
        special: what else is known of a family of models, by the bare name of the transform (without the ``d``).

    Raises:
        UserError: one of them moves the grid in a way that is not known here.
    """
    keys = _Keys()
    steps: list[Step] = []
    for transform in transforms:
        steps += _steps(transform, keys, {**_GEOMETRY, **(special or {})})
    return tuple(steps)


class _Keys:
    """Which channels of the array stand for which key of the bundle's dictionary."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self._may_be_joined = False

    def see(self, names: Sequence[str]) -> None:
        """Keys get their channels in the order in which they are first met.

        A name that is met first after a script of the bundle's own is taken for what that script joined the images to.
        """
        new = [name for name in names if name not in self.order]
        if new and self._may_be_joined:
            self.order = new
            self._may_be_joined = False
        else:
            self.order += new

    def pass_script(self) -> None:
        """A transform came that is not MONAI's."""
        self._may_be_joined = len(self.order) > 1


def _steps(transform: Any, keys: _Keys, known: Converters) -> list[Step]:
    kind = type(transform).__name__.removesuffix("D").removesuffix("Dict").removesuffix("d")
    names = [str(key) for key in getattr(transform, "keys", ())]
    if kind == "ConcatItems":
        _check_order(names, keys)
        keys.order = [str(transform.name)]
        return []
    if kind in known and not names:
        return known[kind](transform)
    keys.see(names)
    if kind.startswith(_NOTHING):
        return []
    if kind in known:
        return known[kind](transform)
    if not type(transform).__module__.startswith("monai."):
        keys.pass_script()
    return [Intensity(type(transform).__name__, _Values(transform, tuple(names), tuple(keys.order)))]


def _check_order(names: list[str], keys: _Keys) -> None:
    if len(keys.order) > 1 and names != keys.order:
        raise UserError("The model joins its images in an order that is not the order in which it reads them.")


class _Values:
    """A transform of MONAI's that changes values, applied to the channels of its keys."""

    def __init__(self, transform: Any, names: tuple[str, ...], order: tuple[str, ...]) -> None:
        self._transform = transform
        self._names = names
        self._order = order

    def __call__(self, image: Image) -> Image:
        import torch

        parts = self._parts(image)
        data: dict[str, Any] = {name: torch.from_numpy(part.copy()) for name, part in parts.items()}
        changed = self._transform(dict(data))
        joined = [name for name, value in changed.items() if name not in data and _is_image(value, image)]
        arrays = [np.asarray(changed[name], np.float32) for name in (joined if len(joined) == 1 else parts)]
        return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)

    def _parts(self, image: Image) -> dict[str, Image]:
        order = self._order or ("image",)
        if len(order) == 1:
            return {order[0]: image}
        if len(order) != len(image):
            raise UserError(f"The model's preparation names {len(order)} images and {len(image)} were given.")
        return {name: image[n : n + 1] for n, name in enumerate(order)}


def _is_image(value: Any, like: Image) -> bool:
    return getattr(value, "ndim", 0) == like.ndim and tuple(value.shape[1:]) == like.shape[1:]


def _first(value: Any) -> Any:
    """What a dictionary transform keeps once for each key: the first key's."""
    return value[0] if isinstance(value, (list, tuple)) and value else value


def _text(value: Any) -> str:
    return str(getattr(value, "value", value))


def _triple(value: Any, kind: type[int] | type[float] = int) -> tuple[Any, Any, Any]:
    values = [value] * 3 if isinstance(value, (int, float)) else list(value)
    if len(values) == 1:
        values *= 3
    if len(values) != 3:
        raise UserError("The model works on single pictures, not on volumes.")
    x, y, z = (kind(n) for n in values)
    return x, y, z


def _orient(transform: Any) -> list[Step]:
    axcodes = transform.ornt_transform.axcodes
    if axcodes is None:
        raise UserError("The model turns its images in a way that is not known here (no axis codes).")
    return [Orient("".join(axcodes))]


def _respace(transform: Any) -> list[Step]:
    spacing = transform.spacing_transform
    mode = _text(_first(transform.mode))
    if mode not in ("bilinear", "1") or spacing.diagonal or spacing.scale_extent:
        raise UserError(f"The model resamples its images in a way that is not known here ({mode}).")
    if not (np.isnan(spacing.min_pixdim.astype(float)).all() and np.isnan(spacing.max_pixdim.astype(float)).all()):
        raise UserError("The model resamples its images within limits of spacing, which is not known here.")
    return [Respace(_triple(spacing.pixdim, float))]


def _crop_foreground(transform: Any) -> list[Step]:
    cropper = transform.cropper
    select: Callable[..., Any] = cropper.select_fn
    indices = cropper.channel_indices

    def chosen(image: Image) -> Any:
        import torch

        given = image if indices is None else image[list(np.atleast_1d(indices))]
        return np.asarray(select(torch.from_numpy(np.ascontiguousarray(given))), bool)

    margin = _triple(cropper.margin)
    return [CropForeground(chosen, margin, _triple(cropper.k_divisible), bool(cropper.allow_smaller))]


def _resize(transform: Any) -> list[Step]:
    resizer = transform.resizer
    mode = _text(_first(transform.mode))
    known = {"area": Interpolation.AREA, "trilinear": Interpolation.TRILINEAR, "nearest": Interpolation.NEAREST,
             "bilinear": Interpolation.TRILINEAR}  # fmt: skip
    if mode not in known or getattr(resizer, "size_mode", "all") != "all" or _first(transform.anti_aliasing):
        raise UserError(f"The model resizes its images in a way that is not known here ({mode}).")
    x, y, z = (max(n, 0) for n in _triple(resizer.spatial_size))
    return [Resize((x, y, z), known[mode], bool(_first(transform.align_corners)))]


def _spatial_pad(transform: Any) -> list[Step]:
    padder = transform.padder
    if _text(getattr(padder, "method", "symmetric")) != "symmetric":
        raise UserError("The model pads its images at one end only, which is not known here.")
    return [CenterFit(_triple(padder.spatial_size), is_exact=False)]


def _center_crop(transform: Any) -> list[Step]:
    roi = getattr(transform.cropper, "roi_size", None)
    return [CenterFit(_triple(roi))]


def _pad_or_crop(transform: Any) -> list[Step]:
    padder: Any = transform.padder  # a pair of a padder and a cropper
    return [CenterFit(_triple(padder.padder.spatial_size))]


def _divisible(transform: Any) -> list[Step]:
    return [PadDivisible(_triple(transform.padder.k))]


_GEOMETRY: Converters = {
    "Orientation": _orient,
    "Spacing": _respace,
    "CropForeground": _crop_foreground,
    "Resize": _resize,
    "SpatialPad": _spatial_pad,
    "CenterSpatialCrop": _center_crop,
    "ResizeWithPadOrCrop": _pad_or_crop,
    "DivisiblePad": _divisible,
}
