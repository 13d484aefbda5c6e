"""Clara's deepgrow models: steps around clicks, for one structure, in the volume or in one slice.

The axes are those of the file with the slices first (AIAA's loader turns them so); only within the slices is the image
resampled. Each click is looked up in the grid at the moment when it is drawn, so it stays on its voxel; the original
rounds it down at each step instead, which moves some clicks by one voxel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from imaging.errors import UserError
from inference.engine.recipe import (
    Clicks,
    CropAround,
    Image,
    Interpolation,
    Permute,
    Resize,
    Respace,
    Shape,
    SliceAt,
    Step,
)
from inference.opening.monai_steps import steps_of
from inference.packages import clara_deepgrow as known
from inference.packages.clara_deepgrow import GrowStep
from inference.prompts import Prompts, Voxel

DEPTH_FIRST: Shape = (2, 0, 1)


def steps(config: dict[str, Any], prompts: Prompts) -> tuple[Step, ...]:
    """The preparation.

    Args:
        config: of the model for AIAA.
        prompts: clicks for one structure; for a flat model in one slice.

    Raises:
        UserError: there are clicks for several structures, or in several slices.
    """
    if len(prompts.clicked_names) > 1:
        raise UserError("The model takes clicks for one structure at a time.")
    name = prompts.clicked_names[0] if prompts.clicked_names else ""
    inside, outside = prompts.clicks_for(name), prompts.outside_for(name)
    is_flat = known.is_flat(config)
    if is_flat and len({voxel[2] for voxel in (*inside, *outside)}) > 1:
        raise UserError("The model takes clicks in one slice at a time.")
    made: list[Step] = []
    for step in known.grow_steps(config):
        made += _made(step, inside, outside, is_flat)
    return tuple(made)


def _made(step: GrowStep, inside: tuple[Voxel, ...], outside: tuple[Voxel, ...], is_flat: bool) -> tuple[Step, ...]:
    given = step.arguments
    if step.kind == known.DEPTH_FIRST:
        return (Permute(DEPTH_FIRST),)
    if step.kind == known.RESPACE:
        across, along = (float(mm) for mm in given["pixdim"][:2])
        return (Respace((0.0, across, along)),)  # the slices stay as they are
    if step.kind == known.SLICE:
        return (SliceAt(0, (*inside, *outside)[:1]),)
    if step.kind == known.CROP:
        height, width = (int(n) for n in given["spatial_size"])
        return (CropAround((*inside, *outside), (0, height, width), int(given.get("margin", known.MARGIN))),)
    if step.kind == known.RESIZE:
        depth, height, width = (0, *given["spatial_size"]) if is_flat else given["spatial_size"]
        return (Resize((int(depth), int(height), int(width)), Interpolation.AREA),)
    if step.kind == known.SIGNAL:
        return (Clicks((inside, outside), _drawing(given, is_flat)),)
    return steps_of([_of_monai(step)]) if step.kind == known.NORMALIZE else ()


def _of_monai(step: GrowStep) -> Any:
    import monai.transforms

    try:
        return getattr(monai.transforms, step.kind)(keys="image", **step.arguments)
    except (TypeError, ValueError) as error:
        raise UserError(f"The model's step “{step.kind}” cannot be made.", str(error)[:200]) from error


def _drawing(arguments: dict[str, Any], is_flat: bool) -> Callable[[Image, list[list[Shape]]], Image]:
    """Clicks as spots in two channels behind the image, drawn by MONAI's own transform."""
    from monai.apps.deepgrow.transforms import AddGuidanceSignald

    signal = AddGuidanceSignald(image="image", guidance="guidance", **arguments)

    def drawn(image: Image, places: list[list[Shape]]) -> Image:
        given = image[:, 0] if is_flat else image
        guidance = [[list(place[1:] if is_flat else place) for place in channel] for channel in places]
        made = np.asarray(signal({"image": given, "guidance": guidance})["image"], np.float32)
        return made[:, None] if is_flat else made

    return drawn
