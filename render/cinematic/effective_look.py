"""The look that is drawn: what the eye buttons hide is hidden in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from session.look.look import Look, NumberedLook
from session.look.segment_look import Visibility


class Listed(Protocol):
    """What must be known of a segment; ``Segment`` and ``ClassRecord`` have it."""

    @property
    def number(self) -> int:
        """Of the segment."""

    @property
    def encloses(self) -> bool:
        """See ``Segment.encloses``."""


def effective_look(look: Look, hidden_segments: frozenset[int], segments: Iterable[Listed]) -> Look:
    """A look in which segments are hidden, too; the same object when none of them is.

    Args:
        look: of the presentation.
        hidden_segments: numbers of the segments whose eye is closed.
        segments: of the case; numbers without a segment are left alone.
    """
    hidden = [
        NumberedLook(s.number, replace(look.of_segment(s.number, s.encloses), visibility=Visibility.HIDDEN))
        for s in segments
        if s.number in hidden_segments
    ]
    if not hidden:
        return look
    replaced = {entry.number for entry in hidden}
    kept = [entry for entry in look.segments if entry.number not in replaced]
    return replace(look, segments=tuple(sorted([*kept, *hidden], key=lambda entry: entry.number)))
