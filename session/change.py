"""What changed in the open case: one united record per turn of the event loop."""

from __future__ import annotations

from dataclasses import dataclass, field

from imaging.geometry import Box


@dataclass
class DocumentChange:
    """What observers need to look at again; everything else is as it was.

    Attributes:
        boxes: per label layer, the region in which voxels changed.
        segment_numbers: segments whose record (name, color, state...) changed, was added or was removed.
        is_structural: segments were added, removed or reordered.
        has_history: entries were added, written to disk, or failed to be.
        has_image: voxels of the image arrived or the image was replaced.
        has_preview: a result waits for acceptance or no longer does, or the difference of two masks is drawn or not.
        has_early: what a model that still runs has found so far is another, or gone.
        measurement_numbers: measurements that were added, removed or changed.
        has_draft: the measurement that is being drawn or moved is another one now.
        initiators: who asked for it, so that a view can skip its own changes.
    """

    boxes: dict[int, Box] = field(default_factory=dict)
    segment_numbers: set[int] = field(default_factory=set)
    is_structural: bool = False
    has_history: bool = False
    has_image: bool = False
    has_preview: bool = False
    has_early: bool = False
    measurement_numbers: set[int] = field(default_factory=set)
    has_draft: bool = False
    initiators: set[str] = field(default_factory=set)

    def unite(self, other: DocumentChange) -> None:
        """Add what another change says."""
        for layer, box in other.boxes.items():
            self.boxes[layer] = self.boxes[layer].union(box) if layer in self.boxes else box
        self.segment_numbers |= other.segment_numbers
        self.is_structural |= other.is_structural
        self.has_history |= other.has_history
        self.has_image |= other.has_image
        self.has_preview |= other.has_preview
        self.has_early |= other.has_early
        self.measurement_numbers |= other.measurement_numbers
        self.has_draft |= other.has_draft
        self.initiators |= other.initiators

    @property
    def has_voxels(self) -> bool:
        """True when labels changed somewhere."""
        return bool(self.boxes)
