"""References to the segments of a DICOM segmentation, for objects that report on them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imaging.dicom import tags
from imaging.errors import UserError
from imaging.objects.elements import open_object
from imaging.objects.header import item, put
from imaging.objects.segmentation_header import is_segmentation
from imaging.objects.source_series import ObjectSource

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_SEGMENTS, _NUMBER, _LABEL, _TRACKING_UID = 0x00620002, 0x00620004, 0x00620005, 0x00620021


@dataclass(frozen=True)
class SegmentReferences:
    """A segmentation's identity and its segments.

    Attributes:
        by_tracking_uid, by_name: segment numbers.
    """

    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str
    by_tracking_uid: dict[str, int]
    by_name: dict[str, int]

    @staticmethod
    def of(path: Path, source: ObjectSource) -> SegmentReferences:
        """Read a segmentation's header.

        Raises:
            UserError: it is no segmentation, or of another study.
        """
        found = open_object(path)
        if not is_segmentation(found):
            raise UserError(f"{path.name} holds no DICOM segmentation.")
        elements = found.elements
        if elements.text(tags.STUDY_INSTANCE) != source.study_instance_uid:
            raise UserError("The segmentation belongs to another study.", "Export it from this case first.")
        segments = elements.sequence(_SEGMENTS)
        return SegmentReferences(
            elements.text(tags.SOP_CLASS),
            elements.text(tags.SOP_INSTANCE),
            elements.text(tags.SERIES_INSTANCE),
            {one.text(_TRACKING_UID): one.integer(_NUMBER) for one in segments if one.text(_TRACKING_UID)},
            {one.text(_LABEL): one.integer(_NUMBER) for one in segments},
        )

    def number_of(self, tracking_uid: str, name: str) -> int | None:
        """Which segment it is; None where it is not there."""
        return self.by_tracking_uid.get(tracking_uid) or self.by_name.get(name)

    def reference(self, number: int | None = None) -> Dataset:
        """An item that refers to the object, or to one of its segments."""
        made = item(ReferencedSOPClassUID=self.sop_class_uid, ReferencedSOPInstanceUID=self.sop_instance_uid)
        if number is not None:
            put(made, ReferencedSegmentNumber=number)
        return made
