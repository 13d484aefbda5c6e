"""A result that waits for acceptance: shown over the image, not yet part of the case."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from imaging.blocks import Labels
from imaging.geometry import Box
from imaging.segment import CodedTerm, Color
from inference.model import FoundBox, Overlay, Score


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
