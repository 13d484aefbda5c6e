"""The steps of a MONAI bundle's configuration, worked out as far as plain data goes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inference.packages.bundle_files import Bundle
from inference.packages.config_files import list_of, table_of, text_of, walk

PREPROCESSING = ("preprocessing", "pre_transforms", "preproc")
POSTPROCESSING = ("postprocessing", "post_transforms", "postproc")


def steps(bundle: Bundle, names: tuple[str, ...]) -> list[tuple[str, dict[str, Any]]]:
    """Transforms in their order: the class's bare name (``Spacingd``) and its arguments; disabled ones left out."""
    found = next((bundle.resolver.at(name) for name in names if name in bundle.config), None)
    return [step for step in _targets(found) if step[1].get("_disabled_") is not True]


def network(bundle: Bundle) -> tuple[str, dict[str, Any]]:
    """The network's class (or the expression that makes it) and its arguments as far as known; empty when not said."""
    for name in ("network_def", "network", "net"):
        definition = bundle.config.get(name)
        if isinstance(definition, dict):
            return text_of(definition.get("_target_")), table_of(bundle.resolver.at(name))
        if isinstance(definition, str):
            return text_of(definition), {}
    return "", {}


def bare(target: str) -> str:
    """The last part of a dotted name."""
    return target.rsplit(".", 1)[-1]


def numbers(value: Any, count: int) -> tuple[float, ...] | None:
    """So many positive numbers, from a list of them or from one that stands for all; None for anything else."""
    values = [value] * count if isinstance(value, (int, float)) else list_of(value)
    is_good = len(values) == count and all(isinstance(v, (int, float)) and v > 0 for v in values)
    return tuple(float(v) for v in values) if is_good else None


def _targets(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for _, item in walk(value):
        if isinstance(item, dict) and isinstance(item.get("_target_"), str):
            yield bare(item["_target_"]), item
