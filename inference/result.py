"""What a model's run gave, checked before anybody uses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[Any]  # uint8 or uint16, (k, j, i)
Counts = NDArray[np.int64]
COUNTED_AT_ONCE = 1 << 20  # voxels; counting widens them to 8 bytes each


class ResultInvalid(Exception):
    """A model's result contradicts what the model said, so none of it is used."""


@dataclass(frozen=True)
class FoundLabel:
    """A structure that is in the result.

    Attributes:
        layer, label_value: where its voxels are.
        name: for people.
        term_name: key in the terminology table, empty when there is none.
        voxel_count: its size, at least 1.
    """

    layer: int
    label_value: int
    name: str
    term_name: str
    voxel_count: int


@dataclass(frozen=True, eq=False)
class InferenceResult:
    """A checked result.

    Attributes:
        model_id, name, version, source_hash: what ran.
        layers: label arrays (k, j, i) on the input's grid, uint8 or uint16.
        labels: the structures that were found.
        missing: names of the structures that are not in the image.
        seconds: time of each stage, in order.
        peak_rss_mb: most memory of the worker during this job, MiB.
        parameters: what the run used.
        notes: sentences for the user.
    """

    model_id: str
    name: str
    version: str
    source_hash: str
    layers: tuple[Labels, ...]
    labels: tuple[FoundLabel, ...]
    missing: tuple[str, ...]
    seconds: dict[str, float]
    peak_rss_mb: float
    parameters: dict[str, Any]
    notes: tuple[str, ...]

    @property
    def author(self) -> str:
        """The journal's author: ``model ID@VERSION+HASH``."""
        return f"model {self.model_id}@{self.version}+{self.source_hash}"

    @property
    def found(self) -> tuple[str, ...]:
        """Names of the structures that were found."""
        return tuple(label.name for label in self.labels)


def check_layers(
    layers: Sequence[Labels],
    shape: tuple[int, int, int],
    declared: Sequence[tuple[int, str, str]],
    found: Mapping[int, bool],
) -> tuple[FoundLabel, ...]:
    """Compare the voxels with what the model declared.

    Args:
        layers: what it gave.
        shape: the image's (k, j, i).
        declared: (label value, name, term name) of all its structures.
        found: which of them it says are in the image.

    Returns:
        The structures that have voxels, in the declared order.

    Raises:
        ResultInvalid: wrong shape or type, unknown label values, a structure on two layers, or found without voxels
            and the other way round.
    """
    if len({value for value, _, _ in declared}) != len(declared) or min((v for v, _, _ in declared), default=1) < 1:
        raise ResultInvalid("two structures have the same label value, or one has none")
    places: dict[int, tuple[int, int]] = {}
    known = {value for value, _, _ in declared}
    for number, layer in enumerate(layers):
        for value, count in _present(layer, shape).items():
            if value not in known:
                raise ResultInvalid(f"label value {value} has no name")
            if value in places:
                raise ResultInvalid(f"label value {value} is on two layers")
            places[value] = (number, count)
    if set(places) != {value for value, is_found in found.items() if is_found}:
        raise ResultInvalid("it says that it found other structures than those that have voxels")
    return tuple(FoundLabel(places[v][0], v, name, term, places[v][1]) for v, name, term in declared if v in places)


def _present(layer: Labels, shape: tuple[int, int, int]) -> dict[int, int]:
    if layer.shape != shape:
        raise ResultInvalid(f"a layer has the shape {layer.shape} and the image {shape}")
    if layer.dtype not in (np.uint8, np.uint16):
        raise ResultInvalid(f"a layer has the type {layer.dtype}")
    counts = label_counts(layer)
    return {int(value): int(counts[value]) for value in np.flatnonzero(counts[1:]) + 1}


def label_counts(layer: Labels) -> Counts:
    """How many voxels each label value has; position 0 counts the background."""
    flat = layer.reshape(-1)
    counts = np.zeros(1 << (8 * layer.itemsize), np.int64)
    for start in range(0, flat.size, COUNTED_AT_ONCE):
        part = np.bincount(flat[start : start + COUNTED_AT_ONCE])
        counts[: len(part)] += part
    return counts


def checked_result(
    answer: Mapping[str, Any], layers: Sequence[Labels], shape: tuple[int, int, int], asked: Mapping[str, Any]
) -> InferenceResult:
    """The result that the worker's last answer describes.

    Args:
        answer: see ``inference.worker.model_run``.
        layers: the arrays that came with it.
        shape: the image's (k, j, i).
        asked: the parameters of the request.

    Raises:
        ResultInvalid: the voxels and the description contradict each other.
    """
    if len(layers) != len(answer["layers"]):
        raise ResultInvalid("a layer is missing")
    declared = [(int(value), str(name), str(term)) for value, name, term in answer["labels"]]
    found = {int(value): bool(is_found) for value, is_found in answer["found"]}
    labels = check_layers(layers, shape, declared, found)
    present = {label.label_value for label in labels}
    return InferenceResult(
        model_id=answer["id"],
        name=answer["name"],
        version=answer["version"],
        source_hash=answer["source_hash"],
        layers=tuple(layers),
        labels=labels,
        missing=tuple(name for value, name, _ in declared if value not in present),
        seconds=dict(answer["seconds"]),
        peak_rss_mb=float(answer["peak_rss_mb"]),
        parameters=dict(asked) | answer["parameters"],
        notes=tuple(answer["notes"]),
    )
