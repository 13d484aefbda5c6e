"""Along which axes a model's input may be flipped for averaging."""

from __future__ import annotations

from collections.abc import Sequence

from inference.engine.recipe import Orient, Step
from inference.model import ModelLabel


def mirror_axes(steps: Sequence[Step], labels: Sequence[ModelLabel]) -> tuple[int, ...]:
    """All axes, but not the one from left to right when labels tell left from right.

    Args:
        steps: of the recipe; where they do not turn the image, nobody knows which axis is which.
        labels: of the model.
    """
    is_sided = any(_is_sided(label.name.lower()) for label in labels)
    if not is_sided:
        return (0, 1, 2)
    axcodes = next((step.axcodes for step in reversed(steps) if isinstance(step, Orient)), "")
    return tuple(axis for axis, code in enumerate(axcodes.upper()) if code not in "LR")


def _is_sided(name: str) -> bool:
    words = name.replace("-", " ").replace("_", " ").split()
    return any(side in words for side in ("left", "right", "l", "r", "lh", "rh")) or name.startswith(("left", "right"))
