"""Which entry of the journal made each voxel what it is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.case.entry import Entry
from imaging.case.journal import Journal
from imaging.case.timeline import Timeline

SourceMap = NDArray[np.uint32]


def source_map(journal: Journal, layer: int, shape: tuple[int, int, int]) -> SourceMap:
    """For each voxel of a layer, the sequence number of the entry that gave it its value, 0 where none did.

    Only changes in force count: an undone stroke leaves no trace. Costs a pass over all deltas in force.
    """
    sources = np.zeros(shape, np.uint32)
    for sequence in Timeline(journal.entries).in_force:
        for delta in journal.change(sequence).deltas:
            if delta.layer == layer:
                sources[delta.box.slices][delta.xor != 0] = sequence
    return sources


def source_at(journal: Journal, layer: int, kji: tuple[int, int, int]) -> Entry | None:
    """The entry that gave one voxel its value on a layer, None where nobody ever changed it."""
    for sequence in reversed(Timeline(journal.entries).in_force):
        for delta in journal.change(sequence).deltas:
            box = delta.box
            inside = box.k0 <= kji[0] < box.k1 and box.j0 <= kji[1] < box.j1 and box.i0 <= kji[2] < box.i1
            if delta.layer == layer and inside and delta.xor[kji[0] - box.k0, kji[1] - box.j0, kji[2] - box.i0]:
                return journal.entries[sequence - 1]
    return None


def describe(entry: Entry | None) -> dict[str, Any] | None:
    """Who, when, with what: the fields that are shown for a voxel."""
    if entry is None:
        return None
    return {
        "sequence": entry.sequence,
        "utc": entry.utc,
        "author": entry.author,
        "tool": entry.tool,
        "title": entry.title,
        "parameters": entry.parameters,
    }
