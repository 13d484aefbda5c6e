"""What a model's run gave, checked before anybody uses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference import answers
from inference.answers import ResultInvalid
from inference.enclosing import enclosing
from inference.model import FoundBox, Labels, Overlay, Score
from inference.worker.confinement import Confinement

Counts = NDArray[np.int64]
COUNTED_AT_ONCE = 1 << 20  # voxels; counting widens them to 8 bytes each


@dataclass(frozen=True)
class FoundLabel:
    """A structure that is in the result.

    Attributes:
        layer, label_value: where its voxels are.
        name: for people.
        term_name: key in the terminology table, empty when there is none.
        voxel_count: its size, at least 1; 0 in an early result, where nobody counted.
        encloses: others lie inside it, see ``inference.enclosing``; a guess in an early result.
    """

    layer: int
    label_value: int
    name: str
    term_name: str
    voxel_count: int
    encloses: bool = False


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
        maps: overlays on the image's grid by name, such as ``uncertainty``: uint8 (k, j, i), 0 for none, 255 for most.
        scores: of a classification.
        boxes: of a detection.
        record: what the engine says of the run, JSON.
        confinement: what a foreign model could not do; None for built-in models.
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
    maps: dict[str, Overlay] = field(default_factory=dict)
    scores: tuple[Score, ...] = ()
    boxes: tuple[FoundBox, ...] = ()
    record: dict[str, Any] = field(default_factory=dict)
    confinement: Confinement | None = None

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
    counts = [_present(layer, shape) for layer in layers]
    for number, count_of in enumerate(counts):
        for value, count in count_of.items():
            if value not in known:
                raise ResultInvalid(f"label value {value} has no name")
            if value in places:
                raise ResultInvalid(f"label value {value} is on two layers")
            places[value] = (number, count)
    if set(places) != {value for value, is_found in found.items() if is_found}:
        raise ResultInvalid("it says that it found other structures than those that have voxels")
    around = enclosing(layers, counts)
    return tuple(
        FoundLabel(places[v][0], v, n, term, places[v][1], v in around) for v, n, term in declared if v in places
    )


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
    answer: Mapping[str, Any],
    arrays: Sequence[Labels],
    shape: tuple[int, int, int],
    asked: Mapping[str, Any],
) -> InferenceResult:
    """The result that the worker's last answer describes.

    Args:
        answer: see ``inference.worker.model_run``.
        arrays: the layers, then the maps, that came with it.
        shape: the image's (k, j, i).
        asked: the parameters of the request.

    Raises:
        ResultInvalid: the voxels and the description contradict each other, or a part of it makes no sense.
    """
    layers, maps = _split(answer, arrays, shape)
    declared = answers.labels(answers.required(answer, "labels"))
    labels = check_layers(layers, shape, declared, answers.found(answers.required(answer, "found")))
    present = {label.label_value for label in labels}
    return InferenceResult(
        model_id=answers.text(answers.required(answer, "id")),
        name=answers.text(answers.required(answer, "name")),
        version=answers.text(answers.required(answer, "version")),
        source_hash=answers.text(answers.required(answer, "source_hash")),
        layers=layers,
        labels=labels,
        missing=tuple(name for value, name, _ in declared if value not in present),
        seconds=answers.seconds(answers.required(answer, "seconds")),
        peak_rss_mb=answers.number(answers.required(answer, "peak_rss_mb")),
        parameters=dict(asked) | answers.fields(answers.required(answer, "parameters")),
        notes=answers.texts(answers.required(answer, "notes")),
        maps=maps,
        scores=answers.scores(answers.required(answer, "scores")),
        boxes=answers.boxes(answers.required(answer, "boxes")),
        record=answers.fields(answers.required(answer, "record")),
    )


def _split(
    answer: Mapping[str, Any], arrays: Sequence[Labels], shape: tuple[int, int, int]
) -> tuple[tuple[Labels, ...], dict[str, Overlay]]:
    """Layers and maps of what came with the answer."""
    layer_count = len(answers.items(answers.required(answer, "layers")))
    names = [answers.text(m.get("name")) for m in answers.items(answers.required(answer, "maps"))]
    if len(arrays) != layer_count + len(names):
        raise ResultInvalid("a layer is missing")
    if len(set(names)) != len(names):
        raise ResultInvalid("two maps have the same name")
    maps = dict(zip(names, arrays[layer_count:], strict=True))
    if any(m.shape != shape or m.dtype != np.uint8 for m in maps.values()):
        raise ResultInvalid("a map does not lie on the image's grid, or is not of uint8")
    return tuple(arrays[:layer_count]), maps
