"""Compares the segments of two masks, pair by pair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from imaging.comparison.measures import TOLERANCE_MM, Agreement, compare_in_box
from imaging.comparison.pairing import Pairing, pair_segments
from imaging.comparison.surface_cells import MaskOf
from imaging.extent import Extent, extent_of
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.geometry import Box

Report = Callable[[float, str], None]  # fraction and message; what it raises ends the work
BoxKey = tuple[int, int]  # layer, label value


@dataclass(frozen=True)
class ComparedSegment:
    """A pair of segments. ``agreement`` says how much they agree."""

    a: LabelSegment
    b: LabelSegment
    agreement: Agreement

    @property
    def name(self) -> str:
        """What to call the pair: the first one's name, or the second's where the first file has no names."""
        is_made_up = self.a.name.startswith(f"Label {self.a.label_value}")
        return self.b.name if is_made_up else self.a.name

    @property
    def is_by_value(self) -> bool:
        """True when they were paired by label value, because one file has no names."""
        is_made_up = any(one.name.startswith(f"Label {one.label_value}") for one in (self.a, self.b))
        return is_made_up and not self.is_by_name

    @property
    def is_by_name(self) -> bool:
        """True when both have the same name; else somebody chose the pair, or ``is_by_value``."""
        return self.a.name.strip().casefold() == self.b.name.strip().casefold()


@dataclass(frozen=True)
class LabelComparison:
    """What the comparison of two masks gave.

    Attributes:
        segments: the pairs.
        only_in_a, only_in_b: segments without a partner, with their sizes; they count in no mean.
    """

    segments: list[ComparedSegment]
    only_in_a: list[tuple[LabelSegment, Extent]]
    only_in_b: list[tuple[LabelSegment, Extent]]

    @property
    def mean_dice(self) -> float | None:
        """Mean of all pairs that are not both empty; None when there is none."""
        values = [s.agreement.dice for s in self.segments if s.agreement.is_measured]
        return sum(values) / len(values) if values else None


def compare_labels(
    a: LabelFile,
    b: LabelFile,
    *,
    tolerance_mm: float = TOLERANCE_MM,
    names: Sequence[str] | None = None,
    report: Report = lambda _fraction, _message: None,
) -> LabelComparison:
    """Compare two masks on one geometry, see ``common_grid.on_one_grid``.

    Each pair is worked on inside the box around both of its segments.

    Args:
        a, b: the masks.
        tolerance_mm: of the surface Dice.
        names: only these segments.
        report: called with a fraction and the segment's name; what it raises ends the work.

    Raises:
        UserError: unevenly spaced slices, a tolerance below 0, a name that is in neither mask.
    """
    if not a.geometry.same_space(b.geometry):
        raise ValueError("the masks lie on different grids")
    return compare_pairing(a, b, pair_segments(a.segments, b.segments, names), tolerance_mm, report)


def compare_pairing(
    a: LabelFile,
    b: LabelFile,
    pairing: Pairing,
    tolerance_mm: float = TOLERANCE_MM,
    report: Report = lambda _f, _m: None,
) -> LabelComparison:
    """``compare_labels`` for pairs that somebody chose. Sizes are those on A's grid."""
    report(0.0, "")
    boxes_a, boxes_b = segment_boxes(a), segment_boxes(b)
    boxes = [_around_both(boxes_a.get(_key(one)), boxes_b.get(_key(other))) for one, other in pairing.pairs]
    sizes = [float(np.prod(box.shape)) for box in boxes]
    total, before, compared = sum(sizes), 0.0, []
    for (one, other), box, size in zip(pairing.pairs, boxes, sizes, strict=True):
        name = one.name

        def on_part(done: float, before: float = before, size: float = size, name: str = name) -> None:
            report((before + done * size) / total, name)

        report(before / total, name)
        of_a, of_b = mask_of(a, one), mask_of(b, other)
        compared.append(ComparedSegment(one, other, compare_in_box(of_a, of_b, box, a.geometry, tolerance_mm, on_part)))
        before += size
    report(1.0, "")
    return LabelComparison(
        compared,
        [(s, extent_of(a.geometry, _count(a, s, boxes_a))) for s in pairing.only_in_a],
        [(s, extent_of(a.geometry, _count(b, s, boxes_b))) for s in pairing.only_in_b],
    )


def segment_boxes(labels: LabelFile) -> dict[BoxKey, Box]:
    """The box around each label value of each layer, by (layer, label value); one pass over each layer."""
    from scipy.ndimage import find_objects

    found: dict[BoxKey, Box] = {}
    for number, layer in enumerate(labels.layers):
        for value, place in enumerate(find_objects(layer), start=1):
            if place is not None:
                k, j, i = place
                found[number, value] = Box(k.start, k.stop, j.start, j.stop, i.start, i.stop)
    return found


def segment_box(a: LabelFile, one: LabelSegment, b: LabelFile, other: LabelSegment) -> Box | None:
    """The box around a pair; None where both are empty."""
    found = [_box(mask_of(a, one), a.geometry.shape), _box(mask_of(b, other), b.geometry.shape)]
    full = [box for box in found if box is not None]
    return full[0].union(full[-1]) if full else None


def _box(mask: MaskOf, shape: tuple[int, int, int]) -> Box | None:
    """Slice by slice, so that no volume of truth values is in memory."""
    rows, columns = np.zeros(shape[1], bool), np.zeros(shape[2], bool)
    slices = []
    for k in range(shape[0]):
        plane = mask(Box(k, k + 1, 0, shape[1], 0, shape[2]))[0]
        in_rows = plane.any(axis=1)
        if in_rows.any():
            slices.append(k)
            rows |= in_rows
            columns |= plane.any(axis=0)
    if not slices:
        return None
    (j,), (i,) = np.nonzero(rows), np.nonzero(columns)
    return Box(slices[0], slices[-1] + 1, int(j[0]), int(j[-1]) + 1, int(i[0]), int(i[-1]) + 1)


def _key(segment: LabelSegment) -> BoxKey:
    return segment.layer, segment.label_value


def _around_both(one: Box | None, other: Box | None) -> Box:
    if one is None or other is None:
        return one or other or Box(0, 1, 0, 1, 0, 1)  # any voxel will do where there is nothing
    return one.union(other)


def mask_of(labels: LabelFile, segment: LabelSegment) -> MaskOf:
    """A segment's voxels in any part of the grid."""
    if segment.layer >= len(labels.layers):  # of a case whose segments are all empty
        return lambda box: np.zeros(box.shape, bool)
    layer = labels.layers[segment.layer]
    return lambda box: np.asarray(layer[box.slices] == segment.label_value)


def _count(labels: LabelFile, segment: LabelSegment, boxes: dict[BoxKey, Box]) -> int:
    box = boxes.get(_key(segment))
    return 0 if box is None else int(np.count_nonzero(mask_of(labels, segment)(box)))
