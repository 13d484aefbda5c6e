"""Models that take one structure at a time, or one slice of it: run for each, with one result in the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from inference.engine.deciding import merged_layers
from inference.model import ModelLabel, ModelResult
from inference.packages.description import ModelDescription
from inference.prompts import Prompts, Voxel

Watch = Callable[[float, str], None]  # finished share and what is done; raises to stop


def singles(description: ModelDescription, prompts: Prompts) -> list[tuple[str, Prompts]]:
    """The runs that the clicks need, each with the name of its structure.

    Slices in which there are clicks outside only are left out where others have clicks inside.

    Returns:
        Nothing for models that take everything at once, and where there is no click.
    """
    if description.labels or "new" not in description.prompts:
        return []
    return [(name, single) for name in prompts.clicked_names for single in _of(name, description, prompts)]


def run_singles(
    runs: Sequence[tuple[str, Prompts]], run: Callable[[Prompts, Watch], ModelResult], watch: Watch
) -> tuple[ModelResult, tuple[ModelLabel, ...]]:
    """One result of several runs, each of which finds a structure as label 1.

    Args:
        runs: names of structures and prompts, at least one; see ``singles``.
        run: runs the model with prompts.
        watch: told of the progress of all.

    Returns:
        The result, and its labels.
    """
    names = list(dict.fromkeys(name for name, _ in runs))
    labels = tuple(ModelLabel(value, name) for value, name in enumerate(names, 1))
    results = []
    for n, (_, prompts) in enumerate(runs):
        results.append(run(prompts, lambda share, text, n=n: watch((n + share) / len(runs), text)))  # type: ignore[misc]
    shape = results[0].layers[0].shape
    planes = [np.zeros(shape, np.uint8 if len(names) < 256 else np.uint16) for _ in names]
    for (name, _), result in zip(runs, results, strict=True):
        planes[names.index(name)][result.layers[0] != 0] = names.index(name) + 1
    seconds: dict[str, float] = {}
    maps: dict[str, np.ndarray] = {}
    for result in results:
        for stage, took in result.seconds.items():
            seconds[stage] = round(seconds.get(stage, 0.0) + took, 3)
        for name, values in result.maps.items():
            maps[name] = np.maximum(maps[name], values) if name in maps else values
    whole = replace(
        results[-1],
        layers=tuple(merged_layers(planes)),
        found={label.label_value: bool(planes[label.label_value - 1].any()) for label in labels},
        seconds=seconds,
        notes=tuple(dict.fromkeys(note for result in results for note in result.notes)),
        maps=maps,
    )
    return whole, labels


def _of(name: str, description: ModelDescription, prompts: Prompts) -> list[Prompts]:
    inside, outside = prompts.clicks_for(name), prompts.outside_for(name)
    slices = sorted({voxel[2] for voxel in inside})
    if "slice" not in description.prompts or not slices:
        return [Prompts(((name, inside),), outside=((name, outside),))]
    return [Prompts(((name, _in(inside, k)),), outside=((name, _in(outside, k)),)) for k in slices]


def _in(voxels: tuple[Voxel, ...], k: int) -> tuple[Voxel, ...]:
    return tuple(voxel for voxel in voxels if voxel[2] == k)
