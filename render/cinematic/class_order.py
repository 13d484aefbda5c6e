"""What a class map is to be made from, gathered on the document's thread; ``class_source`` makes it on another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imaging.blocks import Labels
from imaging.geometry import Geometry
from imaging.segment import Segment
from imaging.segmentation import Segmentation
from render.cinematic.scene import MOST_CLASSES, ClassRecord, Field
from session.look.look import Look
from session.look.segment_look import Visibility

if TYPE_CHECKING:
    from render.volume_content import LabelSnapshot


@dataclass(frozen=True, eq=False)
class ClassOrder:
    """One class map to make.

    Attributes:
        layers: label arrays, (k, j, i); another thread may be painting on them.
        geometry: of the labels.
        field: the map gets its grid.
        numbers: the segments, one for each class from 1.
        places: layer and label value of each.
        ranks: of each, 1 and more: of the segments that hold a voxel the highest rank gets it.
        left_out: segments that are drawn like the rest, because there are more than the map can tell apart.
    """

    layers: tuple[Labels, ...]
    geometry: Geometry
    field: Field
    numbers: tuple[int, ...]
    places: tuple[tuple[int, int], ...]
    ranks: tuple[int, ...]
    left_out: tuple[int, ...] = ()

    def claims_as(self, other: ClassOrder) -> bool:
        """True when both make the same map, as long as no voxel was painted in between."""
        return (
            self.field is other.field
            and (self.numbers, self.places, self.ranks) == (other.numbers, other.places, other.ranks)
            and [_address(layer) for layer in self.layers] == [_address(layer) for layer in other.layers]
        )


def class_order(segmentation: Segmentation | LabelSnapshot, field: Field, look: Look) -> ClassOrder | None:
    """The order for a segmentation; None when it has no segments.

    Segments without voxels are in it, so that their first stroke changes no numbers.

    Args:
        segmentation: read at once, except for its voxels.
        field: what is drawn.
        look: with what the eye buttons hide already in it.
    """
    segments = segmentation.segments
    if not segments:
        return None
    kept = segments
    left_out: tuple[int, ...] = ()
    if len(segments) > MOST_CLASSES:
        largest = sorted(segments, key=lambda s: -segmentation.voxel_count(s.number))[:MOST_CLASSES]
        chosen = {s.number for s in largest}
        kept = tuple(s for s in segments if s.number in chosen)
        left_out = tuple(s.number for s in segments if s.number not in chosen)
    return ClassOrder(
        segmentation.layers,
        segmentation.geometry,
        field,
        tuple(s.number for s in kept),
        tuple((s.layer, s.label_value) for s in kept),
        _ranks(kept, look),
        left_out,
    )


def class_records(segments: Iterable[Segment]) -> tuple[ClassRecord, ...]:
    """What a picture needs to know of segments."""
    return tuple(ClassRecord(s.number, s.color, s.encloses) for s in segments)


def _ranks(segments: tuple[Segment, ...], look: Look) -> tuple[int, ...]:
    """Distinct ranks from 1: see ``_precedence``; within one, upper layers come first."""
    owned = {entry.number for entry in look.segments}
    keys = [(_precedence(s, look, s.number in owned), s.layer) for s in segments]
    rising = sorted(range(len(segments)), key=lambda n: keys[n])
    ranks = [0] * len(segments)
    for rank, n in enumerate(rising, start=1):
        ranks[n] = rank
    return tuple(ranks)


def _precedence(segment: Segment, look: Look, has_own_look: bool) -> int:
    """Who gets a voxel that several segments hold.

    What lies within another goes before it, what is shown before ghosts. What is hidden comes after all that is to be
    seen: a hidden lesion in a shown liver leaves no hole. But what encloses others and looks like the voxels of no
    segment comes last: hidden bones must not be seen as a part of the body.
    """
    visibility = look.of_segment(segment.number, segment.encloses).visibility
    if segment.encloses and not has_own_look:
        return 0
    if visibility is Visibility.HIDDEN:
        return 1
    if segment.encloses:
        return 3 if visibility is Visibility.SHOWN else 2
    return 5 if visibility is Visibility.SHOWN else 4


def _address(labels: Labels) -> tuple[int, tuple[int, ...], str]:
    return labels.__array_interface__["data"][0], labels.shape, labels.dtype.str
