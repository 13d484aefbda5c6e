"""What a person gives a model beside the image: where they clicked, and which structures they want."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from imaging.errors import UserError

Voxel = tuple[int, int, int]  # i, j, k of the image
MOST = 10_000  # clicks or labels
FORM = 'Prompts look like {"clicks": {"spleen": [[i, j, k], ...]}, "labels": [3, "liver"]}.'


@dataclass(frozen=True)
class Prompts:
    """Prompts for one run.

    Attributes:
        clicks: label names with the voxels (i, j, k) of the image that were clicked for them.
        labels: structures that are wanted, by name or by the model's number.
    """

    clicks: tuple[tuple[str, tuple[Voxel, ...]], ...] = ()
    labels: tuple[int | str, ...] = ()

    def clicks_for(self, label: str) -> tuple[Voxel, ...]:
        """The voxels that were clicked for a label, whatever the case of its letters."""
        return next((voxels for name, voxels in self.clicks if name.lower() == label.lower()), ())

    @staticmethod
    def of(value: Any) -> Prompts:
        """Read JSON.

        Raises:
            UserError: it has another form.
        """
        if not isinstance(value, Mapping) or not set(value) <= {"clicks", "labels"}:
            raise UserError("The prompts cannot be understood.", FORM)
        clicks, labels = value.get("clicks") or {}, value.get("labels") or []
        if not isinstance(clicks, Mapping) or not isinstance(labels, list) or len(labels) > MOST:
            raise UserError("The prompts cannot be understood.", FORM)
        if not all(isinstance(label, (int, str)) and not isinstance(label, bool) for label in labels):
            raise UserError("The labels of the prompts are neither names nor numbers.", FORM)
        return Prompts(tuple((str(name), _voxels(name, given)) for name, given in clicks.items()), tuple(labels))


NO_PROMPTS = Prompts()


def _voxels(name: Any, given: Any) -> tuple[Voxel, ...]:
    if not isinstance(given, list) or len(given) > MOST:
        raise UserError(f"The clicks for “{name}” cannot be understood.", FORM)
    found: list[Voxel] = []
    for place in given:
        is_voxel = isinstance(place, list) and len(place) == 3
        if not is_voxel or not all(isinstance(n, int) and not isinstance(n, bool) for n in place):
            raise UserError(f"A click for “{name}” is not three whole numbers.", FORM)
        found.append((place[0], place[1], place[2]))
    return tuple(found)
