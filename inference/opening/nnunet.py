"""nnU-Net v2 result folders, run by our own engine from ``plans.json``, ``dataset.json`` and the folds' checkpoints.

Preparation, windows and the average over folds are nnU-Net's (MIC-DKFZ/nnUNet, version 2: DefaultPreprocessor and
nnUNetPredictor). Two things differ on purpose: labels are decided on the network's grid and brought back by index,
where nnU-Net resamples the probabilities of all classes to the image first; and averaging over flips, which nnU-Net
does unless told not to, is asked for by the parameter ``mirror``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from imaging.errors import UserError
from inference.engine.recipe import (
    CropForeground,
    Head,
    HeadKind,
    Image,
    Intensity,
    Orient,
    Permute,
    Recipe,
    Shape,
    SplineRespace,
    Step,
    Windows,
)
from inference.opening.by_slices import by_slices
from inference.opening.nnunet_intensity import normalized
from inference.opening.nnunet_network import network_of
from inference.opening.opened import Opened, TorchNetworks
from inference.opening.weights import load_into, read_checkpoint
from inference.packages.config_files import read_config, table_of, text_of
from inference.packages.description import Head as StatedHead
from inference.packages.description import ModelDescription
from inference.packages.nnunet import configuration_name, stages

ANISOTROPIC = 3.0  # spacings that differ by more are resampled plane by plane
REORIENTS = "NibabelIOWithReorient"
MIRRORING = "inference_allowed_mirroring_axes"
STORED_AS_IS = "This nnU-Net takes images as they are stored; it was trained on images of one orientation."
RESAMPLING = "resample_data_or_seg_to_shape"
RESAMPLES_OTHERWISE = "This nnU-Net resamples its images in another way than usual; here it is the usual one."
Triple = tuple[float, float, float]


def open_folder(folder: Path, description: ModelDescription) -> Opened:
    """Recipe and networks, one for each fold; of a cascade both stages.

    Raises:
        UserError: the plan is of a kind that is not known here, or the weights are not of its network.
    """
    *first, last = stages(folder)
    files = {stage: [folder / w.path for w in description.weights if stage in (folder / w.path).parents]
             for stage in (*first, last)}  # fmt: skip
    if not first:
        return _stage(last, description, files[last])
    opened = _stage(first[0], description, files[first[0]])
    return replace(_stage(last, description, files[last], has_first=True), previous=opened)


def _stage(folder: Path, description: ModelDescription, weights: list[Path], *, has_first: bool = False) -> Opened:
    dataset, plans = read_config(folder / "dataset.json"), read_config(folder / "plans.json")
    plan = merged(plans, configuration_name(folder, plans))
    windows = _windows(plan)
    is_flat = len(plan["patch_size"]) == 2
    steps, notes = _steps(plans, plan, len(description.channels))
    recipe = Recipe(steps, windows, _head(description), description.labels, notes)
    modules, mirror = [], None
    heads = _heads(dataset, description)
    inputs = len(description.channels) + (len(description.labels) if has_first else 0)
    for file in weights:
        module = network_of(plan, inputs, heads)
        load_into(module, file)
        modules.append(by_slices(module, 0) if is_flat else module)
        mirror = read_checkpoint(file).get(MIRRORING) if mirror is None else mirror
    axes = tuple(int(axis) + is_flat for axis in mirror) if isinstance(mirror, (list, tuple)) else ()
    return Opened(recipe, TorchNetworks(tuple(modules)), axes)


def _windows(plan: dict[str, Any]) -> Windows:
    """A flat network's windows are one slice thick."""
    patch = [int(n) for n in plan.get("patch_size", [])]
    if len(patch) not in (2, 3):
        raise UserError("The nnU-Net's plan does not say how large its windows are.")
    roi, overlap = (1, *patch)[-3:], (0.0, 0.5, 0.5) if len(patch) == 2 else (0.5, 0.5, 0.5)
    return Windows((roi[0], roi[1], roi[2]), overlap, is_gaussian=True, is_even=True, is_nnunets=True)


def merged(plans: dict[str, Any], name: str) -> dict[str, Any]:
    """A configuration with what it inherits.

    Raises:
        UserError: it inherits from itself, or from what is not there.
    """
    seen: list[str] = []
    found: dict[str, Any] = {}
    while name:
        entry = table_of(table_of(plans.get("configurations")).get(name))
        if not entry or name in seen:
            raise UserError(f"The nnU-Net's plan lacks the configuration “{name}”.")
        seen.append(name)
        found = entry | found
        name = text_of(entry.get("inherits_from"))
    return found


def coarse_axis(old: Triple, new: Triple) -> int | None:
    """The axis with thick slices, judged by the old spacing first; None when voxels are not that long."""
    for spacing in (old, new):
        if max(spacing) / min(spacing) > ANISOTROPIC:
            longest = [axis for axis in range(3) if spacing[axis] == max(spacing)]
            return longest[0] if len(longest) == 1 else None
    return None


def _steps(plans: dict[str, Any], plan: dict[str, Any], channel_count: int) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """nnU-Net counts axes as (z, y, x) of the stored image and then in the plan's own order."""
    notes: tuple[str, ...] = ()
    if text_of(plans.get("image_reader_writer")) == REORIENTS:
        steps: list[Step] = [Orient("RAS"), Permute((2, 1, 0))]
    else:
        steps, notes = [Permute((2, 1, 0))], (STORED_AS_IS,)
    forward = tuple(int(n) for n in plans.get("transpose_forward", (0, 1, 2)))
    if sorted(forward) != [0, 1, 2]:
        raise UserError("The nnU-Net's plan turns its images in a way that makes no sense.")
    spacing = [float(mm) for mm in plan.get("spacing", [])]
    if len(spacing) not in (2, 3) or min(spacing) <= 0:
        raise UserError("The nnU-Net's plan does not say on which grid it works.")
    if not resamples_as_usual(plan):
        notes += (RESAMPLES_OTHERWISE,)
    order: Shape = (forward[0], forward[1], forward[2])
    spacing = [0.0, *spacing][-3:]  # flat networks keep the distance of the slices
    target: Triple = (spacing[0], spacing[1], spacing[2])
    steps += [
        Permute(order),
        CropForeground(_is_not_zero),
        Intensity("nnU-Net normalisation", normalized(plans, plan, channel_count)),
        SplineRespace(target, coarse_axis),
    ]
    return tuple(steps), notes


def resamples_as_usual(plan: dict[str, Any]) -> bool:
    """Whether a plan wants cubic splines, and nearest planes across thick slices: nnU-Net's default."""
    name = text_of(plan.get("resampling_fn_data")) or RESAMPLING
    wanted = {"order": 3, "order_z": 0, "force_separate_z": None} | table_of(plan.get("resampling_fn_data_kwargs"))
    return name == RESAMPLING and (wanted["order"], wanted["order_z"], wanted["force_separate_z"]) == (3, 0, None)


def _is_not_zero(image: Image) -> Any:
    return image != np.float32(0)


def _heads(dataset: dict[str, Any], description: ModelDescription) -> int:
    """Channels of the network's last layer."""
    if description.head is StatedHead.SIGMOID:
        return len(description.labels)
    values = [value for value in table_of(dataset.get("labels")).values() if isinstance(value, int)]
    ignored = table_of(dataset.get("labels")).get("ignore")
    return len([value for value in values if value != ignored])


def _head(description: ModelDescription) -> Head:
    if description.head is StatedHead.SIGMOID:
        return Head(HeadKind.INDEPENDENT)
    values = tuple(sorted(label.label_value for label in description.labels))
    return Head(HeadKind.EXCLUSIVE, (0, *values))
