"""Segments as the items of a DICOM segmentation's Segment Sequence (PS3.3 C.8.20.4), in DICOM's words and codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imaging.formats.label_file import LabelSegment, SegmentAlgorithm
from imaging.objects.display_colour import to_cielab
from imaging.objects.filled_in import FilledIn
from imaging.objects.header import code_item, item, put
from imaging.objects.uids import uid_of
from imaging.palette import next_color
from imaging.segment import CodedTerm
from imaging.terminology import lookup

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

TISSUE = CodedTerm("85756007", "SCT", "Tissue")  # the most general that both code sequences may hold
LEARNED = CodedTerm("123110", "DCM", "Artificial Intelligence")
UNKNOWN = "unknown"
TRACKING_PREFIX = "Segment "
_NAMED = 5  # segments that a message names


def segment_items(segments: list[LabelSegment], series_uid: str) -> tuple[list[Dataset], list[FilledIn]]:
    """The items, numbered from 1, and what had to be made up.

    Args:
        segments: in the order of their numbers.
        series_uid: of the images; together with a segment's own number it makes the UID by which the same segment is
            known again in another export.
    """
    items, uncoded = [], []
    colors = [segment.color for segment in segments if segment.color is not None]
    for number, segment in enumerate(segments, 1):
        color = segment.color or next_color(colors)
        colors.append(color)
        own = segment.number or number
        made = item(
            SegmentNumber=number,
            SegmentLabel=segment_label(segment),
            RecommendedDisplayCIELabValue=list(to_cielab(color)),
            TrackingID=f"{TRACKING_PREFIX}{own}",
            TrackingUID=uid_of(series_uid, own, segment.name),
        )
        if not _put_codes(made, segment):
            uncoded.append(f"“{segment.name}”")
        _put_algorithm(made, segment.algorithm)
        items.append(made)
    if not uncoded:
        return items, []
    names = ", ".join(uncoded[:_NAMED]) + (f" and {len(uncoded) - _NAMED} others" if len(uncoded) > _NAMED else "")
    why = f"No code is known for {names}."
    return items, [FilledIn("SegmentedPropertyTypeCodeSequence", why, TISSUE.meaning)]


def segment_label(segment: LabelSegment) -> str:
    """The segment's name as DICOM allows it: a line of at most 64 characters without backslashes, never empty."""
    return " ".join(segment.name.replace("\\", "/").split())[:64].strip() or f"Segment {segment.number}"


def changed_names(segments: list[LabelSegment]) -> list[str]:
    """A sentence when names could not be written as they are; nothing otherwise."""
    changed = [f"“{segment_label(s)}”" for s in segments if s.name and segment_label(s) != s.name]
    if not changed:
        return []
    more = f" and {len(changed) - _NAMED} others" if len(changed) > _NAMED else ""
    return [f"Names were changed to what DICOM can hold, 64 characters: {', '.join(changed[:_NAMED])}{more}."]


def _put_codes(made: Dataset, segment: LabelSegment) -> bool:
    """Category, type, modifier: the segment's own, those of its name, or the most general, and then False."""
    category, kind, modifier = segment.category, segment.type, segment.modifier
    is_known = True
    if category is None or kind is None:
        term = lookup(segment.name)
        is_known = term is not None
        if term is not None:
            category, kind, modifier = term.category, term.type, term.modifier
        else:
            category, kind = category or TISSUE, kind or TISSUE
    type_item = code_item(kind)
    if modifier is not None:
        put(type_item, SegmentedPropertyTypeModifierCodeSequence=[code_item(modifier)])
    put(
        made, SegmentedPropertyCategoryCodeSequence=[code_item(category)], SegmentedPropertyTypeCodeSequence=[type_item]
    )
    return is_known


def _put_algorithm(made: Dataset, algorithm: SegmentAlgorithm | None) -> None:
    """A segment of which nobody says how it was made is called semiautomatic, by an unknown algorithm."""
    known = algorithm or SegmentAlgorithm("SEMIAUTOMATIC", UNKNOWN)
    put(made, SegmentAlgorithmType=known.type)
    if known.type == "MANUAL":
        return
    name = known.name[:64] or UNKNOWN
    put(made, SegmentAlgorithmName=name)
    if known.version:
        identified = item(
            AlgorithmFamilyCodeSequence=[code_item(LEARNED)], AlgorithmName=name, AlgorithmVersion=known.version[:64]
        )
        put(made, SegmentationAlgorithmIdentificationSequence=[identified])
