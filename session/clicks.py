"""Clicks for a model: where they are in the patient, what they say, and the prompts that they become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from imaging.geometry import Geometry
from inference.prompts import Voxel

if TYPE_CHECKING:
    from inference.packages.description import ModelDescription

Point = tuple[float, float, float]  # LPS mm
BACKGROUND = "background"


@dataclass(frozen=True)
class Click:
    """One click.

    Attributes:
        name: of the structure that it is about.
        position_mm: LPS.
        is_inside: it lies inside the structure; False: outside of it.
    """

    name: str
    position_mm: Point
    is_inside: bool


@dataclass(frozen=True)
class ClickedModel:
    """A model that takes clicks, or structures to choose from.

    Attributes:
        id, title: which model.
        names: structures that it knows.
        may_choose: structures are chosen; those without clicks are looked for, too.
        may_add: it takes structures that it was not taught.
        needs_click: it finds nothing without one.
        is_flat: it looks at single slices.
    """

    id: str
    title: str
    names: tuple[str, ...] = ()
    may_choose: bool = False
    may_add: bool = False
    needs_click: bool = False
    is_flat: bool = False

    def knows(self, name: str) -> bool:
        """True for a structure that it was taught."""
        return name.casefold() in (known.casefold() for known in self.names)


def clicked_model(model_id: str, description: ModelDescription) -> ClickedModel | None:
    """What a model takes beside one image; None where that is nothing, and for models with several images."""
    takes = description.prompts
    if "clicks" not in takes or len(description.channels) > 1:
        return None
    names = tuple(label.name for label in description.labels if label.name.casefold() != BACKGROUND)
    return ClickedModel(
        model_id, description.name, names, "label" in takes, "new" in takes, not names and "new" in takes,
        "slice" in takes,
    )  # fmt: skip


@dataclass(frozen=True)
class ClickSet:
    """Everything that a person has said so far.

    Attributes:
        structures: names, in the order in which they were chosen; at first all that a model without a choice knows.
        clicks: in the order in which they were made.
        undone: clicks that were taken back, the last one last.
        only_around: look near clicks alone, where there are any.
    """

    structures: tuple[str, ...] = ()
    clicks: tuple[Click, ...] = ()
    undone: tuple[Click, ...] = field(default=())
    only_around: bool = False

    def clicks_of(self, name: str) -> tuple[Click, ...]:
        """The clicks about one structure."""
        return tuple(click for click in self.clicks if click.name == name)

    def with_click(self, click: Click) -> ClickSet:
        """One click more; what was taken back cannot be brought back any more."""
        return replace(self, clicks=(*self.clicks, click), undone=())

    def without_last(self) -> ClickSet:
        """The last click taken back."""
        return replace(self, clicks=self.clicks[:-1], undone=(*self.undone, *self.clicks[-1:]))

    def with_undone(self) -> ClickSet:
        """The click that was taken back last brought back."""
        return replace(self, clicks=(*self.clicks, *self.undone[-1:]), undone=self.undone[:-1])

    def without(self, click: Click) -> ClickSet:
        """One click less, whichever it is."""
        place = self.clicks.index(click)
        return replace(self, clicks=self.clicks[:place] + self.clicks[place + 1 :], undone=())

    def without_structure(self, name: str) -> ClickSet:
        """One structure less, with its clicks."""
        left = tuple(click for click in self.clicks if click.name != name)
        return replace(self, structures=tuple(n for n in self.structures if n != name), clicks=left, undone=())


def voxel_of(geometry: Geometry, position_mm: Sequence[float]) -> Voxel | None:
    """The voxel (i, j, k) that holds a position; None outside of the image. The one place where this is decided."""
    place = np.floor(geometry.to_index(np.asarray(position_mm, float)) + 0.5).astype(int)
    i, j, k = (int(n) for n in place)
    size_k, size_j, size_i = geometry.shape
    return (i, j, k) if 0 <= i < size_i and 0 <= j < size_j and 0 <= k < size_k else None


def prompts_of(model: ClickedModel, given: ClickSet, geometry: Geometry) -> tuple[dict[str, Any], dict[str, str]]:
    """What the worker is told.

    Names that the person made up stay here: the prompts, which the run's record keeps, say ``new 1`` instead.

    Returns:
        The prompts as JSON, and what the person called the structures that they call otherwise.
    """
    named = {name: name for name in given.structures}
    own = [name for name in given.structures if not model.knows(name)]
    named |= {name: f"new {n}" for n, name in enumerate(own, 1)}
    clicks: dict[str, list[list[int]]] = {}
    outside: dict[str, list[list[int]]] = {}
    for click in given.clicks:
        voxel = voxel_of(geometry, click.position_mm)
        if voxel is not None:
            (clicks if click.is_inside else outside).setdefault(named[click.name], []).append(list(voxel))
    prompts: dict[str, Any] = {"clicks": clicks, "outside": outside}
    if model.may_choose:
        clicked = {click.name for click in given.clicks}
        prompts["labels"] = [name for name in given.structures if name not in clicked and model.knows(name)]
        prompts["new"] = [named[name] for name in own if name in clicked]
        prompts["only_around_clicks"] = given.only_around
    return {key: value for key, value in prompts.items() if value}, {named[name]: name for name in own}


def what_is_missing(model: ClickedModel, given: ClickSet) -> str:
    """Why the model cannot run on what there is, a sentence; empty when it can."""
    if model.may_choose and not given.structures:
        return "Choose a structure, or click on one."
    for name in given.structures:
        clicks = given.clicks_of(name)
        if not model.knows(name) and clicks and not any(click.is_inside for click in clicks):
            return f"Click inside “{name}” first."
    own = [name for name in given.structures if not model.knows(name)]
    if own and not given.clicks and all(name in own for name in given.structures):
        return f"Click inside “{own[0]}” first."
    if model.needs_click and not given.clicks:
        return "Click inside the structure first."
    return ""
