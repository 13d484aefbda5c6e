"""Whether the steps of a Clara deepgrow model are those that are known here, and what they say.

Deepgrow models (Clara Train 4) are given an image and two more channels with the clicks inside and outside of one
structure, whichever it is. Their configuration for AIAA says the steps; the 2D ones look at one slice at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from inference.packages.bundle_steps import bare, numbers
from inference.packages.config_files import list_of, table_of, text_of

CONFIG = "config_aiaa.json"
NOTHING_TO_DO = ("LoadImaged", "AddChanneld", "ResizeGuidanced", "ToTensord", "EnsureTyped")
DEPTH_FIRST, SLICE, CROP = "AsChannelFirstd", "Fetch2DSliced", "SpatialCropGuidanced"
RESPACE, RESIZE, NORMALIZE = "Spacingd", "Resized", "NormalizeIntensityd"
POINTS, SIGNAL = "AddGuidanceFromPointsd", "AddGuidanceSignald"
MARGIN = 20  # MONAI's default
# what of a step's arguments is understood; those that name keys are always the same
_ARGUMENTS = {
    RESPACE: ("pixdim", "mode"),
    POINTS: ("dimensions", "spatial_dims"),
    CROP: ("spatial_size", "margin"),
    RESIZE: ("spatial_size", "mode"),
    NORMALIZE: ("subtrahend", "divisor", "nonzero", "channel_wise"),
    SIGNAL: ("sigma", "number_intensity_ch"),
}
_KEYS = ("keys", "guidance", "image", "ref_image")
_SOURCES = ("", "monai.transforms", "monai.apps.deepgrow.transforms", "aiaa.apps.deepgrow.transforms")
_MUST_HAVE = (DEPTH_FIRST, POINTS, CROP, RESIZE, SIGNAL)


@dataclass(frozen=True)
class GrowStep:
    """One step before the network: the bare name of its class, and its arguments but for the keys."""

    kind: str
    arguments: dict[str, Any]


def grow_steps(config: dict[str, Any]) -> list[GrowStep]:
    """The steps of a configuration, those with nothing to do left out."""
    return [step for step, _ in _entries(config) if step.kind not in NOTHING_TO_DO]


def is_flat(config: dict[str, Any]) -> bool:
    """True when the network looks at one slice at a time."""
    return any(step.kind == SLICE for step in grow_steps(config))


def why_unknown(config: dict[str, Any]) -> str:
    """What of the configuration is not known here, as part of a sentence; empty when all of it is."""
    entries = list(_entries(config))
    for step, source in entries:
        if source not in _SOURCES or step.kind not in (*NOTHING_TO_DO, *_ARGUMENTS, DEPTH_FIRST, SLICE):
            return f"the step “{step.kind}”"
        unknown = [name for name in step.arguments if name not in _ARGUMENTS.get(step.kind, ())]
        if unknown and step.kind not in NOTHING_TO_DO:
            return f"“{unknown[0]}” of the step “{step.kind}”"
        if not _makes_sense(step, is_flat(config)):
            return f"the numbers of the step “{step.kind}”"
    kinds = [step.kind for step, _ in entries]
    missing = [kind for kind in _MUST_HAVE if kind not in kinds]
    return f"what is done without the step “{missing[0]}”" if missing else ""


def _entries(config: dict[str, Any]) -> Iterator[tuple[GrowStep, str]]:
    for entry in map(table_of, list_of(config.get("pre_transforms"))):
        name = text_of(entry.get("path")) or text_of(entry.get("name"))
        if name and entry.get("disabled") is not True:
            arguments = {k: v for k, v in table_of(entry.get("args")).items() if k not in _KEYS}
            yield GrowStep(bare(name), arguments), name.rpartition(".")[0]


def _makes_sense(step: GrowStep, flat: bool) -> bool:
    given = step.arguments
    if step.kind == POINTS:
        return bool(given.get("dimensions", given.get("spatial_dims", 2)) == (2 if flat else 3))
    if step.kind == CROP:
        margin = given.get("margin", MARGIN)
        return numbers(given.get("spatial_size"), 2) is not None and isinstance(margin, int) and margin >= 0
    if step.kind == RESIZE:
        return numbers(given.get("spatial_size"), 2 if flat else 3) is not None and given.get("mode") == "area"
    if step.kind == RESPACE:
        sizes = list_of(given.get("pixdim"))
        return len(sizes) in (2, 3) and numbers(sizes, len(sizes)) is not None and given.get("mode") == "bilinear"
    return True
