"""A preview part by part: rejecting and keeping connected parts, each step undoable, before anything is accepted.

All of it takes long for large structures, so one thread at a time works here, and not the window's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from imaging.blocks import Labels
from imaging.extent import Extent, extent_of
from imaging.geometry import Box, Geometry
from imaging.segment import Color
from session.parts import PartIds, SegmentParts, bounding_boxes, find_parts
from session.preview import Preview, ProposedSegment

KEPT, CHOSEN = 1, 2  # values of the marks

Key = tuple[int, int]  # layer, label value


@dataclass(frozen=True)
class ChosenPart:
    """The part that keys act on.

    Attributes:
        name, color: of its structure.
        size: its volume, or its area where the thickness of the only slice is unknown.
        rank, count: the how manieth largest it is of how many.
        is_kept: somebody said that it is right.
    """

    name: str
    color: Color
    size: Extent
    rank: int
    count: int
    is_kept: bool


class StepKind(Enum):
    """What a step did to parts."""

    REJECT = auto()
    KEEP = auto()


@dataclass(frozen=True, eq=False)
class Step:
    """One step that can be undone.

    Attributes:
        kind: what it did.
        parts: to which parts of which structures.
    """

    kind: StepKind
    parts: tuple[tuple[Key, PartIds], ...]


class ReviewDesk:
    """One preview under review. Its layers are changed in place; those that cannot be are replaced in the list.

    Args:
        preview: the result.
        geometry: of its layers.
    """

    def __init__(self, preview: Preview, geometry: Geometry) -> None:
        self.layers = preview.layers
        self.marks: Labels | None = None
        self.steps: list[Step] = []
        self._geometry = geometry
        self._originals = list(preview.segments)
        self._boxes: dict[int, dict[int, Box]] = {}
        self._parts: dict[Key, SegmentParts] = {}
        self._is_gone: dict[Key, NDArray[np.bool_]] = {}
        self._is_kept: dict[Key, NDArray[np.bool_]] = {}
        self._chosen: tuple[Key, int] | None = None

    # What there is

    def segments(self) -> list[ProposedSegment]:
        """The structures with what is left of them; those of which nothing is left are missing."""
        found = []
        for segment in self._originals:
            key = _key(segment)
            count = segment.voxel_count
            if key in self._parts:
                count = int(self._parts[key].voxel_counts[~self._is_gone[key]].sum())
            if count:
                found.append(segment if count == segment.voxel_count else replace(segment, voxel_count=count))
        return found

    def chosen(self) -> ChosenPart | None:
        """The chosen part, None when none is."""
        if self._chosen is None:
            return None
        key, number = self._chosen
        left = np.where(self._is_gone[key], 0, self._parts[key].voxel_counts)
        segment = next(s for s in self._originals if _key(s) == key)
        return ChosenPart(
            segment.name,
            segment.color,
            extent_of(self._geometry, float(left[number])),
            int((left > left[number]).sum()) + 1,
            int((left > 0).sum()),
            bool(self._is_kept[key][number]),
        )

    def rejected(self) -> tuple[int, Extent]:
        """How many parts were rejected, and how large they are together."""
        count, voxels = 0, 0
        for key, is_gone in self._is_gone.items():
            count += int(is_gone.sum())
            voxels += int(self._parts[key].voxel_counts[is_gone].sum())
        return count, extent_of(self._geometry, voxels)

    def kept_count(self) -> int:
        """How many parts are marked as right."""
        return sum(int(is_kept.sum()) for is_kept in self._is_kept.values())

    # What is done to it

    def choose(self, key: Key | None, k: int = 0, j: int = 0, i: int = 0) -> None:
        """Choose the part of a structure that holds a voxel; with None no part."""
        self._unmark_chosen()
        if key is None or not any(_key(s) == key for s in self._originals):
            return
        number = self._parts_of(key).at(k, j, i)
        if number and not self._is_gone[key][number]:
            self._chosen = key, number
            self._mark(key, np.array([number]), CHOSEN)

    def reject_chosen(self) -> None:
        """Take the chosen part out of the result."""
        if self._chosen is not None:
            key, number = self._chosen
            self._unmark_chosen()
            self._do(Step(StepKind.REJECT, ((key, np.array([number])),)))

    def keep_chosen(self) -> None:
        """Say that the chosen part is right; it is then kept where only kept parts are."""
        if self._chosen is not None and not self._is_kept[self._chosen[0]][self._chosen[1]]:
            key, number = self._chosen
            self._unmark_chosen()
            self._do(Step(StepKind.KEEP, ((key, np.array([number])),)))

    def drop_small(self, least: float) -> None:
        """Reject all parts below a size; the largest part of each structure stays, and so do kept ones.

        Args:
            least: in millilitres; in square millimetres where the thickness of the only slice is unknown.
        """
        least /= extent_of(self._geometry, 1).amount

        def small(key: Key) -> NDArray[np.bool_]:
            counts = self._left(key)
            return np.asarray((counts < least) & (np.arange(len(counts)) != counts.argmax()) & ~self._is_kept[key])

        self._reject_where(small, self._keys())

    def keep_largest(self, keys: Iterable[Key]) -> None:
        """Reject all but the largest part of each of some structures."""
        self._reject_where(lambda key: np.arange(len(self._left(key))) != self._left(key).argmax(), keys)

    def only_kept(self) -> None:
        """Reject all parts that were not marked as right."""
        self._reject_where(lambda key: ~self._is_kept[key], self._keys())

    def undo(self) -> None:
        """Take the last step back."""
        if not self.steps:
            return
        self._unmark_chosen()
        step = self.steps.pop()
        for key, ids in step.parts:
            if step.kind is StepKind.KEEP:
                self._is_kept[key][ids] = False
                self._mark(key, ids, 0)
            else:
                self._is_gone[key][ids] = False
                self._write(key, ids, key[1])
                self._mark(key, ids[self._is_kept[key][ids]], KEPT)

    def narrow(self, segments: list[ProposedSegment]) -> None:
        """Some structures were accepted and wait no more; ``segments`` still do."""
        waiting = {_key(s) for s in segments}
        accepted = {_key(s) for s in self.segments()} - waiting
        if not accepted:
            return
        if self._chosen is not None and self._chosen[0] in accepted:
            self._unmark_chosen()
        for key in accepted & set(self._parts):
            self._mark(key, np.flatnonzero(self._is_kept[key]), 0)
            del self._parts[key], self._is_gone[key], self._is_kept[key]
        self._originals = [s for s in self._originals if _key(s) not in accepted]
        steps = [Step(s.kind, tuple(p for p in s.parts if p[0] not in accepted)) for s in self.steps]
        self.steps = [s for s in steps if s.parts]

    def _reject_where(self, unwanted: Callable[[Key], NDArray[np.bool_]], keys: Iterable[Key]) -> None:
        found = []
        for key in keys:
            self._parts_of(key)
            ids = np.flatnonzero(unwanted(key) & (self._left(key) > 0))
            if ids.size:
                found.append((key, ids))
        self._unmark_chosen()
        if found:
            self._do(Step(StepKind.REJECT, tuple(found)))

    def _do(self, step: Step) -> None:
        for key, ids in step.parts:
            if step.kind is StepKind.KEEP:
                self._is_kept[key][ids] = True
                self._mark(key, ids, KEPT)
            else:
                self._is_gone[key][ids] = True
                self._write(key, ids, 0)
                self._mark(key, ids[self._is_kept[key][ids]], 0)
        self.steps.append(step)

    def _keys(self) -> list[Key]:
        return [_key(s) for s in self._originals]

    def _left(self, key: Key) -> NDArray[np.int64]:
        """Voxels of each part, 0 for those that are gone."""
        return np.where(self._is_gone[key], 0, self._parts[key].voxel_counts)

    def _parts_of(self, key: Key) -> SegmentParts:
        if key not in self._parts:
            layer, value = key
            if layer not in self._boxes:
                self._boxes[layer] = bounding_boxes(self.layers[layer])
            found = find_parts(self.layers[layer], value, self._boxes[layer][value])
            self._parts[key] = found
            self._is_gone[key] = np.zeros(found.count + 1, bool)
            self._is_kept[key] = np.zeros(found.count + 1, bool)
        return self._parts[key]

    # Voxels

    def _write(self, key: Key, ids: PartIds, value: int) -> None:
        layer = key[0]
        if not self.layers[layer].flags.writeable:
            self.layers[layer] = self.layers[layer].copy()
        box, mask = self._parts[key].where(ids)
        self.layers[layer][box.slices][mask] = value

    def _mark(self, key: Key, ids: PartIds, value: int) -> None:
        if not ids.size:
            return
        if self.marks is None:
            self.marks = np.zeros(self._geometry.shape, np.uint8)  # takes memory only where something is written
        box, mask = self._parts[key].where(ids)
        self.marks[box.slices][mask] = value

    def _unmark_chosen(self) -> None:
        if self._chosen is not None:
            key, number = self._chosen
            self._chosen = None
            self._mark(key, np.array([number]), KEPT if self._is_kept[key][number] else 0)


def _key(segment: ProposedSegment) -> Key:
    return segment.layer, segment.label_value
