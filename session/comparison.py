"""The comparison that the window shows: two masks on the image's grid, what was measured, which row is chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import psygnal

from imaging.blocks import Labels
from imaging.comparison.label_comparison import ComparedSegment, LabelComparison
from imaging.comparison.measures import TOLERANCE_MM
from imaging.formats.label_file import LabelFile
from imaging.segment import Color
from session.jobs import Job

THIS_CASE = "This case"
ONLY_A_COLOR: Color = (30, 170, 255)
ONLY_B_COLOR: Color = (255, 150, 0)
BOTH_COLOR: Color = (235, 235, 235)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two masks and how much they agree.

    Attributes:
        title_a, title_b: what they are called.
        a, b: as they were when the comparison began, on the document's grid.
        result: the pairs.
        was_refitted: B came on another grid.
        tolerance_mm: of the surface Dice.
    """

    title_a: str
    title_b: str
    a: LabelFile
    b: LabelFile
    result: LabelComparison
    was_refitted: bool = False
    tolerance_mm: float = TOLERANCE_MM


@dataclass(frozen=True, eq=False)
class ShownDifference:
    """What the slices draw instead of the segments.

    Attributes:
        labels: (k, j, i), see ``imaging.comparison.difference``.
        pair: the segments that it is about.
    """

    labels: Labels
    pair: ComparedSegment


@dataclass(frozen=True, eq=False)
class ComparingState:
    """Everything about it.

    Attributes:
        comparison: None while nothing is compared.
        chosen: the chosen row of ``comparison.result.segments``.
        shows_difference: draw the chosen row's difference over the slices.
        is_split: A and B side by side instead of the usual views.
        is_outdated: the case's segments changed since.
        job: the comparison that runs, whose result will be shown.
    """

    comparison: Comparison | None = None
    chosen: int | None = None
    shows_difference: bool = True
    is_split: bool = False
    is_outdated: bool = False
    job: Job | None = None

    @property
    def pair(self) -> ComparedSegment | None:
        """The chosen pair."""
        if self.comparison is None or self.chosen is None:
            return None
        return self.comparison.result.segments[self.chosen]


class Comparing:
    """The present state; ``update`` says once what it was and what it is."""

    changed = psygnal.Signal(ComparingState, ComparingState)  # before, after

    def __init__(self) -> None:
        self.state = ComparingState()

    def update(self, **fields: Any) -> None:
        """Set fields; nothing happens when they already have these values."""
        before = self.state
        if any(getattr(before, name) != value for name, value in fields.items()):
            self.state = replace(before, **fields)
            self.changed.emit(before, self.state)

    def show(self, comparison: Comparison) -> None:
        """Begin with a new comparison; no row is chosen."""
        self.update(comparison=comparison, chosen=None, is_outdated=False, shows_difference=True)

    def begin(self, job: Job) -> None:
        """A comparison runs; one that ran before is stopped."""
        self.stop()
        self.update(job=None if job.is_over else job)

    def stop(self) -> None:
        """Stop the comparison that runs, if there is one."""
        if self.state.job is not None:
            self.state.job.cancel()

    def end(self) -> None:
        """Nothing is compared any more."""
        self.stop()
        self.update(comparison=None, chosen=None, is_split=False, is_outdated=False)
