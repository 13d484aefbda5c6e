"""Maps that a model gave beside its labels: how unsure it was, and how probable labels are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import numpy as np

from inference.model import UNCERTAINTY_MAP, WINNER_MAP, Overlay, label_of_map
from inference.record.run_record import RECORD_KEY
from session.preview import Preview


class MapKind(Enum):
    """What the numbers of a map mean."""

    UNCERTAINTY = auto()  # 0 for sure, 255 for undecided
    WINNER = auto()  # probability of the label that a voxel got; 0 where nobody knows
    STRUCTURE = auto()  # probability of one structure, whatever label a voxel got


@dataclass(frozen=True, eq=False)
class ModelMap:
    """One map.

    Attributes:
        name: among the maps of the result, see ``inference.model``.
        values: uint8 (k, j, i) on the document's grid; probabilities are 255 for 1, rounded.
        decided_from: the probability from which on a voxel belongs to the structure; None where the most probable
            label wins.
    """

    name: str
    values: Overlay
    decided_from: float | None = None

    @property
    def kind(self) -> MapKind:
        """What its numbers mean."""
        if self.name == WINNER_MAP:
            return MapKind.WINNER
        return MapKind.UNCERTAINTY if self.name == UNCERTAINTY_MAP else MapKind.STRUCTURE

    @property
    def structure(self) -> str:
        """Whose probability it is; empty for the other kinds."""
        found = label_of_map(self.name)
        return "" if found is None else found[1]

    def doubt(self) -> Overlay:
        """The same as how doubtful each voxel is: 0 for sure or not known, 255 for most."""
        if self.kind is MapKind.UNCERTAINTY:
            return self.values
        return np.where(self.values > 0, np.uint8(255) - self.values, np.uint8(0))


@dataclass(frozen=True, eq=False)
class ModelMaps:
    """All maps of one result, at least one.

    Attributes:
        title: what model.
        maps: in the order in which they are offered; the first is shown unless another one is chosen.
    """

    title: str
    maps: tuple[ModelMap, ...]

    def shown(self, name: str) -> ModelMap:
        """The map of this name; the first one where there is none."""
        return next((found for found in self.maps if found.name == name), self.maps[0])

    @property
    def doubtful(self) -> ModelMap | None:
        """From which doubtful places are read: the uncertainty; without one, the winner's probability."""
        for kind in (MapKind.UNCERTAINTY, MapKind.WINNER):
            for found in self.maps:
                if found.kind is kind:
                    return found
        return None

    def are_of(self, preview: Preview) -> bool:
        """True when they came with this result."""
        return all(found.values is preview.maps.get(found.name) for found in self.maps)


def with_map(present: ModelMaps | None, found: ModelMap, title: str) -> ModelMaps:
    """One more map among those that are there; it takes the place of one of the same name."""
    others = present.maps if present is not None else ()
    return ModelMaps(title, (*(one for one in others if one.name != found.name), found))


def is_model_map(name: str) -> bool:
    """True for the names of maps that can be shown; models may give others."""
    return name in (UNCERTAINTY_MAP, WINNER_MAP) or label_of_map(name) is not None


def maps_of(preview: Preview) -> ModelMaps | None:
    """The maps that came with a result, None where none did."""
    decided_from = _decided_from(preview.parameters.get(RECORD_KEY))
    found = tuple(ModelMap(n, values, decided_from) for n, values in preview.maps.items() if is_model_map(n))
    return ModelMaps(preview.title, found) if found else None


def _decided_from(record: Any) -> float | None:
    """What the engine noted; records of earlier runs have no such note."""
    engine = record.get("engine") if isinstance(record, dict) else None
    value = engine.get("decided_from") if isinstance(engine, dict) else None
    return float(value) if isinstance(value, int | float) and 0 < value < 1 else None
