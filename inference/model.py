"""What every model that makes masks looks like to the rest of the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Geometry
from imaging.volume import Quantity

Labels = NDArray[Any]  # uint8 or uint16, (k, j, i)
Overlay = NDArray[np.uint8]
Point = tuple[float, float, float]
Report = Callable[[float, str], None]
Cancelled = Callable[[], bool]

UNCERTAINTY_MAP, WINNER_MAP = "uncertainty", "probability"  # among the maps of a result


def label_map(label_value: int, name: str) -> str:
    """What the map of one structure's probability is called among the maps of a result."""
    return f"{WINNER_MAP} {label_value} {name}"


def label_of_map(map_name: str) -> tuple[int, str] | None:
    """Label value and name of the structure whose probability a map holds, None for other maps."""
    kind, _, rest = map_name.partition(" ")
    value, _, name = rest.partition(" ")
    return (int(value), name) if kind == WINNER_MAP and value.isdecimal() and name else None


class RunCancelled(Exception):
    """Raised by ``Model.run`` soon after ``cancelled()`` became true."""


@dataclass(frozen=True)
class ModelLabel:
    """A structure that a model can find.

    Attributes:
        label_value: the number in the result's layers.
        name: for people.
        term_name: key in the terminology table; empty when there is none.
    """

    label_value: int
    name: str
    term_name: str = ""


@dataclass(frozen=True)
class Score:
    """One class of a classification.

    Attributes:
        name: for people.
        value: 0 to 1.
    """

    name: str
    value: float


@dataclass(frozen=True)
class FoundBox:
    """One thing that a detection found.

    Attributes:
        label: what it is, for people.
        score: 0 to 1.
        corners: eight points, LPS mm; bit 0 of a corner's number says that it lies at the box's far end along i, bit 1
            along j, bit 2 along k.
    """

    label: str
    score: float
    corners: tuple[Point, ...]


@dataclass(frozen=True, eq=False)
class ModelImage:
    """One of the images that a model is given, when it wants several.

    Attributes:
        voxels: (k, j, i), read only.
        geometry, quantity, modality: of the voxels.
    """

    voxels: NDArray[Any]
    geometry: Geometry
    quantity: Quantity
    modality: str


@dataclass(frozen=True, eq=False)
class ModelResult:
    """What a run found.

    Attributes:
        layers: uint8 or uint16 arrays (k, j, i) on the (first) input's grid. Structures of one layer exclude each
            other; those that overlap have different layers, what contains others (the body) a later one than what it
            contains. Models that only classify or detect have none.
        found: for each label value, whether the structure is in the image.
        seconds: time of each stage.
        parameters: what the run used, for the journal.
        notes: what the user should know, one sentence each.
        maps: overlays on the same grid by name: uint8, 0 for none, 255 for most. ``uncertainty``; ``probability`` of
            what was decided (0 where it is not known); see ``label_map`` for those of single structures.
        scores: of a classification.
        boxes: of a detection.
        record: facts for the run's record (backend, precision, device, hash of the weights ...), JSON.
    """

    layers: tuple[Labels, ...]
    found: dict[int, bool]
    seconds: dict[str, float] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    maps: dict[str, Overlay] = field(default_factory=dict)
    scores: tuple[Score, ...] = ()
    boxes: tuple[FoundBox, ...] = ()
    record: dict[str, Any] = field(default_factory=dict)

    def merged(self) -> Labels:
        """One layer for file formats without overlap: earlier layers hide later ones."""
        merged = self.layers[0].copy()
        for layer in self.layers[1:]:
            np.copyto(merged, layer, where=merged == 0)
        return merged

    def mask(self, label_value: int) -> NDArray[np.bool_]:
        """Voxels of a structure, (k, j, i)."""
        return np.asarray(np.logical_or.reduce([layer == label_value for layer in self.layers]))


class Model(Protocol):
    """A model that segments a volume without being asked anything.

    A model that has the method ``run_images(images: Sequence[ModelImage], parameters, report, cancelled)`` is run by it
    instead of ``run``: it may want several images, and knows their kinds. All its results lie on the first image's
    grid. A model that can show what it has found before it is over has the attribute ``early``,
    None or what takes an ``early_result.EarlyResult``.
    """

    @property
    def id(self) -> str:
        """Short name for scripts, never changed."""

    @property
    def name(self) -> str:
        """Name for people."""

    @property
    def version(self) -> str:
        """Changes whenever results may."""

    @property
    def labels(self) -> tuple[ModelLabel, ...]:
        """All structures it can find."""

    def check(self, geometry: Geometry, quantity: Quantity, modality: str) -> None:
        """Raise ``UserError`` when the model cannot be used on such a volume."""

    def run(
        self,
        voxels: NDArray[Any],
        geometry: Geometry,
        parameters: Mapping[str, Any],
        report: Report,
        cancelled: Cancelled,
    ) -> ModelResult:
        """Segment a volume.

        Args:
            voxels: (k, j, i), read only.
            geometry: of the voxels.
            parameters: overrides of the model's defaults; unknown names raise ``UserError``.
            report: called with the finished share (0 to 1) and what is being done.
            cancelled: asked between steps.

        Raises:
            RunCancelled: after ``cancelled()`` was true.
        """
