"""What a person gives a model beside the image: where they clicked, and which structures they want."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from imaging.errors import UserError

Voxel = tuple[int, int, int]  # i, j, k of the image
Clicks = tuple[tuple[str, tuple[Voxel, ...]], ...]  # names of structures, each with its voxels
MOST = 10_000  # clicks or labels
FORM = (
    'Prompts look like {"clicks": {"spleen": [[i, j, k], ...]}, "outside": {"spleen": [[i, j, k]]}, '
    '"labels": [3, "liver"], "new": ["lesion"], "only_around_clicks": false}.'
)
KEYS = {"clicks", "outside", "labels", "new", "only_around_clicks"}


@dataclass(frozen=True)
class Prompts:
    """Prompts for one run.

    Attributes:
        clicks: names of structures with the voxels (i, j, k) of the image that were clicked inside them.
        labels: structures that are wanted, by name or by the model's number.
        outside: the same as ``clicks``, with voxels that do not belong to the structure.
        new: names in ``clicks`` of structures that the model was never taught.
        only_around_clicks: where there are clicks, structures are looked for near them, and nowhere else.
    """

    clicks: Clicks = ()
    labels: tuple[int | str, ...] = ()
    outside: Clicks = ()
    new: tuple[str, ...] = ()
    only_around_clicks: bool = False

    @property
    def clicked_names(self) -> tuple[str, ...]:
        """Names of structures for which there are clicks, in their order."""
        names: dict[str, str] = {}
        for name, voxels in (*self.clicks, *self.outside):
            if voxels:
                names.setdefault(name.lower(), name)
        return tuple(names.values())

    def clicks_for(self, label: str) -> tuple[Voxel, ...]:
        """The voxels that were clicked inside a structure, whatever the case of its letters."""
        return _of(self.clicks, label)

    def outside_for(self, label: str) -> tuple[Voxel, ...]:
        """The voxels that were clicked outside of a structure."""
        return _of(self.outside, label)

    def with_outside_as(self, background: str) -> Prompts:
        """The same for models that know clicks of the background instead of clicks outside of a structure."""
        voxels = tuple(dict.fromkeys(voxel for _, voxels in self.outside for voxel in voxels))
        if not voxels:
            return self
        others = tuple((name, inside) for name, inside in self.clicks if name.lower() != background.lower())
        return replace(self, clicks=(*others, (background, (*self.clicks_for(background), *voxels))), outside=())

    @staticmethod
    def of(value: Any) -> Prompts:
        """Read JSON.

        Raises:
            UserError: it has another form.
        """
        if not isinstance(value, Mapping) or not set(value) <= KEYS:
            raise UserError("The prompts cannot be understood.", FORM)
        clicks, outside = value.get("clicks") or {}, value.get("outside") or {}
        labels, new, only_around = value.get("labels") or [], value.get("new") or [], value.get("only_around_clicks")
        if not isinstance(clicks, Mapping) or not isinstance(outside, Mapping) or not _is_list(labels):
            raise UserError("The prompts cannot be understood.", FORM)
        if not all(isinstance(label, (int, str)) and not isinstance(label, bool) for label in labels):
            raise UserError("The labels of the prompts are neither names nor numbers.", FORM)
        if not _is_list(new) or not all(isinstance(name, str) and name.strip() for name in new):
            raise UserError("The new structures of the prompts are no list of names.", FORM)
        if only_around not in (None, True, False):
            raise UserError("“only_around_clicks” is true or false.", FORM)
        return Prompts(_clicks(clicks), tuple(labels), _clicks(outside), tuple(new), bool(only_around))


NO_PROMPTS = Prompts()


def _of(clicks: Clicks, label: str) -> tuple[Voxel, ...]:
    return next((voxels for name, voxels in clicks if name.lower() == label.lower()), ())


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= MOST


def _clicks(given: Mapping[Any, Any]) -> Clicks:
    return tuple((str(name), _voxels(name, places)) for name, places in given.items())


def _voxels(name: Any, given: Any) -> tuple[Voxel, ...]:
    if not _is_list(given):
        raise UserError(f"The clicks for “{name}” cannot be understood.", FORM)
    found: list[Voxel] = []
    for place in given:
        is_voxel = isinstance(place, list) and len(place) == 3
        if not is_voxel or not all(isinstance(n, int) and not isinstance(n, bool) for n in place):
            raise UserError(f"A click for “{name}” is not three whole numbers.", FORM)
        found.append((place[0], place[1], place[2]))
    return tuple(found)
