"""Along which axes a model's input may be flipped for averaging."""

from __future__ import annotations

import re
from collections.abc import Sequence

from inference.engine.recipe import Orient, Permute, Step
from inference.model import ModelLabel

SIDES = ("left", "right", "l", "r", "lh", "rh")


def mirror_axes(steps: Sequence[Step], labels: Sequence[ModelLabel]) -> tuple[int, ...]:
    """All axes, but not the one from left to right when labels tell left from right.

    Args:
        steps: of the recipe; where they do not turn the image, nobody knows which axis is which.
        labels: of the model.
    """
    is_sided = any(_is_sided(label.name) for label in labels)
    if not is_sided:
        return (0, 1, 2)
    return tuple(axis for axis, code in enumerate(_codes(steps)) if code not in "LR")


def _codes(steps: Sequence[Step]) -> str:
    """Where the axes point to after all steps; empty where nothing turns the image."""
    codes = ""
    for step in steps:
        if isinstance(step, Orient):
            codes = step.axcodes.upper()
        elif isinstance(step, Permute) and codes:
            codes = "".join(codes[old] for old in step.order)
    return codes


def _is_sided(name: str) -> bool:
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]
    return any(word in SIDES for word in words) or name.lower().startswith(SIDES[:2])
