"""From a preview to edits: what accepting a result, or a part of it, means."""

from __future__ import annotations

from imaging.case.entry import Entry
from imaging.edit import AddSegment, Batch, Edit, LabelsEdit, Overwrite, PaintRule, UpdateSegment
from imaging.geometry import Box
from imaging.segment import Segment, SegmentState
from imaging.segmentation import Segmentation
from session.document import Document
from session.preview import Preview, ProposedSegment


def accept(document: Document, segments: list[ProposedSegment] | None = None, initiator: str = "") -> Entry | None:
    """Make the preview's segments, or some of them, part of the case as one entry.

    A segment of the same name is replaced when it is unlocked; a locked one stays as it is and the proposal is left
    out. Other segments keep their voxels: where the result meets them, segments overlap.

    Returns:
        The entry, None when nothing changed.
    """
    preview = document.preview
    if preview is None:
        return None
    chosen = preview.segments if segments is None else segments
    edit = accepting_edit(document.segmentation, preview, chosen)
    parameters = preview.parameters | {"accepted_by": document.author, "segments": [s.name for s in chosen]}
    if len(chosen) == len(preview.segments):
        title = f"Accept {preview.title}"
    else:
        title = f"Accept {', '.join(s.name for s in chosen)} of {preview.title}"
    entry = document.apply(
        edit, title=title, tool=preview.tool, parameters=parameters, author=preview.author, initiator=initiator
    )
    rest = [s for s in preview.segments if s not in chosen]
    document.set_preview(None if not rest else _with_segments(preview, rest))
    return entry


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


def _with_segments(preview: Preview, segments: list[ProposedSegment]) -> Preview:
    return Preview(
        preview.title,
        preview.author,
        preview.tool,
        preview.parameters,
        preview.layers,
        segments,
        preview.seconds,
        preview.notes,
    )
