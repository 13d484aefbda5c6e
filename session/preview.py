"""A result that waits for acceptance: shown over the image, not yet part of the case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from imaging.blocks import Labels
from imaging.geometry import Box
from imaging.palette import next_color
from imaging.segment import CodedTerm, Color
from imaging.terminology import lookup
from inference.model import FoundBox, Overlay, Score
from inference.result import FoundLabel
from session.jobs import Job


@dataclass(frozen=True)
class ProposedSegment:
    """One structure that a result proposes.

    Attributes:
        layer: index into ``Preview.layers``.
        label_value: its number in that layer.
        name, color: as it would be added.
        voxel_count: its size.
        encloses: other structures lie inside it, see ``Segment.encloses``.
    """

    layer: int
    label_value: int
    name: str
    color: Color
    voxel_count: int
    encloses: bool = False
    category: CodedTerm | None = None
    type: CodedTerm | None = None
    modifier: CodedTerm | None = None


@dataclass(frozen=True, eq=False)
class Preview:
    """A whole result.

    Attributes:
        title: what made it, such as ``CT anatomy (rules)``.
        author: the journal's author when it is accepted, ``model NAME@VERSION``.
        tool: the journal's tool, such as ``segment.run``.
        parameters: what the journal keeps: model, version, settings, seconds.
        layers: label arrays (k, j, i) on the document's grid.
        segments: what they hold.
        seconds: how long it took.
        notes: sentences for the user, such as what was not found.
        maps: overlays on the document's grid by name, such as ``uncertainty``: uint8, 0 for none, 255 for most.
        scores: of a classification.
        boxes: of a detection.
        region: what the model was asked to look at; None for the whole image.
    """

    title: str
    author: str
    tool: str
    parameters: dict[str, Any]
    layers: list[Labels]
    segments: list[ProposedSegment]
    seconds: float = 0.0
    notes: tuple[str, ...] = field(default=())
    maps: dict[str, Overlay] = field(default_factory=dict)
    scores: tuple[Score, ...] = ()
    boxes: tuple[FoundBox, ...] = ()
    region: Box | None = None


@dataclass(frozen=True, eq=False)
class EarlyPreview:
    """What a run has found before it is over. It can be looked at and nothing else.

    Attributes:
        job: the run, which can be stopped.
        title: what makes it.
        layers: label arrays (k, j, i) on the document's grid.
        segments: what they hold; nobody counted their voxels.
        is_coarse: see ``inference.early_result.EarlyResult``.
    """

    job: Job
    title: str
    layers: list[Labels]
    segments: list[ProposedSegment]
    is_coarse: bool


def proposals(labels: Sequence[FoundLabel], colors: Mapping[int, Color]) -> list[ProposedSegment]:
    """Names, codes and colours of what a model found.

    Args:
        labels: what was found.
        colors: by label value, for those that somebody has seen in a colour already.
    """
    segments: list[ProposedSegment] = []
    for label in labels:
        taken = [*colors.values(), *(s.color for s in segments)]
        segments.append(_proposed(label, colors.get(label.label_value), taken))
    return segments


def _proposed(label: FoundLabel, seen: Color | None, taken: list[Color]) -> ProposedSegment:
    term = lookup(label.term_name or label.name)
    return ProposedSegment(
        label.layer,
        label.label_value,
        label.name,
        (seen or next_color(taken)) if term is None else term.color,
        label.voxel_count,
        encloses=label.encloses,
        category=None if term is None else term.category,
        type=None if term is None else term.type,
        modifier=None if term is None else term.modifier,
    )
