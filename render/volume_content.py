"""The open image and its segments for the volume renderers: told on the document's thread, made on the drawing thread.

``ContentLog`` belongs to the document's thread: it notes changes and hands out snapshots. ``ContentKeeper`` belongs to
the drawing thread: it keeps the field and the class map of the last snapshot and makes again what differs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imaging.blocks import Labels
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from imaging.segmentation import Segmentation
from imaging.volume import Quantity, Volume
from render.cinematic.scene import ClassMap, ClassRecord, Field
from render.preview_labels import proposed_segments
from session.change import DocumentChange
from session.look.cut import Cutaway
from session.look.inside import Region
from session.look.look import Look
from session.preview import Preview

if TYPE_CHECKING:
    from render.cinematic.class_order import ClassOrder
    from render.cinematic.class_source import BuiltClasses  # with Numba: half a second, only when a volume is drawn
    from render.region_finder import RegionFinder

FINER_VOXELS = 24_000_000
KEPT_CHANGES = 64  # older ones are forgotten: whoever drew nothing for so long looks at all voxels again

Boxes = dict[int, Box]  # by layer
RegionDepths = tuple[NDArray[np.float32], NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class LabelSnapshot:
    """What class maps need of a segmentation; its voxels may still be painted on.

    Attributes:
        segments, layers, geometry: as in ``Segmentation``; what a preview proposes stands behind, see
            ``proposed_segments``.
        counts: voxels by segment number.
    """

    segments: tuple[Segment, ...]
    layers: tuple[Labels, ...]
    geometry: Geometry
    counts: dict[int, int]

    def voxel_count(self, number: int) -> int:
        """How many voxels a segment has."""
        return self.counts.get(number, 0)


@dataclass(frozen=True, eq=False)
class VolumeContent:
    """A snapshot; compared by identity.

    Attributes:
        volume: the image.
        image_revision: counts the arrivals of its voxels.
        labels: the segmentation.
        label_revision: counts its changes.
        changes: the last changes: the revision each led to, and where voxels changed.
    """

    volume: Volume
    image_revision: int
    labels: LabelSnapshot
    label_revision: int
    changes: tuple[tuple[int, Boxes], ...] = ()

    def changed_since(self, revision: int) -> Boxes | None:
        """Where voxels changed after a revision; None when that is not known any more."""
        if self.label_revision > revision and (not self.changes or self.changes[0][0] > revision + 1):
            return None
        united: Boxes = {}
        for made, boxes in self.changes:
            for layer, box in boxes.items() if made > revision else ():
                united[layer] = united[layer].union(box) if layer in united else box
        return united


class ContentLog:
    """Hands out the snapshots of one document at a time, the same object as long as nothing changed."""

    def __init__(self) -> None:
        self._image_revision = 0
        self._label_revision = 0
        self._changes: tuple[tuple[int, Boxes], ...] = ()
        self._preview: Preview | None = None
        self._last: tuple[Segmentation, VolumeContent] | None = None

    def restart(self) -> None:
        """Another document."""
        self._forget_changes()
        self._preview = None
        self._image_revision += 1

    def _forget_changes(self) -> None:
        self._changes = ()
        self._label_revision += KEPT_CHANGES  # nobody can take an old map for the new one
        self._last = None

    def note(self, change: DocumentChange) -> None:
        """The document changed."""
        if change.has_image:
            self._image_revision += 1
        elif not (change.has_voxels or change.segment_numbers or change.is_structural):
            return
        if change.has_voxels or change.segment_numbers or change.is_structural:
            self._label_revision += 1
            self._changes = (*self._changes, (self._label_revision, dict(change.boxes)))[-KEPT_CHANGES:]
        self._last = None

    def content(self, volume: Volume, segmentation: Segmentation, preview: Preview | None = None) -> VolumeContent:
        """The present snapshot, with the result that waits for acceptance as classes of its own."""
        if preview is not self._preview:
            self._forget_changes()
            self._preview = preview
        if self._last is not None and self._last[0] is segmentation and self._last[1].volume is volume:
            return self._last[1]
        segments = segmentation.segments
        counts = {s.number: segmentation.voxel_count(s.number) for s in segments}
        layers = segmentation.layers
        if preview is not None:
            proposed = proposed_segments(preview, len(layers))
            segments, layers = (*segments, *proposed), (*layers, *preview.layers)
            counts.update((segment.number, count) for segment, count in proposed.items())
        labels = LabelSnapshot(segments, layers, segmentation.geometry, counts)
        made = VolumeContent(volume, self._image_revision, labels, self._label_revision, self._changes)
        self._last = (segmentation, made)
        return made


@dataclass(frozen=True, eq=False)
class DrawnContent:
    """What renderers draw: see ``render.cinematic.scene``.

    Attributes:
        field, classes, records: the values, and the segments.
        awaits: the region that the look keeps to, while it is still looked for: what lies outside is not cut away yet.
    """

    field: Field
    classes: ClassMap | None
    records: tuple[ClassRecord, ...]
    awaits: Region = Region.EVERYTHING


class ContentKeeper:
    """Makes fields and class maps, and keeps the last ones.

    Args:
        most_voxels: of a field; larger images are reduced.
        most_per_axis: what a texture holds.
        finder: looks for the body or the brain meanwhile; None: it is waited for.
    """

    def __init__(self, most_voxels: int, most_per_axis: int = 16384, finder: RegionFinder | None = None) -> None:
        self.most_voxels = most_voxels
        self.most_per_axis = most_per_axis
        self._finder = finder
        self._field: tuple[tuple[object, ...], Field] | None = None
        self._built: BuiltClasses | None = None
        self._smooth: ClassMap | None = None
        self._cut: tuple[ClassMap, Cutaway, ClassMap] | None = None
        self._depths: tuple[Field, Region, RegionDepths] | None = None
        self._limited: tuple[tuple[object, ...], ClassMap] | None = None
        self._revision = -1

    def drawn(self, content: VolumeContent, look: Look, is_wanted: Callable[[], bool]) -> DrawnContent | None:
        """Field and classes of a snapshot under a look (with what is hidden in it); None when it was called off."""
        from render.cinematic.class_order import class_order, class_records

        field = self._drawn_field(content, is_wanted)
        if field is None:
            return None
        order = class_order(content.labels, field, look)
        records = class_records(content.labels.segments)
        classes = None
        if order is None:
            self._forget_classes()
        else:
            classes = self._classes(content, order, is_wanted)
            if classes is not None and look.cut.cutaway is not None:
                classes = self._opened(classes, field, look.cut.cutaway, is_wanted)
            if classes is None:
                return None
        if look.inside.region is not Region.EVERYTHING:
            depths = self._region(field, content.volume.quantity, look.inside.region, is_wanted)
            if depths is None and self._finder is not None:
                return DrawnContent(field, classes, records if classes is not None else (), look.inside.region)
            if depths is not None:
                classes = self._inside(classes, field, depths, records, look, is_wanted)
            if depths is None or classes is None:
                return None
        return DrawnContent(field, classes, records if classes is not None else ())

    def _classes(self, content: VolumeContent, order: ClassOrder, is_wanted: Callable[[], bool]) -> ClassMap | None:
        """The class map with smooth borders; after a stroke made again only around it."""
        from render.cinematic.border_smoothing import smooth_borders
        from render.cinematic.class_source import make_classes, update_classes

        changed = content.changed_since(self._revision)
        before = self._built
        if before is not None and changed is not None:
            built = update_classes(before, order, changed, is_wanted)
        else:
            built = make_classes(order, is_wanted)
        if built is None:
            return None
        if built is not before or self._smooth is None:
            spacing = order.field.spacing_mm
            earlier = self._smooth if built.changed is not None else None
            smooth = smooth_borders(built.class_map, spacing, is_wanted, earlier, built.changed)
            if smooth is None:
                return None
            self._smooth = smooth
        self._built, self._revision = built, content.label_revision
        return self._smooth

    def _opened(
        self, classes: ClassMap, field: Field, cutaway: Cutaway, is_wanted: Callable[[], bool]
    ) -> ClassMap | None:
        from render.cinematic.cutaway import cut_away

        if self._cut is None or self._cut[0] is not classes or self._cut[1] != cutaway:
            made = cut_away(classes, field, cutaway, is_wanted)
            if made is None:
                return None
            self._cut = (classes, cutaway, made)
        return self._cut[2]

    def _region(
        self, field: Field, quantity: Quantity, region: Region, is_wanted: Callable[[], bool]
    ) -> RegionDepths | None:
        """Where the region lies; None when that was called off, or with a finder: while it does not know."""
        from render.cinematic.inside_region import region_depths

        if self._depths is None or self._depths[:2] != (field, region):
            if self._finder is not None:
                found = self._finder.depths(field, quantity, region)
            else:
                found = region_depths(field, quantity, region, is_wanted)
            if found is None:
                return None
            self._depths = (field, region, found)
        return self._depths[2]

    def _inside(
        self,
        classes: ClassMap | None,
        field: Field,
        depths: RegionDepths,
        records: tuple[ClassRecord, ...],
        look: Look,
        is_wanted: Callable[[], bool],
    ) -> ClassMap | None:
        """The classes without what lies outside the region that the look keeps to."""
        from render.cinematic.inside_region import limited

        key = (classes, field, look.inside, look.segments, records)
        if self._limited is None or self._limited[0] != key:
            made = limited(classes, field, records, look, depths, is_wanted)
            if made is None:
                return None
            self._limited = (key, made)
        return self._limited[1]

    def _drawn_field(self, content: VolumeContent, is_wanted: Callable[[], bool]) -> Field | None:
        """The field, on a finer grid where there are segments on a coarse one: their borders would show its steps."""
        from render.cinematic.field_source import make_field
        from render.cinematic.finer_field import finer, finer_parts

        is_finer = bool(content.labels.segments)
        key = (content.volume, content.image_revision, self.most_voxels, is_finer)
        if self._field is not None and self._field[0] == key:
            return self._field[1]
        self._field = self._depths = self._limited = None  # before the new one is made: both might not fit
        field = make_field(content.volume, self.most_voxels, self.most_per_axis, is_wanted)
        if field is not None and is_finer and field.reduction == 1:
            k, j, i = finer_parts(field, min(FINER_VOXELS, self.most_voxels))
            field = finer(field, (min(k, 2), min(j, 2), min(i, 2)), is_wanted)
        if field is not None:
            self._field = (key, field)
            self._forget_classes()
        return field

    def _forget_classes(self) -> None:
        self._built = self._smooth = self._cut = None
        self._revision = -1
