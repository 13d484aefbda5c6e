"""DeepEdit's bundles: clicks for each label become channels beside the image; without clicks it segments by itself.

The clicks are drawn by MONAI's own AddGuidanceSignalDeepEditd. Its steps that turn and resize the clicks beside the
image are not done: each click is looked up in the grid at the moment when it is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from imaging.errors import UserError
from inference.engine.recipe import Clicks, Image, Shape, Step
from inference.opening.monai_steps import Converters
from inference.prompts import Prompts

DRAWS = "AddGuidanceSignal"
AUTOMATIC = "No clicks were given, so the model segments by itself."


def converters(transforms: Sequence[Any], prompts: Prompts, labels: Sequence[str]) -> Converters:
    """How the steps about clicks are understood, for ``steps_of``.

    Args:
        transforms: of the bundle's preparation.
        prompts: what was given.
        labels: names for which the model takes clicks, in the order of its channels.

    Raises:
        UserError: there are clicks for another label.
    """
    background = next((label for label in labels if label.lower() == "background"), "")
    if background:
        prompts = prompts.with_outside_as(background)
    elif prompts.outside:
        raise UserError("The model takes no clicks outside of its structures.")
    for name, _ in prompts.clicks:
        if name.lower() not in [label.lower() for label in labels]:
            raise UserError(f"The model takes no clicks for “{name}”.", f"It takes clicks for {', '.join(labels)}.")
    voxels = tuple(prompts.clicks_for(label) for label in labels)

    def draw(transform: Any) -> list[Step]:
        return [Clicks(voxels, _Drawing(transform, tuple(labels)))]

    def nothing(transform: Any) -> list[Step]:
        return []

    kinds = [type(transform).__name__.removesuffix("d") for transform in transforms]
    return {kind: draw if kind.startswith(DRAWS) else nothing for kind in kinds if "Guidance" in kind}


def label_names(transforms: Sequence[Any], configured: Any) -> tuple[str, ...]:
    """Names for which the model takes clicks, in the order of its channels.

    Args:
        transforms: of the bundle's preparation.
        configured: the configuration's own ``label_names``, where the steps do not say.

    Raises:
        UserError: nobody says.
    """
    said = [getattr(transform, "label_names", None) for transform in transforms]
    found = next((names for names in [*said, configured] if isinstance(names, dict) and names), None)
    if found is None:
        raise UserError("The model takes clicks, but does not say for which labels.")
    return tuple(str(name) for name in found)


class _Drawing:
    """Clicks as spots beside the image."""

    def __init__(self, transform: Any, labels: tuple[str, ...]) -> None:
        self._transform = transform
        self._labels = labels

    def __call__(self, image: Image, places: list[list[Shape]]) -> Image:
        guidance = {label: [list(place) for place in of] for label, of in zip(self._labels, places, strict=True)}
        drawn = self._transform({"image": image, self._transform.guidance: guidance})["image"]
        return np.asarray(drawn, np.float32)
