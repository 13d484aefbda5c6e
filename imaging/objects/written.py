"""What became of an object that was written."""

from __future__ import annotations

from dataclasses import dataclass

from imaging.formats.label_file import LabelFile
from imaging.objects.filled_in import FilledIn


@dataclass(frozen=True, eq=False)
class WrittenObject:
    """An object that stands on the disk, was read back and found right.

    Attributes:
        sop_instance_uid: which object.
        labels: the masks that it holds, as somebody who reads it will see them; None where it holds none.
        filled_in: what the source lacks and was made up, for the person who sends it.
        notes: sentences for that person, such as segments that are empty.
    """

    sop_instance_uid: str
    labels: LabelFile | None = None
    filled_in: tuple[FilledIn, ...] = ()
    notes: tuple[str, ...] = ()
