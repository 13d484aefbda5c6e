"""From a preview to edits: what accepting a result, or a part of it, means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from imaging.case.entry import Entry
from imaging.edit import AddSegment, Batch, Edit, LabelsEdit, Overwrite, PaintRule, UpdateSegment
from imaging.geometry import Box
from imaging.measurements import AddMeasurements
from imaging.segment import Segment, SegmentState
from imaging.segmentation import Segmentation
from inference.model import FoundBox
from session.document import Document
from session.found_boxes import measurements_of
from session.preview import Preview, ProposedSegment


class Merge(StrEnum):
    """What becomes of a proposal when the case has a segment of that name. Locked segments never change."""

    REPLACE = "replace"  # the proposal takes its place
    ADD = "add"  # it gets the proposal's voxels as well
    EMPTY = "empty"  # it gets those where no other segment is
    NEW = "new"  # it stays, and the proposal becomes a segment of its own


@dataclass(frozen=True)
class AcceptanceRule:
    """How proposals enter the case.

    Attributes:
        merge: with segments of the same name.
        spares_locked: keep out of the voxels of locked segments; else segments overlap there.
        facts: for the journal's entry, such as how many parts were rejected.
    """

    merge: Merge = Merge.REPLACE
    spares_locked: bool = False
    facts: dict[str, Any] = field(default_factory=dict)


def accept(
    document: Document,
    segments: list[ProposedSegment] | None = None,
    initiator: str = "",
    done: Callable[[Entry | None], None] | None = None,
    *,
    boxes: Sequence[FoundBox] | None = None,
    rule: AcceptanceRule | None = None,
) -> None:
    """Make the preview's segments and boxes, or some of them, part of the case as one entry.

    A segment of the same name is treated by the rule when it is unlocked; a locked one stays as it is and the proposal
    is left out. Other segments keep their voxels: where the result meets them, segments overlap.

    Args:
        document: with a preview; nothing happens without one.
        segments: those to accept, all by default; the others wait on.
        initiator: who asked.
        done: called with the entry, or with None when nothing changed. In a window that is a moment later.
        boxes: those to accept; by default all when all segments are, else none.
        rule: how they enter the case; see ``AcceptanceRule`` for the default.
    """
    preview, rule = document.preview, rule or AcceptanceRule()
    if preview is None:
        return
    chosen = preview.segments if segments is None else segments
    marked = (preview.boxes if segments is None else ()) if boxes is None else boxes
    rest = [s for s in preview.segments if s not in chosen]
    rest_boxes = tuple(b for b in preview.boxes if b not in marked)
    names = ", ".join([s.name for s in chosen] or [b.label for b in marked])

    def finish(entry: Entry | None) -> None:
        waiting = replace(preview, segments=rest, boxes=rest_boxes) if rest or rest_boxes else None
        document.set_preview(waiting)
        if done is not None:
            done(entry)

    facts = {"accepted_by": document.author, "segments": [s.name for s in chosen], "merge": rule.merge.value}
    document.apply_soon(
        accepting_edit(document.segmentation, preview, chosen, rule),
        title=f"Accept {names} of {preview.title}" if rest or rest_boxes else f"Accept {preview.title}",
        tool=preview.tool,
        parameters=preview.parameters | facts | rule.facts,
        author=preview.author,
        initiator=initiator,
        done=finish,
        measuring=AddMeasurements(measurements_of(marked, document.measurements.next_number)) if marked else None,
    )


def kept_out(segmentation: Segmentation, chosen: Sequence[ProposedSegment], merge: Merge) -> list[str]:
    """Names of the proposals that are left out, because the case has a locked segment of that name."""
    if merge is Merge.NEW:
        return []
    twins = [segmentation.find(proposed.name) for proposed in chosen]
    return [twin.name for twin in twins if twin is not None and twin.locked]


def accepting_edit(
    segmentation: Segmentation, preview: Preview, chosen: list[ProposedSegment], rule: AcceptanceRule | None = None
) -> Batch:
    """The edit that adds or changes the chosen segments."""
    rule = rule or AcceptanceRule()
    edits: list[Edit] = []
    next_number = segmentation.next_number
    names = {s.name.casefold() for s in segmentation.segments}
    by_layer: dict[int, dict[int, int]] = {}
    added: set[int] = set()  # those may overlap each other, also where the rule keeps them out of what was there
    for proposed in chosen:
        existing = None if rule.merge is Merge.NEW else segmentation.find(proposed.name)
        if existing is not None and existing.locked:
            continue
        if existing is None:
            named = replace(proposed, name=_free_name(proposed.name, names)) if rule.merge is Merge.NEW else proposed
            names.add(named.name.casefold())
            edits.append(AddSegment(_new_segment(next_number, named, preview, len(segmentation.layers))))
            added.add(next_number)
            number, next_number = next_number, next_number + 1
        else:
            number = existing.number
            edits.append(UpdateSegment(number, {"state": _state_after(existing.state, rule.merge)}))
        by_layer.setdefault(proposed.layer, {})[proposed.label_value] = number
    paint = PaintRule(
        Overwrite.NONE,
        outside_others=rule.merge is Merge.EMPTY,
        outside_locked=rule.spares_locked,
        beside=frozenset(added),
    )
    for layer, segment_of in by_layer.items():
        labels = preview.layers[layer]
        k, j, i = labels.shape
        box = Box.whole((k, j, i)) if preview.region is None else preview.region.clipped((k, j, i))
        replaces = rule.merge is Merge.REPLACE
        edits.append(LabelsEdit(box, labels[box.slices], segment_of, paint, replace=replaces))
    return Batch(tuple(edits))


def _state_after(state: SegmentState, merge: Merge) -> SegmentState:
    """What was replaced is the model's alone; what was added to is no longer done."""
    if merge is Merge.REPLACE or state is SegmentState.EMPTY:
        return SegmentState.AI_ONLY
    return SegmentState.IN_PROGRESS if state is SegmentState.DONE else state


def _free_name(name: str, taken: set[str]) -> str:
    """The name itself, or the first of ``name 2``, ``name 3`` ... that is free."""
    found, number = name, 2
    while found.casefold() in taken:
        found, number = f"{name} {number}", number + 1
    return found


def _new_segment(number: int, proposed: ProposedSegment, preview: Preview, first_layer: int) -> Segment:
    """Each of the preview's layers becomes a new layer, so that nothing has to be moved out of the way."""
    return Segment(
        number,
        proposed.name,
        proposed.color,
        label_value=proposed.label_value,
        layer=first_layer + proposed.layer,
        state=SegmentState.AI_ONLY,
        category=proposed.category,
        type=proposed.type,
        modifier=proposed.modifier,
        encloses=proposed.encloses,
        origin=preview.author,
    )
