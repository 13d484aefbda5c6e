"""From a preview to edits: what accepting a result, or a part of it, means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from imaging.case.entry import Entry
from imaging.edit import AddSegment, Batch, Edit, LabelsEdit, Overwrite, PaintRule, UpdateSegment
from imaging.geometry import Box
from imaging.segment import Segment, SegmentState
from imaging.segmentation import Segmentation
from session.document import Document
from session.preview import Preview, ProposedSegment


def accept(
    document: Document,
    segments: list[ProposedSegment] | None = None,
    initiator: str = "",
    done: Callable[[Entry | None], None] | None = None,
) -> None:
    """Make the preview's segments, or some of them, part of the case as one entry.

    A segment of the same name is replaced when it is unlocked; a locked one stays as it is and the proposal is left
    out. Other segments keep their voxels: where the result meets them, segments overlap.

    Args:
        document: with a preview; nothing happens without one.
        segments: those to accept, all by default; the others wait on.
        initiator: who asked.
        done: called with the entry, or with None when nothing changed. In a window that is a moment later.
    """
    preview = document.preview
    if preview is None:
        return
    chosen = preview.segments if segments is None else segments
    rest = [s for s in preview.segments if s not in chosen]
    names = ", ".join(s.name for s in chosen)

    def finish(entry: Entry | None) -> None:
        document.set_preview(replace(preview, segments=rest) if rest else None)
        if done is not None:
            done(entry)

    document.apply_soon(
        accepting_edit(document.segmentation, preview, chosen),
        title=f"Accept {names} of {preview.title}" if rest else f"Accept {preview.title}",
        tool=preview.tool,
        parameters=preview.parameters | {"accepted_by": document.author, "segments": [s.name for s in chosen]},
        author=preview.author,
        initiator=initiator,
        done=finish,
    )


def accepting_edit(segmentation: Segmentation, preview: Preview, chosen: list[ProposedSegment]) -> Batch:
    """The edit that adds or replaces the chosen segments."""
    edits: list[Edit] = []
    next_number = segmentation.next_number
    by_layer: dict[int, dict[int, int]] = {}
    for proposed in chosen:
        existing = segmentation.find(proposed.name)
        if existing is not None and existing.locked:
            continue
        if existing is None:
            edits.append(AddSegment(_new_segment(next_number, proposed, preview, len(segmentation.layers))))
            number, next_number = next_number, next_number + 1
        else:
            number = existing.number
            edits.append(UpdateSegment(number, {"state": SegmentState.AI_ONLY}))
        by_layer.setdefault(proposed.layer, {})[proposed.label_value] = number
    rule = PaintRule(overwrite=Overwrite.NONE)
    for layer, segment_of in by_layer.items():
        labels = preview.layers[layer]
        k, j, i = labels.shape
        edits.append(LabelsEdit(Box.whole((k, j, i)), labels, segment_of, rule, replace=True))
    return Batch(tuple(edits))


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
