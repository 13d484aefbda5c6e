"""A change in the making: edits take effect at once and end as one ``Change``, or are taken back as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imaging.blocks import BlockRecorder, Labels
from imaging.change import Change
from imaging.edit import (
    AddSegment,
    Batch,
    Edit,
    LabelsEdit,
    Mask,
    MoveSegment,
    Overwrite,
    PaintEdit,
    PaintRule,
    RemoveSegment,
    UpdateSegment,
)
from imaging.errors import UserError
from imaging.geometry import Box
from imaging.segment import Segment, SegmentState
from imaging.volume import Voxels

if TYPE_CHECKING:
    from imaging.segmentation import Segmentation

UPDATABLE = frozenset({"name", "color", "state", "locked", "encloses", "category", "type", "modifier"})
LOOK_UP_SIZE = 65536
MOST_NEW_LAYERS = 255

# What the look-up table says of a voxel that another segment holds.
TAKE, BLOCKED, SHARE = 0, 1, 2


class Transaction:
    """Collects what changes between ``Segmentation.begin`` and ``finish`` or ``rollback``."""

    def __init__(self, segmentation: Segmentation, image: Voxels | None) -> None:
        self._s = segmentation
        self._image = image
        self._recorder = BlockRecorder()
        self._before: dict[int, Segment | None] = {}
        self._order = tuple(s.number for s in segmentation.segments)
        self._boxes: dict[int, Box] = {}

    def apply(self, edit: Edit) -> dict[int, Box]:
        """Carry out one edit now.

        Returns:
            Per layer, the region in which voxels changed; empty when none did.

        Raises:
            UserError: the edit wants to change a locked segment.
            KeyError: the edit names a segment that does not exist.
        """
        kept, self._boxes = self._boxes, {}
        try:
            self._dispatch(edit)
        finally:
            touched = self._boxes
            self._boxes = kept
            for layer, box in touched.items():
                self._note(layer, box)
        return touched

    def finish(self) -> Change | None:
        """The change that all edits made together, None when nothing differs in the end."""
        records = []
        for number, before in self._before.items():
            after = self._s._segments.get(number)
            if before != after:
                records.append((before, after))
        deltas = self._recorder.deltas(self._s._layers)
        order = tuple(s.number for s in self._s.segments)
        change = Change(deltas, records, (self._order, order), self._boxes)
        return None if change.is_empty else change

    def rollback(self) -> Change | None:
        """Take every edit back; returns the change that did so, for repainting."""
        change = self.finish()
        if change is None:
            return None
        self._s.replay(change.inverted())
        return change.inverted()

    def _dispatch(self, edit: Edit) -> None:
        match edit:
            case PaintEdit():
                self._paint(edit)
            case LabelsEdit():
                self._labels(edit)
            case AddSegment():
                self._add(edit.segment)
            case RemoveSegment():
                self._remove(edit.segment_number)
            case UpdateSegment():
                self._update(edit)
            case MoveSegment():
                self._move(edit)
            case Batch():
                for part in edit.edits:
                    self._dispatch(part)

    # Records

    def _put(self, number: int, after: Segment | None) -> None:
        before = self._s._segments.get(number)
        self._before.setdefault(number, before)
        self._s._put(before, after)

    def _add(self, segment: Segment) -> None:
        if self._s.has_segment(segment.number) or segment.number < self._s.next_number:
            raise ValueError(f"segment number {segment.number} was used before")
        layer, value = self._free_place(segment)
        self._put(segment.number, segment.changed(layer=layer, label_value=value))

    def _free_place(self, segment: Segment) -> tuple[int, int]:
        """Layer and label value for a new segment: its own wish when free, else the next free value or layer.

        A segment that encloses others gets a layer that nothing else uses, so that painting need not part them later.
        """
        taken = {(s.layer, s.label_value) for s in self._s.segments}
        taken |= {(s.layer, s.label_value) for s in self._before.values() if s is not None}
        if segment.layer > len(self._s._layers) + MOST_NEW_LAYERS:
            raise ValueError(f"layer {segment.layer} is far beyond the {len(self._s._layers)} that exist")
        layer = segment.layer
        while True:
            room = int(np.iinfo(self._s._layers[layer].dtype).max) if layer < len(self._s._layers) else 65535
            if self._suits(segment, layer):
                if segment.label_value <= room and (layer, segment.label_value) not in taken:
                    return layer, segment.label_value
                value = next((v for v in range(1, min(room, 255) + 1) if (layer, v) not in taken), None)
                if value is not None:
                    return layer, value
            layer += 1

    def _suits(self, segment: Segment, layer: int) -> bool:
        others = [s for s in self._s.segments if s.layer == layer]
        return not others if segment.encloses else not any(s.encloses for s in others)

    def _remove(self, number: int) -> None:
        segment = self._unlocked(number)
        box = self._s.bounding_box(number)
        if box is not None:
            self._write(segment.layer, box, self._s.mask(number, box), 0)
        self._put(number, None)

    def _update(self, edit: UpdateSegment) -> None:
        unknown = set(edit.fields) - UPDATABLE
        if unknown:
            raise ValueError(f"a segment's {sorted(unknown)} cannot be updated")
        self._put(edit.segment_number, self._s.segment(edit.segment_number).changed(**edit.fields))

    def _move(self, edit: MoveSegment) -> None:
        self._s.segment(edit.segment_number)
        numbers = [n for n in self._s._segments if n != edit.segment_number]
        numbers.insert(edit.position, edit.segment_number)
        self._s._segments = {n: self._s._segments[n] for n in numbers}

    def _unlocked(self, number: int) -> Segment:
        segment = self._s.segment(number)
        if segment.locked:
            raise UserError(f"The segment “{segment.name}” is locked.", "Unlock it in the Segments panel to change it.")
        return segment

    # Voxels

    def _note(self, layer: int, box: Box) -> None:
        self._boxes[layer] = self._boxes[layer].union(box) if layer in self._boxes else box

    def _write(self, layer: int, box: Box, where: Mask, value: int) -> int:
        """Set the voxels of ``box`` where the mask says so; returns how many of them changed."""
        labels = self._s._layers[layer]
        self._recorder.touch(layer, labels, box)
        self._s._keep(layer, box)
        region = labels[box.slices]
        old = region[where]
        if old.size == 0:
            return 0
        self._s._count(layer, old, -1)
        region[where] = value
        number = self._s._number_of(layer, value) if value else 0
        if number:
            self._s._counts[number] = self._s._counts.get(number, 0) + int(old.size)
        self._note(layer, box)
        return int(old.size)

    def _paint(self, edit: PaintEdit) -> None:
        segment = self._unlocked(edit.segment_number)
        box = edit.box.clipped(self._s.geometry.shape)
        if box.is_empty:
            return
        mask = edit.mask[_cut(edit.box, box)]
        if edit.erase:
            changed = self._erase(segment, box, self._ruled(mask, segment, box, edit.rule))
        else:
            changed = self._add_voxels(segment, box, self._ruled(mask, segment, box, edit.rule), edit.rule)
        if changed:
            self._touch_state(segment.number)

    def _erase(self, segment: Segment, box: Box, mask: Mask) -> int:
        region = self._s._layers[segment.layer][box.slices]
        return self._write(segment.layer, box, mask & (region == segment.label_value), 0)

    def _add_voxels(self, segment: Segment, box: Box, mask: Mask, rule: PaintRule) -> int:
        """Paint one segment, giving way to locked ones and taking or sharing the voxels of the others."""
        cleared = 0
        for layer in range(len(self._s._layers)):
            if layer != segment.layer:
                mask, count = self._make_room(segment, layer, box, mask, rule)
                cleared += count
        own = self._s._layers[segment.layer][box.slices]
        wanted, shares = self._room_on_own_layer(segment, box, mask & (own != segment.label_value), rule)
        if not wanted.any():
            return cleared
        if shares:
            segment = self._move_to_own_layer(segment, box, wanted)
        return cleared + self._write(segment.layer, box, wanted, segment.label_value)

    def _make_room(self, segment: Segment, layer: int, box: Box, wanted: Mask, rule: PaintRule) -> tuple[Mask, int]:
        """Take from other segments on another layer, where the segment is already as well as where it comes anew.

        Returns:
            The voxels that may still be painted, and how many the others lost.
        """
        held = self._s._layers[layer][box.slices][wanted]
        if not held.any():
            return wanted, 0
        fate = self._fates(segment, layer, rule)[held]
        taken = (fate == TAKE) & (held != 0)
        lost = 0
        if taken.any():
            clear = np.zeros_like(wanted)
            clear[wanted] = taken
            lost = self._write(layer, box, clear, 0)
        if (fate == BLOCKED).any():
            wanted = wanted.copy()
            wanted[wanted] = fate != BLOCKED
        return wanted, lost

    def _room_on_own_layer(self, segment: Segment, box: Box, wanted: Mask, rule: PaintRule) -> tuple[Mask, bool]:
        """Respect what other segments hold on the segment's own layer.

        Returns:
            The voxels that may still be painted, and whether some of them are to be shared.
        """
        region = self._s._layers[segment.layer][box.slices]
        held = region[wanted]
        if not held.any():
            return wanted, False
        fate = self._fates(segment, segment.layer, rule)[held]
        if (fate == BLOCKED).any():
            wanted = wanted.copy()
            wanted[wanted] = fate != BLOCKED
        return wanted, bool((fate == SHARE).any())

    def _fates(self, segment: Segment, layer: int, rule: PaintRule) -> NDArray[np.uint8]:
        """For each label value of a layer: may its voxels be taken, do they block, or are they shared?"""
        fates = np.zeros(LOOK_UP_SIZE, np.uint8)
        for other in self._s.segments:
            if other.layer != layer or other.number == segment.number:
                continue
            if rule.overwrite is Overwrite.NONE or segment.encloses or other.encloses:
                fate = SHARE
            elif other.locked:
                fate = BLOCKED
            elif rule.overwrite is Overwrite.VISIBLE and other.number not in rule.visible:
                fate = SHARE
            else:
                fate = TAKE
            fates[other.label_value] = fate
        return fates

    def _move_to_own_layer(self, segment: Segment, box: Box, wanted: Mask) -> Segment:
        """Put a segment where nothing of it and of what is wanted meets another segment."""
        there = self._s.bounding_box(segment.number)
        there = box if there is None else there.union(box)
        old = self._s.mask(segment.number, there)
        both = old.copy()
        both[_cut(there, box)] |= wanted
        layer = self._layer_with_room(segment, there, both)
        self._write(segment.layer, there, old, 0)
        taken = {s.label_value for s in self._s.segments if s.layer == layer}
        value = segment.label_value
        if value in taken:
            value = next(v for v in range(1, 256) if v not in taken)
        moved = segment.changed(layer=layer, label_value=value)
        self._put(segment.number, moved)
        self._s._counts[segment.number] = 0
        self._write(layer, there, old, value)
        return moved

    def _layer_with_room(self, segment: Segment, box: Box, mask: Mask) -> int:
        """The first layer that is empty under a mask and whose segments the segment may live with, or a new one."""
        for layer, labels in enumerate(self._s._layers):
            used = sum(1 for s in self._s.segments if s.layer == layer)
            fits = segment.label_value <= np.iinfo(labels.dtype).max and used < 255 and self._suits(segment, layer)
            if layer != segment.layer and fits and not labels[box.slices][mask].any():
                return layer
        return len(self._s._layers)

    def _ruled(self, mask: Mask, segment: Segment, box: Box, rule: PaintRule) -> Mask:
        """The part of a mask that the rule lets through."""
        if rule.inside is not None:
            mask = mask & self._s.mask(rule.inside, box)
        if rule.intensity_range is not None:
            if self._image is None:
                raise ValueError("a rule with an intensity range needs the image")
            low, high = rule.intensity_range
            values = self._image[box.slices]
            mask = mask & (values >= low) & (values <= high)
        if rule.outside_others or rule.outside_locked:
            for layer, labels in enumerate(self._s._layers):
                held = self._held_by_others(segment, layer, rule)
                if held.any():
                    mask = mask & ~held[labels[box.slices]]
        return mask

    def _held_by_others(self, segment: Segment, layer: int, rule: PaintRule) -> NDArray[np.bool_]:
        """For each label value of a layer: does another segment hold it that the rules want spared?"""
        held = np.zeros(LOOK_UP_SIZE, bool)
        for other in self._s.segments:
            is_apart = not (segment.encloses or other.encloses) and other.number != segment.number
            counts = other.locked or (rule.outside_others and other.number not in rule.beside)
            if other.layer == layer and is_apart and counts:
                held[other.label_value] = True
        return held

    def _touch_state(self, number: int) -> None:
        """Work by hand on a segment that was empty, made by AI or done puts it in progress again."""
        segment = self._s.segment(number)
        if segment.state in (SegmentState.EMPTY, SegmentState.AI_ONLY, SegmentState.DONE):
            self._put(number, segment.changed(state=SegmentState.IN_PROGRESS))

    def _labels(self, edit: LabelsEdit) -> None:
        box = edit.box.clipped(self._s.geometry.shape)
        labels = edit.labels[_cut(edit.box, box)]
        boxes = _boxes_of_values(labels)
        for value, number in edit.segment_of.items():
            segment = self._unlocked(number)
            if edit.replace:
                stale = self._s.mask(number, box) & (labels != value)
                self._erase(segment, box, stale)
            part = boxes.get(value)
            if part is None:
                continue
            there = Box(
                box.k0 + part.k0,
                box.k0 + part.k1,
                box.j0 + part.j0,
                box.j0 + part.j1,
                box.i0 + part.i0,
                box.i0 + part.i1,
            )
            mask = labels[part.slices] == value
            self._add_voxels(segment, there, self._ruled(mask, segment, there, edit.rule), edit.rule)


def _cut(box: Box, inner: Box) -> tuple[slice, slice, slice]:
    """Where ``inner`` lies in an array that covers ``box``."""
    return (
        slice(inner.k0 - box.k0, inner.k1 - box.k0),
        slice(inner.j0 - box.j0, inner.j1 - box.j0),
        slice(inner.i0 - box.i0, inner.i1 - box.i0),
    )


def _boxes_of_values(labels: Labels) -> dict[int, Box]:
    """The bounding box of each label value above 0."""
    from scipy import ndimage  # heavy, and only needed for whole masks

    found = {}
    for value, where in enumerate(ndimage.find_objects(labels), start=1):
        if where is not None:
            k, j, i = where
            found[value] = Box(k.start, k.stop, j.start, j.stop, i.start, i.stop)
    return found
