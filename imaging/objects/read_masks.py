"""Masks that were found in an object."""

from __future__ import annotations

from dataclasses import dataclass

from imaging.formats.label_file import LabelFile


@dataclass(frozen=True, eq=False)
class ReadMasks:
    """What an object holds, as masks.

    Attributes:
        labels: on the grid that was asked for, or on the object's own.
        notes: sentences for people: what was doubtful, and what was decided about it.
        was_resampled: some voxels' edges moved, with consent.
    """

    labels: LabelFile
    notes: tuple[str, ...] = ()
    was_resampled: bool = False
